//! Tours go on, wait, and give back what they covered.

use pantau_schemas::command::{Command, Reason};
use pantau_schemas::ids::TourId;
use pantau_schemas::stream::StreamState;
use pantau_schemas::wall::{PauseOn, Rank};

use crate::room::{Room, camera, main_screen, pin, place, show, start, tour};

#[test]
fn a_tour_goes_on_when_its_time_has_come_and_gives_back_what_it_covered() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", show(2, 1, camera(0), Rank::Watched)).unwrap();
    room.say("a", tour("pasar", PauseOn::Nothing, 2, 1, &[1, 2])).unwrap();
    room.say("a", start("pasar")).unwrap();
    let began = room.second;
    assert_eq!(room.shown_camera(2, 1).as_deref(), Some("cam-1"));
    assert_eq!(room.due(), Some(began + 10));
    room.second = began + 9;
    assert_eq!(room.tick(), []);
    room.second = began + 10;
    assert_eq!(room.tick().len(), 1);
    assert_eq!(room.shown_camera(2, 1).as_deref(), Some("cam-2"));
    // A server that was down for an hour goes on by one step, not by 360.
    room.second = began + 3_600;
    assert_eq!((room.tick().len(), room.tick().len()), (1, 0));
    assert_eq!(room.shown_camera(2, 1).as_deref(), Some("cam-1"));
    let again = room.say("a", start("pasar")).unwrap();
    assert_eq!(again, [], "a tour that runs is not started anew");
    room.say("a", Command::WallTourStop { screen: main_screen() }).unwrap();
    assert_eq!((room.shown_camera(2, 1).as_deref(), room.due()), (Some("cam-0"), None));
}

#[test]
fn a_tour_waits_on_trouble_only_if_it_shall() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", tour("sabar", PauseOn::Trouble, 1, 1, &[1, 2])).unwrap();
    room.say("a", start("sabar")).unwrap();
    room.stream(1, StreamState::Lost);
    room.stream(2, StreamState::Lost);
    room.second += 60;
    assert_eq!(room.tick(), [], "the lost camera stays in view");
    room.stream(1, StreamState::Live);
    assert_eq!(room.tick().len(), 1, "the other one is not in view yet");
    assert_eq!(room.shown_camera(1, 1).as_deref(), Some("cam-2"));

    room.say("a", Command::WallTourStop { screen: main_screen() }).unwrap();
    room.say("a", tour("terus", PauseOn::Nothing, 1, 1, &[2, 1])).unwrap();
    room.say("a", start("terus")).unwrap();
    room.second += 60;
    assert_eq!(room.tick().len(), 1);
}

#[test]
fn a_tour_goes_round_a_pinned_cell_and_stops_when_a_person_takes_its_cell() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", tour("pasar", PauseOn::Nothing, 1, 1, &[1, 2])).unwrap();
    room.say("a", start("pasar")).unwrap();
    room.second += 20;
    room.tick();
    assert_eq!(room.shown_camera(1, 1).as_deref(), Some("cam-2"));
    room.say("a", show(2, 1, camera(7), Rank::Watched)).unwrap();
    assert!(room.wall().tour.is_some(), "another cell is none of its business");
    room.say("a", pin(1, 1)).unwrap();
    room.second += 20;
    room.tick();
    assert_eq!(room.shown_camera(1, 1).as_deref(), Some("cam-2"), "what was seen is what was pinned");
    room.say("a", Command::WallUnpin { screen: main_screen(), at: place(1, 1) }).unwrap();
    room.say("a", show(1, 1, camera(5), Rank::Watched)).unwrap();
    assert_eq!((room.shown_camera(1, 1).as_deref(), room.due()), (Some("cam-5"), None));
}

#[test]
fn a_tour_that_runs_is_neither_changed_nor_deleted() {
    let mut room = Room::with_grid(2, 1);
    room.say("a", tour("pasar", PauseOn::Nothing, 1, 1, &[1, 2])).unwrap();
    room.say("a", start("pasar")).unwrap();
    let id = TourId::new("pasar").unwrap();
    assert_eq!(room.refused(tour("pasar", PauseOn::Nothing, 1, 1, &[3])).0, Reason::TourRuns);
    assert_eq!(room.refused(Command::WallTourDelete { tour: id.clone() }).0, Reason::TourRuns);
    room.say("a", Command::WallTourStop { screen: main_screen() }).unwrap();
    room.say("a", Command::WallTourDelete { tour: id }).unwrap();
    assert!(room.world.walls.tours.is_empty());
    let faults = [
        (tour("t", PauseOn::Nothing, 1, 1, &[]), "/tour"),
        (tour("t", PauseOn::Nothing, 1, 1, &[1, 999]), "/tour/steps/1/shots/0"),
    ];
    for (wanted, place) in faults {
        assert_eq!(room.refused(wanted).1, place);
    }
    room.say("a", tour("jauh", PauseOn::Nothing, 9, 9, &[1, 2])).unwrap();
    assert_eq!(room.refused(start("jauh")), (Reason::UnknownCell, "/tour".into()));
}
