//! What entries say of walls.

use serde::{Deserialize, Serialize};

use super::area::At;
use super::label::Label;
use super::screen::Wall;
use crate::ids::ScreenId;
use crate::measure::{PanelPitchMm, ViewingDistanceM};

/// A screen, without what hangs on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScreenFacts {
    /// Which.
    pub screen: ScreenId,
    /// Its name.
    pub name: Label,
    /// How fine its panel is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel_pitch_mm: Option<PanelPitchMm>,
    /// How far away its farthest reader is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewing_distance_m: Option<ViewingDistanceM>,
}

/// What somebody did to a wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WallAct {
    /// Put something into a cell.
    Shown,
    /// Emptied a cell.
    Cleared,
    /// Emptied every cell that is not pinned.
    AllCleared,
    /// Set another layout.
    LaidOut,
    /// Let the page arrange itself.
    LeftToItself,
    /// Called up a preset.
    PresetApplied,
    /// Started a tour.
    TourStarted,
    /// Stopped it.
    TourStopped,
    /// Pinned a cell.
    Pinned,
    /// Let it go again.
    Unpinned,
    /// Took the last change back.
    Undone,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// Another wall hangs on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallChange {
    /// On which.
    pub screen: ScreenId,
    /// By what.
    pub act: WallAct,
    /// In which cell, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// What hangs there now: all of it, so that an entry can be read without the ones before.
    pub wall: Wall,
}
