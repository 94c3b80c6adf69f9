//! What this browser's decoders take: whether they keep up with what they are given.
//!
//! A decoder that is behind shows it in its queue, long before a picture is late; a worker that is behind, in pictures
//! that a newer one replaces before they are drawn. How long one picture takes to decode says less: a stream with
//! reordered pictures waits for the next one by its nature. Nor do timers that ring late say that less would help:
//! another program may have the machine. They say that now is no time for more.

use pantau_schemas::ladder::Pressure;

/// How often it is judged, ms.
const LOOK_MS: f64 = 500.0;
/// Access units waiting at one decoder: half a second of a camera is being behind …
const BACKLOG_HIGH: u32 = 8;
/// … and these few are a burst.
const BACKLOG_CALM: u32 = 3;
/// One in so many decoded pictures was not drawn: too many …
const SUPERSEDED_HIGH: u64 = 10;
/// … and so few are chance.
const SUPERSEDED_CALM: u64 = 100;
/// With fewer than this, a share says nothing.
const SUPERSEDED_LEAST: u64 = 5;
/// While the worker's timer rings later than this, ms, nobody climbs. A busy machine is late by half of it every now
/// and then.
const LATE_MS: f64 = 400.0;

/// What all tiles counted so far, and the longest queue now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Access units that wait at the decoder that is furthest behind.
    pub backlog: u32,
    /// Frames that a full decoder did not take.
    pub refused: u64,
    /// Pictures that came out of decoders.
    pub decoded: u64,
    /// Pictures that a newer one replaced before they were drawn.
    pub superseded: u64,
}

/// Watches the decoders of one worker. Times are monotonic ms.
#[derive(Debug, Clone, Default)]
pub struct Load {
    looked: Option<f64>,
    rang: Option<f64>,
    late: f64,
    backlog: u32,
    before: Tally,
}

impl Load {
    /// To be called every `every` ms. What may be said since the last time it said something.
    pub fn look(&mut self, now: f64, every: f64, tally: Tally) -> Option<Pressure> {
        let rang = self.rang.replace(now).unwrap_or(now - every);
        self.late = self.late.max(now - rang - every);
        self.backlog = self.backlog.max(tally.backlog);
        if now - *self.looked.get_or_insert(now) < LOOK_MS {
            return None;
        }
        self.looked = Some(now);
        let (late, backlog) = (std::mem::take(&mut self.late), std::mem::take(&mut self.backlog));
        let before = std::mem::replace(&mut self.before, tally);
        // Tiles that went took their counts with them.
        let new = |now: u64, before: u64| now.saturating_sub(before);
        let refused = new(tally.refused, before.refused);
        let (decoded, superseded) =
            (new(tally.decoded, before.decoded), new(tally.superseded, before.superseded));
        let many = superseded >= SUPERSEDED_LEAST && superseded.saturating_mul(SUPERSEDED_HIGH) >= decoded;
        if refused > 0 || backlog >= BACKLOG_HIGH || many {
            return Some(Pressure::High);
        }
        let few = superseded == 0 || superseded.saturating_mul(SUPERSEDED_CALM) <= decoded;
        let calm = backlog <= BACKLOG_CALM && few && late < LATE_MS;
        Some(if calm { Pressure::Calm } else { Pressure::Even })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rings of the timer, 250 ms apart but for `late`, with what was counted in between.
    fn look(load: &mut Load, now: &mut f64, late: f64, tally: Tally) -> Option<Pressure> {
        *now += 250.0;
        assert_eq!(load.look(*now, 250.0, tally), None, "too soon to judge");
        *now += 250.0 + late;
        load.look(*now, 250.0, tally)
    }

    #[test]
    fn decoders_that_keep_up_are_calm_and_those_that_do_not_are_not() {
        let (mut load, mut now) = (Load::default(), 0.0);
        load.look(now, 250.0, Tally::default());
        let mut sum = Tally::default();
        let mut judge = |late, backlog, refused, decoded, superseded| {
            sum.backlog = backlog;
            sum.refused += refused;
            sum.decoded += decoded;
            sum.superseded += superseded;
            look(&mut load, &mut now, late, sum)
        };
        assert_eq!(judge(0.0, 1, 0, 120, 0), Some(Pressure::Calm));
        assert_eq!(judge(0.0, 1, 0, 120, 1), Some(Pressure::Calm));
        assert_eq!(judge(0.0, 5, 0, 120, 0), Some(Pressure::Even));
        assert_eq!(judge(0.0, 9, 0, 120, 0), Some(Pressure::High), "a decoder is behind");
        assert_eq!(judge(0.0, 0, 3, 120, 0), Some(Pressure::High), "a decoder was full");
        assert_eq!(judge(0.0, 0, 0, 120, 20), Some(Pressure::High), "pictures are decoded for nothing");
        assert_eq!(judge(500.0, 0, 0, 120, 0), Some(Pressure::Even), "the machine is busy");
        assert_eq!(judge(0.0, 0, 0, 120, 0), Some(Pressure::Calm));
        assert_eq!(judge(0.0, 0, 0, 2, 2), Some(Pressure::Even), "two of two are no share");
    }

    #[test]
    fn tiles_that_go_take_nothing_from_the_others() {
        let (mut load, mut now) = (Load::default(), 0.0);
        load.look(now, 250.0, Tally::default());
        let many = Tally { decoded: 10_000, superseded: 900, refused: 900, backlog: 0 };
        look(&mut load, &mut now, 0.0, many);
        assert_eq!(look(&mut load, &mut now, 0.0, Tally::default()), Some(Pressure::Calm));
    }
}
