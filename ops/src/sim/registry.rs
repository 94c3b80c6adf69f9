//! Kota Metro: what there is, as the registry files that a server reads.
//!
//! The city is data (`ops/city/metro/*.toml`). Only the ports of the cameras differ from run to run; a city of
//! another size has fewer devices, or copies of them.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use pantau_schemas::ids::{CityCode, DeviceId};
use pantau_schemas::registry::parse::parse;
use pantau_schemas::registry::{City, DeviceClass, Registry};

use super::error::SimError;

/// The city's code, first level of topics and sources.
pub const CITY: &str = "metro";
/// Its name.
pub const CITY_NAME: &str = "Kota Metro";
/// Its zone.
pub const ZONE: &str = "Asia/Jakarta";
/// Most devices of one class: what one machine can pretend to be.
const MOST: usize = 2_000;

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/city/metro/", $name)))
    };
}

/// The files without devices whose number can change.
const FIXED: [(&str, &str); 4] =
    [file!("agencies.toml"), file!("apps.toml"), file!("sites.toml"), file!("network.toml")];
const CAMERAS: (&str, &str) = file!("cameras.toml");
const ACCESS_POINTS: (&str, &str) = file!("access-points.toml");
const SENSORS: (&str, &str) = file!("sensors.toml");

/// How many devices the city has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Cameras, 12 in the real Metro.
    pub cameras: usize,
    /// Access points, 60 in the real Metro.
    pub access_points: usize,
    /// Sensors, 30 in the real Metro.
    pub sensors: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { cameras: 12, access_points: 60, sensors: 30 }
    }
}

/// The registry files and what they say.
#[derive(Debug, Clone)]
pub struct Plan {
    files: Vec<(String, String)>,
    /// The registry, as a server will read it.
    pub registry: Registry,
}

impl Plan {
    /// A city of a size. With other numbers than Metro's, devices are left out from the end, or the list begins
    /// again with `-x13` and so on behind the ids.
    ///
    /// # Errors
    /// [`SimError::Options`] for a size that is too large, or when the files of the repository are broken.
    pub fn new(size: Size) -> Result<Self, SimError> {
        if size.cameras.max(size.access_points).max(size.sensors) > MOST {
            return Err(SimError::Options(format!("a city has at most {MOST} devices of a class")));
        }
        let sized = [(CAMERAS, size.cameras), (ACCESS_POINTS, size.access_points), (SENSORS, size.sensors)];
        let mut files: Vec<(String, String)> =
            FIXED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        files.extend(sized.map(|((name, text), count)| (name.to_owned(), resize(text, count))));
        let code = CityCode::new(CITY).map_err(|error| SimError::Options(error.to_string()))?;
        let city = City { code, name: CITY_NAME.to_owned(), zone: ZONE.to_owned() };
        let registry = parse(city, &files)
            .map_err(|faults| SimError::Options(faults.iter().map(|fault| format!("{fault}\n")).collect()))?
            .registry;
        Ok(Self { files, registry })
    }

    /// Writes the files into `folder`, the cameras at their addresses.
    ///
    /// # Errors
    /// [`SimError::Write`].
    pub fn write(&self, folder: &Path, cameras: &BTreeMap<String, SocketAddr>) -> Result<(), SimError> {
        fs::create_dir_all(folder).map_err(|source| SimError::Write { path: folder.to_owned(), source })?;
        for (name, text) in &self.files {
            let mut text = text.clone();
            if name == CAMERAS.0 {
                for (id, address) in cameras {
                    text = text.replace(&format!("{{{id}}}"), &address.to_string());
                }
            }
            let path = folder.join(name);
            fs::write(&path, text).map_err(|source| SimError::Write { path, source })?;
        }
        Ok(())
    }

    /// Ids of a class, sorted.
    pub fn of_class(&self, class: DeviceClass) -> impl Iterator<Item = &DeviceId> {
        self.registry.devices.values().filter(move |device| device.class == class).map(|device| &device.id)
    }

    /// Every device that is reached only through `hub`, directly or not.
    #[must_use]
    pub fn behind(&self, hub: &DeviceId) -> Vec<DeviceId> {
        let mut cut = vec![hub.clone()];
        loop {
            let more: Vec<DeviceId> = self
                .registry
                .devices
                .values()
                .filter(|device| !device.uplink.is_empty() && !cut.contains(&device.id))
                .filter(|device| device.uplink.iter().all(|up| cut.contains(up)))
                .map(|device| device.id.clone())
                .collect();
            if more.is_empty() {
                cut.remove(0);
                return cut;
            }
            cut.extend(more);
        }
    }
}

