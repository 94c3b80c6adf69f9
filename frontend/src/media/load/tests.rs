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
    let (mut load, mut now) = (Load::of(PlayerKind::WebCodecs), 0.0);
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
    let (mut load, mut now) = (Load::of(PlayerKind::WebCodecs), 0.0);
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
    let (mut load, mut now) = (Load::of(PlayerKind::WebCodecs), 0.0);
    load.look(now, 250.0, Tally::default());
    let many = Tally { decoded: 10_000, superseded: 900, refused: 900, ..Tally::default() };
    look(&mut load, &mut now, 0.0, many);
    assert_eq!(look(&mut load, &mut now, 0.0, Tally::default()), Some(Pressure::Calm));
}

/// So many looks at players in the page, each with a queue and with so many ms of standing in half a second.
fn looks(load: &mut Load, now: &mut f64, count: u32, backlog: u32, stood: u64) -> Vec<Pressure> {
    let mut sum = load.before;
    let mut one = |_| {
        (sum.backlog, sum.waiting, sum.stood) = (backlog, u64::from(backlog), sum.stood + stood);
        look(load, now, 0.0, sum)
    };
    (0..count).filter_map(&mut one).collect()
}

#[test]
fn a_page_that_stands_for_a_moment_costs_no_tile_anything() {
    let (mut load, mut now) = (Load::of(PlayerKind::MediaSource), 0.0);
    load.look(now, 250.0, Tally::default());
    for _ in 0..20 {
        // A second and a half with a full queue, or of standing, or much of it told at once; then it is calm.
        for (backlog, stood, count) in [(40, 0, 3), (0, 500, 3), (0, 9_000, 1)] {
            let seen = looks(&mut load, &mut now, count, backlog, stood);
            assert!(
                seen.iter().all(|pressure| *pressure == Pressure::Even),
                "{backlog}, {stood} ms: {seen:?}"
            );
            let calm = looks(&mut load, &mut now, 20, 2, 0);
            assert_eq!(calm, [Pressure::Calm; 20], "now there is time for more");
        }
    }
}

#[test]
fn a_page_that_lasts_in_trouble_is_too_much_after_two_seconds_and_gets_as_many_for_what_is_done() {
    for (backlog, stood) in [(40, 0), (0, 500), (40, 500)] {
        let (mut load, mut now) = (Load::of(PlayerKind::MediaSource), 0.0);
        load.look(now, 250.0, Tally::default());
        let seen = looks(&mut load, &mut now, 8, backlog, stood);
        let [even, high] = [Pressure::Even, Pressure::High];
        assert_eq!(seen, [even, even, even, high, even, even, even, high], "{backlog}, {stood} ms");
    }
    // Half of the time takes longer, and a fifth of it is a wall that shows more than it would with less.
    for (stood, highs) in [(250, 2..=8), (100, 0..=0)] {
        let (mut load, mut now) = (Load::of(PlayerKind::MediaSource), 0.0);
        load.look(now, 250.0, Tally::default());
        let seen = looks(&mut load, &mut now, 60, 0, stood);
        let high = seen.iter().filter(|pressure| **pressure == Pressure::High).count();
        assert!(highs.contains(&high), "{stood} ms of standing in each look: {high} times too much");
        assert!(!seen.contains(&Pressure::Calm), "and never a time for more: {stood} ms");
    }
}

/// Decoders, or a page, that share so many pictures a second, in virtual time: what comes waits in one line, a tile
/// with too many there takes nothing before its next key frame, and what waits at a decoder of a tile that steps
/// down is thrown away.
struct Machine {
    player: PlayerKind,
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
    fn new(player: PlayerKind, tiles: u16, takes: u32) -> Self {
        let mut ladder = Ladder::default();
        ladder.show(0, (1..=tiles).map(|tile| (tile, Priority::Visible)));
        let sieves = (1..=tiles).map(|tile| (tile, Sieve::default())).collect();
        let (line, broken) = (VecDeque::new(), BTreeSet::new());
        let (load, changes) = (Load::of(player), Vec::new());
        Self { player, takes, line, broken, sieves, ladder, load, refused: 0, decoded: 0, changes }
    }

    const fn most(&self) -> usize {
        match self.player {
            PlayerKind::WebCodecs => 30,
            PlayerKind::MediaSource => 64,
        }
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
                let (key, rung) = ((step + u64::from(tile) * 7).is_multiple_of(15), self.ladder.rung(tile));
                if !self.sieves.entry(tile).or_default().passes(rung, key, false, now) {
                    continue;
                }
                if self.waiting(tile) > self.most() {
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
            ..Tally::default()
        };
        #[expect(clippy::cast_precision_loss, reason = "a few minutes in ms")]
        let pressure = self.load.look(now as f64, 266.0, tally);
        let before: BTreeMap<u16, Rung> = self.ladder.rungs().collect();
        if pressure.is_some_and(|pressure| self.ladder.look(now, pressure)) {
            self.changes.push(now);
            let fell = |tile: &u16| self.ladder.rung(*tile) > before.get(tile).copied().unwrap_or_default();
            let fallen: BTreeSet<u16> = self.sieves.keys().copied().filter(fell).collect();
            if self.player == PlayerKind::WebCodecs {
                self.line.retain(|tile| !fallen.contains(tile));
                self.broken.extend(fallen);
            }
        }
    }

    fn on(&self, rung: Rung) -> usize {
        self.ladder.rungs().filter(|(_, of)| *of == rung).count()
    }
}

#[test]
fn of_more_tiles_than_can_be_decoded_as_many_are_whole_as_can_be() {
    for (takes, fits) in [(150, 6), (300, 16), (600, 38)] {
        let mut machine = Machine::new(PlayerKind::WebCodecs, 64, takes);
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

#[test]
fn a_page_that_cannot_take_all_gets_what_it_can_and_all_of_it_again() {
    for (takes, fits) in [(60, 3), (120, 7), (180, 11)] {
        let mut machine = Machine::new(PlayerKind::MediaSource, 16, takes);
        machine.pass(0, 60);
        let whole = machine.on(Rung::Full);
        let near = fits / 3..=fits + 4;
        assert!(near.contains(&whole), "{whole} of {fits} are whole with {takes} a second");
        let before = machine.changes.len();
        machine.pass(60, 120);
        let tries = machine.changes.len() - before;
        assert!(tries <= 36, "{tries} changes in two minutes at {takes}: {:?}", machine.changes);
        machine.takes = 600;
        machine.pass(180, 60);
        assert_eq!(machine.on(Rung::Full), 16, "{:?}", machine.changes);
    }
}

#[test]
fn a_page_that_takes_all_but_stands_now_and_then_keeps_all() {
    let mut machine = Machine::new(PlayerKind::MediaSource, 12, 600);
    for minute in 0..5 {
        for stop in 0..6 {
            machine.takes = 0;
            machine.pass(minute * 60 + stop * 10, 2);
            machine.takes = 600;
            machine.pass(minute * 60 + stop * 10 + 2, 8);
        }
    }
    assert_eq!(machine.changes, [0; 0], "two seconds in ten are no reason for less");
}
