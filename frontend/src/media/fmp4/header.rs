//! The initialisation segment: one video track without samples, to be continued in fragments.
//!
//! No duration is said anywhere (`mvhd` 0, no `mehd`): that is what makes a stream live to a browser, and lets
//! Chromium show a picture as soon as it is decoded instead of gathering some.

use super::writer::Writer;
use super::{Codec, TIMESCALE};

/// The only track.
pub(super) const TRACK: u32 = 1;
/// Rotation and scale: none (`tkhd`, `mvhd`).
const UNITY: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];
/// The language "undetermined", three letters of five bits.
const UNDETERMINED: u16 = 0x55c4;
/// 72 dots an inch, 16.16: what everybody writes.
const DPI: u32 = 0x0048_0000;

/// `ftyp` and `moov`.
pub(super) fn init_segment(codec: Codec, description: &[u8], size: (u32, u32)) -> Vec<u8> {
    let mut w = Writer::with_capacity(700 + description.len());
    w.atom(*b"ftyp", |w| {
        w.bytes(b"iso6");
        w.u32(0);
        w.bytes(b"iso6mp41");
    });
    w.atom(*b"moov", |w| {
        w.full(*b"mvhd", 0, 0, |w| {
            w.zeros(8); // made and changed: never
            w.u32(TIMESCALE);
            w.u32(0); // duration
            w.u32(0x0001_0000); // rate 1.0
            w.u16(0x0100); // volume
            w.zeros(10);
            UNITY.iter().for_each(|part| w.u32(*part));
            w.zeros(24);
            w.u32(TRACK + 1); // next track
        });
        w.atom(*b"trak", |w| track(w, codec, description, size));
        w.atom(*b"mvex", |w| {
            w.full(*b"trex", 0, 0, |w| {
                w.u32(TRACK);
                w.u32(1); // the first sample description
                w.zeros(12); // duration, size and flags stand in every fragment
            });
        });
    });
    w.finish()
}

fn track(w: &mut Writer, codec: Codec, description: &[u8], (width, height): (u32, u32)) {
    // Enabled, in the movie.
    w.full(*b"tkhd", 0, 3, |w| {
        w.zeros(8);
        w.u32(TRACK);
        w.zeros(4);
        w.u32(0); // duration
        w.zeros(16); // reserved, layer, group, volume
        UNITY.iter().for_each(|part| w.u32(*part));
        w.u32(width.min(0xffff) << 16);
        w.u32(height.min(0xffff) << 16);
    });
    w.atom(*b"mdia", |w| {
        w.full(*b"mdhd", 0, 0, |w| {
            w.zeros(8);
            w.u32(TIMESCALE);
            w.u32(0);
            w.u16(UNDETERMINED);
            w.u16(0);
        });
        w.full(*b"hdlr", 0, 0, |w| {
            w.u32(0);
            w.bytes(b"vide");
            w.zeros(13); // reserved and an empty name
        });
        w.atom(*b"minf", |w| {
            w.full(*b"vmhd", 0, 1, |w| w.zeros(8));
            w.atom(*b"dinf", |w| {
                w.full(*b"dref", 0, 0, |w| {
                    w.u32(1);
                    w.full(*b"url ", 0, 1, |_| {}); // in this file
                });
            });
            w.atom(*b"stbl", |w| {
                w.full(*b"stsd", 0, 0, |w| {
                    w.u32(1);
                    sample_entry(w, codec, description, (width, height));
                });
                w.full(*b"stts", 0, 0, |w| w.u32(0));
                w.full(*b"stsc", 0, 0, |w| w.u32(0));
                w.full(*b"stsz", 0, 0, |w| w.zeros(8));
                w.full(*b"stco", 0, 0, |w| w.u32(0));
            });
        });
    });
}

fn sample_entry(w: &mut Writer, codec: Codec, description: &[u8], (width, height): (u32, u32)) {
    let (entry, record) = match codec {
        Codec::Avc => (*b"avc1", *b"avcC"),
        Codec::Hevc => (*b"hvc1", *b"hvcC"),
    };
    w.atom(entry, |w| {
        w.zeros(6);
        w.u16(1); // data reference
        w.zeros(16);
        w.u16(u16::try_from(width).unwrap_or(u16::MAX));
        w.u16(u16::try_from(height).unwrap_or(u16::MAX));
        w.u32(DPI);
        w.u32(DPI);
        w.u32(0);
        w.u16(1); // pictures a sample
        w.zeros(32); // the encoder's name
        w.u16(24); // bits a pixel
        w.u16(0xffff); // no colour table
        w.atom(record, |w| w.bytes(description));
    });
}
