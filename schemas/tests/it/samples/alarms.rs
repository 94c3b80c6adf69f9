//! A third journal, of alarms on walls: a chain of its own from [`Hash::ZERO`], and the World after it.

use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{ScreenId, Seq};
use pantau_schemas::wall::{
    AlarmEnd, AlarmShown, At, Content, Label, Layout, ScreenFacts, Wall, WallAct, WallChange,
};
use pantau_schemas::world::World;

use super::{Sample, device, time};

pub(crate) fn entries() -> Vec<Sample<Entry>> {
    let mut previous = Hash::ZERO;
    let mut seq = Seq(0);
    happenings()
        .into_iter()
        .map(|(name, cause, change)| {
            seq = seq.next();
            let at = time("2026-11-25T22:00:00Z").plus_millis(i64::try_from(seq.0).unwrap() * 1_000);
            let (entry, _) = Entry::seal(seq, at, Actor::system(), cause, change, &previous).unwrap();
            previous = entry.hash;
            (name, entry)
        })
        .collect()
}

/// The World after [`entries`]: one alarm ended, one stands.
pub(crate) fn world() -> World {
    let mut world = World::default();
    for (_, entry) in entries() {
        world.apply(&entry).unwrap();
    }
    world
}

fn happenings() -> Vec<(&'static str, Cause, Change)> {
    let screen = || ScreenId::new("main").unwrap();
    let facts = ScreenFacts {
        screen: screen(),
        name: Label::new("Dinding utama").unwrap(),
        panel_pitch_mm: None,
        viewing_distance_m: None,
    };
    let content = Content::Layout(Layout::grid(3, 2).unwrap());
    let hung = WallChange {
        screen: screen(),
        act: WallAct::LaidOut,
        at: None,
        wall: Wall { content, ..Wall::default() },
    };
    let shown = |rings: &str, camera: &str, at| {
        Change::WallAlarmShown(AlarmShown {
            screen: screen(),
            device: device(rings),
            camera: device(camera),
            at,
        })
    };
    let end = AlarmEnd::Over;
    vec![
        ("alarm_screen_added", Cause::Start, Change::ScreenAdded(facts)),
        ("alarm_marked", Cause::Entry(Seq(1)), shown("tma-01", "cam-alun-01", None)),
        (
            "alarm_ended",
            Cause::Timer,
            Change::WallAlarmEnded { screen: screen(), device: device("tma-01"), end },
        ),
        ("alarm_wall_changed", Cause::Start, Change::WallChanged(Box::new(hung))),
        ("alarm_shown", Cause::Entry(Seq(4)), shown("tma-02", "cam-alun-02", At::new(2, 1))),
    ]
}
