//! What the engine wants to be woken for, and when.

use pantau_schemas::entry::{Change, DeviceChange};
use pantau_schemas::ids::{DeviceId, ScreenId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

use crate::{Heard, absence, screen, wall};

/// Something that happens when nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A device may have fallen silent.
    Absence(DeviceId),
    /// A screen's tour may go on.
    Tour(ScreenId),
    /// A screen may have fallen silent.
    Screen(ScreenId),
    /// An alarm on a wall may have been shown for long enough.
    Alarms,
}

impl Timer {
    /// Every timer that a World may need.
    pub fn all(world: &World) -> impl Iterator<Item = Self> {
        let devices = world.devices.keys().cloned().map(Self::Absence);
        let screens = world
            .walls
            .screens
            .keys()
            .flat_map(|screen| [Self::Tour(screen.clone()), Self::Screen(screen.clone())]);
        devices.chain(screens).chain([Self::Alarms])
    }

    /// The timers whose deadlines a change may move.
    pub fn after(change: &Change) -> impl Iterator<Item = Self> + use<> {
        let timers = match change {
            Change::DeviceChanged(DeviceChange { device, .. }) => {
                [Some(Self::Absence(device.clone())), Some(Self::Alarms)]
            }
            Change::WallChanged(change) => [Some(Self::Tour(change.screen.clone())), None],
            Change::TourStepped { screen, .. } => [Some(Self::Tour(screen.clone())), None],
            Change::ScreenStateChanged { screen, .. } => [Some(Self::Screen(screen.clone())), None],
            Change::RegistryChanged(_) => [Some(Self::Alarms), None],
            _ => [None, None],
        };
        timers.into_iter().flatten()
    }
}

/// When a timer runs out, as things stand; `None` when there is nothing to wait for.
#[must_use]
pub fn deadline(world: &World, heard: &Heard, timer: &Timer) -> Option<Timestamp> {
    match timer {
        Timer::Absence(device) => absence::deadline(world, heard, device),
        Timer::Tour(screen) => wall::deadline(world, screen),
        Timer::Screen(id) => screen::deadline(world, heard, id),
        Timer::Alarms => wall::alarm::deadline(world),
    }
}
