//! What a stream carries: its parameters and its access units.

use bytes::Bytes;
use pantau_schemas::time::Timestamp;

/// What a decoder must know before the first access unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamParameters {
    /// The codec as RFC 6381 writes it, for instance `avc1.4d401e`.
    pub codec: String,
    /// The decoder configuration record: avcC (H.264) or hvcC (H.265).
    pub description: Bytes,
    /// Width of the picture, pixels, without the encoder's padding.
    pub width: u32,
    /// Height of the picture, pixels, without the encoder's padding.
    pub height: u32,
}

/// One access unit: everything of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessUnit {
    /// Number in the stream, over all connections; wraps.
    pub sequence: u32,
    /// Decoding can begin here.
    pub key: bool,
    /// No other access unit depends on it.
    pub disposable: bool,
    /// Something before it is missing for everybody: packets were lost, or the connection was made anew. What
    /// only one viewer missed it learns by `Step::Skipped`.
    pub discontinuity: bool,
    /// When the camera took it: by its own clock where it sends RTCP sender reports with a wall time, else
    /// [`AccessUnit::received`]. The camera's clock may be wrong; `StreamHealth::clock_skew_ms` says by how much.
    pub capture: Timestamp,
    /// When it was here whole, by our clock.
    pub received: Timestamp,
    /// NAL units, each behind its length in four bytes (AVCC, HVCC); no parameter sets.
    pub data: Bytes,
}
