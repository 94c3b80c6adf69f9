//! Alarms on walls: a device that needs eyes, and the camera that shows its place.
//!
//! An alarm changes no layout: it lies over it, as a tour does, and never over a pinned cell. So what was there before
//! comes back by itself. Which device rings, for how long and where its picture goes is the engine's to decide; here is
//! only what was decided.

use serde::{Deserialize, Serialize};

use super::area::At;
use super::layout::Layout;
use super::preset::Content;
use super::screen::Screen;
use super::tile::{Rank, Tile};
use super::walls::Walls;
use crate::entry::DeviceState;
use crate::ids::{DeviceId, ScreenId};
use crate::registry::DeviceClass;
use crate::time::Timestamp;
use crate::world::World;

/// Most cells of a screen that alarms have at once: more pictures than that are not looked at, they are cycled through
/// (ISA-18.2 calls it a flood); the list of troubles has the rest.
pub const MAX_ALARM_CELLS: usize = 4;
/// Most alarms of a screen at once. Several may share a cell, when one camera shows all their places.
pub const MAX_ALARMS: usize = 16;

/// An alarm that a screen shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// The device that rings; a screen shows it once.
    pub device: DeviceId,
    /// The camera that shows its place.
    pub camera: DeviceId,
    /// The cell that covers this place; `None` on a screen that arranges itself, where the camera's own tile is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// Shown since then.
    pub since: Timestamp,
    /// When the device's state was last another one.
    pub changed: Timestamp,
}

/// A screen shows an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmShown {
    /// Which screen.
    pub screen: ScreenId,
    /// The device that rings.
    pub device: DeviceId,
    /// The camera that shows its place.
    pub camera: DeviceId,
    /// In which cell; `None` on a screen that arranges itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// Why a screen shows an alarm no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmEnd {
    /// The trouble is over, and was shown for a while longer.
    Over,
    /// A person took the cell in hand.
    SetAside,
    /// A newer one has its place.
    GaveWay,
    /// Its place is not there any more; it may be shown anew elsewhere.
    Moved,
    /// The device or the camera left the registry.
    Gone,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// Whether a device of this class in this state needs eyes.
///
/// What asks for attention by itself does, and so does what went down and leaves its place unwatched or cut off: a
/// sensor, a gateway, a switch, a UPS, a server. A camera that is lost has no picture to show, an access point or an
/// application that is down is a technician's matter: the list of troubles has them.
#[must_use]
pub const fn rings(class: DeviceClass, state: DeviceState) -> bool {
    match state {
        DeviceState::Alert => true,
        DeviceState::Down => matches!(
            class,
            DeviceClass::Sensor
                | DeviceClass::Gateway
                | DeviceClass::Switch
                | DeviceClass::Ups
                | DeviceClass::Server
        ),
        DeviceState::Unknown | DeviceState::Up | DeviceState::Sleeping | DeviceState::Other => false,
    }
}

impl World {
    /// Whether a device needs eyes at this moment, by its own word or by its silence.
    #[must_use]
    pub fn rings(&self, device: &DeviceId) -> bool {
        let class = self.registry.devices.get(device).map(|device| device.class);
        let state = self.devices.get(device).map(|status| status.state);
        class.zip(state).is_some_and(|(class, state)| rings(class, state))
    }
}

impl Screen {
    /// The alarms that have this cell of the screen.
    pub fn alarms_at(&self, at: At) -> impl Iterator<Item = &Alarm> {
        let area = self.wall.content.layout().and_then(|layout| Some(layout.cell(at)?.area));
        self.alarms
            .iter()
            .filter(move |alarm| area.zip(alarm.at).is_some_and(|(area, place)| area.covers(place)))
    }

    /// What hangs there, with the alarms over it.
    pub(super) fn with_alarms(&self, layout: &Layout) -> Option<Content> {
        let mut over: Option<Layout> = None;
        for alarm in &self.alarms {
            let layout = over.as_ref().unwrap_or(layout);
            let free = |at: &At| layout.cell(*at).is_some_and(|cell| cell.rank != Rank::Pinned);
            let tile = Tile::Camera { camera: alarm.camera.clone() };
            if let Some(covered) = alarm.at.filter(free).and_then(|at| layout.with(at, tile, Rank::Alarm)) {
                over = Some(covered);
            }
        }
        over.map(Content::Layout)
    }
}

impl Walls {
    pub(crate) fn alarm_shown(&mut self, shown: &AlarmShown, time: Timestamp) {
        let AlarmShown { screen, device, camera, at } = shown.clone();
        if let Some(screen) = self.screens.get_mut(&screen) {
            screen.alarms.retain(|alarm| alarm.device != device);
            if screen.alarms.len() < MAX_ALARMS {
                screen.alarms.push(Alarm { device, camera, at, since: time, changed: time });
            }
        }
    }

    pub(crate) fn alarm_ended(&mut self, screen: &ScreenId, device: &DeviceId) {
        if let Some(screen) = self.screens.get_mut(screen) {
            screen.alarms.retain(|alarm| alarm.device != *device);
        }
    }

    /// A device has another state since `time`.
    pub(crate) fn device_changed(&mut self, device: &DeviceId, time: Timestamp) {
        let alarms = self.screens.values_mut().flat_map(|screen| &mut screen.alarms);
        alarms.filter(|alarm| alarm.device == *device).for_each(|alarm| alarm.changed = time);
    }
}
