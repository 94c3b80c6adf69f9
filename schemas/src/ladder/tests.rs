use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const LOOK_MS: u64 = 500;

/// Something that takes so much and no more, and a ladder that looks at it; in virtual time.
struct World {
    ladder: Ladder,
    now: u64,
    capacity: u32,
    changes: Vec<u64>,
}

/// What a tile costs on a rung: 15 frames a second, a key frame each second; two thirds without the disposable ones.
fn cost(rung: Rung) -> u32 {
    match rung {
        Rung::Full => 150,
        Rung::Reference => 100,
        Rung::KeyFrames => 15,
        _ => 1,
    }
}

impl World {
    fn new(tiles: &[(u16, Priority)], capacity: u32) -> Self {
        let mut ladder = Ladder::default();
        ladder.show(0, tiles.iter().copied());
        Self { ladder, now: 0, capacity, changes: Vec::new() }
    }

    fn load(&self) -> u32 {
        self.ladder.rungs().map(|(_, rung)| cost(rung)).sum()
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds * 1_000 / LOOK_MS {
            self.now += LOOK_MS;
            let pressure = match self.load() {
                load if load > self.capacity => Pressure::High,
                load if load * 10 > self.capacity * 9 => Pressure::Even,
                _ => Pressure::Calm,
            };
            if self.ladder.look(self.now, pressure) {
                self.changes.push(self.now);
            }
        }
    }

    fn rungs(&self) -> Vec<Rung> {
        self.ladder.rungs().map(|(_, rung)| rung).collect()
    }
}

fn visible(count: u16) -> Vec<(u16, Priority)> {
    (1..=count).map(|tile| (tile, Priority::Visible)).collect()
}

#[test]
fn what_fits_is_never_touched() {
    let mut world = World::new(&visible(16), 16 * 150 * 2);
    world.pass(600);
    assert_eq!((world.rungs(), world.changes.len()), (vec![Rung::Full; 16], 0));
}

#[test]
fn of_sixty_four_tiles_as_many_are_whole_as_fit_and_the_others_show_key_frames() {
    let mut world = World::new(&visible(64), 24 * 150 + 40 * 15);
    world.pass(10);
    assert!(world.load() <= world.capacity, "{} of {}", world.load(), world.capacity);
    world.pass(600);
    let whole = world.rungs().iter().filter(|rung| **rung == Rung::Full).count();
    assert!((21..=24).contains(&whole), "{whole} are whole");
    assert!(world.rungs().iter().all(|rung| *rung <= Rung::KeyFrames), "nobody is at the foot for nothing");
    assert!(world.rungs().is_sorted(), "the first ones are whole: {:?}", world.rungs());
}

#[test]
fn what_holds_is_found_in_half_a_minute_and_then_left_alone() {
    for fits in [2, 8, 20, 40, 60] {
        let mut world = World::new(&visible(64), fits * 150 + (64 - fits) * 15);
        world.pass(30);
        let whole = world.rungs().iter().filter(|rung| **rung == Rung::Full).count();
        let fits = usize::try_from(fits).unwrap();
        // The last tenth is no calm, and what is not calm is not climbed into.
        assert!((fits * 3 / 4..=fits).contains(&whole), "{whole} of {fits} are whole after half a minute");
        assert!(world.rungs().iter().all(|rung| *rung <= Rung::KeyFrames), "{:?}", world.rungs());
        let (before, rungs) = (world.changes.len(), world.rungs());
        world.pass(300);
        let (tries, now) = (world.changes.len() - before, world.rungs());
        assert!(tries <= 24, "{tries} changes in five minutes with room for {fits}");
        let moved = rungs.iter().zip(&now).filter(|(before, now)| before != now).count();
        assert!(moved <= 4, "{moved} of 64 tiles stand elsewhere five minutes later");
    }
}

#[test]
fn a_little_too_much_that_shows_late_costs_what_it_was() {
    let mut world = World::new(&visible(16), 8 * 150 + 8 * 15);
    world.pass(60);
    let whole = |world: &World| world.rungs().iter().filter(|rung| **rung == Rung::Full).count();
    let (before, held) = (whole(&world), world.capacity);
    // A queue that fills slowly is calm at first: more is tried, and shows to be too much only then.
    world.capacity = u32::MAX / 10;
    while whole(&world) == before {
        world.pass(1);
    }
    world.pass(3);
    world.capacity = held;
    world.pass(6);
    assert!((before - 1..=before).contains(&whole(&world)), "{} after {before}", whole(&world));
}