/// The id that a copy was made from: `cam-alun-01` for `cam-alun-01-x13`.
pub(crate) fn original(id: &str) -> &str {
    id.rsplit_once("-x").map_or(id, |(original, _)| original)
}

/// The first `count` devices of a file, with copies where it has fewer.
fn resize(text: &str, count: usize) -> String {
    const TABLE: &str = "[[device]]\n";
    let mut parts = text.split(TABLE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let devices: Vec<&str> = parts.collect();
    for (number, device) in devices.iter().cycle().take(count).enumerate() {
        out.push_str(TABLE);
        match device.split('"').nth(1).filter(|_| number >= devices.len()) {
            Some(id) => out.push_str(&device.replace(id, &format!("{id}-x{}", number + 1))),
            None => out.push_str(device),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::registry::{AgencyKind, AppClass, Domain};

    #[test]
    fn the_city_has_the_units_that_the_article_counts() {
        let registry = Plan::new(Size::default()).unwrap().registry;
        let count =
            |kinds: &[AgencyKind]| registry.agencies.values().filter(|a| kinds.contains(&a.kind)).count();
        assert_eq!(registry.agencies.len(), 61);
        assert_eq!(count(&[AgencyKind::Dinas]), 18);
        assert_eq!(count(&[AgencyKind::Badan]), 6);
        assert_eq!(count(&[AgencyKind::Bagian]), 8);
        assert_eq!(count(&[AgencyKind::Lembaga, AgencyKind::Rsud, AgencyKind::Inspektorat]), 2);
        assert_eq!(count(&[AgencyKind::Kecamatan]), 5);
        assert_eq!(count(&[AgencyKind::Kelurahan]), 22);
        assert_eq!(registry.agencies.values().filter(|agency| agency.integrated).count(), 21);
    }

    #[test]
    fn the_city_has_the_applications_that_the_article_counts() {
        let registry = Plan::new(Size::default()).unwrap().registry;
        let count = |class| registry.apps.values().filter(|app| app.class == class).count();
        assert_eq!([AppClass::Ministry, AppClass::Online, AppClass::Local].map(count), [33, 13, 10]);
        assert!(registry.apps.values().all(|app| app.agency.is_some()));
    }

    #[test]
    fn every_infrastructure_domain_has_devices() {
        let plan = Plan::new(Size::default()).unwrap();
        for (word, domain) in Domain::WORDS {
            assert!(plan.registry.devices.values().any(|device| device.domain == *domain), "{word} is empty");
        }
        let count = |class| plan.of_class(class).count();
        assert_eq!([DeviceClass::Camera, DeviceClass::Ap, DeviceClass::Sensor].map(count), [12, 60, 30]);
    }

    #[test]
    fn a_hub_takes_with_it_what_hangs_on_it_and_nothing_else() {
        let plan = Plan::new(Size::default()).unwrap();
        let behind = |hub: &str| plan.behind(&DeviceId::new(hub).unwrap());
        let alun = behind("sw-alun-01");
        assert_eq!(alun.iter().filter(|id| id.as_str().starts_with("ap-")).count(), 6);
        assert!(alun.iter().any(|id| id.as_str() == "cam-alun-01"));
        assert_eq!(behind("sw-inti-01").len(), plan.registry.devices.len() - 1);
        assert_eq!(behind("ap-01"), []);
    }

    #[test]
    fn a_city_of_any_size_can_be_read_and_has_every_address() {
        for size in [
            Size { cameras: 0, access_points: 0, sensors: 0 },
            Size { cameras: 3, access_points: 2, sensors: 1 },
            Size { cameras: 50, access_points: 200, sensors: 31 },
        ] {
            let plan = Plan::new(size).unwrap();
            assert_eq!(plan.of_class(DeviceClass::Camera).count(), size.cameras);
            assert_eq!(plan.of_class(DeviceClass::Ap).count(), size.access_points);
            let folder = tempfile::tempdir().unwrap();
            let address: SocketAddr = "127.0.0.1:20554".parse().unwrap();
            let cameras = plan.of_class(DeviceClass::Camera).map(|id| (id.to_string(), address)).collect();
            plan.write(folder.path(), &cameras).unwrap();
            let written = fs::read_to_string(folder.path().join("cameras.toml")).unwrap();
            assert_eq!(written.matches("rtsp://127.0.0.1:20554/cam/").count(), 2 * size.cameras);
        }
    }
}
