//! A second journal, of walls: every kind of change that is about them, a chain of its own from [`Hash::ZERO`].

use pantau_schemas::command::{Command, Order};
use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CommandId, PresetId, ScreenId, Seq, SeriesId, TourId};
use pantau_schemas::wall::{
    AlarmUse, Area, At, Cell, Content, Draft, Dwell, Label, Layout, PanelPitchMm, PauseOn, Preset,
    PresetNumber, Rank, ScreenFacts, Shot, Step, Tile, Tour, TourDraft, Touring, ViewingDistanceM, Wall,
    WallAct, WallChange, Zone,
};
use pantau_schemas::world::World;

use super::{Sample, device, time};

const COMMAND: &str = "01936f2e-5c1b-7a3e-9c55-0242ac120002";

fn screen() -> ScreenId {
    ScreenId::new("main").unwrap()
}

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

fn at(column: u8, row: u8) -> At {
    At::new(column, row).unwrap()
}

fn area(column: u8, row: u8, columns: u8, rows: u8) -> Area {
    Area::new(column, row, columns, rows).unwrap()
}

fn camera(id: &str) -> Tile {
    Tile::Camera { camera: device(id) }
}

/// A layout with a merged cell, every kind of tile, every rank and both kinds of zone.
fn draft() -> Draft {
    let cell = |area, tile, rank| Cell { area, tile, rank };
    let text = Tile::Text { text: label("Posko 112") };
    let series = Tile::Series { series: SeriesId::new("tma-01/water_level").unwrap() };
    Draft {
        columns: 4,
        rows: 4,
        cells: vec![
            cell(area(1, 1, 2, 2), camera("cam-alun-01"), Rank::Pinned),
            cell(area(3, 1, 1, 1), camera("cam-alun-02"), Rank::Alarm),
            cell(area(4, 1, 1, 1), camera("cam-alun-03"), Rank::Watched),
            cell(area(3, 2, 1, 1), camera("cam-alun-04"), Rank::Context),
            cell(area(4, 2, 1, 1), Tile::Clock, Rank::Pinned),
            cell(area(1, 3, 1, 2), Tile::Trouble, Rank::Context),
            cell(area(2, 3, 1, 1), Tile::Domains, Rank::Context),
            cell(area(3, 3, 1, 1), Tile::Figures, Rank::Context),
            cell(area(4, 3, 1, 1), Tile::Feed, Rank::Context),
            cell(area(2, 4, 1, 1), text, Rank::Context),
            cell(area(3, 4, 1, 1), series, Rank::Context),
        ],
        zones: vec![
            Zone { area: area(3, 1, 2, 2), alarms: AlarmUse::May },
            Zone { area: area(1, 3, 4, 2), alarms: AlarmUse::MayNot },
        ],
    }
}

fn content() -> Content {
    Content::Layout(Layout::try_from(draft()).unwrap())
}

fn preset() -> Preset {
    let number = Some(PresetNumber::new(1).unwrap());
    Preset { id: PresetId::new("pagi").unwrap(), name: label("Pagi hari"), number, content: content() }
}

fn round() -> TourDraft {
    let step = |camera: &str| Step {
        dwell_s: Dwell::new(10).unwrap(),
        shots: vec![Shot { at: at(3, 2), camera: device(camera) }],
    };
    TourDraft {
        id: TourId::new("pasar").unwrap(),
        name: label("Keliling pasar"),
        pause_on: PauseOn::Trouble,
        steps: vec![step("cam-alun-05"), step("cam-alun-06")],
    }
}

pub(crate) fn entries() -> Vec<Sample<Entry>> {
    let mut previous = Hash::ZERO;
    let mut seq = Seq(0);
    happenings()
        .into_iter()
        .map(|(name, actor, cause, change)| {
            seq = seq.next();
            let at = time("2026-11-22T04:20:00Z").plus_millis(i64::try_from(seq.0).unwrap() * 1_000);
            let (entry, _) = Entry::seal(seq, at, actor, cause, change, &previous).unwrap();
            previous = entry.hash;
            (name, entry)
        })
        .collect()
}

/// The World after [`entries`].
pub(crate) fn world() -> World {
    let mut world = World::default();
    for (_, entry) in entries() {
        world.apply(&entry).unwrap();
    }
    world
}