#[test]
fn the_least_important_step_down_first_and_come_back_last() {
    let mut tiles = visible(4);
    tiles.extend([(10, Priority::Alarm), (11, Priority::Focus), (12, Priority::Hidden)]);
    let mut world = World::new(&tiles, 2 * 150 + 10);
    world.pass(60);
    let of = |world: &World, tile| world.ladder.rung(tile);
    assert_eq!((of(&world, 11), of(&world, 10)), (Rung::Full, Rung::Full));
    assert!((1..=4).all(|tile| of(&world, tile) == Rung::Still), "{:?}", world.rungs());
    world.capacity = 170;
    world.pass(60);
    assert_eq!((of(&world, 11), of(&world, 10)), (Rung::Full, Rung::KeyFrames));
    world.capacity = u32::MAX / 10;
    while of(&world, 10) != Rung::Full {
        assert!((1..=4).all(|tile| of(&world, tile) == Rung::Still), "the alarm comes back before them");
        world.pass(1);
    }
    world.pass(120);
    assert_eq!(world.rungs(), vec![Rung::Full; 6], "back by itself");
}

#[test]
fn a_burst_of_trouble_is_over_soon() {
    let mut world = World::new(&visible(12), u32::MAX / 10);
    world.pass(30);
    world.capacity = 200;
    world.pass(6);
    assert!(world.rungs().iter().any(|rung| rung.is_sparse()));
    world.capacity = u32::MAX / 10;
    let since = world.now;
    while world.rungs().iter().any(|rung| *rung != Rung::Full) {
        world.pass(1);
    }
    assert!(world.now - since <= 40_000, "all whole again after {} ms", world.now - since);
}

#[test]
fn disposable_frames_go_first_where_there_are_some() {
    let mut world = World::new(&visible(4), 4 * 100 + 20);
    for tile in [1, 2, 3, 4] {
        world.ladder.has_disposable(tile, true);
    }
    world.pass(30);
    assert!(world.rungs().iter().all(|rung| *rung <= Rung::Reference), "{:?}", world.rungs());
    assert!(world.rungs().contains(&Rung::Reference));
}

#[test]
fn opening_a_wall_is_no_pressure() {
    let mut ladder = Ladder::default();
    ladder.show(5_000, visible(16));
    assert!(!ladder.look(6_900, Pressure::High));
    assert!(ladder.look(7_000, Pressure::High));
}

#[test]
fn new_tiles_take_the_places_of_those_that_went() {
    let mut world = World::new(&visible(8), 4 * 150 + 5 * 15);
    world.pass(60);
    let before = world.rungs();
    assert!(before.contains(&Rung::Full) && before.contains(&Rung::KeyFrames), "{before:?}");
    world.ladder.show(world.now, (101..=108).map(|tile| (tile, Priority::Visible)));
    assert_eq!(world.rungs(), before, "another scene of the tour costs what the last one did");
    world.ladder.show(world.now, (201..=202).map(|tile| (tile, Priority::Visible)));
    assert_eq!(world.rungs(), vec![Rung::Full; 2]);
    // What somebody turns to is whole at once, known or new.
    world.ladder.show(world.now, (301..=304).map(|tile| (tile, Priority::Visible)));
    world.ladder.look(world.now + 10_000, Pressure::High);
    world.ladder.look(world.now + 20_000, Pressure::High);
    assert_eq!(world.ladder.rung(304), Rung::KeyFrames);
    let focus = (301..=304).map(|tile| (tile, if tile == 304 { Priority::Focus } else { Priority::Visible }));
    world.ladder.show(world.now, focus.chain([(9, Priority::Alarm)]));
    assert_eq!((world.ladder.rung(304), world.ladder.rung(9)), (Rung::Full, Rung::Full));
}

