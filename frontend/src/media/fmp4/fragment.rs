//! One access unit as `moof` and `mdat`.

use super::Kind;
use super::header::TRACK;
use super::timeline::Slot;
use super::writer::Writer;

/// `tfhd`: offsets count from the `moof` (media sources demand it).
const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
/// `trun`: the offset of the data, and of the sample its duration, size, flags and composition offset.
const WHAT_TRUN_SAYS: u32 = 0x001 | 0x100 | 0x200 | 0x400 | 0x800;

/// `sample_depends_on` 2: on none.
const DEPENDS_ON_NONE: u32 = 2 << 24;
/// `sample_depends_on` 1: on others.
const DEPENDS_ON_OTHERS: u32 = 1 << 24;
/// `sample_is_depended_on` 2: by none.
const DISPOSABLE: u32 = 2 << 22;
/// `sample_is_non_sync_sample`.
const NO_SYNC: u32 = 1 << 16;

/// A segment with this number.
pub(super) fn segment(number: u32, slot: Slot, kind: Kind, data: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(128 + data.len());
    let mut offset_at = 0;
    w.atom(*b"moof", |w| {
        w.full(*b"mfhd", 0, 0, |w| w.u32(number));
        w.atom(*b"traf", |w| {
            w.full(*b"tfhd", 0, DEFAULT_BASE_IS_MOOF, |w| w.u32(TRACK));
            w.full(*b"tfdt", 1, 0, |w| w.u64(slot.decode));
            w.full(*b"trun", 1, WHAT_TRUN_SAYS, |w| {
                w.u32(1); // samples
                offset_at = w.len();
                w.u32(0);
                w.u32(slot.duration);
                w.u32(u32::try_from(data.len()).unwrap_or(u32::MAX));
                w.u32(flags(kind));
                w.i32(slot.shift);
            });
        });
    });
    // Behind the length and the name of the `mdat`.
    w.patch(offset_at, u32::try_from(w.len() + 8).unwrap_or(u32::MAX));
    w.atom(*b"mdat", |w| w.bytes(data));
    w.finish()
}

fn flags(kind: Kind) -> u32 {
    let depends = if kind.key { DEPENDS_ON_NONE } else { DEPENDS_ON_OTHERS | NO_SYNC };
    if kind.disposable { depends | DISPOSABLE } else { depends }
}
