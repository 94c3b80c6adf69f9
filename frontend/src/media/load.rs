//! What this browser's decoders take: whether they keep up with what they are given.
//!
//! A decoder that is behind shows it in its queue, long before a picture is late; a worker that is behind, in pictures
//! that a newer one replaces before they are drawn. How long one picture takes to decode says less: a stream with
//! reordered pictures waits for the next one by its nature. Nor do timers that ring late say that less would help:
//! another program may have the machine. They say that now is no time for more.
//!
//! A long queue that gets shorter is no reason to show even less: what was done about it works, and takes its time.

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
/// All queues together that lost this share, one in so many, since the last look are getting shorter.
const DRAINED: u64 = 8;
/// While the worker's timer rings later than this, ms, nobody climbs. A busy machine is late by half of it every now
/// and then.
const LATE_MS: f64 = 400.0;

/// What all tiles counted so far, and the longest queue now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Access units that wait at the decoder that is furthest behind.
    pub backlog: u32,
    /// Access units that wait at all of them.
    pub waiting: u64,
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
            let drained = before.waiting.saturating_sub(tally.waiting);
            let shorter = drained > 0 && drained.saturating_mul(DRAINED) >= before.waiting;
            return Some(if shorter { Pressure::Even } else { Pressure::High });
        }
        let few = superseded == 0 || superseded.saturating_mul(SUPERSEDED_CALM) <= decoded;
        let calm = backlog <= BACKLOG_CALM && few && late < LATE_MS;
        Some(if calm { Pressure::Calm } else { Pressure::Even })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};

    use pantau_schemas::ladder::{Ladder, Rung, Sieve};
    use pantau_schemas::media::Priority;

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
    fn a_queue_that_gets_shorter_needs_nothing_more() {
        let (mut load, mut now) = (Load::default(), 0.0);
        load.look(now, 250.0, Tally::default());
        let mut judge = |waiting| {
            let tally = Tally { backlog: 30, waiting, ..Tally::default() };
            look(&mut load, &mut now, 0.0, tally)
        };
        assert_eq!(judge(600), Some(Pressure::High));
        assert_eq!(judge(590), Some(Pressure::High), "as good as none");
        assert_eq!(judge(500), Some(Pressure::Even), "it drains");
        assert_eq!(judge(500), Some(Pressure::High), "it does not any more");
        assert_eq!(judge(510), Some(Pressure::High));
    }

    #[test]
    fn tiles_that_go_take_nothing_from_the_others() {
        let (mut load, mut now) = (Load::default(), 0.0);
        load.look(now, 250.0, Tally::default());
        let many = Tally { decoded: 10_000, superseded: 900, refused: 900, ..Tally::default() };
        look(&mut load, &mut now, 0.0, many);
        assert_eq!(look(&mut load, &mut now, 0.0, Tally::default()), Some(Pressure::Calm));
    }
    /// Decoders that share so many pictures a second, in virtual time: what comes waits in one line, a tile that is 30
    /// behind takes nothing before its next key frame, and what waits for a tile that steps down is thrown away.
    struct Machine {
        takes: u32,
        line: VecDeque<u16>,
        broken: BTreeSet<u16>,
        sieves: BTreeMap<u16, Sieve>,
        ladder: Ladder,
        load: Load,
        refused: u64,
        decoded: u64,
        changes: Vec<u64>,
    }

    impl Machine {
        fn new(tiles: u16, takes: u32) -> Self {
            let mut ladder = Ladder::default();
            ladder.show(0, (1..=tiles).map(|tile| (tile, Priority::Visible)));
            let sieves = (1..=tiles).map(|tile| (tile, Sieve::default())).collect();
            let (line, broken) = (VecDeque::new(), BTreeSet::new());
            let load = Load::default();
            Self { takes, line, broken, sieves, ladder, load, refused: 0, decoded: 0, changes: Vec::new() }
        }

        fn waiting(&self, tile: u16) -> usize {
            self.line.iter().filter(|waiting| **waiting == tile).count()
        }

        /// Frames come at 15 a second, a key frame each second, every tile at a moment of its own.
        fn pass(&mut self, from: u64, seconds: u64) {
            for step in from * 15..(from + seconds) * 15 {
                let now = step * 1_000 / 15;
                let tiles: Vec<u16> = self.sieves.keys().copied().collect();
                for tile in tiles {
                    let (key, rung) =
                        ((step + u64::from(tile) * 7).is_multiple_of(15), self.ladder.rung(tile));
                    if !self.sieves.entry(tile).or_default().passes(rung, key, false, now) {
                        continue;
                    }
                    if self.waiting(tile) > 30 {
                        self.refused += 1;
                        self.broken.insert(tile);
                    } else if key || !self.broken.contains(&tile) {
                        self.broken.remove(&tile);
                        self.line.push_back(tile);
                    }
                }
                let takes = usize::try_from(self.takes / 15).unwrap().min(self.line.len());
                self.line.drain(..takes);
                self.decoded += u64::try_from(takes).unwrap();
                if step.is_multiple_of(4) {
                    self.look(now);
                }
            }
        }

        fn look(&mut self, now: u64) {
            let backlog = self.sieves.keys().map(|tile| self.waiting(*tile)).max().unwrap_or_default();
            let tally = Tally {
                backlog: u32::try_from(backlog).unwrap(),
                waiting: u64::try_from(self.line.len()).unwrap(),
                refused: self.refused,
                decoded: self.decoded,
                superseded: 0,
            };
            #[expect(clippy::cast_precision_loss, reason = "a few minutes in ms")]
            let pressure = self.load.look(now as f64, 266.0, tally);
            let before: BTreeMap<u16, Rung> = self.ladder.rungs().collect();
            if pressure.is_some_and(|pressure| self.ladder.look(now, pressure)) {
                self.changes.push(now);
                let fell =
                    |tile: &u16| self.ladder.rung(*tile) > before.get(tile).copied().unwrap_or_default();
                let fallen: BTreeSet<u16> = self.sieves.keys().copied().filter(fell).collect();
                self.line.retain(|tile| !fallen.contains(tile));
                self.broken.extend(fallen);
            }
        }

        fn on(&self, rung: Rung) -> usize {
            self.ladder.rungs().filter(|(_, of)| *of == rung).count()
        }
    }

    #[test]
    fn of_more_tiles_than_can_be_decoded_as_many_are_whole_as_can_be() {
        for (takes, fits) in [(150, 6), (300, 16), (600, 38)] {
            let mut machine = Machine::new(64, takes);
            machine.pass(0, 40);
            let whole = machine.on(Rung::Full);
            // A little too much shows only after a while.
            let near = fits * 2 / 3..=fits * 9 / 8 + 2;
            assert!(near.contains(&whole), "{whole} of {fits} are whole with {takes} a second");
            assert_eq!(machine.on(Rung::Still), 0, "key frames cost little");
            let before = machine.changes.len();
            machine.pass(40, 120);
            let tries = machine.changes.len() - before;
            assert!(tries <= 30, "{tries} changes in two minutes at {takes}: {:?}", machine.changes);
        }
    }
}
