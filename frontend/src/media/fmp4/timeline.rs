//! Where access units stand in time: gapless, and as far apart as the camera took them.
//!
//! A picture's duration is known only when the next one comes, and to wait for that would cost the latency of a
//! picture. So the duration that is said is the usual interval, corrected by what the last guess was wrong by: errors
//! do not add up, and the sum of the durations stays within one picture's jitter of the capture times. A hole is no
//! duration: the line goes on where it was, because a gap in it would stop a player (and a step of more than twice
//! the last duration makes a media source wait for a key frame).

/// The interval before there are two pictures, µs: 25 a second.
const FIRST_INTERVAL: i64 = 40_000;
/// Shortest and longest interval that is believed, µs.
const INTERVALS: (i64, i64) = (1_000, 10_000_000);
/// A picture this far from where it was expected, µs and usual intervals, is behind a hole or a jump of the clock.
const JUMP: i64 = 500_000;
const JUMP_INTERVALS: i64 = 4;

/// The place of one access unit, µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// When it is decoded, since the first one.
    pub(super) decode: u64,
    /// Until the next one.
    pub(super) duration: u32,
    /// From its decoding to its showing; other than 0 only where pictures are reordered.
    pub(super) shift: i32,
}

/// The line of one stream.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Where the next one stands.
    next: u64,
    /// The capture time of the last one, and what is to be taken from a capture time to get a place.
    last: Option<(i64, i64)>,
    /// The usual interval; 0 before it is known.
    interval: i64,
    /// Pictures come in another order than they were taken.
    reordered: bool,
}

impl Timeline {
    /// Another stream follows, perhaps of another clock and rate.
    pub(super) fn interrupted(&mut self) {
        self.last = None;
        self.interval = 0;
        self.reordered = false;
    }

    /// Places the next picture, taken at `capture`, µs. `broken`: pictures before it are missing.
    pub(super) fn place(&mut self, capture: i64, broken: bool) -> Slot {
        let decode = self.next;
        let place = i64::try_from(decode).unwrap_or(i64::MAX);
        let usual = if self.interval == 0 { FIRST_INTERVAL } else { self.interval };
        let rebased = capture.saturating_sub(place);
        let mut origin = rebased;
        if let Some((before, known)) = self.last.filter(|_| !broken) {
            let step = capture.saturating_sub(before);
            let error = rebased.saturating_sub(known);
            let limit = JUMP.max(usual.saturating_mul(JUMP_INTERVALS));
            if error.unsigned_abs() <= limit.unsigned_abs() {
                origin = known;
                self.reordered |= step < 0;
                self.learn(step);
            } else if (0..=INTERVALS.1).contains(&step) && self.interval == 0 {
                // The second picture of a slow camera.
                self.learn(step);
            } else if step > 0 {
                // A pause, or a camera that became slow: believed when it stays so.
                self.learn(step.min(usual.saturating_mul(2)));
            }
        }
        self.last = Some((capture, origin));
        let error = rebased.saturating_sub(origin);
        let usual = if self.interval == 0 { FIRST_INTERVAL } else { self.interval };
        let (duration, shift) = if self.reordered {
            // Here the error swings with the order of the pictures; only its mean is one of the clock.
            (usual.saturating_add(error / 16), i32::try_from(error).unwrap_or(0))
        } else {
            (usual.saturating_add(error), 0)
        };
        let duration = duration.clamp((usual / 4).max(INTERVALS.0), usual.saturating_mul(4));
        let duration = u32::try_from(duration).unwrap_or(u32::MAX);
        self.next = decode.saturating_add(duration.into());
        Slot { decode, duration, shift: shift.max(i32::try_from(-place).unwrap_or(i32::MIN)) }
    }

    fn learn(&mut self, step: i64) {
        let step = step.clamp(-INTERVALS.1, INTERVALS.1);
        self.interval = match self.interval {
            0 if step > 0 => step,
            0 => FIRST_INTERVAL,
            mean => mean.saturating_add((step - mean) / 8),
        }
        .clamp(INTERVALS.0, INTERVALS.1);
    }
}
