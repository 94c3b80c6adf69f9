//! Alarms on a screen's tiles: who rings there, or rang until just now.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::world::World;

/// What an alarm's tile says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringing {
    /// The device that rings, by name: the newest of them.
    pub name: String,
    /// How many more share the tile.
    pub more: usize,
    /// Nobody rings any more; the picture stays for a while.
    pub over: bool,
}

/// The alarms that a screen shows by this camera; `None` when there is none.
#[must_use]
pub fn ringing(world: &World, screen: &str, camera: &DeviceId) -> Option<Ringing> {
    let screen = world.walls.screens.values().find(|known| known.id.as_str() == screen)?;
    let here = || screen.alarms.iter().filter(|alarm| alarm.camera == *camera);
    let rings = |device: &DeviceId| world.rings(device);
    let newest = here().rev().find(|alarm| rings(&alarm.device)).or_else(|| here().next_back())?;
    let device = world.registry.devices.get(&newest.device);
    Some(Ringing {
        name: device.map_or_else(|| newest.device.to_string(), |device| device.name.clone()),
        more: here().count().saturating_sub(1),
        over: !here().any(|alarm| rings(&alarm.device)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry};
    use pantau_schemas::entry::{DeviceReason, DeviceState};
    use pantau_schemas::ids::ScreenId;
    use pantau_schemas::time::Timestamp;
    use pantau_schemas::wall::{Alarm, Label, Screen, Wall};
    use pantau_schemas::world::DeviceStatus;
    use std::collections::VecDeque;

    fn says(world: &mut World, device: &DeviceId, state: DeviceState) {
        let status = DeviceStatus {
            state,
            reason: DeviceReason::Reported,
            since: Timestamp::EPOCH,
            boot_id: None,
            interval_s: None,
            firmware: None,
        };
        world.devices.insert(device.clone(), status);
    }

    #[test]
    fn a_tile_names_who_rings_and_says_when_it_is_over() {
        let mut world = World { registry: registry(), ..World::default() };
        let (one, two) =
            (camera(&mut world.registry, "cam-1", None), camera(&mut world.registry, "cam-2", None));
        let id = ScreenId::new("main").unwrap();
        let alarm = |device: &DeviceId| Alarm {
            device: device.clone(),
            camera: one.clone(),
            at: None,
            since: Timestamp::EPOCH,
            changed: Timestamp::EPOCH,
        };
        let screen = Screen {
            id: id.clone(),
            name: Label::new("main").unwrap(),
            panel_pitch_mm: None,
            viewing_distance_m: None,
            status: None,
            wall: Wall::default(),
            history: VecDeque::new(),
            alarms: vec![alarm(&one), alarm(&two)],
        };
        world.walls.screens.insert(id, screen);
        says(&mut world, &one, DeviceState::Alert);
        says(&mut world, &two, DeviceState::Up);
        let said = ringing(&world, "main", &one).unwrap();
        assert_eq!((said.name.as_str(), said.more, said.over), ("cam-1", 1, false), "the one that rings");
        says(&mut world, &one, DeviceState::Up);
        let said = ringing(&world, "main", &one).unwrap();
        assert_eq!((said.name.as_str(), said.over), ("cam-2", true));
        assert_eq!(ringing(&world, "main", &two), None);
        assert_eq!(ringing(&world, "pos-2", &one), None);
    }
}
