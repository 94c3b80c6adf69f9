//! The SPS inside a decoder configuration record, and the same one saying that nothing is reordered.
//!
//! What is rewritten is always the end: `bitstream_restriction` is the last part of the VUI, which is the last part of
//! the SPS (H.264 7.3.2.1.1 and E.1.1). All bits before it stay as the camera wrote them.

use bytes::{BufMut, Bytes, BytesMut};
use h264_reader::nal::sps::{BitstreamRestrictions, SeqParameterSet, VuiParameters};
use h264_reader::rbsp::{BitReader, decode_nal};

use crate::frame::StreamParameters;

/// What an avcC record has before its one SPS: version, profile, its constraints, level, length size, count of SPS.
const HEAD: usize = 6;
/// What holds where an SPS says nothing (H.264 E.2.1): bytes and bits without a limit that matters, vectors of full
/// length.
const SILENT: BitstreamRestrictions = BitstreamRestrictions {
    motion_vectors_over_pic_boundaries_flag: true,
    max_bytes_per_pic_denom: 2,
    max_bits_per_mb_denom: 1,
    log2_max_mv_length_horizontal: 15,
    log2_max_mv_length_vertical: 15,
    max_num_reorder_frames: 0,
    max_dec_frame_buffering: 0,
};

/// The only SPS of a stream.
#[derive(Debug)]
pub(crate) struct Sps {
    /// Before the SPS' length, the SPS, and all that follows it.
    record: (Bytes, Bytes, Bytes),
    read: SeqParameterSet,
}

impl Sps {
    /// `None` when it is not H.264, has several SPS, or is not understood.
    pub(crate) fn of(parameters: &StreamParameters) -> Option<Self> {
        let record = &parameters.description;
        if !parameters.codec.starts_with("avc") || record.get(HEAD - 1)? & 0x1f != 1 {
            return None;
        }
        let len = usize::from(u16::from_be_bytes([*record.get(HEAD)?, *record.get(HEAD + 1)?]));
        let (begin, end) = (HEAD + 2, HEAD + 2 + len);
        record.get(begin..end)?;
        let parts = (record.slice(..HEAD), record.slice(begin..end), record.slice(end..));
        let read = read(&parts.1)?;
        Some(Self { record: parts, read })
    }

    /// What it says.
    pub(crate) const fn read(&self) -> &SeqParameterSet {
        &self.read
    }

    /// The record with an SPS that says that nothing is reordered; `None` when it says so already.
    pub(crate) fn without_reordering(&self) -> Option<Bytes> {
        let restrictions =
            self.read.vui_parameters.as_ref().and_then(|vui| vui.bitstream_restrictions.as_ref());
        if restrictions.is_some_and(|said| said.max_num_reorder_frames == 0) {
            return None;
        }
        let wanted = BitstreamRestrictions {
            max_num_reorder_frames: 0,
            // What waits to be shown needs no room any more; what others refer to does.
            max_dec_frame_buffering: self.read.max_num_ref_frames,
            ..restrictions.cloned().unwrap_or(SILENT)
        };
        let mut bits = Bits::of(&decode_nal(&self.record.1).ok()?)?;
        // The last bit is the flag that says that there is no VUI, or no restrictions in it.
        let tail = restrictions.map_or(1, |said| 1 + written(said).len());
        bits.0.truncate(bits.0.len().checked_sub(tail)?);
        if self.read.vui_parameters.is_none() {
            bits.0.push(true);
            bits.0.extend([false; 8]);
        }
        bits.0.push(true);
        bits.0.extend(written(&wanted));
        let nal = bits.nal(*self.record.1.first()?);

        // A camera that was black because of us would be the worst of all delays.
        let mut expected = self.read.clone();
        let vui = expected.vui_parameters.get_or_insert_with(VuiParameters::default);
        vui.bitstream_restrictions = Some(wanted);
        (read(&nal)? == expected).then_some(())?;

        let (head, _, behind) = &self.record;
        let mut record = BytesMut::with_capacity(head.len() + 2 + nal.len() + behind.len());
        record.put_slice(head);
        record.put_u16(u16::try_from(nal.len()).ok()?);
        record.put_slice(&nal);
        record.put_slice(behind);
        Some(record.freeze())
    }
}

fn read(nal: &[u8]) -> Option<SeqParameterSet> {
    SeqParameterSet::from_bits(BitReader::new(&*decode_nal(nal).ok()?)).ok()
}

/// The restrictions behind their flag, H.264 E.1.1.
fn written(restrictions: &BitstreamRestrictions) -> Vec<bool> {
    let mut bits = vec![restrictions.motion_vectors_over_pic_boundaries_flag];
    for value in [
        restrictions.max_bytes_per_pic_denom,
        restrictions.max_bits_per_mb_denom,
        restrictions.log2_max_mv_length_horizontal,
        restrictions.log2_max_mv_length_vertical,
        restrictions.max_num_reorder_frames,
        restrictions.max_dec_frame_buffering,
    ] {
        exp_golomb(&mut bits, value);
    }
    bits
}

/// H.264 9.1.
pub(super) fn exp_golomb(bits: &mut Vec<bool>, value: u32) {
    let code = u64::from(value) + 1;
    let length = code.ilog2();
    bits.extend((0..length).map(|_| false));
    bits.extend((0..=length).rev().map(|bit| code >> bit & 1 == 1));
}

/// The bits of an RBSP, without those that only fill its last byte.
pub(super) struct Bits(pub(super) Vec<bool>);

impl Bits {
    /// `None` when there is no end to be found.
    fn of(rbsp: &[u8]) -> Option<Self> {
        let mut bits: Vec<bool> =
            rbsp.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
        let end = bits.iter().rposition(|bit| *bit)?;
        bits.truncate(end);
        Some(Self(bits))
    }

    /// As a NAL unit: ended, and no start code inside (H.264 7.3.1 and 7.4.1).
    pub(super) fn nal(mut self, header: u8) -> Vec<u8> {
        self.0.push(true);
        let mut nal = vec![header];
        let mut zeros = 0;
        for byte in self.0.chunks(8) {
            let byte =
                (0..8).fold(0, |sum, bit| sum << 1 | u8::from(byte.get(bit).copied().unwrap_or(false)));
            if zeros >= 2 && byte <= 3 {
                nal.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            nal.push(byte);
        }
        nal
    }
}
