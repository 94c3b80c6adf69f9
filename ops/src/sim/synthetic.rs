//! Streams of any size, for benchmarks: true parameter sets and NAL headers around random bytes.
//!
//! A server carries them like pictures; a decoder would show nothing.

use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::clip::{AccessUnit, Clip};

/// Groups of pictures in the loop; neighbours differ, so that the stream does not look frozen.
const GROUPS: u32 = 4;
/// Seconds from key frame to key frame.
const GROUP_SECONDS: u32 = 2;
/// How many times larger than another picture a key frame is.
const KEY_WEIGHT: u32 = 10;
/// Smallest picture, bytes: a header and something behind it.
const SMALLEST: u32 = 16;

/// A loop of pictures of a given size and rate, `bitrate` in bit/s, a key frame every two seconds.
///
/// The bytes are the same in every run. `fps` of 0 counts as 1.
#[must_use]
pub fn synthetic(width: u16, height: u16, fps: u16, bitrate: u32) -> Clip {
    let fps = fps.max(1);
    let group = u32::from(fps) * GROUP_SECONDS;
    let share = (bitrate / 8 * GROUP_SECONDS / (group - 1 + KEY_WEIGHT)).max(SMALLEST);
    let mut random = SmallRng::seed_from_u64(u64::from(width) << 32 | u64::from(bitrate));
    let units = (0..GROUPS * group)
        .map(|number| {
            let key = number % group == 0;
            let size = if key { share * KEY_WEIGHT } else { share };
            AccessUnit { key, nals: vec![slice(&mut random, key, size)] }
        })
        .collect();
    Clip {
        width,
        height,
        fps,
        sps: sequence_parameters(width, height),
        pps: picture_parameters(),
        units,
        still: Vec::new(),
    }
}

/// A slice NAL unit whose header says "first macroblock" and the kind of slice.
fn slice(random: &mut SmallRng, key: bool, size: u32) -> Bytes {
    let mut nal = vec![0u8; usize::try_from(size).unwrap_or(usize::MAX)];
    random.fill(nal.as_mut_slice());
    // No zero bytes: nothing can look like a start code.
    for byte in &mut nal {
        *byte |= 1;
    }
    let head = if key { [0x65, 0x88] } else { [0x41, 0x9a] };
    for (byte, value) in nal.iter_mut().zip(head) {
        *byte = value;
    }
    nal.into()
}

/// Bits from the highest down, as H.264 (7.2) writes them.
#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(value >> place & 1 == 1) << self.free;
            }
        }
    }

    /// Exp-Golomb, `ue(v)`.
    fn unsigned(&mut self, value: u32) {
        let value = value + 1;
        self.put(0, value.ilog2());
        self.put(value, value.ilog2() + 1);
    }

    /// Stop bit, and emulation prevention where three bytes would look like a start code.
    fn nal(mut self, header: u8) -> Bytes {
        self.put(1, 1);
        let mut nal = vec![header];
        let mut zeros = 0;
        for byte in self.bytes {
            if zeros >= 2 && byte <= 3 {
                nal.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            nal.push(byte);
        }
        nal.into()
    }
}

/// Baseline profile, level 4.0, cropped to the size (H.264, 7.3.2.1.1).
fn sequence_parameters(width: u16, height: u16) -> Bytes {
    let (columns, rows) = (u32::from(width).div_ceil(16).max(1), u32::from(height).div_ceil(16).max(1));
    let mut bits = Bits::default();
    bits.put(66, 8); // profile_idc
    bits.put(0xc0, 8); // constraint_set0 and 1
    bits.put(40, 8); // level_idc
    bits.unsigned(0); // seq_parameter_set_id
    bits.unsigned(4); // log2_max_frame_num_minus4
    bits.unsigned(2); // pic_order_cnt_type
    bits.unsigned(1); // max_num_ref_frames
    bits.put(0, 1); // gaps_in_frame_num_value_allowed_flag
    bits.unsigned(columns - 1);
    bits.unsigned(rows - 1);
    bits.put(1, 1); // frame_mbs_only_flag
    bits.put(1, 1); // direct_8x8_inference_flag
    let (right, bottom) = ((columns * 16 - u32::from(width)) / 2, (rows * 16 - u32::from(height)) / 2);
    let cropped = right > 0 || bottom > 0;
    bits.put(u32::from(cropped), 1);
    if cropped {
        for edge in [0, right, 0, bottom] {
            bits.unsigned(edge);
        }
    }
    bits.put(0, 1); // vui_parameters_present_flag
    bits.nal(0x67)
}

/// CAVLC, one slice group (H.264, 7.3.2.2).
fn picture_parameters() -> Bytes {
    let mut bits = Bits::default();
    bits.unsigned(0); // pic_parameter_set_id
    bits.unsigned(0); // seq_parameter_set_id
    bits.put(0, 2); // entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
    for _ in 0..3 {
        bits.unsigned(0); // num_slice_groups_minus1, num_ref_idx_l0 and l1 default
    }
    bits.put(0, 3); // weighted_pred_flag, weighted_bipred_idc
    for _ in 0..3 {
        bits.unsigned(0); // pic_init_qp, pic_init_qs, chroma_qp_index_offset: se(0) is ue(0)
    }
    bits.put(0, 3); // deblocking_filter_control, constrained_intra_pred, redundant_pic_cnt
    bits.nal(0x68)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_has_the_bitrate_that_was_asked_for() {
        let clip = synthetic(1920, 1080, 25, 4_000_000);
        let bytes: usize = clip.units.iter().map(AccessUnit::len).sum();
        let rate = u64::try_from(bytes).unwrap() * 8 * 1_000_000 / clip.micros();
        assert!((3_800_000..4_100_000).contains(&rate), "{rate} bit/s");
        assert_eq!(clip.units.iter().filter(|unit| unit.key).count(), 4);
    }

    #[test]
    fn neighbouring_key_frames_differ_so_that_nothing_looks_frozen() {
        let clip = synthetic(640, 360, 15, 800_000);
        let keys: Vec<_> = clip.units.iter().filter(|unit| unit.key).collect();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(clip.units.iter().flat_map(|unit| &unit.nals).all(|nal| !nal.contains(&0)));
    }

    #[test]
    fn the_parameter_sets_say_1080_lines_of_1088() {
        // 1920×1080 is 120×68 macroblocks with four lines cropped; read back with ffmpeg's `trace_headers`.
        assert_eq!(
            synthetic(1920, 1080, 25, 4_000_000).sps.as_ref(),
            [0x67, 66, 0xc0, 40, 0x95, 0xa0, 0x1e, 0x00, 0x89, 0xf9, 0x50]
        );
    }
}
