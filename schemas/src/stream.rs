//! States and health of a camera's streams.

use serde::{Deserialize, Serialize};

/// Which of a camera's streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// The small one, for walls.
    Sub,
    /// The large one, for a picture alone.
    Main,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// What may be said of a stream's picture. Server and browser use the same words; the worse one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamState {
    /// Nobody wants it, so it is not open.
    Closed,
    /// A first connection is being made; at most the sum of its deadlines long.
    Connecting,
    /// New pictures arrive in time.
    Live,
    /// Pictures arrive late, or arrived until just now.
    Delayed,
    /// Bytes arrive, but the picture stands still.
    Frozen,
    /// There is no picture.
    Lost,
    /// This viewer may not see it.
    Forbidden,
    /// Covered on purpose (privacy, maintenance).
    Masked,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// Why a stream is in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamCause {
    /// TCP connection refused.
    Refused,
    /// No route, or the name does not resolve.
    Unreachable,
    /// The deadline of connecting passed.
    ConnectTimeout,
    /// The deadline of describe, set-up or play passed.
    HandshakeTimeout,
    /// The camera wants other credentials.
    Unauthorized,
    /// Three times unauthorised: no more tries until the configuration changes, so that the camera does not lock the account.
    Quarantined,
    /// The path does not exist on the camera.
    NotFound,
    /// Playing, but the first key frame did not come in time.
    NoKeyFrame,
    /// TCP is open, but nothing comes.
    Stalled,
    /// The camera closed the connection.
    Closed,
    /// A codec that Pantau does not carry.
    UnsupportedCodec,
    /// Timestamps jumped further than a camera's clock may.
    TimestampsJumped,
    /// Timestamps stand still while packets come.
    TimestampsStill,
    /// The same key frame again and again.
    RepeatedPicture,
    /// The camera broke the protocol.
    Protocol,
    /// The camera's configuration is not usable (for instance `rtsps://`).
    Configuration,
    /// Waiting for its turn: attempts are limited per host and in all.
    Queued,
    /// Frames are later than they should be.
    Late,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// Once a second, what a stream's supervisor measured. Numbers without a measurement are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StreamHealth {
    /// Access units in the last second.
    pub fps: f64,
    /// Payload bits in the last second.
    pub bitrate_bps: f64,
    /// RTP packets lost in the last second.
    pub packets_lost: u64,
    /// Mean deviation of arrival from RTP time, ms (RFC 3550, section 6.4.1).
    pub jitter_ms: Option<f64>,
    /// Access units in the last complete group of pictures.
    pub gop_frames: Option<u32>,
    /// Age of the last key frame, seconds.
    pub key_frame_age_s: Option<f64>,
    /// Camera clock minus server clock by RTCP sender reports, ms.
    pub clock_skew_ms: Option<f64>,
    /// Connections made after the first one.
    pub reconnects: u64,
}
