//! Screens come and go.

use pantau_engine::{Heard, Input, Timer, deadline};
use pantau_schemas::command::{Command, Reason};
use pantau_schemas::entry::{Change, DeviceState};
use pantau_schemas::ids::ScreenId;
use pantau_schemas::measure::{PanelPitchMm, ViewingDistanceM};
use pantau_schemas::wall::Wall;

use crate::room::{Room, label, main_screen, screen};

#[test]
fn a_city_begins_with_one_screen_that_arranges_itself() {
    let room = Room::new();
    assert_eq!(room.world.walls.screens.keys().map(ScreenId::as_str).collect::<Vec<_>>(), ["main"]);
    assert_eq!(room.wall(), &Wall::default());
    let mut again = room.clone();
    assert_eq!(again.input(Input::Started("test")).len(), 1, "a restart adds no screen");
}

#[test]
fn screens_come_and_go_but_the_last_one_stays() {
    let mut room = Room::new();
    let add = |id: &str| Command::ScreenAdd {
        screen: screen(id),
        name: label(id),
        panel_pitch_mm: None,
        viewing_distance_m: None,
    };
    assert_eq!(room.refused(add("main")).0, Reason::ScreenExists);
    assert_eq!(room.refused(Command::ScreenRemove { screen: main_screen() }).0, Reason::LastScreen);
    room.say("a", add("pos-2")).unwrap();
    let change = |name| Command::ScreenChange {
        screen: screen("pos-2"),
        name: Some(label(name)),
        panel_pitch_mm: None,
        viewing_distance_m: None,
    };
    assert_eq!(room.say("a", change("Pos 2")).unwrap().len(), 1);
    assert_eq!(room.say("a", change("Pos 2")).unwrap(), []);

    let measured = Command::ScreenChange {
        screen: screen("pos-2"),
        name: None,
        panel_pitch_mm: PanelPitchMm::new(0.63).ok(),
        viewing_distance_m: ViewingDistanceM::new(5.0).ok(),
    };
    room.say("a", measured).unwrap();
    let known = |room: &Room| {
        let screen = &room.world.walls.screens[&screen("pos-2")];
        (
            screen.name.to_string(),
            screen.panel_pitch_mm.map(PanelPitchMm::get),
            screen.viewing_distance_m.is_some(),
        )
    };
    assert_eq!(known(&room), ("Pos 2".to_owned(), Some(0.63), true));
    assert_eq!(room.say("a", change("Pos dua")).unwrap().len(), 1);
    assert_eq!(known(&room).1, Some(0.63), "a new name leaves the measures");
    let forget = || Command::ScreenUnmeasure { screen: screen("pos-2") };
    assert_eq!(room.say("a", forget()).unwrap().len(), 1);
    assert_eq!(known(&room), ("Pos dua".to_owned(), None, false));
    assert_eq!(room.say("a", forget()).unwrap(), [], "what is forgotten is not forgotten again");

    room.say("a", Command::ScreenRemove { screen: main_screen() }).unwrap();
    assert_eq!(room.world.walls.screens.len(), 1);
    for number in 0..63 {
        room.say("a", add(&format!("s-{number}"))).unwrap();
    }
    assert_eq!(room.refused(add("s-63")).0, Reason::TooManyScreens);
}

/// What the timer of the main screen changes.
fn looked_at(room: &mut Room) -> Vec<Change> {
    room.input(Input::Timer(&Timer::Screen(main_screen())))
}

fn state(room: &Room) -> Option<(DeviceState, i64)> {
    let status = room.world.walls.screens.get(&main_screen()).unwrap().status?;
    Some((status.state, status.since.millis_since(crate::room::at(0)) / 1_000))
}

#[test]
fn a_screen_that_falls_silent_is_down_since_its_last_beat_and_up_with_the_next() {
    let mut room = Room::new();
    room.second = 100;
    assert_eq!((looked_at(&mut room), state(&room)), (vec![], None), "nobody ever opened it");
    assert_eq!(room.beat().len(), 1);
    for _ in 0..3 {
        room.second += 5;
        assert_eq!(room.beat(), [], "a beat is not news");
    }
    assert_eq!(state(&room), Some((DeviceState::Up, 100)));
    room.second += 14;
    assert_eq!(looked_at(&mut room), []);
    room.second += 1;
    assert_eq!(looked_at(&mut room).len(), 1);
    assert_eq!(state(&room), Some((DeviceState::Down, 115)));
    assert_eq!(deadline(&room.world, &room.heard, &Timer::Screen(main_screen())), None);
    room.second += 1_000;
    assert_eq!((room.beat().len(), state(&room)), (1, Some((DeviceState::Up, 1_130))));
}

#[test]
fn a_screen_is_not_blamed_for_the_time_in_which_nobody_listened() {
    let mut room = Room::new();
    room.beat();
    room.second += 3_600;
    room.heard = Heard::default();
    room.input(Input::Started("test"));
    assert_eq!(looked_at(&mut room), []);
    room.second += 14;
    assert_eq!(looked_at(&mut room), []);
    room.second += 1;
    assert_eq!(looked_at(&mut room).len(), 1);
}

#[test]
fn a_screen_that_is_not_expected_is_not_missed_until_it_is_opened_again() {
    let mut room = Room::new();
    room.beat();
    room.second += 60;
    looked_at(&mut room);
    let forget = Command::ScreenForget { screen: main_screen() };
    assert_eq!(room.say("a", forget.clone()).unwrap().len(), 1);
    assert_eq!(room.say("a", forget).unwrap(), [], "it is so already");
    assert_eq!((state(&room), looked_at(&mut room)), (None, vec![]));
    assert_eq!(room.beat().len(), 1);
}
