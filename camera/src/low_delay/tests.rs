//! Streams written bit by bit.

use bytes::BufMut;
use h264_reader::nal::sps::SeqParameterSet;
use h264_reader::rbsp::{BitReader, decode_nal};
use proptest::prelude::*;

use super::sps::{Bits, exp_golomb};
use super::*;

/// How an SPS says in which order pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// `pic_order_cnt_type` 0, with so many bits.
    Written(u32),
    /// `pic_order_cnt_type` 1.
    Expected,
    /// `pic_order_cnt_type` 2.
    AsDecoded,
}

/// What an SPS says at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    NoVui,
    /// A VUI without restrictions.
    Silent,
    /// Restrictions with so many reordered pictures of so many that are held.
    Restricted(u32, u32),
}

#[derive(Debug, Clone)]
struct Written {
    profile: u8,
    counted: Counted,
    references: u32,
    cropped: bool,
    /// Units in a tick and ticks a second: long runs of zeros, which need protection from looking like a start code.
    timing: Option<(u32, u32)>,
    end: End,
}

impl Written {
    fn nal(&self) -> Vec<u8> {
        let mut bits = Vec::new();
        let byte = |bits: &mut Vec<bool>, value: u32, count: u32| {
            bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        };
        byte(&mut bits, u32::from(self.profile), 8);
        byte(&mut bits, 0, 8);
        byte(&mut bits, 31, 8);
        exp_golomb(&mut bits, 0);
        if self.profile == 100 {
            // 4:2:0, eight bits, no bypass, no scaling.
            exp_golomb(&mut bits, 1);
            exp_golomb(&mut bits, 0);
            exp_golomb(&mut bits, 0);
            bits.extend([false, false]);
        }
        exp_golomb(&mut bits, 4);
        match self.counted {
            Counted::Written(count) => {
                exp_golomb(&mut bits, 0);
                exp_golomb(&mut bits, count - 4);
            }
            Counted::Expected => {
                exp_golomb(&mut bits, 1);
                bits.push(true);
                for _ in 0..3 {
                    exp_golomb(&mut bits, 0);
                }
            }
            Counted::AsDecoded => exp_golomb(&mut bits, 2),
        }
        exp_golomb(&mut bits, self.references);
        bits.push(false);
        exp_golomb(&mut bits, 119);
        exp_golomb(&mut bits, 67);
        bits.extend([true, true, self.cropped]);
        if self.cropped {
            for side in [0, 0, 0, 4] {
                exp_golomb(&mut bits, side);
            }
        }
        bits.push(self.end != End::NoVui);
        if self.end != End::NoVui {
            bits.extend([false; 4]);
            bits.push(self.timing.is_some());
            if let Some((units, scale)) = self.timing {
                byte(&mut bits, units, 32);
                byte(&mut bits, scale, 32);
                bits.push(true);
            }
            bits.extend([false, false, true]);
            if let End::Restricted(reordered, held) = self.end {
                bits.extend([true, true]);
                for value in [0, 3, 11, 16, reordered, held] {
                    exp_golomb(&mut bits, value);
                }
            } else {
                bits.push(false);
            }
        }
        Bits(bits).nal(0x67)
    }

    fn parameters(&self) -> StreamParameters {
        let nal = self.nal();
        let mut record = vec![1, self.profile, 0, 31, 0xff, 0xe1];
        record.put_u16(u16::try_from(nal.len()).unwrap());
        record.extend(nal);
        record.extend(PPS);
        let codec = format!("avc1.{:02x}001f", self.profile);
        StreamParameters { codec, description: record.into(), width: 1920, height: 1080 }
    }
}

const PPS: [u8; 7] = [1, 0, 4, 0x68, 0xce, 0x3c, 0x80];
/// A camera that writes nothing about reordering and counts with eight bits.
const SILENT: Written = Written {
    profile: 77,
    counted: Counted::Written(8),
    references: 2,
    cropped: true,
    timing: None,
    end: End::Silent,
};

