//! One tile's way to a `<video>` in the page: access units become segments, and no more are under way than the page
//! can take.

use pantau_schemas::media::Header;

use super::decoder::StreamConfig;
use crate::media::fmp4::{Kind, Muxer, Unpackable};
use crate::media::message::{Mark, Reply};

/// Segments that the source buffer in the page has not taken yet; two seconds at 30 a second. A page that stands still for
/// longer goes on at a key frame.
const MAX_UNDER_WAY: u32 = 64;

/// What goes to the page: a message and its bytes.
pub(super) type Parcel = (Reply, Vec<u8>);

/// Packs one tile.
#[derive(Default)]
pub(super) struct Packer {
    muxer: Option<Muxer>,
    /// The page does not know the stream yet.
    unsaid: bool,
    /// Pictures were left out since the last one.
    hole: bool,
    sent: u64,
    taken: u64,
}

impl Packer {
    /// Another stream follows.
    pub(super) fn stream(&mut self, config: &StreamConfig) -> Result<(), Unpackable> {
        let muxer = Muxer::new(&config.codec, &config.description, config.size, self.muxer.take())?;
        self.muxer = Some(muxer);
        self.unsaid = true;
        Ok(())
    }

    /// The page took so many in all.
    pub(super) fn taken(&mut self, count: u64) {
        self.taken = count;
    }

    /// Segments that no source buffer has taken yet, as far as the page said.
    pub(super) fn under_way(&self) -> u32 {
        u32::try_from(self.sent.saturating_sub(self.taken)).unwrap_or(u32::MAX)
    }

    /// The page is behind.
    pub(super) fn is_full(&self) -> bool {
        self.under_way() >= MAX_UNDER_WAY
    }

    /// A picture was left out.
    pub(super) fn left_out(&mut self) {
        self.hole = true;
    }

    /// Packs a picture of this tile; before the first one of a stream goes what the page must know.
    pub(super) fn pack(&mut self, header: Header, data: &[u8]) -> Vec<Parcel> {
        let Some(muxer) = &mut self.muxer else { return Vec::new() };
        let mut parcels = Vec::with_capacity(2);
        if std::mem::take(&mut self.unsaid) {
            let stream = Reply::Stream { tile: header.tile, mime: muxer.mime().to_owned() };
            parcels.push((stream, muxer.init().to_vec()));
        }
        let kind = Kind {
            key: header.flags.key,
            disposable: header.flags.disposable,
            broken: header.flags.discontinuity || std::mem::take(&mut self.hole),
        };
        let segment = muxer.pack(kind, header.capture, data);
        let mark = Mark {
            start: segment.start,
            key: kind.key,
            sequence: header.sequence,
            capture_us: header.capture.micros(),
            received_us: header.received.micros(),
        };
        self.sent += 1;
        parcels.push((Reply::Segment { tile: header.tile, mark }, segment.bytes));
        parcels
    }
}
