//! Walls: which screens there are, what hangs on each, and what is kept to be hung again.
//!
//! A [`Screen`] is one browser window. What hangs on it is its [`Wall`]: either [`Content::Auto`] (every camera,
//! grouped by category, arranged by the page itself) or a [`Layout`], a grid whose cells hold cameras and panels.
//! [`Preset`]s are contents with a name; a [`Tour`] lays changing cameras over some cells of a layout, for as long
//! as it runs, and an [`Alarm`] lays the camera of its place over one; neither over a pinned one. [`Walls`] holds them
//! all; a page draws [`Walls::shown`].
//!
//! **Invariant:** no [`Layout`] has cells that overlap or leave its grid, however it came into being.

mod alarm;
mod area;
mod change;
mod label;
mod layout;
mod preset;
mod screen;
mod tile;
mod tour;
mod walls;

pub use crate::measure::{MeasureError, PanelPitchMm, ViewingDistanceM};
pub use alarm::{Alarm, AlarmEnd, AlarmShown, MAX_ALARM_CELLS, MAX_ALARMS, rings};
pub use area::{Area, At, MAX_SIDE};
pub use change::{ScreenFacts, WallAct, WallChange};
pub use label::{Label, LabelError, MAX_LABEL};
pub use layout::{AlarmUse, Cell, Draft, Layout, LayoutError, MAX_CAMERAS, Zone};
pub use preset::{Content, NumberError, Preset, PresetNumber};
pub use screen::{MAX_UNDO, Screen, ScreenStatus, Undo, Wall};
pub use tile::{Load, MOVING_STOP, MOVING_WARN, Rank, Tile};
pub use tour::{
    Dwell, DwellError, MAX_SHOTS, MAX_STEPS, PauseOn, Shot, Step, Tour, TourDraft, TourError, Touring,
};
pub use walls::{DEFAULT_SCREEN, MAX_PRESETS, MAX_SCREENS, MAX_TOURS, Walls};
