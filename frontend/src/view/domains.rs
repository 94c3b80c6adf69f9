//! The six infrastructure domains: always all six, in the same order.

use pantau_schemas::entry::DeviceState;
use pantau_schemas::registry::Domain;
use pantau_schemas::world::{Standing, World};

use super::figures::{Share, works};

/// How a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainView {
    /// Which.
    pub domain: Domain,
    /// Devices that work, of all.
    pub devices: Share,
    /// Devices that are down.
    pub down: usize,
    /// Devices that want attention.
    pub alert: usize,
    /// Devices that were never heard.
    pub unheard: usize,
}

/// All six.
#[must_use]
pub fn domains(world: &World) -> Vec<DomainView> {
    let empty = |domain| DomainView { domain, devices: Share::default(), down: 0, alert: 0, unheard: 0 };
    let mut views: Vec<DomainView> = Domain::WORDS.iter().map(|(_, domain)| empty(*domain)).collect();
    for Standing { device, state, .. } in world.standings() {
        let Some(view) = views.iter_mut().find(|view| view.domain == device.domain) else { continue };
        view.devices.add(works(device.class, state));
        match state {
            DeviceState::Down => view.down += 1,
            DeviceState::Alert => view.alert += 1,
            DeviceState::Unknown | DeviceState::Other => view.unheard += 1,
            DeviceState::Up | DeviceState::Sleeping => {}
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry};

    #[test]
    fn a_city_without_devices_still_has_its_six_domains() {
        let views = domains(&World::default());
        assert_eq!(views.len(), 6);
        assert!(views.iter().all(|view| view.devices.total == 0));
    }

    #[test]
    fn a_device_that_was_never_heard_does_not_count_as_working() {
        let mut world = World { registry: registry(), ..World::default() };
        camera(&mut world.registry, "cam-1", None);
        let views = domains(&world);
        let cctv = views.iter().find(|view| view.domain == Domain::Cctv).unwrap();
        assert_eq!((cctv.devices, cctv.unheard), (Share { part: 0, total: 1 }, 1));
    }
}
