//! What is kept to be called up again: presets and tours.

use pantau_schemas::command::{Place, Reason, Refusal};
use pantau_schemas::entry::Change;
use pantau_schemas::ids::{PresetId, TourId};
use pantau_schemas::wall::{
    Content, Label, Layout, MAX_PRESETS, MAX_TOURS, Preset, PresetNumber, Rank, Screen, Tile, Tour,
    TourDraft, Walls,
};
use pantau_schemas::world::World;

use super::cells;

pub(super) fn save_preset(
    walls: &Walls,
    screen: &Screen,
    id: &PresetId,
    name: &Label,
    number: Option<PresetNumber>,
) -> Result<Option<Change>, Refusal> {
    let others = || walls.presets.values().filter(|preset| preset.id != *id);
    if others().count() >= MAX_PRESETS {
        return Err(Reason::TooManyPresets.at(Place::Preset));
    }
    if number.is_some() && others().any(|preset| preset.number == number) {
        return Err(Reason::NumberTaken.at(Place::Number));
    }
    let content = match &screen.wall.content {
        Content::Auto => Content::Auto,
        Content::Layout(layout) => Content::Layout(without_alarms(layout)),
    };
    let preset = Preset { id: id.clone(), name: name.clone(), number, content };
    let news = walls.presets.get(id) != Some(&preset);
    Ok(news.then(|| Change::PresetSaved(Box::new(preset))))
}

/// The alarm that put a camera there will be over when the preset is called up.
fn without_alarms(layout: &Layout) -> Layout {
    let alarms = layout.cells().iter().filter(|cell| cell.rank == Rank::Alarm);
    alarms.fold(layout.clone(), |layout, cell| {
        layout.with(cell.area.at(), cell.tile.clone(), Rank::Watched).unwrap_or(layout)
    })
}

pub(super) fn delete_preset(walls: &Walls, preset: &PresetId) -> Result<Option<Change>, Refusal> {
    if !walls.presets.contains_key(preset) {
        return Err(Reason::UnknownPreset.at(Place::Preset));
    }
    Ok(Some(Change::PresetDeleted { preset: preset.clone() }))
}

pub(super) fn save_tour(world: &World, draft: &TourDraft) -> Result<Option<Change>, Refusal> {
    let walls = &world.walls;
    let tour = Tour::try_from(draft.clone())?;
    for (number, step) in tour.steps().iter().enumerate() {
        for (index, shot) in step.shots.iter().enumerate() {
            let tile = Tile::Camera { camera: shot.camera.clone() };
            cells::check(world, &tile, Rank::Watched)
                .map_err(|reason| reason.at(Place::Shot(number, index)))?;
        }
    }
    if runs(walls, tour.id()) {
        return Err(Reason::TourRuns.at(Place::Tour));
    }
    if walls.tours.keys().filter(|id| *id != tour.id()).count() >= MAX_TOURS {
        return Err(Reason::TooManyTours.at(Place::Tour));
    }
    let news = walls.tours.get(tour.id()) != Some(&tour);
    Ok(news.then(|| Change::TourSaved(Box::new(tour))))
}

pub(super) fn delete_tour(walls: &Walls, tour: &TourId) -> Result<Option<Change>, Refusal> {
    if !walls.tours.contains_key(tour) {
        return Err(Reason::UnknownTour.at(Place::Tour));
    }
    if runs(walls, tour) {
        return Err(Reason::TourRuns.at(Place::Tour));
    }
    Ok(Some(Change::TourDeleted { tour: tour.clone() }))
}

fn runs(walls: &Walls, tour: &TourId) -> bool {
    let mut running = walls.screens.values().filter_map(|screen| screen.wall.tour.as_ref());
    running.any(|touring| touring.tour == *tour)
}
