//! Who rings is seen, beside what people hung and never instead of what they pinned.

use pantau_engine::{Heard, Input, Timer, deadline};
use pantau_schemas::command::{Command, Reason};
use pantau_schemas::entry::{Cause, Change};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::LifeState;
use pantau_schemas::registry::Registry;
use pantau_schemas::stream::StreamState;
use pantau_schemas::wall::{
    AlarmEnd, AlarmUse, Area, Cell, Draft, MAX_ALARM_CELLS, PauseOn, Rank, Tile, WallAct, Zone,
};

use crate::room::{Room, camera, cell, clear, gauge, lay_out, main_screen, pin, place, show, start, tour};

fn ends(changes: &[Change]) -> Vec<(&str, AlarmEnd)> {
    let end = |change| match change {
        &Change::WallAlarmEnded { ref device, end, .. } => Some((device.as_str(), end)),
        _ => None,
    };
    changes.iter().filter_map(end).collect()
}

fn zoned(zones: Vec<Zone>, cells: Vec<Cell>) -> Command {
    Command::WallLayout { screen: main_screen(), layout: Draft { columns: 3, rows: 2, cells, zones } }
}

fn alarm(column: u8, row: u8, number: u32) -> (u8, u8, String) {
    (column, row, format!("cam-{number}"))
}

#[test]
fn a_gauge_in_alarm_brings_its_camera_over_the_lowest_rank_and_gives_the_old_one_back() {
    let mut room = Room::new();
    let cells = vec![
        cell((1, 1, 1, 1), camera(9), Rank::Pinned),
        cell((2, 1, 1, 1), camera(10), Rank::Watched),
        cell((3, 1, 1, 1), camera(11), Rank::Context),
        cell((1, 2, 3, 1), Tile::Trouble, Rank::Context),
    ];
    room.say("a", lay_out(3, 2, cells)).unwrap();
    room.hear(&gauge(1), LifeState::Ready);
    let said = room.world.seq.next();
    room.hear(&gauge(1), LifeState::Alert);
    assert_eq!(room.alarms(), [alarm(3, 1, 1)]);
    let seen = room.world.walls.screens.get(&main_screen()).unwrap().alarms.first().unwrap().clone();
    assert_eq!((seen.device, seen.since), (gauge(1), room.now()));
    assert_eq!(room.world.seq, said.next(), "the device's own entry, and the one that follows from it");

    // It stays a minute longer than the trouble, and what hung there is back.
    room.second += 100;
    room.hear(&gauge(1), LifeState::Ready);
    let due = deadline(&room.world, &Heard::default(), &Timer::Alarms).unwrap();
    assert_eq!(due, room.now().plus_millis(60_000));
    assert_eq!(room.wait(59), []);
    assert_eq!(room.alarms(), [alarm(3, 1, 1)]);
    assert_eq!(ends(&room.wait(1)), [("tma-1", AlarmEnd::Over)]);
    assert_eq!(room.alarms(), []);
    assert_eq!(room.shown_camera(3, 1).as_deref(), Some("cam-11"));
    assert_eq!(deadline(&room.world, &Heard::default(), &Timer::Alarms), None);
}

#[test]
fn an_alarm_says_why_it_is_there() {
    let mut room = Room::with_grid(2, 1);
    room.hear(&gauge(1), LifeState::Ready);
    let said = room.world.seq.next();
    let observation = room.observation(&gauge(1), LifeState::Alert);
    let decisions =
        pantau_engine::decide(&room.world, &Heard::default(), Input::Observation(&observation), room.now());
    let causes: Vec<_> = decisions.iter().map(|decision| (&decision.actor.0[..], &decision.cause)).collect();
    assert_eq!(causes.last(), Some(&("system", &Cause::Entry(said))));
    assert_eq!(causes.len(), 2);
}

#[test]
fn two_at_once_have_two_cells_and_two_at_one_camera_share() {
    let mut room = Room::with_grid(3, 2);
    room.say("a", show(1, 1, camera(9), Rank::Watched)).unwrap();
    room.ring(1);
    room.ring(2);
    assert_eq!(room.alarms(), [alarm(2, 1, 1), alarm(3, 1, 2)], "empty cells go before a watched one");
    let camera_itself = DeviceId::new("cam-2").unwrap();
    room.hear(&camera_itself, LifeState::Ready);
    room.hear(&camera_itself, LifeState::Alert);
    assert_eq!(room.alarms().len(), 2);
    room.hear(&gauge(2), LifeState::Ready);
    assert_eq!(ends(&room.wait(60)), [("tma-2", AlarmEnd::Over)]);
    assert_eq!(room.alarms(), [alarm(2, 1, 1), alarm(3, 1, 2)], "the camera still rings");
}

#[test]
fn a_fifth_alarm_waits_for_nobody_and_moves_none_that_is_fresh() {
    let mut room = Room::with_grid(4, 2);
    for number in 0..5 {
        room.ring(number);
    }
    let first_four: Vec<String> = (0..4).map(|number| format!("cam-{number}")).collect();
    let cameras = |room: &Room| room.alarms().into_iter().map(|alarm| alarm.2).collect::<Vec<_>>();
    assert_eq!(cameras(&room), first_four);
    assert_eq!(room.alarms().len(), MAX_ALARM_CELLS);

    // One whose trouble is over gives way at once, and one that has stood for ten minutes.
    room.second += 5;
    room.hear(&gauge(2), LifeState::Ready);
    assert_eq!(ends(&room.ring(5)), [("tma-2", AlarmEnd::GaveWay)]);
    assert_eq!(cameras(&room), ["cam-0", "cam-1", "cam-5", "cam-3"]);
    room.second += 600;
    assert_eq!(ends(&room.ring(6)), [("tma-0", AlarmEnd::GaveWay)]);
    assert_eq!(cameras(&room), ["cam-6", "cam-1", "cam-5", "cam-3"]);
}

