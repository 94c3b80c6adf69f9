//! Whether the same key frame comes again and again.
//!
//! A sensor has noise: two key frames of a scene in which nothing moves still differ in many bits. Key frames
//! whose slices are equal bit by bit come from an encoder whose input stands still, or from a recording played
//! in a loop. Parameter sets and SEI are left out: some cameras write the time of day there.
//!
//! H.264 demands that consecutive IDR pictures differ in `idr_pic_id`, which is most often 0 and 1 in turn. So a
//! picture also counts as repeated when it equals the key frame before the last one, and the one in between
//! differs in length by no more than that field. (A loop of two different pictures differs by more.)
//! An encoder that counts `idr_pic_id` on, or H.265 that writes CRA pictures, is not seen by this detector.

use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::time::Instant;

/// Which NAL units hold a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    H265,
}

impl Codec {
    /// From the RFC 6381 name.
    pub(crate) fn of(name: &str) -> Self {
        if name.starts_with("hvc") || name.starts_with("hev") { Self::H265 } else { Self::H264 }
    }

    fn is_slice(self, header: u8) -> bool {
        match self {
            Self::H264 => matches!(header & 0x1f, 1..=5),
            Self::H265 => (header >> 1) & 0x3f < 32,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Print {
    hash: u64,
    bytes: usize,
    slices: usize,
}

fn print(codec: Codec, mut data: Bytes) -> Print {
    let (mut hasher, mut bytes, mut slices) = (DefaultHasher::new(), 0, 0);
    while data.remaining() >= 4 {
        let len = usize::try_from(data.get_u32()).unwrap_or(usize::MAX).min(data.len());
        let nal = data.split_to(len);
        if nal.first().is_some_and(|header| codec.is_slice(*header)) {
            hasher.write(&nal);
            bytes += nal.len();
            slices += 1;
        }
    }
    Print { hash: hasher.finish(), bytes, slices }
}

/// Remembers the last key frames.
#[derive(Debug)]
pub(crate) struct Picture {
    repeats_allowed: u32,
    lasting: Duration,
    last: Option<Print>,
    before: Option<Print>,
    repeats: u32,
    since: Option<Instant>,
    frozen: bool,
}

impl Picture {
    /// Frozen after so many repeats that last at least so long.
    pub(crate) const fn new(repeats_allowed: u32, lasting: Duration) -> Self {
        Self { repeats_allowed, lasting, last: None, before: None, repeats: 0, since: None, frozen: false }
    }

    /// A key frame came.
    pub(crate) fn key_frame(&mut self, codec: Codec, data: &Bytes, now: Instant) {
        let new = print(codec, data.clone());
        let in_turn = self.before == Some(new)
            && self.last.is_some_and(|last| last.bytes.abs_diff(new.bytes) <= new.slices + 1);
        if self.last == Some(new) || in_turn {
            self.repeats = self.repeats.saturating_add(1);
        } else {
            self.repeats = 0;
            self.since = Some(now);
        }
        self.before = self.last.replace(new);
        let lasted = self.since.map(|since| now.saturating_duration_since(since));
        self.frozen = self.repeats >= self.repeats_allowed && lasted >= Some(self.lasting);
    }

    pub(crate) const fn frozen(&self) -> bool {
        self.frozen
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn avcc(nals: &[&[u8]]) -> Bytes {
        let mut out = Vec::new();
        for nal in nals {
            out.extend_from_slice(&u32::try_from(nal.len()).unwrap().to_be_bytes());
            out.extend_from_slice(nal);
        }
        out.into()
    }

    /// Frozen after each of these key frames, one a second.
    fn after(frames: &[Bytes]) -> Vec<bool> {
        let (mut picture, start) = (Picture::new(2, Duration::from_millis(500)), Instant::now());
        let mut out = Vec::new();
        for (second, frame) in (0u64..).zip(frames) {
            picture.key_frame(Codec::H264, frame, start + Duration::from_secs(second));
            out.push(picture.frozen());
        }
        out
    }

    #[test]
    fn a_repeated_key_frame_is_seen_within_three_groups_and_forgotten_with_the_first_new_one() {
        let (a, b) = (avcc(&[&[0x65, 1, 2, 3]]), avcc(&[&[0x65, 1, 2, 4]]));
        let frames = [&b, &a, &a, &a, &a, &b].map(Clone::clone);
        assert_eq!(after(&frames), [false, false, false, true, true, false]);
    }

    #[test]
    fn a_clock_in_the_sei_does_not_hide_a_frozen_picture() {
        let frames = [1, 2, 3].map(|time| avcc(&[&[0x06, 5, time], &[0x65, 9, 9, 9]]));
        assert_eq!(after(&frames), [false, false, true]);
    }

    #[test]
    fn the_picture_id_that_must_alternate_does_not_hide_a_frozen_picture() {
        let (a, b) = (avcc(&[&[0x65, 0x88, 7, 7, 7]]), avcc(&[&[0x65, 0x8a, 7, 7, 7, 7]]));
        let frames = [&a, &b, &a, &b].map(Clone::clone);
        assert_eq!(after(&frames), [false, false, false, true]);
    }

    #[test]
    fn a_clip_of_two_groups_in_a_loop_is_not_a_frozen_picture() {
        let (a, b) = (avcc(&[&[0x65; 40]]), avcc(&[&[0x65; 60]]));
        let frames = [&a, &b, &a, &b, &a, &b].map(Clone::clone);
        assert!(after(&frames).iter().all(|frozen| !frozen));
    }

    #[test]
    fn a_stream_of_key_frames_only_is_given_time() {
        let (mut picture, start) = (Picture::new(2, Duration::from_millis(500)), Instant::now());
        let frame = avcc(&[&[0x65, 1]]);
        for index in 0..13 {
            picture.key_frame(Codec::H264, &frame, start + Duration::from_millis(40 * index));
        }
        assert!(!picture.frozen());
        picture.key_frame(Codec::H264, &frame, start + Duration::from_millis(520));
        assert!(picture.frozen());
    }

    proptest! {
        /// A static scene from a real sensor: the same picture with noise in a few bits.
        #[test]
        fn noise_is_life(seeds in prop::collection::hash_set(any::<u32>(), 2..30)) {
            let frames: Vec<Bytes> = seeds.iter().map(|noise| {
                let mut slice = vec![0x65; 100];
                slice.extend_from_slice(&noise.to_be_bytes());
                avcc(&[&slice])
            }).collect();
            prop_assert!(after(&frames).iter().all(|frozen| !frozen));
        }

        /// Bytes that are no length-prefixed NAL units do not upset the detector.
        #[test]
        fn any_bytes_are_survived(data in prop::collection::vec(any::<u8>(), 0..200)) {
            after(&[data.into()]);
        }
    }
}
