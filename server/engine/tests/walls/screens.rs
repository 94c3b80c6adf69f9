//! Screens come and go.

use pantau_engine::Input;
use pantau_schemas::command::{Command, Reason};
use pantau_schemas::ids::ScreenId;
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
    room.say("a", Command::ScreenRemove { screen: main_screen() }).unwrap();
    assert_eq!(room.world.walls.screens.len(), 1);
    for number in 0..63 {
        room.say("a", add(&format!("s-{number}"))).unwrap();
    }
    assert_eq!(room.refused(add("s-63")).0, Reason::TooManyScreens);
}
