//! The specification of walls: whatever people command, in whatever order, this holds.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use pantau_engine::{Heard, Input, Timer, command, deadline, decide};
use pantau_schemas::command::{Command, Order, Place, Reason, Refusal};
use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::ids::{CommandId, DeviceId, PresetId, ScreenId, SeriesId, SiteCode, TourId};
use pantau_schemas::observation::{Body, Observation, Source, StreamReport};
use pantau_schemas::registry::{Device, DeviceClass, Domain, Registry};
use pantau_schemas::stream::{StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{
    Area, At, Cell, Content, Draft, Dwell, Label, Layout, MAX_UNDO, MOVING_STOP, PauseOn, PresetNumber, Rank,
    Shot, Step, Tile, TourDraft, Wall, WallAct,
};
use pantau_schemas::world::World;
use proptest::prelude::*;
use proptest::sample::select;

const CAMERAS: u32 = 20;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_795_320_000 + seconds)
}

fn camera_id(number: u32) -> DeviceId {
    DeviceId::new(&format!("cam-{number}")).unwrap()
}

fn camera(number: u32) -> Tile {
    Tile::Camera { camera: camera_id(number) }
}

fn screen(id: &str) -> ScreenId {
    ScreenId::new(id).unwrap()
}

fn main_screen() -> ScreenId {
    screen("main")
}