#[test]
fn a_sieve_lets_a_decoder_show_whatever_passes() {
    let mut sieve = Sieve::default();
    let mut passes =
        |rung, key, disposable, now| (sieve.passes(rung, key, disposable, now), sieve.is_broken());
    assert_eq!(passes(Rung::Full, true, false, 0), (true, false));
    assert_eq!(passes(Rung::Reference, false, true, 10), (false, false));
    assert_eq!(
        passes(Rung::Reference, false, false, 20),
        (true, false),
        "nobody refers to what was left out"
    );
    assert_eq!(passes(Rung::KeyFrames, false, false, 30), (false, true));
    assert_eq!(
        passes(Rung::Full, false, false, 40),
        (false, true),
        "whole again, but not before a key frame"
    );
    assert_eq!(passes(Rung::Full, true, false, 50), (true, false));
    assert_eq!(passes(Rung::Full, false, false, 60), (true, false));
    assert_eq!(passes(Rung::Still, true, false, 5_000), (false, true), "the last picture is not old yet");
    assert_eq!(passes(Rung::Still, true, false, 50 + STILL_MS), (true, false));
}

fn priority() -> impl Strategy<Value = Priority> {
    select(vec![Priority::Focus, Priority::Alarm, Priority::Visible, Priority::Visible, Priority::Hidden])
}

proptest! {
    /// Whatever it takes, now or later: what is sent comes to fit, priorities are kept, nothing swings, and when
    /// everything fits again everything is whole again.
    #[test]
    fn it_comes_to_rest_and_comes_back(
        priorities in vec(priority(), 1..80),
        disposable in vec(any::<bool>(), 80),
        capacities in vec(0_u32..12_000, 1..4),
    ) {
        let tiles: Vec<_> = (1..).zip(priorities).collect();
        let mut world = World::new(&tiles, 0);
        for ((tile, _), disposable) in tiles.iter().zip(disposable) {
            world.ladder.has_disposable(*tile, disposable);
        }
        for capacity in capacities {
            world.capacity = capacity;
            world.pass(300);
            let foot = world.rungs().iter().all(|rung| *rung == Rung::Still);
            prop_assert!(
                world.load() <= capacity || foot || world.changes.last().is_some_and(|at| world.now - at < 3_000),
                "{} of {capacity}", world.load()
            );
            let order = |priority: Priority| {
                tiles.iter().filter(move |(_, of)| *of == priority).map(|(tile, _)| world.ladder.rung(*tile))
            };
            for (above, below) in
                [(Priority::Focus, Priority::Alarm), (Priority::Focus, Priority::Visible), (Priority::Alarm, Priority::Visible)]
            {
                if order(above).any(|rung| rung > Rung::Full) {
                    prop_assert!(order(below).all(|rung| rung == Rung::Still));
                }
            }
            // Once at rest: at most one try and its end per wait, and the waits have grown.
            let before = world.changes.len();
            world.pass(600);
            let tries = world.changes.len() - before;
            prop_assert!(tries <= 60, "{tries} changes in ten minutes at {capacity}");
        }
        world.capacity = u32::MAX / 10;
        world.pass(600);
        prop_assert!(world.rungs().iter().all(|rung| *rung == Rung::Full), "{:?}", world.rungs());
    }

    /// Every frame that passes has its reference; a frame of a chain refers to the one before it that is not disposable.
    #[test]
    fn what_passes_can_be_decoded(
        frames in vec((prop::bool::weighted(0.1), any::<bool>(), 0_u64..3_000), 1..300),
        rungs in vec(select(vec![Rung::Full, Rung::Reference, Rung::KeyFrames, Rung::Still]), 300),
    ) {
        let (mut sieve, mut now, mut whole) = (Sieve::default(), 0, true);
        for ((key, disposable, pause), rung) in frames.into_iter().zip(rungs) {
            now += pause;
            let disposable = disposable && !key;
            let passes = sieve.passes(rung, key, disposable, now);
            if passes {
                prop_assert!(key || whole, "its reference is missing");
                prop_assert!(rung != Rung::KeyFrames || key);
            }
            if !disposable {
                whole = passes && (key || whole);
            }
            prop_assert!(!key || passes || rung == Rung::Still, "a key frame is left out on the lowest rung alone");
        }
    }
}
