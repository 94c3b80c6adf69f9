//! The 32 bytes before every piece of video, and the messages beside them (`/v1/media`).

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::DeviceId;
use crate::ladder::Rung;
use crate::stream::{StreamCause, StreamKind, StreamState};
use crate::tagged::tagged;
use crate::time::Timestamp;

/// Bytes of a [`Header`] on the wire.
pub const HEADER_LEN: usize = 32;
/// The version this crate writes.
pub const VERSION: u8 = 1;
/// Payload bytes of one message; a larger frame comes in several, so that one tile's key frame never holds
/// up another tile's picture for long.
pub const MAX_CHUNK: usize = 32 * 1024;
/// Tiles of one window.
pub const MAX_TILES: usize = 128;
/// The WebSocket sub-protocol.
pub const PROTOCOL: &str = "pantau.media.v1";

/// What is special about a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// A key frame: decoding can begin here.
    pub key: bool,
    /// No other frame depends on it.
    pub disposable: bool,
    /// Frames before it are missing.
    pub discontinuity: bool,
    /// The frame goes on in the next message.
    pub more: bool,
}

impl Flags {
    const fn byte(self) -> u8 {
        (self.key as u8)
            | (self.disposable as u8) << 1
            | (self.discontinuity as u8) << 2
            | (self.more as u8) << 3
    }
    const fn from_byte(byte: u8) -> Self {
        Self {
            key: byte & 1 != 0,
            disposable: byte & 2 != 0,
            discontinuity: byte & 4 != 0,
            more: byte & 8 != 0,
        }
    }
}

/// What stands before a piece of a frame, little-endian, without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What is special about the frame.
    pub flags: Flags,
    /// The tile it is for.
    pub tile: u16,
    /// Number of the frame in its stream.
    pub sequence: u32,
    /// When the camera took it: its clock by RTCP sender report, else receive time.
    pub capture: Timestamp,
    /// When the server had it whole.
    pub received: Timestamp,
    /// Payload bytes in this message.
    pub payload_len: u32,
    /// Where this piece begins in the frame, bytes.
    pub offset: u32,
}

/// Bytes that are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Fewer than 32 bytes.
    #[error("message of {0} bytes is shorter than its header")]
    Short(usize),
    /// A version this crate cannot read.
    #[error("version {0} is not known")]
    Version(u8),
    /// The payload has another length than the header says.
    #[error("payload of {got} bytes, but the header says {said}")]
    Length {
        /// Bytes that came.
        got: usize,
        /// Bytes that the header promised.
        said: u32,
    },
}

impl Header {
    /// The header's bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = [0u8; HEADER_LEN];
        let (head, rest) = out.split_at_mut(4);
        head.copy_from_slice(&[
            VERSION,
            self.flags.byte(),
            self.tile.to_le_bytes()[0],
            self.tile.to_le_bytes()[1],
        ]);
        let (sequence, rest) = rest.split_at_mut(4);
        sequence.copy_from_slice(&self.sequence.to_le_bytes());
        let (capture, rest) = rest.split_at_mut(8);
        capture.copy_from_slice(&self.capture.micros().to_le_bytes());
        let (received, rest) = rest.split_at_mut(8);
        received.copy_from_slice(&self.received.micros().to_le_bytes());
        let (len, offset) = rest.split_at_mut(4);
        len.copy_from_slice(&self.payload_len.to_le_bytes());
        offset.copy_from_slice(&self.offset.to_le_bytes());
        out
    }

    /// Reads a message: its header and its payload.
    ///
    /// # Errors
    /// [`HeaderError`] when the bytes are too few, of another version, or of another length than said.
    pub fn decode(message: &[u8]) -> Result<(Self, &[u8]), HeaderError> {
        let Some((head, payload)) = message.split_first_chunk::<HEADER_LEN>() else {
            return Err(HeaderError::Short(message.len()));
        };
        let &[
            version,
            flags,
            t0,
            t1,
            s0,
            s1,
            s2,
            s3,
            c0,
            c1,
            c2,
            c3,
            c4,
            c5,
            c6,
            c7,
            r0,
            r1,
            r2,
            r3,
            r4,
            r5,
            r6,
            r7,
            l0,
            l1,
            l2,
            l3,
            o0,
            o1,
            o2,
            o3,
        ] = head;
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        let header = Self {
            flags: Flags::from_byte(flags),
            tile: u16::from_le_bytes([t0, t1]),
            sequence: u32::from_le_bytes([s0, s1, s2, s3]),
            capture: Timestamp::from_micros(i64::from_le_bytes([c0, c1, c2, c3, c4, c5, c6, c7])),
            received: Timestamp::from_micros(i64::from_le_bytes([r0, r1, r2, r3, r4, r5, r6, r7])),
            payload_len: u32::from_le_bytes([l0, l1, l2, l3]),
            offset: u32::from_le_bytes([o0, o1, o2, o3]),
        };
        if payload.len() != header.payload_len as usize {
            return Err(HeaderError::Length { got: payload.len(), said: header.payload_len });
        }
        Ok((header, payload))
    }
}