fn happenings() -> Vec<(&'static str, Actor, Cause, Change)> {
    let person = |name: &'static str, change| {
        let cause = Cause::Command(CommandId::new(COMMAND).unwrap());
        (name, Actor::operator("loopback"), cause, change)
    };
    let facts = ScreenFacts {
        screen: screen(),
        name: label("Dinding utama"),
        panel_pitch_mm: None,
        viewing_distance_m: None,
    };
    let measured = ScreenFacts {
        panel_pitch_mm: Some(PanelPitchMm::new(0.63).unwrap()),
        viewing_distance_m: Some(ViewingDistanceM::new(5.0).unwrap()),
        ..facts.clone()
    };
    let second = ScreenFacts { screen: ScreenId::new("pos-2").unwrap(), ..facts.clone() };
    let hung = |act, at, wall| Change::WallChanged(Box::new(WallChange { screen: screen(), act, at, wall }));
    let morning = Wall { content: content(), preset: Some(preset().id), tour: None };
    let touring =
        Touring { tour: TourId::new("pasar").unwrap(), step: 0, since: time("2026-11-22T04:20:09Z") };
    let on_tour = Wall { tour: Some(touring), ..morning.clone() };
    let tour = Tour::try_from(round()).unwrap();
    vec![
        ("screen_added", Actor::system(), Cause::Start, Change::ScreenAdded(facts)),
        person("screen_changed", Change::ScreenChanged(measured)),
        person("wall_changed", hung(WallAct::LaidOut, None, Wall { content: content(), ..Wall::default() })),
        person("preset_saved", Change::PresetSaved(Box::new(preset()))),
        person("wall_left_to_itself", hung(WallAct::LeftToItself, None, Wall::default())),
        person("wall_changed_by_preset", hung(WallAct::PresetApplied, None, morning)),
        person("tour_saved", Change::TourSaved(Box::new(tour))),
        person("wall_changed_by_tour", hung(WallAct::TourStarted, None, on_tour)),
        (
            "tour_stepped",
            Actor::system(),
            Cause::Timer,
            Change::TourStepped { screen: screen(), tour: TourId::new("pasar").unwrap(), step: 1 },
        ),
        person("tour_deleted", Change::TourDeleted { tour: TourId::new("malam").unwrap() }),
        person("preset_deleted", Change::PresetDeleted { preset: PresetId::new("malam").unwrap() }),
        person("second_screen_added", Change::ScreenAdded(second.clone())),
        person("screen_removed", Change::ScreenRemoved { screen: second.screen }),
    ]
}

/// Every kind of command.
pub(crate) fn commands() -> Vec<Sample<Command>> {
    let tour = TourId::new("pasar").unwrap();
    let pitch = Some(PanelPitchMm::new(0.63).unwrap());
    let distance = Some(ViewingDistanceM::new(5.0).unwrap());
    vec![
        (
            "wall_show",
            Command::WallShow {
                screen: screen(),
                at: at(4, 1),
                tile: camera("cam-alun-03"),
                rank: Rank::Watched,
            },
        ),
        ("wall_clear", Command::WallClear { screen: screen(), at: at(4, 1) }),
        ("wall_clear_all", Command::WallClearAll { screen: screen() }),
        ("wall_layout", Command::WallLayout { screen: screen(), layout: draft() }),
        ("wall_auto", Command::WallAuto { screen: screen() }),
        ("wall_pin", Command::WallPin { screen: screen(), at: at(1, 1) }),
        ("wall_unpin", Command::WallUnpin { screen: screen(), at: at(1, 1) }),
        ("wall_undo", Command::WallUndo { screen: screen() }),
        (
            "wall_preset_save",
            Command::WallPresetSave {
                screen: screen(),
                preset: preset().id,
                name: preset().name,
                number: preset().number,
            },
        ),
        ("wall_preset_apply", Command::WallPresetApply { screen: screen(), preset: preset().id }),
        ("wall_preset_delete", Command::WallPresetDelete { preset: preset().id }),
        ("wall_tour_save", Command::WallTourSave { tour: round() }),
        ("wall_tour_start", Command::WallTourStart { screen: screen(), tour: tour.clone() }),
        ("wall_tour_stop", Command::WallTourStop { screen: screen() }),
        ("wall_tour_delete", Command::WallTourDelete { tour }),
        (
            "screen_add",
            Command::ScreenAdd {
                screen: screen(),
                name: label("Dinding utama"),
                panel_pitch_mm: pitch,
                viewing_distance_m: distance,
            },
        ),
        (
            "screen_change",
            Command::ScreenChange {
                screen: screen(),
                name: Some(label("Dinding utama")),
                panel_pitch_mm: pitch,
                viewing_distance_m: distance,
            },
        ),
        ("screen_forget", Command::ScreenForget { screen: screen() }),
        ("screen_unmeasure", Command::ScreenUnmeasure { screen: screen() }),
        ("screen_remove", Command::ScreenRemove { screen: screen() }),
    ]
}

/// What the inbox keeps to know a command again: the digests must never move.
pub(crate) fn order() -> Order {
    let (_, command) = commands().swap_remove(0);
    Order { id: CommandId::new(COMMAND).unwrap(), actor: Actor::operator("loopback"), command }
}
