//! Whether pictures are shown in the order in which they come.
//!
//! By the SPS alone, where it says that the order of showing is that of decoding (`pic_order_cnt_type` 2, H.264
//! 8.2.1.3). Else by what was seen: the count of the order (`pic_order_cnt_lsb`) of every picture is above that of the
//! one before, through whole groups. One picture that is not ends it, for as long as the camera tells the same SPS:
//! a stream that reorders does so in every group, and a decoder that was told otherwise shows it wrongly.

use bytes::{Buf, Bytes};
use h264_reader::nal::sps::{FrameMbsFlags, PicOrderCntType};
use h264_reader::rbsp::{BitRead, BitReader, ByteReader};

use super::sps::Sps;

/// Whole groups that must be in order.
const GROUPS: u32 = 2;
/// Pictures that must be in order: more than any decoder may hold back (16).
const PICTURES: u32 = 32;

/// What is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not enough was seen.
    Open,
    /// Nothing is reordered.
    Proven,
    /// Something is.
    Refuted,
}

/// How to read the count of the order from the head of a slice.
#[derive(Debug, Clone, Copy)]
struct Layout {
    colour_plane: bool,
    frame_num_bits: u32,
    count_bits: u32,
}

/// Watches one stream.
#[derive(Debug)]
pub(crate) struct Order {
    verdict: Verdict,
    /// `None`: the SPS decides, or the count cannot be read.
    layout: Option<Layout>,
    /// The count of the picture before.
    last: Option<u32>,
    /// Key frames since the beginning.
    keys: u32,
    pictures: u32,
}

impl Order {
    pub(crate) fn new(sps: &Sps) -> Self {
        let sps = sps.read();
        let layout = match (&sps.pic_order_cnt, &sps.frame_mbs_flags) {
            (PicOrderCntType::TypeZero { log2_max_pic_order_cnt_lsb_minus4 }, FrameMbsFlags::Frames) => {
                Some(Layout {
                    colour_plane: sps.chroma_info.separate_colour_plane_flag,
                    frame_num_bits: u32::from(sps.log2_max_frame_num_minus4) + 4,
                    count_bits: u32::from(*log2_max_pic_order_cnt_lsb_minus4) + 4,
                })
            }
            _ => None,
        };
        let verdict =
            if sps.pic_order_cnt == PicOrderCntType::TypeTwo { Verdict::Proven } else { Verdict::Open };
        Self { verdict, layout, last: None, keys: 0, pictures: 0 }
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// A picture came. `lost`: not all that came before it did.
    pub(crate) fn frame(&mut self, key: bool, lost: bool, data: &Bytes) {
        let Some(layout) = self.layout.filter(|_| self.verdict != Verdict::Refuted) else { return };
        if lost {
            // How far the count went meanwhile is not known.
            self.last = None;
        }
        let Some((idr, count)) = slice(data).and_then(|slice| layout.count(slice)) else {
            // Proven by all pictures, or not at all.
            self.last = None;
            (self.keys, self.pictures) = (0, 0);
            return;
        };
        if let Some(last) = self.last.filter(|_| !idr)
            && !layout.rises(last, count)
        {
            self.verdict = Verdict::Refuted;
            return;
        }
        self.last = Some(count);
        self.keys = self.keys.saturating_add(u32::from(key));
        self.pictures = self.pictures.saturating_add(1);
        // The key frame that ends the last whole group is not of it.
        if self.keys > GROUPS && self.pictures > PICTURES {
            self.verdict = Verdict::Proven;
        }
    }
}

impl Layout {
    /// Whether the slice is of an IDR picture, and the count of its order. H.264 7.3.3.
    fn count(self, slice: &[u8]) -> Option<(bool, u32)> {
        let idr = slice.first()? & 0x1f == 5;
        let mut bits = BitReader::new(ByteReader::skipping_h264_header(slice));
        for name in ["first_mb_in_slice", "slice_type", "pic_parameter_set_id"] {
            bits.read_ue(name).ok()?;
        }
        if self.colour_plane {
            bits.skip(2, "colour_plane_id").ok()?;
        }
        bits.skip(self.frame_num_bits, "frame_num").ok()?;
        if idr {
            bits.read_ue("idr_pic_id").ok()?;
        }
        Some((idr, bits.read(self.count_bits, "pic_order_cnt_lsb").ok()?))
    }

    /// Whether a count is above another one; it wraps, and two pictures in a row are less than half of it apart.
    const fn rises(self, from: u32, to: u32) -> bool {
        let all = 1 << self.count_bits;
        let step = to.wrapping_sub(from) & (all - 1);
        step != 0 && step < all / 2
    }
}

/// The first slice of an access unit.
fn slice(data: &Bytes) -> Option<&[u8]> {
    let mut rest: &[u8] = data;
    while rest.remaining() >= 4 {
        let len = usize::try_from(rest.get_u32()).ok()?;
        let (nal, behind) = rest.split_at_checked(len)?;
        if matches!(nal.first()? & 0x1f, 1 | 5) {
            return Some(nal);
        }
        rest = behind;
    }
    None
}