/// How much a tile matters when not everything can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody looks at it alone.
    Focus,
    /// Shown because of an alarm.
    Alarm,
    /// On the screen; also what a word of a newer version means, so that its tile still has a picture.
    #[default]
    Visible,
    /// Not on the screen: nothing is sent.
    Hidden,
}

impl<'de> Deserialize<'de> for Priority {
    /// By hand, because serde's `other` must be the last variant, and the order here is the order of rank.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            "focus" => Self::Focus,
            "alarm" => Self::Alarm,
            "hidden" => Self::Hidden,
            _ => Self::Visible,
        })
    }
}

/// One tile that a window wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// Its number in this window.
    pub tile: u16,
    /// The camera to show.
    pub camera: DeviceId,
    /// Width in device pixels.
    pub width: u32,
    /// Height in device pixels.
    pub height: u32,
    /// How much it matters.
    #[serde(default)]
    pub priority: Priority,
}

/// What a window says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum MediaRequest {
    /// The whole set of tiles; replaces the one before.
    Tiles {
        /// At most [`MAX_TILES`].
        tiles: Vec<Tile>,
    },
    /// A frame reached the screen, for true glass-to-glass latency.
    Shown {
        /// The tile.
        tile: u16,
        /// The frame.
        sequence: u32,
        /// Its capture time, µs since 1970.
        capture_us: i64,
    },
    /// More than this of a tile the window cannot use for now; until it says otherwise.
    Limit {
        /// The tile.
        tile: u16,
        /// At most this.
        rung: Rung,
    },
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

tagged!(MediaRequest, "type");

/// What the server says beside the frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum MediaNotice {
    /// What the next frames of a tile are.
    Stream {
        /// The tile.
        tile: u16,
        /// Which of the camera's streams.
        quality: StreamKind,
        /// RFC 6381, for instance `avc1.4d401e`.
        codec: String,
        /// Base64 of the decoder configuration record (avcC or hvcC).
        description: String,
        /// Width of the picture, pixels, without the encoder's padding.
        width: u32,
        /// Height of the picture, pixels, without the encoder's padding.
        height: u32,
    },
    /// What may be said of a tile's picture.
    State {
        /// The tile.
        tile: u16,
        /// The state.
        state: StreamState,
        /// Since when.
        since: Timestamp,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<StreamCause>,
    },
    /// The reader was slow: it continues at a key frame.
    Skipped {
        /// The tile.
        tile: u16,
        /// Frames that were not sent.
        frames: u64,
    },
    /// How much of a tile's stream the server sends from now on, by what the socket takes; before the first one, all.
    Rung {
        /// The tile.
        tile: u16,
        /// The rung.
        rung: Rung,
    },
    /// Something was refused or limited.
    Notice {
        /// A word for machines.
        code: String,
        /// A line for people.
        text: String,
    },
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

tagged!(MediaNotice, "type");
