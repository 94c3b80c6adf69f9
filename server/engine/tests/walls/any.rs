//! Whatever people may say, and what may happen.

use pantau_schemas::command::Command;
use pantau_schemas::ids::{PresetId, TourId};
use pantau_schemas::observation::LifeState;
use pantau_schemas::wall::{
    AlarmUse, Area, Cell, Draft, Dwell, PauseOn, Rank, Shot, Step, Tile, TourDraft, Zone,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::room::{
    CAMERAS, GAUGES, apply, camera, camera_id, cell, label, main_screen, place, save, start, undo,
};

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
    (3u8..7, 3u8..7, proptest::collection::vec(any_cell, 0..12), any_zones(), any::<bool>()).prop_map(
        |(columns, rows, mut cells, zones, tidy)| {
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
            Draft { columns, rows, cells, zones }
        },
    )
}

/// Nothing, or the upper and the lower half.
fn any_zones() -> impl Strategy<Value = Vec<Zone>> {
    let half = |row, alarms| Zone { area: Area::new(1, row, 3, 1).unwrap(), alarms };
    select(vec![
        vec![],
        vec![half(1, AlarmUse::May)],
        vec![half(2, AlarmUse::MayNot)],
        vec![half(1, AlarmUse::MayNot), half(3, AlarmUse::May)],
    ])
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
pub(crate) enum Event {
    Said(&'static str, Box<Command>),
    Waited(u16),
    /// A gauge, by its number, says how it is.
    Heard(u32, LifeState),
}

pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (select(vec!["a", "b"]), any_command()).prop_map(|(who, wanted)| Event::Said(who, Box::new(wanted))),
        1 => (1u16..40).prop_map(Event::Waited),
        1 => (600u16..700).prop_map(Event::Waited),
        4 => (0..GAUGES, select(vec![
            LifeState::Ready, LifeState::Alert, LifeState::Alert, LifeState::Lost, LifeState::Sleeping
        ])).prop_map(|(number, state)| Event::Heard(number, state)),
    ]
}