#[test]
fn no_alarm_goes_where_it_may_not() {
    let zone = |area: (u8, u8, u8, u8), alarms| Zone {
        area: Area::new(area.0, area.1, area.2, area.3).unwrap(),
        alarms,
    };
    let mut room = Room::new();
    let cells = vec![cell((1, 1, 1, 1), camera(9), Rank::Pinned)];
    room.say("a", zoned(vec![zone((1, 1, 2, 1), AlarmUse::May)], cells)).unwrap();
    room.ring(1);
    room.ring(2);
    assert_eq!(room.alarms(), [alarm(2, 1, 1)], "one cell is offered, and one of them is pinned");
    // Where nothing is offered but everything kept, there is none; the trouble is in the list all the same.
    let kept = vec![zone((1, 1, 3, 2), AlarmUse::MayNot)];
    let moved = room.say("a", zoned(kept, vec![])).unwrap();
    assert_eq!(ends(&moved), [("tma-1", AlarmEnd::Moved)]);
    assert_eq!(room.alarms(), []);
}

#[test]
fn who_has_no_picture_or_was_never_there_brings_none() {
    let mut room = Room::with_grid(2, 1);
    room.hear(&gauge(1), LifeState::Lost);
    assert_eq!(room.alarms(), [], "what a broker kept of a device that nobody has heard");
    let ap = DeviceId::new("ap-01").unwrap();
    room.hear(&ap, LifeState::Ready);
    room.hear(&ap, LifeState::Lost);
    assert_eq!(room.alarms(), [], "an access point is a technician's matter");
    room.hear(&gauge(2), LifeState::Ready);
    room.stream(2, StreamState::Lost);
    room.hear(&gauge(2), LifeState::Lost);
    assert_eq!(room.alarms(), [alarm(1, 1, 0)], "another camera of the site, for its own is lost");
}

#[test]
fn a_tour_waits_while_an_alarm_stands() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", tour("sabar", PauseOn::Trouble, 1, 1, &[2, 10])).unwrap();
    room.say("a", start("sabar")).unwrap();
    room.ring(2);
    assert_eq!(
        room.alarms(),
        [alarm(2, 1, 2)],
        "the tour's cell is watched, though it shows that camera now"
    );
    assert_eq!(room.wait(30), []);
    room.hear(&gauge(2), LifeState::Ready);
    assert_eq!(room.wait(60).len(), 2, "the alarm is over, and the tour goes on");
    assert_eq!(room.shown_camera(1, 1).as_deref(), Some("cam-10"));
}

#[test]
fn who_takes_the_cell_in_hand_sets_the_alarm_aside_until_it_rings_anew() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", show(1, 1, camera(9), Rank::Context)).unwrap();
    room.say("a", show(2, 1, camera(8), Rank::Context)).unwrap();
    room.ring(1);
    assert_eq!(room.alarms(), [alarm(1, 1, 1)]);
    let cleared = room.say("a", clear(1, 1)).unwrap();
    assert_eq!(ends(&cleared), [("tma-1", AlarmEnd::SetAside)]);
    assert_eq!(room.shown_camera(1, 1).as_deref(), Some("cam-9"), "the old one, not nothing");
    assert_eq!(room.wait(300), []);
    assert_eq!(room.alarms(), [], "it still rings, but was seen");

    room.ring(1);
    assert_eq!(room.alarms(), [alarm(1, 1, 1)]);
    let same = room.say("a", show(1, 1, camera(9), Rank::Context)).unwrap();
    assert_eq!(ends(&same), [("tma-1", AlarmEnd::SetAside)]);
    assert_eq!(same.len(), 1, "what is below hung there already");

    room.ring(1);
    let pinned = room.say("a", pin(1, 1)).unwrap();
    assert!(matches!(&pinned[..], [Change::WallChanged(change), Change::WallAlarmEnded { .. }]
        if change.act == WallAct::Pinned));
    assert_eq!((room.alarms(), room.shown_camera(1, 1).as_deref()), (vec![], Some("cam-1")));
    assert_eq!(room.refused(clear(1, 1)).0, Reason::Pinned);
}

#[test]
fn an_alarm_looks_for_another_place_when_its_own_is_gone() {
    let mut room = Room::new();
    room.ring(1);
    let alarms = &room.world.walls.screens.get(&main_screen()).unwrap().alarms;
    assert_eq!(alarms.iter().map(|alarm| alarm.at).collect::<Vec<_>>(), [None], "the camera's own tile");
    room.say("a", lay_out(2, 2, vec![])).unwrap();
    assert_eq!(room.alarms(), [alarm(1, 1, 1)]);
    let large = cell((1, 1, 2, 1), camera(9), Rank::Pinned);
    room.say("a", lay_out(2, 2, vec![large])).unwrap();
    assert_eq!(room.alarms(), [alarm(1, 2, 1)]);
    room.say("a", Command::WallClearAll { screen: main_screen() }).unwrap();
    assert_eq!(room.alarms(), [alarm(1, 2, 1)], "clearing the wall clears no alarm");
    room.say("a", Command::WallUnpin { screen: main_screen(), at: place(1, 1) }).unwrap();

    let empty = Registry::default();
    let gone = room.input(Input::Registry(&empty));
    assert_eq!(ends(&gone), [("tma-1", AlarmEnd::Gone)]);
}
