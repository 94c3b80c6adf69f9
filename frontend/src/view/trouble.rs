//! Devices that do not work as they should, newest trouble first.

use pantau_schemas::entry::{DeviceReason, DeviceState};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::stream::{StreamCause, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::Screen;
use pantau_schemas::world::{Standing, World};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A camera's stream: frozen or lost.
    Stream(StreamState, Option<StreamCause>),
    /// A device: down or alert.
    Device(DeviceState, Option<DeviceReason>),
    /// A screen of a wall beats no more.
    Screen,
}

/// One device or screen in trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which, by its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is; empty for a screen.
    pub site: String,
    /// What is wrong.
    pub fault: Fault,
    /// Since when.
    pub since: Timestamp,
}

/// The newest troubles and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Troubles {
    /// The newest.
    pub newest: Vec<Trouble>,
    /// All of them.
    pub total: usize,
}

/// The newest `limit` troubles.
#[must_use]
pub fn troubles(world: &World, limit: usize) -> Troubles {
    let devices = world.standings().filter_map(|Standing { device, state, since }| {
        let bad = matches!(state, DeviceState::Down | DeviceState::Alert);
        bad.then(|| (since.unwrap_or_default(), Which::Device(&device.id, state)))
    });
    let screens = world.walls.screens.values().filter_map(|screen| {
        let status = screen.status.filter(|status| status.state == DeviceState::Down)?;
        Some((status.since, Which::Screen(screen)))
    });
    // Thousands may be in trouble and three are shown: only those are kept, in order.
    let mut newest: Vec<(Timestamp, Which<'_>)> = Vec::new();
    let mut total = 0;
    for (since, which) in devices.chain(screens) {
        total += 1;
        // The newer one, of two as new the one with the smaller id.
        let at = newest.partition_point(|(other, known)| (since, known.id()) < (*other, which.id()));
        if at < limit {
            newest.truncate(limit - 1);
            newest.insert(at, (since, which));
        }
    }
    let newest = newest.into_iter().filter_map(|(since, which)| which.trouble(world, since));
    Troubles { newest: newest.collect(), total }
}

/// A thing in trouble.
#[derive(Clone, Copy)]
enum Which<'a> {
    Device(&'a DeviceId, DeviceState),
    Screen(&'a Screen),
}

impl Which<'_> {
    fn id(&self) -> &str {
        match self {
            Self::Device(id, _) => id.as_str(),
            Self::Screen(screen) => screen.id.as_str(),
        }
    }

    fn trouble(&self, world: &World, since: Timestamp) -> Option<Trouble> {
        let id = self.id().to_owned();
        match self {
            Self::Device(device, state) => {
                let known = world.registry.devices.get(*device)?;
                let site = world.registry.sites.get(&known.site);
                let site = site.map(|site| site.name.clone()).unwrap_or_default();
                Some(Trouble {
                    id,
                    name: known.name.clone(),
                    site,
                    fault: fault(world, device, *state),
                    since,
                })
            }
            Self::Screen(screen) => {
                let (name, site) = (screen.name.to_string(), String::new());
                Some(Trouble { id, name, site, fault: Fault::Screen, since })
            }
        }
    }
}

fn fault(world: &World, id: &DeviceId, state: DeviceState) -> Fault {
    let stream = world
        .streams
        .get(id)
        .and_then(|streams| {
            streams.values().filter(|s| s.state != StreamState::Closed).min_by_key(|s| s.state)
        })
        .filter(|s| matches!(s.state, StreamState::Frozen | StreamState::Lost));
    match stream {
        Some(stream) => Fault::Stream(stream.state, stream.cause),
        None => Fault::Device(state, world.devices.get(id).map(|status| status.reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry, stream};
    use pantau_schemas::ids::ScreenId;
    use pantau_schemas::wall::{Label, ScreenStatus, Wall};

    #[test]
    fn the_newest_trouble_stands_first_and_the_rest_is_counted() {
        let mut world = World { registry: registry(), ..World::default() };
        for n in 0..5_u32 {
            let id = camera(&mut world.registry, &format!("cam-{n}"), None);
            stream(&mut world, &id, if n == 4 { StreamState::Live } else { StreamState::Lost });
            for status in world.streams.get_mut(&id).unwrap().values_mut() {
                status.since = Timestamp::from_secs(i64::from(n));
            }
        }
        let id = ScreenId::new("panel-3").unwrap();
        let screen = |state| Screen {
            id: ScreenId::new("panel-3").unwrap(),
            name: Label::new("Panel 3").unwrap(),
            panel_pitch_mm: None,
            viewing_distance_m: None,
            status: Some(ScreenStatus { state, since: Timestamp::from_secs(9) }),
            wall: Wall::default(),
            history: std::collections::VecDeque::new(),
            alarms: Vec::new(),
        };
        world.walls.screens.insert(id.clone(), screen(DeviceState::Down));
        let silent = super::troubles(&world, 1);
        assert_eq!((silent.newest[0].name.as_str(), silent.newest[0].fault), ("Panel 3", Fault::Screen));
        assert_eq!(silent.total, 5);
        world.walls.screens.insert(id, screen(DeviceState::Up));
        for status in world.streams.values_mut().flat_map(|streams| streams.values_mut()) {
            status.since = status.since.max(Timestamp::from_secs(1));
        }
        for limit in 0..6 {
            let troubles = troubles(&world, limit);
            let names: Vec<&str> = troubles.newest.iter().map(|t| t.name.as_str()).collect();
            let all = ["cam-3", "cam-2", "cam-0", "cam-1"];
            assert_eq!((names.as_slice(), troubles.total), (&all[..limit.min(4)], 4));
        }
    }
}
