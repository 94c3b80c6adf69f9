//! A fourth journal, of screens that come and go: a chain of its own from [`Hash::ZERO`], and the World after it.

use pantau_schemas::entry::{Actor, Cause, Change, DeviceState, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CommandId, ScreenId, Seq};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{Label, ScreenFacts};
use pantau_schemas::world::World;

use super::{Sample, time};

pub(crate) fn entries() -> Vec<Sample<Entry>> {
    let mut previous = Hash::ZERO;
    let mut seq = Seq(0);
    let screen = ScreenId::new("panel-3").unwrap();
    let facts = ScreenFacts {
        screen: screen.clone(),
        name: Label::new("Panel 3").unwrap(),
        panel_pitch_mm: None,
        viewing_distance_m: None,
    };
    let state = |state, since: Timestamp| Change::ScreenStateChanged { screen: screen.clone(), state, since };
    let at = |seconds: i64| time("2026-11-25T22:10:00Z").plus_millis(seconds * 1_000);
    let command = Cause::Command(CommandId::new("01936f2e-5c1b-7a3e-9c55-0242ac120003").unwrap());
    let beat = || Cause::Input("screen".to_owned());
    let happenings = vec![
        ("third_screen_added", Actor::system(), Cause::Start, Change::ScreenAdded(facts)),
        ("screen_up", Actor::screen(&screen), beat(), state(DeviceState::Up, at(2))),
        ("screen_forgotten", Actor::operator("loopback"), command, state(DeviceState::Unknown, at(3))),
        ("screen_down", Actor::system(), Cause::Timer, state(DeviceState::Down, at(1))),
    ];
    let seal = |(name, actor, cause, change)| {
        seq = seq.next();
        let time = at(i64::try_from(seq.0).unwrap());
        let (entry, _) = Entry::seal(seq, time, actor, cause, change, &previous).unwrap();
        previous = entry.hash;
        (name, entry)
    };
    happenings.into_iter().map(seal).collect()
}

/// The World after [`entries`]: the screen is missed.
pub(crate) fn world() -> World {
    let mut world = World::default();
    for (_, entry) in entries() {
        world.apply(&entry).unwrap();
    }
    world
}
