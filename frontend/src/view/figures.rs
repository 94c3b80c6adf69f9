//! The key figures: how much of the city works.

use pantau_schemas::entry::DeviceState;
use pantau_schemas::event::ComplaintStep;
use pantau_schemas::registry::{AppClass, DeviceClass, Registry};
use pantau_schemas::world::{Standing, World};

use crate::digits::fixed;
use crate::live::replica::Replica;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Those that count.
    pub part: usize,
    /// All.
    pub total: usize,
}

impl Share {
    /// Counts one more.
    pub fn add(&mut self, counts: bool) {
        self.total += 1;
        self.part += usize::from(counts);
    }
}

/// Whether a device does its work. A camera without a moving picture does not; an access point that wants
/// attention does.
#[must_use]
pub fn works(class: DeviceClass, state: DeviceState) -> bool {
    match state {
        DeviceState::Up | DeviceState::Sleeping => true,
        DeviceState::Alert => class != DeviceClass::Camera,
        DeviceState::Down | DeviceState::Unknown | DeviceState::Other => false,
    }
}

/// Devices by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviceFigures {
    /// Cameras with a live picture.
    pub cameras: Share,
    /// Access points that work.
    pub aps: Share,
    /// Sensors that work.
    pub sensors: Share,
}

/// Counts the devices.
#[must_use]
pub fn devices(world: &World) -> DeviceFigures {
    let mut figures = DeviceFigures::default();
    for Standing { device, state, .. } in world.standings() {
        let share = match device.class {
            DeviceClass::Camera => &mut figures.cameras,
            DeviceClass::Ap => &mut figures.aps,
            DeviceClass::Sensor => &mut figures.sensors,
            _ => continue,
        };
        share.add(match device.class {
            DeviceClass::Camera => world.is_live(&device.id),
            class => works(class, state),
        });
    }
    figures
}

/// What the registry alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CityFigures {
    /// Agencies whose systems are connected.
    pub agencies: Share,
    /// Applications of ministries.
    pub ministry: usize,
    /// Applications on the Internet.
    pub online: usize,
    /// Applications on the city's own network.
    pub local: usize,
    /// Applications of a class that this page does not know.
    pub other: usize,
}

impl CityFigures {
    /// All applications.
    #[must_use]
    pub fn apps(&self) -> usize {
        self.ministry + self.online + self.local + self.other
    }
}

/// Counts agencies and applications.
#[must_use]
pub fn city(registry: &Registry) -> CityFigures {
    let mut figures = CityFigures::default();
    for agency in registry.agencies.values() {
        figures.agencies.add(agency.integrated);
    }
    for app in registry.apps.values() {
        match app.class {
            AppClass::Ministry => figures.ministry += 1,
            AppClass::Online => figures.online += 1,
            AppClass::Local => figures.local += 1,
            AppClass::Unknown => figures.other += 1,
        }
    }
    figures
}

/// Complaints that are not closed.
#[must_use]
pub fn open_complaints(world: &World) -> usize {
    world.complaints.values().filter(|c| c.step != ComplaintStep::Closed).count()
}

/// People on the city's Wi-Fi: the newest counts of access points that work. `None` when none ever counted.
#[must_use]
pub fn clients(replica: &Replica) -> Option<u64> {
    let world = replica.world();
    let mut sum = None;
    for device in world.registry.devices.values().filter(|d| d.class == DeviceClass::Ap) {
        let Some(head) = replica.head(device.id.as_str(), "clients") else { continue };
        // An access point that is down has nobody on it, whatever it last said.
        if works(device.class, world.device_state(&device.id)) {
            sum = Some(sum.unwrap_or(0.0) + head.value.max(0.0));
        } else {
            sum = sum.or(Some(0.0));
        }
    }
    // Counts of people stay far below 2^53.
    sum.map(|sum| fixed(sum, 0).parse().unwrap_or(0))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use pantau_schemas::ids::{DeviceId, SeriesId, SiteCode};
    use pantau_schemas::registry::{CameraFacts, Device, Domain, Purpose, Site};
    use pantau_schemas::stream::{StreamKind, StreamState};
    use pantau_schemas::time::Timestamp;
    use pantau_schemas::wire::{Head, LiveMessage};
    use pantau_schemas::world::StreamStatus;

    /// A registry with one site, `alun-alun`, a `taman`.
    pub(crate) fn registry() -> Registry {
        let site = Site {
            code: SiteCode::new("alun-alun").unwrap(),
            name: "Alun-Alun".to_owned(),
            agency: None,
            position: None,
            category: Some("taman".to_owned()),
        };
        Registry { sites: [(site.code.clone(), site)].into(), ..Registry::default() }
    }

    pub(crate) fn device(registry: &mut Registry, id: &str, class: DeviceClass, domain: Domain) -> DeviceId {
        let id = DeviceId::new(id).unwrap();
        let device = Device {
            id: id.clone(),
            class,
            name: id.to_string(),
            site: SiteCode::new("alun-alun").unwrap(),
            uplink: Vec::new(),
            domain,
            interval_s: None,
            camera: None,
        };
        registry.devices.insert(id.clone(), device);
        id
    }

    pub(crate) fn camera(registry: &mut Registry, id: &str, category: Option<&str>) -> DeviceId {
        let id = device(registry, id, DeviceClass::Camera, Domain::Cctv);
        let facts = CameraFacts {
            purpose: Purpose::LaluLintas,
            notice: "papan".to_owned(),
            retention_days: 14,
            has_sub: true,
            category: category.map(str::to_owned),
            number: None,
            masks: Vec::new(),
            scene_width_m: None,
        };
        registry.devices.get_mut(&id).unwrap().camera = Some(facts);
        id
    }

    pub(crate) fn stream(world: &mut World, id: &DeviceId, state: StreamState) {
        let status = StreamStatus { state, cause: None, since: Timestamp::from_secs(60) };
        world.streams.entry(id.clone()).or_default().insert(StreamKind::Sub, status);
    }

    #[test]
    fn a_frozen_camera_is_not_live() {
        let mut world = World { registry: registry(), ..World::default() };
        let ids: Vec<DeviceId> =
            (0..3).map(|n| camera(&mut world.registry, &format!("cam-{n}"), None)).collect();
        stream(&mut world, &ids[0], StreamState::Live);
        stream(&mut world, &ids[1], StreamState::Frozen);
        assert_eq!(devices(&world).cameras, Share { part: 1, total: 3 });
    }

    #[test]
    fn nobody_is_on_an_access_point_that_is_down() {
        let mut replica = Replica::default();
        assert_eq!(clients(&replica), None, "no count is not zero");
        let mut world = World { registry: registry(), ..World::default() };
        let up = device(&mut world.registry, "ap-1", DeviceClass::Ap, Domain::Wireless);
        let down = device(&mut world.registry, "ap-2", DeviceClass::Ap, Domain::Wireless);
        stream(&mut world, &up, StreamState::Live);
        stream(&mut world, &down, StreamState::Lost);
        replica.take(LiveMessage::Snapshot { seq: world.seq, world: Box::new(world) }).unwrap();
        let head = |id: &DeviceId, value| Head {
            series: SeriesId::of(id, "clients").unwrap(),
            time: Timestamp::EPOCH,
            value,
        };
        replica.take(LiveMessage::Heads { heads: vec![head(&up, 7.0), head(&down, 99.0)] }).unwrap();
        assert_eq!(clients(&replica), Some(7));
    }
}
