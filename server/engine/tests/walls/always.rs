//! Whatever happens in whatever order, this holds.

use std::collections::BTreeSet;

use pantau_schemas::command::Command;
use pantau_schemas::entry::Change;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::LifeState;
use pantau_schemas::wall::{
    Cell, Layout, MAX_ALARM_CELLS, MAX_UNDO, MOVING_STOP, Rank, Touring, Wall, WallAct,
};
use proptest::prelude::*;

use crate::any::{Event, any_event};
use crate::room::{GAUGES, Room, at, gauge, main_screen, place, undo};

fn whole(layout: &Layout) -> bool {
    let places = (1..=layout.columns()).flat_map(|column| (1..=layout.rows()).map(move |row| (column, row)));
    let mut over = places.map(|(column, row)| {
        layout.cells().iter().filter(|cell| cell.area.covers(place(column, row))).count()
    });
    over.all(|cells| cells <= 1)
        && layout.cells().iter().all(|cell| cell.area.fits(layout.columns(), layout.rows()))
}

fn pinned(wall: &Wall) -> Vec<Cell> {
    wall.content.layout().map(|layout| layout.pinned().cloned().collect()).unwrap_or_default()
}

/// A wall without the time since which its tour is where it is.
fn still(wall: &Wall) -> Wall {
    let mut wall = wall.clone();
    wall.tour = wall.tour.map(|touring| Touring { since: at(0), ..touring });
    wall
}

/// A command does what it may to the pinned cells, and can be taken back.
fn said(room: &mut Room, who: &str, wanted: &Command) -> Result<Vec<Change>, TestCaseError> {
    let (world, before) = (room.world.clone(), room.wall().clone());
    let Ok(changes) = room.say(who, wanted.clone()) else {
        prop_assert_eq!(&room.world, &world, "refused, but something changed");
        return Ok(Vec::new());
    };
    let walls = changes.iter().filter(|change| !is_alarm(change)).count();
    prop_assert!(walls <= 1, "{changes:?}");
    let gone: Vec<Cell> =
        pinned(&before).into_iter().filter(|cell| !pinned(room.wall()).contains(cell)).collect();
    let may = match wanted {
        Command::WallUndo { .. } => true,
        Command::WallUnpin { at, .. } => gone.iter().all(|cell| cell.area.covers(*at)),
        _ => gone.is_empty(),
    };
    prop_assert!(may, "{wanted:?} let go of {gone:?}");
    if let Some(Change::WallChanged(change)) = changes.first()
        && change.act != WallAct::Undone
    {
        let mut back = room.clone();
        back.say(who, undo()).unwrap();
        prop_assert_eq!(still(back.wall()), still(&before), "undo of {:?}", wanted);
    }
    Ok(changes)
}

const fn is_alarm(change: &Change) -> bool {
    matches!(change, Change::WallAlarmShown(_) | Change::WallAlarmEnded { .. })
}

/// Every alarm that is shown ends once: what the entries say is what the screen has.
fn follow(shown: &mut BTreeSet<DeviceId>, changes: &[Change], room: &Room) -> Result<(), TestCaseError> {
    for change in changes {
        match change {
            Change::WallAlarmShown(alarm) => prop_assert!(shown.insert(alarm.device.clone()), "{change:?}"),
            Change::WallAlarmEnded { device, .. } => prop_assert!(shown.remove(device), "{change:?}"),
            _ => {}
        }
    }
    let alarms = &room.world.walls.screens.get(&main_screen()).unwrap().alarms;
    let there: BTreeSet<DeviceId> = alarms.iter().map(|alarm| alarm.device.clone()).collect();
    prop_assert_eq!(alarms.len(), there.len());
    prop_assert_eq!(shown, &there);
    Ok(())
}

/// What is seen: whole, no more than people can watch, and every pinned cell as it was.
fn seen(room: &Room) -> Result<(), TestCaseError> {
    let shown = room.world.walls.shown(&main_screen()).unwrap();
    let Some(layout) = shown.layout() else { return Ok(()) };
    let below = room.wall().content.layout().unwrap();
    prop_assert!(whole(layout) && whole(below));
    let alarms: Vec<&Cell> = layout.cells().iter().filter(|cell| cell.rank == Rank::Alarm).collect();
    prop_assert!(alarms.len() <= MAX_ALARM_CELLS, "{alarms:?}");
    for cell in &alarms {
        let covered = below.cell(cell.area.at()).unwrap();
        prop_assert!(below.alarms_may_use(&covered), "{cell:?} over {covered:?}");
    }
    let moving = shown.moving() - alarms.len();
    prop_assert!(moving <= MOVING_STOP, "{moving} pictures move");
    for cell in pinned(room.wall()) {
        prop_assert!(layout.pinned().any(|shown| *shown == cell), "something hides {cell:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_these_hold(events in proptest::collection::vec(any_event(), 1..60)) {
        let mut room = Room::new();
        let mut shown = BTreeSet::new();
        for number in 0..GAUGES {
            room.hear(&gauge(number), LifeState::Ready);
        }
        for event in events {
            let before = room.wall().content.clone();
            let changes = match &event {
                Event::Waited(seconds) => room.wait(i64::from(*seconds)),
                Event::Heard(number, state) => room.hear(&gauge(*number), *state),
                Event::Said(who, wanted) => said(&mut room, who, wanted)?,
            };
            if !matches!(event, Event::Said(..)) {
                prop_assert_eq!(&room.wall().content, &before, "tours and alarms only lie over it");
            }
            follow(&mut shown, &changes, &room)?;
            prop_assert!(room.world.walls.screens.values().all(|screen| screen.history.len() <= MAX_UNDO));
            seen(&room)?;
        }
        for number in 0..GAUGES {
            let changes = room.hear(&gauge(number), LifeState::Ready);
            follow(&mut shown, &changes, &room)?;
        }
        let changes = room.wait(60);
        follow(&mut shown, &changes, &room)?;
        prop_assert!(shown.is_empty(), "never ended: {:?}", shown);
    }

    #[test]
    fn the_same_events_make_the_same_walls(events in proptest::collection::vec(any_event(), 1..40)) {
        let run = || {
            let mut room = Room::new();
            for event in events.clone() {
                match event {
                    Event::Waited(seconds) => drop(room.wait(i64::from(seconds))),
                    Event::Heard(number, state) => drop(room.hear(&gauge(number), state)),
                    Event::Said(who, wanted) => drop(room.say(who, *wanted)),
                }
            }
            room.world.digest()
        };
        prop_assert_eq!(run(), run());
    }
}
