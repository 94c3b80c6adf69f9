//! What people put into cells, and what they may not.

use pantau_schemas::command::{Command, Reason};
use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::wall::{Content, PauseOn, Rank, Tile};

use crate::room::{
    Room, apply, camera, cell, clear, lay_out, main_screen, pin, place, save, screen, show, start, tour,
};

#[test]
fn what_is_not_there_is_refused_with_its_place() {
    let mut room = Room::new();
    let refused = |room: &mut Room, wanted| room.refused(wanted);
    assert_eq!(refused(&mut room, clear(1, 1)), (Reason::NoLayout, "/screen".into()));
    assert_eq!(
        refused(&mut room, Command::WallClearAll { screen: screen("nowhere") }),
        (Reason::UnknownScreen, "/screen".into())
    );
    let mut room = Room::with_grid(3, 2);
    assert_eq!(refused(&mut room, clear(4, 1)), (Reason::UnknownCell, "/at".into()));
    let ghost = Tile::Camera { camera: DeviceId::new("cam-ghost").unwrap() };
    assert_eq!(
        refused(&mut room, show(1, 1, ghost.clone(), Rank::Watched)),
        (Reason::UnknownCamera, "/tile".into())
    );
    let sensor = Tile::Camera { camera: DeviceId::new("tma-1").unwrap() };
    assert_eq!(refused(&mut room, show(1, 1, sensor, Rank::Watched)).0, Reason::UnknownCamera);
    let series = Tile::Series { series: SeriesId::new("tma-99/level").unwrap() };
    assert_eq!(refused(&mut room, show(1, 1, series, Rank::Watched)).0, Reason::UnknownDevice);
    assert_eq!(
        refused(&mut room, show(1, 1, Tile::Unknown, Rank::Watched)),
        (Reason::UnknownTile, "/tile".into())
    );
    assert_eq!(
        refused(&mut room, show(1, 1, camera(1), Rank::Alarm)),
        (Reason::RankOfAlarms, "/rank".into())
    );
    let cells =
        vec![cell((1, 1, 1, 1), Tile::Clock, Rank::Context), cell((2, 1, 1, 1), ghost, Rank::Context)];
    assert_eq!(refused(&mut room, lay_out(3, 2, cells)), (Reason::UnknownCamera, "/layout/cells/1".into()));
    assert_eq!(refused(&mut room, apply("pagi")), (Reason::UnknownPreset, "/preset".into()));
    assert_eq!(refused(&mut room, start("pasar")), (Reason::UnknownTour, "/tour".into()));
    assert_eq!(refused(&mut room, pin(1, 1)), (Reason::EmptyCell, "/at".into()));
}

#[test]
fn cells_that_overlap_are_refused_with_the_cell_that_does() {
    let mut room = Room::new();
    let cells = vec![
        cell((1, 1, 2, 2), camera(1), Rank::Watched),
        cell((3, 1, 1, 1), camera(2), Rank::Watched),
        cell((2, 2, 1, 1), camera(3), Rank::Watched),
    ];
    let (reason, place) = room.refused(lay_out(3, 3, cells));
    assert_eq!((reason.word(), place.as_str()), ("overlap", "/layout/cells/2"));
    assert_eq!(room.refused(lay_out(0, 3, vec![])).1, "/layout");
}

#[test]
fn the_seventeenth_moving_picture_is_refused_and_context_does_not_count() {
    let mut room = Room::with_grid(5, 4);
    for number in 0..16u8 {
        let wanted = show(number % 5 + 1, number / 5 + 1, camera(u32::from(number)), Rank::Watched);
        room.say("a", wanted).unwrap();
    }
    assert_eq!(room.refused(show(2, 4, camera(16), Rank::Watched)), (Reason::TooManyMoving, "/at".into()));
    room.say("a", show(2, 4, camera(16), Rank::Context)).unwrap();
    room.say("a", show(3, 4, Tile::Clock, Rank::Watched)).unwrap();
    assert_eq!(room.refused(pin(2, 4)).0, Reason::TooManyMoving, "pinned, it would be watched");
    room.say("a", tour("pasar", PauseOn::Nothing, 4, 4, &[17, 18])).unwrap();
    assert_eq!(room.refused(start("pasar")), (Reason::TooManyMoving, "/tour".into()));
    room.say("a", clear(1, 1)).unwrap();
    room.say("a", start("pasar")).unwrap();
    assert_eq!(
        room.refused(show(1, 1, camera(0), Rank::Watched)).0,
        Reason::TooManyMoving,
        "what the tour shows is counted"
    );
}

#[test]
fn a_pinned_cell_stays_through_everything_but_unpinning() {
    let mut room = Room::with_grid(3, 3);
    room.say("a", show(2, 2, camera(1), Rank::Watched)).unwrap();
    room.say("a", show(1, 1, camera(2), Rank::Watched)).unwrap();
    room.say("a", save("pagi", Some(1))).unwrap();
    room.say("a", show(2, 2, camera(3), Rank::Pinned)).unwrap();
    assert_eq!(room.refused(clear(2, 2)), (Reason::Pinned, "/at".into()));
    assert_eq!(room.refused(show(2, 2, camera(4), Rank::Watched)), (Reason::Pinned, "/at".into()));
    room.say("a", Command::WallClearAll { screen: main_screen() }).unwrap();
    assert_eq!((room.shown_camera(2, 2).as_deref(), room.shown_camera(1, 1)), (Some("cam-3"), None));
    room.say("a", apply("pagi")).unwrap();
    assert_eq!(room.shown_camera(2, 2).as_deref(), Some("cam-3"));
    assert_eq!(room.shown_camera(1, 1).as_deref(), Some("cam-2"), "the rest of the preset is there");
    assert_eq!(room.refused(lay_out(1, 1, vec![])), (Reason::PinnedDoesNotFit, "/layout".into()));
    let auto = Command::WallAuto { screen: main_screen() };
    assert_eq!(room.refused(auto.clone()).0, Reason::PinnedDoesNotFit);
    room.say("a", Command::WallUnpin { screen: main_screen(), at: place(2, 2) }).unwrap();
    room.say("a", auto).unwrap();
    assert_eq!(room.wall().content, Content::Auto);
}
