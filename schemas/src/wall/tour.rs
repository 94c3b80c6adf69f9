//! Rounds: views that a screen shows one after another.
//!
//! A tour does not change a layout. While it runs, its present step lays cameras over some cells; when it stops,
//! what was there before is there again. So it can hide nothing for good, and a pinned cell not even for a while.

use serde::{Deserialize, Serialize};

use super::area::At;
use super::label::Label;
use crate::ids::{DeviceId, TourId};
use crate::time::Timestamp;

/// Most steps of a tour.
pub const MAX_STEPS: usize = 64;
/// Most cameras of a step: as many as may move at once.
pub const MAX_SHOTS: usize = super::tile::MOVING_STOP;

/// How long a step stays, seconds, 3 to 3,600: below three nobody can take a picture in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Dwell(u16);

/// A step that would be too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 3 and 3600 seconds")]
pub struct DwellError;

impl Dwell {
    /// Checks and takes the seconds.
    ///
    /// # Errors
    /// [`DwellError`] when nobody could use it.
    pub const fn new(seconds: u16) -> Result<Self, DwellError> {
        if matches!(seconds, 3..=3_600) { Ok(Self(seconds)) } else { Err(DwellError) }
    }

    /// Seconds.
    #[must_use]
    pub const fn seconds(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Dwell {
    type Error = DwellError;
    fn try_from(seconds: u16) -> Result<Self, DwellError> {
        Self::new(seconds)
    }
}

impl From<Dwell> for u16 {
    fn from(dwell: Dwell) -> Self {
        dwell.0
    }
}

/// A camera in a cell, for one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shot {
    /// The cell that covers this place.
    pub at: At,
    /// The camera.
    pub camera: DeviceId,
}

/// One view of a tour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How long it stays.
    pub dwell_s: Dwell,
    /// What it shows, each in a place of its own.
    pub shots: Vec<Shot>,
}

/// What makes a tour wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseOn {
    /// An alarm on the screen, or a camera of its present step that is lost, frozen or wants attention.
    Trouble,
    /// Nothing.
    #[default]
    #[serde(other)]
    Nothing,
}

/// The parts of a tour, as somebody wrote them: unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TourDraft {
    /// Its identity.
    pub id: TourId,
    /// Its name.
    pub name: Label,
    /// What makes it wait.
    #[serde(default)]
    pub pause_on: PauseOn,
    /// Its views.
    pub steps: Vec<Step>,
}

/// Views that a screen shows one after another, over and over: 1 to [`MAX_STEPS`] steps of 1 to [`MAX_SHOTS`]
/// cameras.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TourDraft")]
pub struct Tour {
    id: TourId,
    name: Label,
    pause_on: PauseOn,
    steps: Vec<Step>,
}

/// Why a draft is no tour. Numbers are places in its lists, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TourError {
    /// Too few or too many steps.
    #[error("a tour has 1 to {MAX_STEPS} steps")]
    Steps,
    /// A step with too few or too many cameras.
    #[error("step {0} must have 1 to {MAX_SHOTS} cameras")]
    Shots(usize),
    /// A step that shows two cameras in one place.
    #[error("step {0} shows two cameras in the place of its shot {1}")]
    SamePlace(usize, usize),
}

impl TryFrom<TourDraft> for Tour {
    type Error = TourError;

    fn try_from(draft: TourDraft) -> Result<Self, TourError> {
        let TourDraft { id, name, pause_on, steps } = draft;
        if !(1..=MAX_STEPS).contains(&steps.len()) {
            return Err(TourError::Steps);
        }
        for (number, step) in steps.iter().enumerate() {
            if !(1..=MAX_SHOTS).contains(&step.shots.len()) {
                return Err(TourError::Shots(number));
            }
            for (index, shot) in step.shots.iter().enumerate() {
                if step.shots.iter().take(index).any(|other| other.at == shot.at) {
                    return Err(TourError::SamePlace(number, index));
                }
            }
        }
        Ok(Self { id, name, pause_on, steps })
    }
}

impl Tour {
    /// Its identity.
    #[must_use]
    pub const fn id(&self) -> &TourId {
        &self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Label {
        &self.name
    }

    /// What makes it wait.
    #[must_use]
    pub const fn pause_on(&self) -> PauseOn {
        self.pause_on
    }

    /// Its views, at least one.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The step with this number; numbers past the end begin again.
    #[must_use]
    pub fn step(&self, number: u16) -> Option<&Step> {
        self.steps.get(usize::from(number) % self.steps.len().max(1))
    }

    /// The number of the step after this one; `None` when there is no other.
    #[must_use]
    pub fn after(&self, number: u16) -> Option<u16> {
        let count = u16::try_from(self.steps.len()).ok().filter(|count| *count > 1)?;
        Some((number % count + 1) % count)
    }
}

/// Where a screen is on a tour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touring {
    /// Which tour.
    pub tour: TourId,
    /// Its present step, from 0.
    pub step: u16,
    /// Since when.
    pub since: Timestamp,
}
