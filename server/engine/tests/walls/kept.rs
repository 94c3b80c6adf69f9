//! Presets, and taking back.

use pantau_schemas::command::{Place, Reason};
use pantau_schemas::ids::PresetId;
use pantau_schemas::wall::{Rank, Wall};

use crate::room::{Room, apply, camera, save, show, undo};

#[test]
fn a_number_calls_up_one_preset() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", save("pagi", Some(3))).unwrap();
    assert_eq!(room.refused(save("malam", Some(3))), (Reason::NumberTaken, "/number".into()));
    room.say("a", save("pagi", Some(4))).unwrap();
    room.say("a", save("malam", Some(3))).unwrap();
    assert_eq!(room.say("a", save("malam", Some(3))).unwrap(), [], "it is so already");
    room.say("a", apply("malam")).unwrap();
    assert_eq!(room.wall().preset.as_ref().map(PresetId::as_str), Some("malam"));
    room.say("a", show(1, 1, camera(1), Rank::Watched)).unwrap();
    assert_eq!(room.wall().preset, None, "a preset that was changed is none any more");
}

#[test]
fn nobody_takes_back_what_somebody_else_did() {
    let mut room = Room::with_grid(2, 1);
    assert_eq!(room.say("b", undo()).unwrap_err(), Reason::NothingToUndo.at(Place::Screen));
    room.say("b", show(1, 1, camera(1), Rank::Watched)).unwrap();
    assert_eq!(room.say("a", undo()).unwrap_err(), Reason::ChangedSince.at(Place::Screen));
    room.say("b", undo()).unwrap();
    assert_eq!(room.shown_camera(1, 1), None);
    room.say("a", undo()).unwrap();
    assert_eq!(room.wall(), &Wall::default());
    assert_eq!(room.say("a", undo()).unwrap_err().reason, Reason::NothingToUndo);
}
