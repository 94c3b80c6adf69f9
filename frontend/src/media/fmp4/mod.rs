//! Fragmented MP4 from access units, for Media Source Extensions: an initialisation segment once per stream, then
//! one `moof` and `mdat` per access unit.
//!
//! Pure: bytes in, bytes out, no clock. **Invariant:** the decode times of one [`Muxer`] are gapless and never go
//! back, whatever the camera's clock does; where a picture stands on the camera's clock is for the caller to
//! remember beside [`Segment::start`]. Layout: ISO/IEC 14496-12 (boxes) and 14496-15 (`avcC`, `hvcC`); what media
//! sources accept of it: the W3C's ISO BMFF byte stream format.

mod fragment;
mod header;
#[cfg(test)]
mod tests;
mod timeline;
mod writer;

use pantau_schemas::time::Timestamp;

use self::timeline::Timeline;

/// Units of a second in every time of a file: the wire's microseconds, so that nothing is rounded.
pub const TIMESCALE: u32 = 1_000_000;

/// What a stream must be to be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    /// H.264 with its parameter sets in `avcC`.
    Avc,
    /// H.265 with its parameter sets in `hvcC`.
    Hevc,
}

/// A stream whose codec has no place in these files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only H.264 and H.265 with a decoder configuration record can be packed")]
pub struct Unpackable;

/// Packs one stream.
#[derive(Debug)]
pub struct Muxer {
    mime: String,
    init: Vec<u8>,
    number: u32,
    timeline: Timeline,
}

/// One access unit as a segment.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment {
    /// `moof` and `mdat`.
    pub bytes: Vec<u8>,
    /// When its picture is shown, in units of [`TIMESCALE`] since the first one.
    pub start: u64,
}

/// What is special about an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kind {
    /// Decoding can begin here.
    pub key: bool,
    /// No other picture depends on it.
    pub disposable: bool,
    /// Pictures before it are missing: its time says nothing about the last one's duration.
    pub broken: bool,
}

impl Muxer {
    /// For a stream of this codec (RFC 6381), decoder configuration record, and size in pixels. It goes on where
    /// `before` ended, so that one media source can play both without a gap.
    ///
    /// # Errors
    /// [`Unpackable`].
    pub fn new(
        codec: &str,
        description: &[u8],
        (width, height): (u32, u32),
        before: Option<Self>,
    ) -> Result<Self, Unpackable> {
        let (family, rest) = codec.split_at_checked(4).ok_or(Unpackable)?;
        // The parameter sets are in the record, so the sample entries of streams that carry them in band
        // (`avc3`, `hev1`) are of no use; Safari plays `hvc1` alone.
        let (kind, family) = match family {
            "avc1" | "avc3" => (Codec::Avc, "avc1"),
            "hvc1" | "hev1" => (Codec::Hevc, "hvc1"),
            _ => return Err(Unpackable),
        };
        if description.is_empty() {
            return Err(Unpackable);
        }
        let (number, mut timeline) =
            before.map_or((0, Timeline::default()), |before| (before.number, before.timeline));
        timeline.interrupted();
        Ok(Self {
            mime: format!("video/mp4; codecs=\"{family}{rest}\""),
            init: header::init_segment(kind, description, (width, height)),
            number,
            timeline,
        })
    }

    /// What to ask a browser whether it can play it.
    #[must_use]
    pub fn mime(&self) -> &str {
        &self.mime
    }

    /// What comes before the first segment: `ftyp` and `moov`.
    #[must_use]
    pub fn init(&self) -> &[u8] {
        &self.init
    }

    /// Packs the next access unit, length-prefixed NAL units, in decode order.
    pub fn pack(&mut self, kind: Kind, capture: Timestamp, data: &[u8]) -> Segment {
        let slot = self.timeline.place(capture.micros(), kind.broken);
        self.number = self.number.wrapping_add(1).max(1);
        Segment {
            bytes: fragment::segment(self.number, slot, kind, data),
            start: slot.decode.saturating_add_signed(slot.shift.into()),
        }
    }
}
