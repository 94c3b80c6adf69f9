//! Devices that do not work as they should, newest trouble first.

use pantau_schemas::entry::{DeviceReason, DeviceState};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::stream::{StreamCause, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A camera's stream: frozen or lost.
    Stream(StreamState, Option<StreamCause>),
    /// A device: down or alert.
    Device(DeviceState, Option<DeviceReason>),
}

/// One device in trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Where it is.
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
    let mut all: Vec<(Timestamp, &DeviceId, DeviceState)> = Vec::new();
    for id in world.registry.devices.keys() {
        let state = world.device_state(id);
        if matches!(state, DeviceState::Down | DeviceState::Alert) {
            all.push((world.device_since(id).unwrap_or_default(), id, state));
        }
    }
    let total = all.len();
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    all.truncate(limit);
    let newest = all.into_iter().filter_map(|(since, id, state)| {
        let device = world.registry.devices.get(id)?;
        let site = world.registry.sites.get(&device.site).map(|site| site.name.clone()).unwrap_or_default();
        Some(Trouble {
            device: id.clone(),
            name: device.name.clone(),
            site,
            fault: fault(world, id, state),
            since,
        })
    });
    Troubles { newest: newest.collect(), total }
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
        let troubles = troubles(&world, 2);
        let names: Vec<&str> = troubles.newest.iter().map(|t| t.name.as_str()).collect();
        assert_eq!((names, troubles.total), (vec!["cam-3", "cam-2"], 4));
    }
}