fn written() -> impl Strategy<Value = Written> {
    let counted = prop_oneof![
        (4..=16_u32).prop_map(Counted::Written),
        Just(Counted::Expected),
        Just(Counted::AsDecoded),
    ];
    let end = prop_oneof![
        Just(End::NoVui),
        Just(End::Silent),
        (0..=4_u32, 4..=16_u32).prop_map(|(reordered, held)| End::Restricted(reordered, held)),
    ];
    let profile = prop_oneof![Just(66), Just(77), Just(100)];
    let timing = proptest::option::of((1..=3_u32, prop_oneof![1..=256_u32, Just(0x0100_0000)]));
    (profile, counted, 0..=4_u32, any::<bool>(), timing, end).prop_map(
        |(profile, counted, references, cropped, timing, end)| Written {
            profile,
            counted,
            references,
            cropped,
            timing,
            end,
        },
    )
}

fn read(record: &[u8]) -> SeqParameterSet {
    let len = usize::from(u16::from_be_bytes([record[6], record[7]]));
    let nal = &record[8..8 + len];
    assert_eq!(record[8 + len..], PPS, "what follows stays");
    SeqParameterSet::from_bits(BitReader::new(&*decode_nal(nal).unwrap())).unwrap()
}

fn reordered(sps: &SeqParameterSet) -> Option<u32> {
    Some(sps.vui_parameters.as_ref()?.bitstream_restrictions.as_ref()?.max_num_reorder_frames)
}

proptest! {
    #[test]
    fn an_sps_says_everything_that_it_said_and_that_nothing_is_reordered(written in written()) {
        let parameters = written.parameters();
        let sps = Sps::of(&parameters).unwrap();
        let Some(description) = sps.without_reordering() else {
            prop_assert!(matches!(written.end, End::Restricted(0, _)));
            return Ok(());
        };
        let (mut before, mut after) = (read(&parameters.description), read(&description));
        let restrictions = after.vui_parameters.as_mut().unwrap().bitstream_restrictions.take().unwrap();
        prop_assert_eq!(restrictions.max_num_reorder_frames, 0);
        prop_assert_eq!(restrictions.max_dec_frame_buffering, written.references);
        before.vui_parameters.get_or_insert_default().bitstream_restrictions = None;
        prop_assert_eq!(before, after);
        // Where it ends is found again.
        let again = StreamParameters { description, ..parameters };
        prop_assert!(Sps::of(&again).unwrap().without_reordering().is_none());
    }

    #[test]
    fn a_record_of_anything_is_left_alone(record in proptest::collection::vec(any::<u8>(), 0..80)) {
        let parameters = StreamParameters { description: record.into(), ..SILENT.parameters() };
        let told = LowDelay::default().parameters(parameters.clone());
        prop_assert!(*told == parameters || reordered(&read(&told.description)) == Some(0));
    }

    #[test]
    fn frames_of_anything_prove_nothing_and_harm_nothing(
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..200),
    ) {
        let mut camera = LowDelay::default();
        camera.parameters(SILENT.parameters());
        for frame in frames {
            camera.frame(true, false, &frame.into());
        }
    }
}

/// A picture: its slice, behind an SEI message.
fn picture(idr: bool, count: u32) -> Bytes {
    let mut bits = Vec::new();
    exp_golomb(&mut bits, 0);
    exp_golomb(&mut bits, if idr { 7 } else { 5 });
    exp_golomb(&mut bits, 0);
    bits.extend([false; 8]);
    if idr {
        exp_golomb(&mut bits, 1);
    }
    bits.extend((0..8).rev().map(|bit| count >> bit & 1 == 1));
    bits.extend([true; 40]);
    let mut data = Vec::new();
    for nal in [vec![0x06, 5, 1, 0x80], Bits(bits).nal(if idr { 0x65 } else { 0x41 })] {
        data.put_u32(u32::try_from(nal.len()).unwrap());
        data.extend(nal);
    }
    data.into()
}

