//! All screens with what hangs on them, all presets, all tours: the part of the World that is about walls.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::change::{ScreenFacts, WallAct, WallChange};
use super::layout::{Cell, Layout};
use super::preset::{Content, Preset};
use super::screen::{MAX_UNDO, Screen, ScreenStatus, Undo, Wall};
use super::tile::{Rank, Tile};
use super::tour::{Tour, Touring};
use crate::entry::{Actor, DeviceState};
use crate::ids::{PresetId, ScreenId, Seq, TourId};
use crate::time::Timestamp;

/// The screen that is there when nobody has added one.
pub const DEFAULT_SCREEN: &str = "main";
/// Most screens of a city.
pub const MAX_SCREENS: usize = 64;
/// Most presets of a city.
pub const MAX_PRESETS: usize = 99;
/// Most tours of a city.
pub const MAX_TOURS: usize = 50;

/// The walls of the city.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Walls {
    /// The screens. Before the first entry of a server that knows walls there is none; a page then shows
    /// [`Content::Auto`].
    #[serde(default)]
    pub screens: BTreeMap<ScreenId, Screen>,
    /// The presets.
    #[serde(default)]
    pub presets: BTreeMap<PresetId, Preset>,
    /// The tours.
    #[serde(default)]
    pub tours: BTreeMap<TourId, Tour>,
}

impl Walls {
    /// Nothing is there yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.screens.is_empty() && self.presets.is_empty() && self.tours.is_empty()
    }

    /// The content that a screen shows: a running tour's present step over its layout, and its alarms over both.
    /// `None` for an unknown screen.
    #[must_use]
    pub fn shown(&self, screen: &ScreenId) -> Option<Cow<'_, Content>> {
        let screen = self.screens.get(screen)?;
        let content = self.toured(&screen.wall);
        let alarmed = content.layout().and_then(|layout| screen.with_alarms(layout));
        Some(alarmed.map_or(content, Cow::Owned))
    }

    /// A wall with the present step of its tour, if one runs, and no alarm.
    #[must_use]
    pub fn toured<'a>(&self, wall: &'a Wall) -> Cow<'a, Content> {
        self.overlaid(wall, wall.tour.as_ref().map_or(0, |touring| touring.step))
    }

    /// A wall with the given step of its tour, if one runs.
    #[must_use]
    pub fn overlaid<'a>(&self, wall: &'a Wall, step: u16) -> Cow<'a, Content> {
        let tour = wall.tour.as_ref().and_then(|touring| self.tours.get(&touring.tour));
        match (&wall.content, tour.and_then(|tour| tour.step(step))) {
            (Content::Layout(layout), Some(step)) => {
                let shots = step.shots.iter();
                let layout = shots.fold(layout.clone(), |layout, shot| {
                    let free = layout.cell(shot.at).filter(|cell| cell.rank != Rank::Pinned);
                    let tile = Tile::Camera { camera: shot.camera.clone() };
                    free.and_then(|_| layout.with(shot.at, tile, Rank::Watched)).unwrap_or(layout)
                });
                Cow::Owned(Content::Layout(layout))
            }
            (content, _) => Cow::Borrowed(content),
        }
    }

    /// Whether the running tour of a wall shows something in this cell in any of its steps.
    #[must_use]
    pub fn tour_uses(&self, wall: &Wall, cell: &Cell) -> bool {
        let tour = wall.tour.as_ref().and_then(|touring| self.tours.get(&touring.tour));
        tour.is_some_and(|tour| {
            tour.steps().iter().flat_map(|step| &step.shots).any(|shot| cell.area.covers(shot.at))
        })
    }

    /// The most moving tiles that people hung on a wall at once, whatever step its tour is at. Alarms come on top, at
    /// most [`MAX_ALARM_CELLS`](super::MAX_ALARM_CELLS).
    #[must_use]
    pub fn moving(&self, wall: &Wall) -> usize {
        let tour = wall.tour.as_ref().and_then(|touring| self.tours.get(&touring.tour));
        let steps = u16::try_from(tour.map_or(1, |tour| tour.steps().len())).unwrap_or(u16::MAX);
        (0..steps).map(|step| self.overlaid(wall, step).moving()).max().unwrap_or(0)
    }

    /// The layout of a screen, without a tour; `None` when the screen is unknown or arranges itself.
    #[must_use]
    pub fn layout(&self, screen: &ScreenId) -> Option<&Layout> {
        self.screens.get(screen)?.wall.content.layout()
    }

    pub(crate) fn screen_set(&mut self, facts: &ScreenFacts) {
        let ScreenFacts { screen, name, panel_pitch_mm, viewing_distance_m } = facts.clone();
        let known = self.screens.remove(&screen);
        let before = known.map(|known| (known.status, known.wall, known.history, known.alarms));
        let (status, wall, history, alarms) = before.unwrap_or_default();
        let id = screen.clone();
        let after = Screen { id, name, panel_pitch_mm, viewing_distance_m, status, wall, history, alarms };
        self.screens.insert(screen, after);
    }

    pub(crate) fn screen_state(&mut self, screen: &ScreenId, state: DeviceState, since: Timestamp) {
        if let Some(screen) = self.screens.get_mut(screen) {
            let expected = matches!(state, DeviceState::Up | DeviceState::Down);
            screen.status = expected.then_some(ScreenStatus { state, since });
        }
    }

    pub(crate) fn wall_changed(&mut self, change: &WallChange, actor: &Actor, seq: Seq) {
        let Some(screen) = self.screens.get_mut(&change.screen) else { return };
        let before = std::mem::replace(&mut screen.wall, change.wall.clone());
        if change.act == WallAct::Undone {
            screen.history.pop_back();
        } else {
            remember(&mut screen.history, Undo { seq, actor: actor.clone(), wall: before });
        }
    }

    pub(crate) fn preset_saved(&mut self, preset: &Preset) {
        for screen in self.screens.values_mut() {
            if screen.wall.preset.as_ref() == Some(&preset.id) && screen.wall.content != preset.content {
                screen.wall.preset = None;
            }
        }
        self.presets.insert(preset.id.clone(), preset.clone());
    }

    pub(crate) fn preset_deleted(&mut self, preset: &PresetId) {
        self.presets.remove(preset);
        for screen in self.screens.values_mut() {
            screen.wall.preset.take_if(|known| known == preset);
        }
    }

    pub(crate) fn tour_saved(&mut self, tour: &Tour) {
        self.tours.insert(tour.id().clone(), tour.clone());
    }

    pub(crate) fn tour_deleted(&mut self, tour: &TourId) {
        self.tours.remove(tour);
        for screen in self.screens.values_mut() {
            screen.wall.tour.take_if(|touring| touring.tour == *tour);
        }
    }

    pub(crate) fn tour_stepped(&mut self, screen: &ScreenId, tour: &TourId, step: u16, since: Timestamp) {
        let wall = self.screens.get_mut(screen).map(|screen| &mut screen.wall);
        if let Some(wall) = wall
            && wall.tour.as_ref().is_some_and(|touring| touring.tour == *tour)
        {
            wall.tour = Some(Touring { tour: tour.clone(), step, since });
        }
    }
}

fn remember(history: &mut VecDeque<Undo>, undo: Undo) {
    while history.len() >= MAX_UNDO {
        history.pop_front();
    }
    history.push_back(undo);
}
