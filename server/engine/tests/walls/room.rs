//! A city with a wall, in which people give commands and time passes.

use pantau_engine::{Heard, Input, Timer, command, deadline, decide};
use pantau_schemas::command::{Command, Order, Reason, Refusal};
use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::ids::{CommandId, DeviceId, PresetId, ScreenId, SiteCode, TourId};
use pantau_schemas::observation::{Body, LifeState, Observation, Source, StateReport, StreamReport};
use pantau_schemas::registry::{Device, DeviceClass, Domain, Registry};
use pantau_schemas::stream::{StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{
    Area, At, Cell, Draft, Dwell, Label, PauseOn, PresetNumber, Rank, Shot, Step, Tile, TourDraft, Wall,
};
use pantau_schemas::world::World;

pub(crate) const CAMERAS: u32 = 20;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_795_320_000 + seconds)
}

pub(crate) fn camera_id(number: u32) -> DeviceId {
    DeviceId::new(&format!("cam-{number}")).unwrap()
}

pub(crate) fn camera(number: u32) -> Tile {
    Tile::Camera { camera: camera_id(number) }
}

pub(crate) fn screen(id: &str) -> ScreenId {
    ScreenId::new(id).unwrap()
}

pub(crate) fn main_screen() -> ScreenId {
    screen("main")
}

pub(crate) fn place(column: u8, row: u8) -> At {
    At::new(column, row).unwrap()
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// A camera's place is shown by the camera of the same number: gauges hang on the wire of one.
pub(crate) const GAUGES: u32 = 7;

pub(crate) fn gauge(number: u32) -> DeviceId {
    DeviceId::new(&format!("tma-{number}")).unwrap()
}

fn registry() -> Registry {
    let device = |id: &str, class, uplink: Option<u32>| Device {
        id: DeviceId::new(id).unwrap(),
        class,
        name: id.to_owned(),
        site: SiteCode::new("alun-alun").unwrap(),
        uplink: uplink.map(camera_id).into_iter().collect(),
        domain: Domain::Cctv,
        interval_s: None,
        camera: None,
    };
    let cameras = (0..CAMERAS).map(|number| device(&format!("cam-{number}"), DeviceClass::Camera, None));
    let gauges = (0..GAUGES).map(|number| device(gauge(number).as_str(), DeviceClass::Sensor, Some(number)));
    let ap = device("ap-01", DeviceClass::Ap, Some(1));
    Registry {
        devices: cameras.chain(gauges).chain([ap]).map(|device| (device.id.clone(), device)).collect(),
        ..Registry::default()
    }
}

/// A city with cameras, gauges, an access point and the screen that is there at the start.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) world: World,
    pub(crate) second: i64,
    pub(crate) heard: Heard,
}

impl Room {
    pub(crate) fn new() -> Self {
        let mut room = Self { world: World::default(), second: 0, heard: Heard::default() };
        room.input(Input::Started("test"));
        room.input(Input::Registry(&registry()));
        room
    }

    pub(crate) fn with_grid(columns: u8, rows: u8) -> Self {
        let mut room = Self::new();
        room.say("a", lay_out(columns, rows, vec![])).unwrap();
        room
    }

    pub(crate) fn now(&self) -> Timestamp {
        at(self.second)
    }

    pub(crate) fn enter(&mut self, actor: Actor, cause: Cause, change: Change) {
        let world = &mut self.world;
        let (entry, _) =
            Entry::seal(world.seq.next(), at(self.second), actor, cause, change, &world.hash).unwrap();
        world.apply(&entry).unwrap();
    }

    pub(crate) fn input(&mut self, input: Input<'_>) -> Vec<Change> {
        let decisions = decide(&self.world, &self.heard, input, self.now());
        for decision in decisions.clone() {
            self.enter(decision.actor, decision.cause, decision.change);
        }
        decisions.into_iter().map(|decision| decision.change).collect()
    }

    pub(crate) fn order(actor: &str, command: Command) -> Order {
        let id = CommandId::new("01936f2e-5c1b-7a3e-9c55-0242ac120002").unwrap();
        Order { id, actor: Actor::operator(actor), command }
    }

    /// What a person says, a second after the one before; the changes it makes.
    pub(crate) fn say(&mut self, actor: &str, wanted: Command) -> Result<Vec<Change>, Refusal> {
        self.second += 1;
        let order = Self::order(actor, wanted);
        let decisions = command(&self.world, &order, self.now())?;
        let first = self.world.seq.next();
        for (number, decision) in decisions.clone().into_iter().enumerate() {
            let follows = number > 0 && decision.cause == Cause::Entry(first);
            assert!(follows || decision.cause == Cause::Command(order.id.clone()), "{decision:?}");
            assert_eq!(decision.actor, order.actor);
            self.enter(decision.actor, decision.cause, decision.change);
        }
        Ok(decisions.into_iter().map(|decision| decision.change).collect())
    }

    pub(crate) fn refused(&mut self, wanted: Command) -> (Reason, String) {
        let before = self.world.clone();
        let refusal = self.say("a", wanted).unwrap_err();
        assert_eq!(self.world, before);
        (refusal.reason, refusal.place.to_string())
    }