/// Gives so many groups of 25 pictures in order, which is told by two; `true` after each that is proven.
fn groups(camera: &mut LowDelay, groups: u32) -> Vec<bool> {
    let mut proven = Vec::new();
    for _ in 0..groups {
        for number in 0..25 {
            camera.frame(number == 0, false, &picture(number == 0, number * 2));
            proven.push(says_so(camera));
        }
    }
    proven
}

fn says_so(camera: &LowDelay) -> bool {
    reordered(&read(&camera.current().unwrap().description)) == Some(0)
}

#[test]
fn an_sps_that_shows_as_it_decodes_is_proof_enough() {
    let silent = Written { counted: Counted::AsDecoded, ..SILENT };
    let mut camera = LowDelay::default();
    let told = camera.parameters(silent.parameters());
    assert_eq!(reordered(&read(&told.description)), Some(0));
    assert!(Arc::ptr_eq(&told, &camera.parameters(silent.parameters())), "viewers are told once");
}

#[test]
fn two_whole_groups_in_order_are_proof_and_the_next_session_knows_it() {
    let mut camera = LowDelay::default();
    assert_eq!(*camera.parameters(SILENT.parameters()), SILENT.parameters());
    let proven = groups(&mut camera, 3);
    assert_eq!(proven.iter().position(|proven| *proven), Some(50), "with the key frame that ends the second");
    let known = camera.current().unwrap();
    assert!(Arc::ptr_eq(&known, &camera.parameters(SILENT.parameters())));
    // The camera tells something else: what is known is not about that.
    let other = Written { references: 1, ..SILENT };
    assert_eq!(*camera.parameters(other.parameters()), other.parameters());
}

#[test]
fn a_count_that_wraps_is_in_order() {
    let mut camera = LowDelay::default();
    camera.parameters(SILENT.parameters());
    for number in 0..400 {
        let key = number % 100 == 0;
        camera.frame(key, false, &picture(number == 0, number * 2 % 256));
    }
    assert!(says_so(&camera));
}

#[test]
fn one_picture_out_of_order_ends_it_for_good() {
    let mut camera = LowDelay::default();
    camera.parameters(SILENT.parameters());
    groups(&mut camera, 4);
    assert!(says_so(&camera));
    for count in [6, 2, 4] {
        camera.frame(false, false, &picture(false, 48 + count));
    }
    assert!(!says_so(&camera));
    assert!(groups(&mut camera, 10).iter().all(|proven| !proven));
    assert_eq!(*camera.parameters(SILENT.parameters()), SILENT.parameters());
}

#[test]
fn a_stream_that_reorders_is_never_touched() {
    let mut camera = LowDelay::default();
    camera.parameters(SILENT.parameters());
    for _ in 0..20 {
        for (number, count) in [0, 6, 2, 4, 12, 8, 10, 18, 14, 16].into_iter().enumerate() {
            camera.frame(number == 0, false, &picture(number == 0, count));
            assert!(!says_so(&camera));
        }
    }
}

#[test]
fn what_was_lost_is_no_proof_of_reordering() {
    for (lost, proven) in [(true, true), (false, false)] {
        let mut camera = LowDelay::default();
        camera.parameters(SILENT.parameters());
        camera.frame(true, false, &picture(true, 0));
        // A hundred pictures later, or 28 before.
        camera.frame(false, lost, &picture(false, 200));
        groups(&mut camera, 3);
        assert_eq!(says_so(&camera), proven);
    }
}

#[test]
fn what_says_so_itself_and_what_is_not_h264_stay_as_they_are() {
    let says = Written { end: End::Restricted(0, 2), ..SILENT }.parameters();
    assert_eq!(*LowDelay::default().parameters(says.clone()), says);
    let h265 = StreamParameters { codec: "hvc1.1.6.L93.b0".into(), ..SILENT.parameters() };
    let mut camera = LowDelay::default();
    camera.parameters(h265.clone());
    groups(&mut camera, 4);
    assert_eq!(*camera.current().unwrap(), h265);
}
