//! Why a command is not carried out. Nothing of it is then kept.

use std::fmt;

use crate::wall::{LayoutError, TourError};

/// Why not, and because of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// Why not.
    pub reason: Reason,
    /// Because of what.
    pub place: Place,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The id was used before, for something else.
    #[error("a command with this id was carried out before, and it was another one")]
    Conflict,
    /// No such screen.
    #[error("there is no such screen")]
    UnknownScreen,
    /// There is one of this id.
    #[error("there is a screen of this id already")]
    ScreenExists,
    /// No more.
    #[error("there are as many screens as there may be")]
    TooManyScreens,
    /// A city has a screen.
    #[error("the last screen stays")]
    LastScreen,
    /// No such camera in the registry.
    #[error("there is no such camera")]
    UnknownCamera,
    /// The series' device is not in the registry.
    #[error("there is no such device")]
    UnknownDevice,
    /// A tile of a kind that this build does not know.
    #[error("this kind of tile is not known")]
    UnknownTile,
    /// Only alarms put tiles of their rank.
    #[error("only an alarm gives that rank")]
    RankOfAlarms,
    /// No such place on the grid.
    #[error("the layout has no such cell")]
    UnknownCell,
    /// The screen arranges itself, so it has no cells.
    #[error("this screen arranges itself; set a layout first")]
    NoLayout,
    /// There is nothing to pin.
    #[error("the cell is empty")]
    EmptyCell,
    /// The cell is pinned.
    #[error("the cell is pinned; unpin it first")]
    Pinned,
    /// A pinned cell would lose its place.
    #[error("a pinned cell has no place there; unpin it first")]
    PinnedDoesNotFit,
    /// More moving tiles than anybody can watch.
    #[error("more than 16 pictures would move at once; show some as context")]
    TooManyMoving,
    /// More cameras than one window can show.
    #[error("more cameras than one window can show")]
    TooManyCameras,
    /// No such preset.
    #[error("there is no such preset")]
    UnknownPreset,
    /// Another preset has the key.
    #[error("another preset has this number")]
    NumberTaken,
    /// No more.
    #[error("there are as many presets as there may be")]
    TooManyPresets,
    /// No such tour.
    #[error("there is no such tour")]
    UnknownTour,
    /// A screen shows it at this moment.
    #[error("the tour runs; stop it first")]
    TourRuns,
    /// No more.
    #[error("there are as many tours as there may be")]
    TooManyTours,
    /// This actor changed nothing that is remembered.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Somebody else changed the wall since.
    #[error("somebody else changed this wall since; nothing was undone")]
    ChangedSince,
    /// The layout is none.
    #[error("{0}")]
    Layout(#[from] LayoutError),
    /// The tour is none.
    #[error("{0}")]
    Tour(#[from] TourError),
}

impl Reason {
    /// The word for machines: the last part of a problem's `type`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::UnknownScreen => "unknown-screen",
            Self::ScreenExists => "screen-exists",
            Self::TooManyScreens => "too-many-screens",
            Self::LastScreen => "last-screen",
            Self::UnknownCamera => "unknown-camera",
            Self::UnknownDevice => "unknown-device",
            Self::UnknownTile => "unknown-tile",
            Self::RankOfAlarms => "rank-of-alarms",
            Self::UnknownCell => "unknown-cell",
            Self::NoLayout => "no-layout",
            Self::EmptyCell => "empty-cell",
            Self::Pinned => "pinned",
            Self::PinnedDoesNotFit => "pinned-does-not-fit",
            Self::TooManyMoving => "too-many-moving",
            Self::TooManyCameras | Self::Layout(LayoutError::TooManyCameras) => "too-many-cameras",
            Self::UnknownPreset => "unknown-preset",
            Self::NumberTaken => "number-taken",
            Self::TooManyPresets => "too-many-presets",
            Self::UnknownTour => "unknown-tour",
            Self::TourRuns => "tour-runs",
            Self::TooManyTours => "too-many-tours",
            Self::NothingToUndo => "nothing-to-undo",
            Self::ChangedSince => "changed-since",
            Self::Layout(LayoutError::Grid) => "grid",
            Self::Layout(LayoutError::CellOutside(_) | LayoutError::ZoneOutside(_)) => "outside-the-grid",
            Self::Layout(LayoutError::CellsOverlap(..) | LayoutError::ZonesOverlap(..)) => "overlap",
            Self::Tour(_) => "tour",
        }
    }

    /// Refused because of this part of the command.
    #[must_use]
    pub const fn at(self, place: Place) -> Refusal {
        Refusal { reason: self, place }
    }
}

/// A part of a command; written as a JSON pointer below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// As a whole.
    Whole,
    /// `screen`.
    Screen,
    /// `at`.
    At,
    /// `tile`.
    Tile,
    /// `rank`.
    Rank,
    /// `layout`.
    Layout,
    /// The n-th cell of `layout`.
    Cell(usize),
    /// The n-th zone of `layout`.
    Zone(usize),
    /// `preset`.
    Preset,
    /// `number`.
    Number,
    /// `tour`.
    Tour,
    /// The n-th step of `tour`.
    Step(usize),
    /// A step's n-th camera.
    Shot(usize, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Screen => f.write_str("/screen"),
            Self::At => f.write_str("/at"),
            Self::Tile => f.write_str("/tile"),
            Self::Rank => f.write_str("/rank"),
            Self::Layout => f.write_str("/layout"),
            Self::Cell(cell) => write!(f, "/layout/cells/{cell}"),
            Self::Zone(zone) => write!(f, "/layout/zones/{zone}"),
            Self::Preset => f.write_str("/preset"),
            Self::Number => f.write_str("/number"),
            Self::Tour => f.write_str("/tour"),
            Self::Step(step) => write!(f, "/tour/steps/{step}"),
            Self::Shot(step, shot) => write!(f, "/tour/steps/{step}/shots/{shot}"),
        }
    }
}

impl From<LayoutError> for Refusal {
    fn from(error: LayoutError) -> Self {
        let place = match error {
            LayoutError::Grid | LayoutError::TooManyCameras => Place::Layout,
            LayoutError::CellOutside(cell) | LayoutError::CellsOverlap(cell, _) => Place::Cell(cell),
            LayoutError::ZoneOutside(zone) | LayoutError::ZonesOverlap(zone, _) => Place::Zone(zone),
        };
        Reason::Layout(error).at(place)
    }
}

impl From<TourError> for Refusal {
    fn from(error: TourError) -> Self {
        let place = match error {
            TourError::Steps => Place::Tour,
            TourError::Shots(step) => Place::Step(step),
            TourError::SamePlace(step, shot) => Place::Shot(step, shot),
        };
        Reason::Tour(error).at(place)
    }
}
