//! What the monitor says of a camera beside its picture.

use pantau_schemas::entry::DeviceState;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::stream::{StreamCause, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

/// The facts of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// The name of its place.
    pub site: String,
    /// The agency that the place belongs to.
    pub agency: Option<String>,
    /// How its best open stream is; `None` when nothing was heard of any.
    pub stream: Option<StreamState>,
    /// Why.
    pub cause: Option<StreamCause>,
    /// How the camera is as a device.
    pub device: DeviceState,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// The facts of a camera; `None` when the registry does not have it (any more).
#[must_use]
pub fn facts(world: &World, id: &DeviceId) -> Option<Facts> {
    let device = world.registry.devices.get(id)?;
    let site = world.registry.sites.get(&device.site);
    let agency = site.and_then(|site| world.registry.agencies.get(site.agency.as_ref()?));
    let streams = world.streams.get(id).into_iter().flat_map(|streams| streams.values());
    let best = streams.filter(|stream| stream.state != StreamState::Closed).min_by_key(|stream| stream.state);
    Some(Facts {
        name: device.name.clone(),
        site: site.map(|site| site.name.clone()).unwrap_or_default(),
        agency: agency.map(|agency| agency.name.clone()),
        stream: best.map(|stream| stream.state),
        cause: best.and_then(|stream| stream.cause),
        device: world.device_state(id),
        since: world.device_since(id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry, stream};

    #[test]
    fn a_camera_that_left_the_registry_has_no_facts_and_a_silent_one_no_stream() {
        let mut world = World { registry: registry(), ..World::default() };
        let id = camera(&mut world.registry, "cam-1", None);
        let silent = facts(&world, &id).unwrap();
        assert_eq!((silent.stream, silent.device, silent.since), (None, DeviceState::Unknown, None));
        stream(&mut world, &id, StreamState::Frozen);
        let frozen = facts(&world, &id).unwrap();
        assert_eq!((frozen.stream, frozen.device), (Some(StreamState::Frozen), DeviceState::Alert));
        world.registry.devices.clear();
        assert_eq!(facts(&world, &id), None);
    }
}
