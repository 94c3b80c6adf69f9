//! Walls: any draft of a layout, good or bad, and any change of the good ones.

use pantau_schemas::entry::{Change, DeviceState};
use pantau_schemas::ids::{PresetId, ScreenId, TourId};
use pantau_schemas::wall::{
    AlarmEnd, AlarmShown, AlarmUse, Area, At, Cell, Content, Draft, Dwell, Label, Layout, PanelPitchMm,
    PauseOn, Preset, PresetNumber, Rank, ScreenFacts, Shot, Step, Tile, Tour, TourDraft, Touring,
    ViewingDistanceM, Wall, WallAct, WallChange, Zone,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{device, moment, series};

fn screen() -> impl Strategy<Value = ScreenId> + Clone {
    (0u32..3).prop_map(|n| ScreenId::new(&format!("screen-{n}")).unwrap())
}

fn preset_id() -> impl Strategy<Value = PresetId> + Clone {
    (0u32..3).prop_map(|n| PresetId::new(&format!("preset-{n}")).unwrap())
}

fn tour_id() -> impl Strategy<Value = TourId> + Clone {
    (0u32..3).prop_map(|n| TourId::new(&format!("tour-{n}")).unwrap())
}

fn label() -> impl Strategy<Value = Label> + Clone {
    "[a-zA-Z№][a-zA-Z \"<№]{0,11}".prop_map(|text| Label::new(&text).unwrap())
}

fn at() -> impl Strategy<Value = At> + Clone {
    (1u8..6, 1u8..6).prop_map(|(column, row)| At::new(column, row).unwrap())
}

/// Small ones, and some that leave every grid.
fn area() -> impl Strategy<Value = Area> + Clone {
    let small = (1u8..6, 1u8..6, 1u8..4, 1u8..4);
    let any = (1u8..=255, 1u8..=255, 1u8..=255, 1u8..=255);
    prop_oneof![20 => small, 1 => any]
        .prop_map(|(column, row, columns, rows)| Area::new(column, row, columns, rows).unwrap())
}

fn tile() -> impl Strategy<Value = Tile> + Clone {
    prop_oneof![
        4 => device().prop_map(|camera| Tile::Camera { camera }),
        1 => label().prop_map(|text| Tile::Text { text }),
        1 => series().prop_map(|series| Tile::Series { series }),
        3 => select(vec![
            Tile::Empty, Tile::Trouble, Tile::Domains, Tile::Figures, Tile::Feed, Tile::Clock, Tile::Unknown
        ]),
    ]
}

fn rank() -> impl Strategy<Value = Rank> + Clone {
    select(vec![Rank::Pinned, Rank::Alarm, Rank::Watched, Rank::Context])
}

/// The parts of a layout, which may be none.
pub(crate) fn draft() -> impl Strategy<Value = Draft> + Clone {
    let cell = (area(), tile(), rank()).prop_map(|(area, tile, rank)| Cell { area, tile, rank });
    let alarms = select(vec![AlarmUse::May, AlarmUse::MayNot]);
    let zone = (area(), alarms).prop_map(|(area, alarms)| Zone { area, alarms });
    (0u8..8, 0u8..8, vec(cell, 0..7), vec(zone, 0..3)).prop_map(|(columns, rows, cells, zones)| Draft {
        columns,
        rows,
        cells,
        zones,
    })
}

/// A layout: of a draft the parts that can be had together.
fn layout() -> impl Strategy<Value = Layout> + Clone {
    draft().prop_map(|draft| {
        let (columns, rows) = (draft.columns.max(1), draft.rows.max(1));
        let mut cells: Vec<Cell> = Vec::new();
        for cell in draft.cells {
            let free = cells.iter().all(|other| !other.area.overlaps(&cell.area));
            if free && cell.area.fits(columns, rows) {
                cells.push(cell);
            }
        }
        Layout::try_from(Draft { columns, rows, cells, zones: Vec::new() }).unwrap()
    })
}

fn content() -> impl Strategy<Value = Content> + Clone {
    prop_oneof![1 => Just(Content::Auto), 4 => layout().prop_map(Content::Layout)]
}

fn wall() -> impl Strategy<Value = Wall> {
    let touring =
        (tour_id(), any::<u16>(), moment()).prop_map(|(tour, step, since)| Touring { tour, step, since });
    (content(), option::of(preset_id()), option::of(touring)).prop_map(|(content, preset, tour)| Wall {
        content,
        preset,
        tour,
    })
}

fn tour() -> impl Strategy<Value = Tour> {
    let shot = (at(), device()).prop_map(|(at, camera)| Shot { at, camera });
    let step = (3u16..=3_600, vec(shot, 1..4)).prop_map(|(seconds, mut shots)| {
        shots.sort_by_key(|shot| shot.at);
        shots.dedup_by_key(|shot| shot.at);
        Step { dwell_s: Dwell::new(seconds).unwrap(), shots }
    });
    let pause = select(vec![PauseOn::Trouble, PauseOn::Nothing]);
    (tour_id(), label(), pause, vec(step, 1..4)).prop_map(|(id, name, pause_on, steps)| {
        Tour::try_from(TourDraft { id, name, pause_on, steps }).unwrap()
    })
}

fn facts() -> impl Strategy<Value = ScreenFacts> {
    let pitch = (0.03..=20.0).prop_map(|pitch| PanelPitchMm::new(pitch).unwrap());
    let distance = (0.3..=100.0).prop_map(|distance| ViewingDistanceM::new(distance).unwrap());
    (screen(), label(), option::of(pitch), option::of(distance)).prop_map(
        |(screen, name, panel_pitch_mm, viewing_distance_m)| ScreenFacts {
            screen,
            name,
            panel_pitch_mm,
            viewing_distance_m,
        },
    )
}

/// Any change that is about walls.
pub(super) fn change() -> impl Strategy<Value = Change> {
    let act = select(vec![WallAct::Shown, WallAct::LaidOut, WallAct::Undone, WallAct::Unknown]);
    let hung = (screen(), act, option::of(at()), wall()).prop_map(|(screen, act, at, wall)| WallChange {
        screen,
        act,
        at,
        wall,
    });
    let number = option::of((1u8..=9).prop_map(|number| PresetNumber::new(number).unwrap()));
    let preset = (preset_id(), label(), number, content()).prop_map(|(id, name, number, content)| Preset {
        id,
        name,
        number,
        content,
    });
    prop_oneof![
        2 => facts().prop_map(Change::ScreenAdded),
        1 => facts().prop_map(Change::ScreenChanged),
        1 => screen().prop_map(|screen| Change::ScreenRemoved { screen }),
        1 => (screen(), select(vec![DeviceState::Up, DeviceState::Down, DeviceState::Unknown]), moment())
            .prop_map(|(screen, state, since)| Change::ScreenStateChanged { screen, state, since }),
        4 => hung.prop_map(|change| Change::WallChanged(Box::new(change))),
        1 => preset.prop_map(|preset| Change::PresetSaved(Box::new(preset))),
        1 => preset_id().prop_map(|preset| Change::PresetDeleted { preset }),
        1 => tour().prop_map(|tour| Change::TourSaved(Box::new(tour))),
        1 => tour_id().prop_map(|tour| Change::TourDeleted { tour }),
        1 => (screen(), tour_id(), any::<u16>())
            .prop_map(|(screen, tour, step)| Change::TourStepped { screen, tour, step }),
        2 => (screen(), device(), device(), option::of(at())).prop_map(|(screen, device, camera, at)| {
            Change::WallAlarmShown(AlarmShown { screen, device, camera, at })
        }),
        1 => (screen(), device(), select(vec![AlarmEnd::Over, AlarmEnd::Moved, AlarmEnd::Unknown]))
            .prop_map(|(screen, device, end)| Change::WallAlarmEnded { screen, device, end }),
    ]
}