    pub(crate) fn wall(&self) -> &Wall {
        &self.world.walls.screens.get(&main_screen()).unwrap().wall
    }

    pub(crate) fn shown_camera(&self, column: u8, row: u8) -> Option<String> {
        let shown = self.world.walls.shown(&main_screen()).unwrap();
        let cell = shown.layout()?.cell(place(column, row))?;
        cell.tile.camera().map(ToString::to_string)
    }

    /// What a device says of itself; the changes it makes.
    pub(crate) fn hear(&mut self, device: &DeviceId, state: LifeState) -> Vec<Change> {
        let observation = self.observation(device, state);
        self.input(Input::Observation(&observation))
    }

    pub(crate) fn observation(&self, device: &DeviceId, state: LifeState) -> Observation {
        let report = StateReport {
            device: device.clone(),
            state,
            boot_id: None,
            time: None,
            firmware: None,
            interval_s: None,
            retained: false,
        };
        Observation { source: Source::Mqtt, received: self.now(), body: Body::State(report) }
    }

    /// A gauge that works, and then does not.
    pub(crate) fn ring(&mut self, number: u32) -> Vec<Change> {
        self.hear(&gauge(number), LifeState::Ready);
        self.hear(&gauge(number), LifeState::Alert)
    }

    /// A page of the screen painted.
    pub(crate) fn beat(&mut self) -> Vec<Change> {
        self.heard.note_beat(&main_screen(), self.now());
        self.input(Input::Beat(&main_screen()))
    }

    /// So many seconds go by; what the timers change in the end.
    pub(crate) fn wait(&mut self, seconds: i64) -> Vec<Change> {
        self.second += seconds;
        let mut changes = self.input(Input::Timer(&Timer::Alarms));
        changes.extend(self.tick());
        changes
    }

    /// The cells that alarms have, and the cameras in them.
    pub(crate) fn alarms(&self) -> Vec<(u8, u8, String)> {
        let shown = self.world.walls.shown(&main_screen()).unwrap();
        let cells = shown.layout().into_iter().flat_map(|layout| layout.cells());
        let alarms = cells.filter(|cell| cell.rank == Rank::Alarm);
        alarms
            .map(|cell| {
                (cell.area.column.get(), cell.area.row.get(), cell.tile.camera().unwrap().to_string())
            })
            .collect()
    }

    pub(crate) fn tick(&mut self) -> Vec<Change> {
        self.input(Input::Timer(&Timer::Tour(main_screen())))
    }

    pub(crate) fn due(&self) -> Option<i64> {
        let due = deadline(&self.world, &self.heard, &Timer::Tour(main_screen()))?;
        Some(due.millis_since(at(0)) / 1_000)
    }

    pub(crate) fn stream(&mut self, number: u32, state: StreamState) {
        let (device, stream, since) = (camera_id(number), StreamKind::Sub, self.now());
        let body = Body::Stream(StreamReport { device, stream, state, cause: None, since });
        let observation = Observation { source: Source::Camera, received: self.now(), body };
        self.input(Input::Observation(&observation));
    }
}

pub(crate) fn lay_out(columns: u8, rows: u8, cells: Vec<Cell>) -> Command {
    let layout = Draft { columns, rows, cells, zones: vec![] };
    Command::WallLayout { screen: main_screen(), layout }
}

pub(crate) fn show(column: u8, row: u8, tile: Tile, rank: Rank) -> Command {
    Command::WallShow { screen: main_screen(), at: place(column, row), tile, rank }
}

pub(crate) fn pin(column: u8, row: u8) -> Command {
    Command::WallPin { screen: main_screen(), at: place(column, row) }
}

pub(crate) fn clear(column: u8, row: u8) -> Command {
    Command::WallClear { screen: main_screen(), at: place(column, row) }
}

pub(crate) fn undo() -> Command {
    Command::WallUndo { screen: main_screen() }
}

pub(crate) fn save(preset: &str, number: Option<u8>) -> Command {
    Command::WallPresetSave {
        screen: main_screen(),
        preset: PresetId::new(preset).unwrap(),
        name: label(preset),
        number: number.map(|number| PresetNumber::new(number).unwrap()),
    }
}

pub(crate) fn apply(preset: &str) -> Command {
    Command::WallPresetApply { screen: main_screen(), preset: PresetId::new(preset).unwrap() }
}

/// A tour that shows one camera after another in one place, ten seconds each.
pub(crate) fn tour(id: &str, pause_on: PauseOn, column: u8, row: u8, cameras: &[u32]) -> Command {
    let step = |number: &u32| Step {
        dwell_s: Dwell::new(10).unwrap(),
        shots: vec![Shot { at: place(column, row), camera: camera_id(*number) }],
    };
    let steps = cameras.iter().map(step).collect();
    Command::WallTourSave {
        tour: TourDraft { id: TourId::new(id).unwrap(), name: label(id), pause_on, steps },
    }
}

pub(crate) fn start(tour: &str) -> Command {
    Command::WallTourStart { screen: main_screen(), tour: TourId::new(tour).unwrap() }
}

pub(crate) fn cell(area: (u8, u8, u8, u8), tile: Tile, rank: Rank) -> Cell {
    Cell { area: Area::new(area.0, area.1, area.2, area.3).unwrap(), tile, rank }
}