fn place(column: u8, row: u8) -> At {
    At::new(column, row).unwrap()
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// A city with cameras, a sensor and the screen that is there at the start.
#[derive(Clone)]
struct Room {
    world: World,
    second: i64,
}

impl Room {
    fn new() -> Self {
        let device = |id: &str, class| Device {
            id: DeviceId::new(id).unwrap(),
            class,
            name: id.to_owned(),
            site: SiteCode::new("alun-alun").unwrap(),
            uplink: Vec::new(),
            domain: Domain::Cctv,
            interval_s: None,
            camera: None,
        };
        let cameras = (0..CAMERAS).map(|number| device(&format!("cam-{number}"), DeviceClass::Camera));
        let devices = cameras.chain([device("tma-01", DeviceClass::Sensor)]);
        let registry = Registry {
            devices: devices.map(|device| (device.id.clone(), device)).collect(),
            ..Registry::default()
        };
        let mut room = Self { world: World::default(), second: 0 };
        room.input(Input::Started("test"));
        room.input(Input::Registry(&registry));
        room
    }

    fn with_grid(columns: u8, rows: u8) -> Self {
        let mut room = Self::new();
        room.say("a", lay_out(columns, rows, vec![])).unwrap();
        room
    }

    fn now(&self) -> Timestamp {
        at(self.second)
    }

    fn enter(&mut self, actor: Actor, cause: Cause, change: Change) {
        let world = &mut self.world;
        let (entry, _) =
            Entry::seal(world.seq.next(), at(self.second), actor, cause, change, &world.hash).unwrap();
        world.apply(&entry).unwrap();
    }

    fn input(&mut self, input: Input<'_>) -> Vec<Change> {
        let decisions = decide(&self.world, &Heard::default(), input, self.now());
        for decision in decisions.clone() {
            self.enter(decision.actor, decision.cause, decision.change);
        }
        decisions.into_iter().map(|decision| decision.change).collect()
    }

    fn order(actor: &str, command: Command) -> Order {
        let id = CommandId::new("01936f2e-5c1b-7a3e-9c55-0242ac120002").unwrap();
        Order { id, actor: Actor::operator(actor), command }
    }

    /// What a person says, a second after the one before; the changes it makes.
    fn say(&mut self, actor: &str, wanted: Command) -> Result<Vec<Change>, Refusal> {
        self.second += 1;
        let order = Self::order(actor, wanted);
        let decisions = command(&self.world, &order, self.now())?;
        for decision in decisions.clone() {
            assert_eq!((&decision.actor, &decision.cause), (&order.actor, &Cause::Command(order.id.clone())));
            self.enter(decision.actor, decision.cause, decision.change);
        }
        Ok(decisions.into_iter().map(|decision| decision.change).collect())
    }

    fn refused(&mut self, wanted: Command) -> (Reason, String) {
        let before = self.world.clone();
        let refusal = self.say("a", wanted).unwrap_err();
        assert_eq!(self.world, before);
        (refusal.reason, refusal.place.to_string())
    }

    fn wall(&self) -> &Wall {
        &self.world.walls.screens.get(&main_screen()).unwrap().wall
    }

    fn shown_camera(&self, column: u8, row: u8) -> Option<String> {
        let shown = self.world.walls.shown(&main_screen()).unwrap();
        let cell = shown.layout()?.cell(place(column, row))?;
        cell.tile.camera().map(ToString::to_string)
    }

    fn tick(&mut self) -> Vec<Change> {
        self.input(Input::Timer(&Timer::Tour(main_screen())))
    }

    fn due(&self) -> Option<i64> {
        let due = deadline(&self.world, &Heard::default(), &Timer::Tour(main_screen()))?;
        Some(due.millis_since(at(0)) / 1_000)
    }

    fn stream(&mut self, number: u32, state: StreamState) {
        let (device, stream, since) = (camera_id(number), StreamKind::Sub, self.now());
        let body = Body::Stream(StreamReport { device, stream, state, cause: None, since });
        let observation = Observation { source: Source::Camera, received: self.now(), body };
        self.input(Input::Observation(&observation));
    }
}

fn lay_out(columns: u8, rows: u8, cells: Vec<Cell>) -> Command {
    let layout = Draft { columns, rows, cells, zones: vec![] };
    Command::WallLayout { screen: main_screen(), layout }
}

fn show(column: u8, row: u8, tile: Tile, rank: Rank) -> Command {
    Command::WallShow { screen: main_screen(), at: place(column, row), tile, rank }
}

fn pin(column: u8, row: u8) -> Command {
    Command::WallPin { screen: main_screen(), at: place(column, row) }
}

fn clear(column: u8, row: u8) -> Command {
    Command::WallClear { screen: main_screen(), at: place(column, row) }
}

fn undo() -> Command {
    Command::WallUndo { screen: main_screen() }
}

fn save(preset: &str, number: Option<u8>) -> Command {
    Command::WallPresetSave {
        screen: main_screen(),
        preset: PresetId::new(preset).unwrap(),
        name: label(preset),
        number: number.map(|number| PresetNumber::new(number).unwrap()),
    }
}

fn apply(preset: &str) -> Command {
    Command::WallPresetApply { screen: main_screen(), preset: PresetId::new(preset).unwrap() }
}

/// A tour that shows one camera after another in one place, ten seconds each.
fn tour(id: &str, pause_on: PauseOn, column: u8, row: u8, cameras: &[u32]) -> Command {
    let step = |number: &u32| Step {
        dwell_s: Dwell::new(10).unwrap(),
        shots: vec![Shot { at: place(column, row), camera: camera_id(*number) }],
    };
    let steps = cameras.iter().map(step).collect();
    Command::WallTourSave {
        tour: TourDraft { id: TourId::new(id).unwrap(), name: label(id), pause_on, steps },
    }
}

fn start(tour: &str) -> Command {
    Command::WallTourStart { screen: main_screen(), tour: TourId::new(tour).unwrap() }
}

fn cell(area: (u8, u8, u8, u8), tile: Tile, rank: Rank) -> Cell {
    Cell { area: Area::new(area.0, area.1, area.2, area.3).unwrap(), tile, rank }
}

#[test]
fn a_city_begins_with_one_screen_that_arranges_itself() {
    let room = Room::new();
    assert_eq!(room.world.walls.screens.keys().map(ScreenId::as_str).collect::<Vec<_>>(), ["main"]);
    assert_eq!(room.wall(), &Wall::default());
    let mut again = room.clone();
    assert_eq!(again.input(Input::Started("test")).len(), 1, "a restart adds no screen");
}

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
    let sensor = Tile::Camera { camera: DeviceId::new("tma-01").unwrap() };
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

fn any_rank() -> impl Strategy<Value = Rank> {
    select(vec![Rank::Pinned, Rank::Watched, Rank::Watched, Rank::Context])
}

fn any_tile() -> impl Strategy<Value = Tile> {
    prop_oneof![
        6 => (0..CAMERAS).prop_map(camera),
        1 => select(vec![Tile::Clock, Tile::Trouble, Tile::Empty]),
    ]
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let area = (1u8..6, 1u8..6, 1u8..4, 1u8..4)
        .prop_map(|(column, row, columns, rows)| Area::new(column, row, columns, rows).unwrap());
    let any_cell = (area, any_tile(), any_rank()).prop_map(|(area, tile, rank)| Cell { area, tile, rank });
    (3u8..7, 3u8..7, proptest::collection::vec(any_cell, 0..12), any::<bool>()).prop_map(
        |(columns, rows, mut cells, tidy)| {
            // Most drafts are to be layouts; the others are to be refused.
            if tidy {
                let mut kept: Vec<Cell> = Vec::new();
                for cell in cells {
                    let free = kept.iter().all(|other| !other.area.overlaps(&cell.area));
                    if free && cell.area.fits(columns, rows) {
                        kept.push(cell);
                    }
                }
                cells = kept;
            }
            Draft { columns, rows, cells, zones: vec![] }
        },
    )
}

/// A wall about as full as it may be, or a little fuller.
fn crowd() -> impl Strategy<Value = Draft> {
    (13u8..20, 0u8..4).prop_map(|(cameras, context)| {
        let picture = |n: u8| {
            let rank = if n < context { Rank::Context } else { Rank::Watched };
            cell((n % 5 + 1, n / 5 + 1, 1, 1), camera(u32::from(n)), rank)
        };
        Draft { columns: 5, rows: 5, cells: (0..cameras).map(picture).collect(), zones: vec![] }
    })
}

/// What anybody may say; also what will be refused.
fn any_command() -> impl Strategy<Value = Command> {
    let spot = || (1u8..7, 1u8..7).prop_map(|(column, row)| place(column, row));
    let preset = || select(vec!["pagi", "siang", "malam"]);
    let round = || select(vec!["pasar", "sekolah"]);
    let shots = proptest::collection::vec((1u8..6, 1u8..6, 0..CAMERAS), 1..4);
    let steps = proptest::collection::vec((3u16..30, shots), 1..4);
    let saved_tour = (round(), any::<bool>(), steps).prop_map(|(id, patient, steps)| {
        let steps = steps
            .into_iter()
            .map(|(dwell, mut shots)| {
                shots.sort_unstable();
                shots.dedup_by_key(|shot| (shot.0, shot.1));
                let shot = |(column, row, number)| Shot { at: place(column, row), camera: camera_id(number) };
                Step { dwell_s: Dwell::new(dwell).unwrap(), shots: shots.into_iter().map(shot).collect() }
            })
            .collect();
        let pause_on = if patient { PauseOn::Trouble } else { PauseOn::Nothing };
        let tour = TourDraft { id: TourId::new(id).unwrap(), name: label(id), pause_on, steps };
        Command::WallTourSave { tour }
    });
    let main = main_screen;
    prop_oneof![
        4 => (spot(), any_tile(), any_rank()).prop_map(move |(at, tile, rank)| Command::WallShow {
            screen: main(), at, tile, rank
        }),
        1 => spot().prop_map(move |at| Command::WallClear { screen: main(), at }),
        1 => Just(Command::WallClearAll { screen: main() }),
        3 => any_draft().prop_map(move |layout| Command::WallLayout { screen: main(), layout }),
        2 => crowd().prop_map(move |layout| Command::WallLayout { screen: main(), layout }),
        1 => Just(Command::WallAuto { screen: main() }),
        2 => spot().prop_map(move |at| Command::WallPin { screen: main(), at }),
        1 => spot().prop_map(move |at| Command::WallUnpin { screen: main(), at }),
        3 => Just(undo()),
        2 => (preset(), proptest::option::of(1u8..=9)).prop_map(|(id, number)| save(id, number)),
        3 => preset().prop_map(apply),
        1 => preset().prop_map(|id| Command::WallPresetDelete { preset: PresetId::new(id).unwrap() }),
        2 => saved_tour,
        3 => round().prop_map(start),
        1 => Just(Command::WallTourStop { screen: main() }),
        1 => round().prop_map(|id| Command::WallTourDelete { tour: TourId::new(id).unwrap() }),
    ]
}

#[derive(Debug, Clone)]
enum Event {
    Said(&'static str, Box<Command>),
    Waited(u16),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (select(vec!["a", "b"]), any_command()).prop_map(|(who, wanted)| Event::Said(who, Box::new(wanted))),
        1 => (1u16..40).prop_map(Event::Waited),
    ]
}

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
    wall.tour = wall.tour.map(|touring| pantau_schemas::wall::Touring { since: at(0), ..touring });
    wall
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_commanded_these_hold(events in proptest::collection::vec(any_event(), 1..60)) {
        let mut room = Room::new();
        for event in events {
            let before = room.wall().clone();
            match &event {
                Event::Waited(seconds) => {
                    room.second += i64::from(*seconds);
                    room.tick();
                    prop_assert_eq!(&room.wall().content, &before.content, "a tour only lies over it");
                }
                Event::Said(who, wanted) => {
                    let world = room.world.clone();
                    match room.say(who, (**wanted).clone()) {
                        Err(_) => prop_assert_eq!(&room.world, &world, "refused, but something changed"),
                        Ok(changes) => {
                            prop_assert!(changes.len() <= 1);
                            let gone: Vec<Cell> = pinned(&before)
                                .into_iter().filter(|cell| !pinned(room.wall()).contains(cell)).collect();
                            let may = match &**wanted {
                                Command::WallUndo { .. } => true,
                                Command::WallUnpin { at, .. } => gone.iter().all(|cell| cell.area.covers(*at)),
                                _ => gone.is_empty(),
                            };
                            prop_assert!(may, "{wanted:?} let go of {gone:?}");
                            if let [Change::WallChanged(change)] = changes.as_slice()
                                && change.act != WallAct::Undone
                            {
                                let mut back = room.clone();
                                back.say(who, undo()).unwrap();
                                prop_assert_eq!(still(back.wall()), still(&before), "undo of {:?}", wanted);
                            }
                        }
                    }
                }
            }
            let screens = &room.world.walls.screens;
            prop_assert!(screens.values().all(|screen| screen.history.len() <= MAX_UNDO));
            if let Some(layout) = room.wall().content.layout() {
                prop_assert!(whole(layout));
            }
            let shown = room.world.walls.shown(&main_screen()).unwrap();
            prop_assert!(shown.moving() <= MOVING_STOP, "{} pictures move", shown.moving());
            if let Some(layout) = shown.layout() {
                prop_assert!(whole(layout));
                for cell in pinned(room.wall()) {
                    prop_assert!(layout.pinned().any(|shown| *shown == cell), "a tour hides {cell:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_commands_make_the_same_walls(events in proptest::collection::vec(any_event(), 1..40)) {
        let run = || {
            let mut room = Room::new();
            for event in events.clone() {
                match event {
                    Event::Waited(seconds) => {
                        room.second += i64::from(seconds);
                        room.tick();
                    }
                    Event::Said(who, wanted) => drop(room.say(who, *wanted)),
                }
            }
            room.world.digest()
        };
        prop_assert_eq!(run(), run());
    }
}
