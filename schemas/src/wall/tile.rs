//! What a cell shows, and how much it may be moved aside.

use serde::{Deserialize, Serialize};

use super::label::Label;
use crate::ids::{DeviceId, SeriesId};
use crate::tagged::tagged;

/// Moving tiles from which on an operator is warned: past about nine pictures people miss what happens in them
/// (Tickner and Poulton 1973).
pub const MOVING_WARN: usize = 9;
/// Most moving tiles of one wall: the upper end of what control rooms aim for.
pub const MOVING_STOP: usize = 16;

/// What a cell shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Tile {
    /// Nothing, without a border.
    #[default]
    Empty,
    /// A camera's picture.
    Camera {
        /// Which.
        camera: DeviceId,
    },
    /// The devices that are in trouble.
    Trouble,
    /// The six domains of the infrastructure.
    Domains,
    /// The key figures.
    Figures,
    /// The newest lines of the agencies.
    Feed,
    /// The clock.
    Clock,
    /// A line of text.
    Text {
        /// The line.
        text: Label,
    },
    /// The newest number of a series.
    Series {
        /// Which.
        series: SeriesId,
    },
    /// A kind of a newer version: drawn as an empty cell.
    #[serde(other)]
    Unknown,
}

tagged!(Tile, "kind");

impl Tile {
    /// The camera, where it is one.
    #[must_use]
    pub const fn camera(&self) -> Option<&DeviceId> {
        match self {
            Self::Camera { camera } => Some(camera),
            _ => None,
        }
    }
}

/// How a tile stands among the others; when room is needed, the last of these gives way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Stays, whatever a tour, an alarm, a preset or "clear the wall" does.
    Pinned,
    /// Put there by an alarm.
    Alarm,
    /// An operator watches it.
    #[default]
    Watched,
    /// Looked at in passing; it does not count among the moving tiles. So is every panel that is not pinned.
    #[serde(other)]
    Context,
}

/// How many moving tiles there are, as an operator has to hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Load {
    /// At most [`MOVING_WARN`].
    Fine,
    /// More than people can watch; a warning.
    Heavy(usize),
    /// More than [`MOVING_STOP`]; refused.
    TooMuch(usize),
}

impl Load {
    /// Of so many moving tiles.
    #[must_use]
    pub const fn of(moving: usize) -> Self {
        if moving <= MOVING_WARN {
            Self::Fine
        } else if moving <= MOVING_STOP {
            Self::Heavy(moving)
        } else {
            Self::TooMuch(moving)
        }
    }
}
