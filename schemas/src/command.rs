//! What people ask for: `POST /v1/commands`.
//!
//! A [`Command`] says what is wanted, not whether it may be; the engine decides that against the World and answers
//! with entries or a [`Refusal`]. On the wire it is an object with a `kind`: `{"kind":"wall_clear","screen":"main",…}`.
//! Kinds are only ever added.

mod parse;
mod refusal;

pub use parse::{CommandError, KINDS};
pub use refusal::{Place, Reason, Refusal};
use serde::{Deserialize, Serialize};

use crate::entry::Actor;
use crate::hash::Hash;
use crate::ids::{CommandId, PresetId, ScreenId, TourId};
use crate::measure::{PanelPitchMm, ViewingDistanceM};
use crate::wall::{At, Draft, Label, PresetNumber, Rank, Tile, TourDraft};

/// What somebody wants done.
///
/// The derived functions read and write `{"wall_clear": {…}}`, whose errors can be traced to their place; the
/// traits, written by hand in `parse`, the `kind` form of the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Command {
    /// Put something into a cell that is not pinned.
    WallShow {
        /// On which screen.
        screen: ScreenId,
        /// Into the cell that covers this place.
        at: At,
        /// What.
        tile: Tile,
        /// How firmly; `alarm` is for alarms.
        #[serde(default)]
        rank: Rank,
    },
    /// Empty a cell that is not pinned.
    WallClear {
        /// On which screen.
        screen: ScreenId,
        /// The cell that covers this place.
        at: At,
    },
    /// Empty every cell that is not pinned, and stop the tour.
    WallClearAll {
        /// On which screen.
        screen: ScreenId,
    },
    /// Set a grid with its cells and zones. Pinned cells stay where they are, over what the new layout has there.
    WallLayout {
        /// On which screen.
        screen: ScreenId,
        /// The new layout.
        layout: Draft,
    },
    /// Let the page arrange every camera by itself; not while a cell is pinned.
    WallAuto {
        /// On which screen.
        screen: ScreenId,
    },
    /// Pin what a cell shows at this moment.
    WallPin {
        /// On which screen.
        screen: ScreenId,
        /// The cell that covers this place.
        at: At,
    },
    /// Let a pinned cell go.
    WallUnpin {
        /// On which screen.
        screen: ScreenId,
        /// The cell that covers this place.
        at: At,
    },
    /// Take back the last change of a screen's wall, if this actor made it.
    WallUndo {
        /// On which screen.
        screen: ScreenId,
    },
    /// Keep what hangs on a screen under a name; an older preset of this id is replaced.
    WallPresetSave {
        /// From which screen.
        screen: ScreenId,
        /// Under which id.
        preset: PresetId,
        /// Under which name.
        name: Label,
        /// The key that calls it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<PresetNumber>,
    },
    /// Hang a preset. Pinned cells stay where they are, over what the preset has there.
    WallPresetApply {
        /// On which screen.
        screen: ScreenId,
        /// Which.
        preset: PresetId,
    },
    /// Forget a preset.
    WallPresetDelete {
        /// Which.
        preset: PresetId,
    },
    /// Keep a tour; an older one of this id is replaced, unless it runs.
    WallTourSave {
        /// The tour.
        tour: TourDraft,
    },
    /// Start a tour, in place of the one that runs.
    WallTourStart {
        /// On which screen.
        screen: ScreenId,
        /// Which.
        tour: TourId,
    },
    /// Stop the tour that runs.
    WallTourStop {
        /// On which screen.
        screen: ScreenId,
    },
    /// Forget a tour that does not run.
    WallTourDelete {
        /// Which.
        tour: TourId,
    },
    /// Add a screen; its page arranges itself until it gets a layout.
    ScreenAdd {
        /// Its id.
        screen: ScreenId,
        /// Its name.
        name: Label,
        /// How fine its panel is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        panel_pitch_mm: Option<PanelPitchMm>,
        /// How far away its farthest reader is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        viewing_distance_m: Option<ViewingDistanceM>,
    },
    /// Rename or measure a screen; what is not given stays.
    ScreenChange {
        /// Which.
        screen: ScreenId,
        /// Its new name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Label>,
        /// How fine its panel is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        panel_pitch_mm: Option<PanelPitchMm>,
        /// How far away its farthest reader is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        viewing_distance_m: Option<ViewingDistanceM>,
    },
    /// Expect a screen no longer: it is in no trouble until a page of it is opened again.
    ScreenForget {
        /// Which.
        screen: ScreenId,
    },
    /// Forget a screen's pitch and distance: its type scale follows its height again.
    ScreenUnmeasure {
        /// Which.
        screen: ScreenId,
    },
    /// Remove a screen with what hangs on it; not the last one.
    ScreenRemove {
        /// Which.
        screen: ScreenId,
    },
}

impl Command {
    /// The screen it is about, where it is about one.
    #[must_use]
    pub const fn screen(&self) -> Option<&ScreenId> {
        match self {
            Self::WallShow { screen, .. }
            | Self::WallClear { screen, .. }
            | Self::WallClearAll { screen }
            | Self::WallLayout { screen, .. }
            | Self::WallAuto { screen }
            | Self::WallPin { screen, .. }
            | Self::WallUnpin { screen, .. }
            | Self::WallUndo { screen }
            | Self::WallPresetSave { screen, .. }
            | Self::WallPresetApply { screen, .. }
            | Self::WallTourStart { screen, .. }
            | Self::WallTourStop { screen }
            | Self::ScreenAdd { screen, .. }
            | Self::ScreenChange { screen, .. }
            | Self::ScreenForget { screen }
            | Self::ScreenUnmeasure { screen }
            | Self::ScreenRemove { screen } => Some(screen),
            Self::WallPresetDelete { .. } | Self::WallTourSave { .. } | Self::WallTourDelete { .. } => None,
        }
    }
}

/// A command on its way: what, by whom, and what makes it itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The same id sent again is not done again.
    pub id: CommandId,
    /// Who wants it.
    pub actor: Actor,
    /// What.
    pub command: Command,
}

impl Order {
    /// Tells two orders with one id apart: the same actor and command, however they were written, give the same.
    #[must_use]
    pub fn digest(&self) -> Hash {
        let mut text = self.actor.0.clone().into_bytes();
        // No actor holds a control character, so NUL keeps the two apart.
        text.push(0);
        // The derived function: its fields come in the order in which they are declared, in every build. Nothing
        // in a command has no JSON form: keys are texts, numbers are finite.
        let written = Command::serialize(&self.command, &mut serde_json::Serializer::new(&mut text));
        debug_assert!(written.is_ok(), "a command has a JSON form");
        Hash::of(&text)
    }
}
