//! A screen, and what hangs on it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::alarm::Alarm;
use super::label::Label;
use super::preset::Content;
use super::tour::Touring;
use crate::entry::{Actor, DeviceState};
use crate::ids::{PresetId, ScreenId, Seq};
use crate::measure::{PanelPitchMm, ViewingDistanceM};
use crate::time::Timestamp;

/// Changes of a screen that can be taken back.
pub const MAX_UNDO: usize = 10;

/// What hangs on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wall {
    /// The picture, without what a tour lays over it.
    pub content: Content,
    /// The preset that was called up last, as long as nothing was changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<PresetId>,
    /// The tour that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tour: Option<Touring>,
}

/// A change that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The entry that made it.
    pub seq: Seq,
    /// Who made it; nobody else takes it back.
    pub actor: Actor,
    /// What hung there before.
    pub wall: Wall,
}

/// How a screen is, as a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenStatus {
    /// Up while a page of it says that it paints; down when none does any more.
    pub state: DeviceState,
    /// Since when; when it went down, since it was last heard.
    pub since: Timestamp,
}

/// One browser window of a wall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    /// Its identity: the last part of its address.
    pub id: ScreenId,
    /// Its name.
    pub name: Label,
    /// How fine its panel is; with the distance it sets the type scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panel_pitch_mm: Option<PanelPitchMm>,
    /// How far away its farthest reader is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewing_distance_m: Option<ViewingDistanceM>,
    /// How it is as a device; `None` while nobody expects it: no page of it was ever opened, or it was said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ScreenStatus>,
    /// What hangs on it.
    #[serde(default)]
    pub wall: Wall,
    /// The newest changes, newest last, at most [`MAX_UNDO`].
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub history: VecDeque<Undo>,
    /// The alarms that lie over it, oldest first, at most [`MAX_ALARMS`](super::MAX_ALARMS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
}
