//! What there is: the city, its agencies, places, devices, links and applications.
//!
//! The registry comes from TOML files (`parse`, with the feature `toml`) and enters the journal as differences
//! ([`Registry::difference`], [`Registry::apply`]), so that every screen and every replay has the registry of
//! its moment. Addresses and credentials of cameras are not part of it: see `parse::CameraEndpoint`.

mod levels;
mod mask;
mod numbers;
#[cfg(feature = "toml")]
pub mod parse;

pub use levels::{Detail, Level, Levels, LevelsError, MAX_PIXELS_PER_METRE};
pub use mask::{FULL, MAX_CORNERS, MAX_MASKS, Mask, MaskError};
pub use numbers::{CameraNumber, CameraNumberError, MAX_CAMERA_NUMBER};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AgencyCode, AppCode, CityCode, DeviceId, LinkCode, SiteCode};
use crate::measure::SceneWidthM;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
            /// A word of a newer version: the thing is shown, and nothing is known of its kind.
            #[serde(other, rename = "unknown")]
            Unknown,
        }
        impl $name {
            /// Every word with its meaning, in the order of the contract; [`Self::Unknown`] is none.
            pub const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];
            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ Self::Unknown => "unknown" }
            }
        }
        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(word: &str) -> Result<Self, ()> {
                Self::WORDS.iter().find(|(w, _)| *w == word).map(|(_, v)| *v).ok_or(())
            }
        }
    };
}

words! {
    /// Kinds of agencies (OPD).
    AgencyKind {
        /// Department.
        Dinas = "dinas",
        /// Board.
        Badan = "badan",
        /// Section of the secretariat.
        Bagian = "bagian",
        /// Other institution.
        Lembaga = "lembaga",
        /// District.
        Kecamatan = "kecamatan",
        /// Urban village.
        Kelurahan = "kelurahan",
        /// Public hospital.
        Rsud = "rsud",
        /// Inspectorate.
        Inspektorat = "inspektorat",
    }
}

words! {
    /// Classes of devices; also a level of the MQTT topic.
    DeviceClass {
        /// CCTV camera.
        Camera = "camera",
        /// Wi-Fi access point.
        Ap = "ap",
        /// Network switch.
        Switch = "switch",
        /// Sensor.
        Sensor = "sensor",
        /// Gateway or router.
        Gateway = "gateway",
        /// Uninterruptible power supply.
        Ups = "ups",
        /// Server.
        Server = "server",
        /// Application.
        App = "app",
    }
}

words! {
    /// The six infrastructure domains of a city's network.
    Domain {
        /// Data centre.
        DataCenter = "data-center",
        /// Fibre.
        Fibre = "fibre",
        /// VPN.
        Vpn = "vpn",
        /// Wireless.
        Wireless = "wireless",
        /// CCTV.
        Cctv = "cctv",
        /// Monitoring.
        Monitoring = "monitoring",
    }
}

words! {
    /// The only purposes that Indonesian law allows a public camera (UU 27/2022 art. 17).
    Purpose {
        /// Security.
        Keamanan = "keamanan",
        /// Disaster prevention.
        Bencana = "bencana",
        /// Traffic.
        LaluLintas = "lalu-lintas",
    }
}

words! {
    /// What a link is made of.
    LinkKind {
        /// Optical fibre.
        Fibre = "fibre",
        /// Tunnel over somebody else's network.
        Vpn = "vpn",
        /// Point-to-point radio.
        Wireless = "wireless",
        /// Mobile network.
        Cellular = "cellular",
    }
}

words! {
    /// Who made an application.
    AppClass {
        /// A ministry, for every city.
        Ministry = "ministry",
        /// The city, on the Internet.
        Online = "online",
        /// The city, on its own network.
        Local = "local",
    }
}

/// The city: the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct City {
    /// Its code, first part of every key.
    pub code: CityCode,
    /// Its name.
    pub name: String,
    /// IANA name of its zone: `Asia/Jakarta` (WIB), `Asia/Makassar` (WITA), `Asia/Jayapura` (WIT).
    pub zone: String,
}

/// An agency of the city (OPD).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Its code; never an acronym with two meanings.
    pub code: AgencyCode,
    /// Its full name.
    pub name: String,
    /// Its kind.
    pub kind: AgencyKind,
    /// Other names people use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Its systems are connected to the command centre.
    #[serde(default)]
    pub integrated: bool,
}

/// A place with devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Its code.
    pub code: SiteCode,
    /// Its name.
    pub name: String,
    /// The agency it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// Latitude and longitude, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "crate::position::serialize")]
    pub position: Option<[f64; 2]>,
    /// What kind of place it is, for grouping on the wall: `taman`, `jalan`, `pasar`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// A device, without addresses and credentials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Its identity.
    pub id: DeviceId,
    /// Its class.
    pub class: DeviceClass,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub site: SiteCode,
    /// What it is reached through; it is cut off only when all are down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uplink: Vec<DeviceId>,
    /// Its infrastructure domain.
    pub domain: Domain,
    /// How often it speaks, seconds, where it does not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// Facts of a camera.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraFacts>,
}

/// What everybody may know of a camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraFacts {
    /// Why it hangs there.
    pub purpose: Purpose,
    /// How people are told.
    pub notice: String,
    /// Days its pictures may be kept, 1 to 90.
    pub retention_days: u16,
    /// It offers a small stream beside the large one.
    pub has_sub: bool,
    /// Group on the wall; the site's category where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The number that calls it up, where the registry gives it one; see [`Registry::camera_numbers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<CameraNumber>,
    /// Parts of the picture that nobody is to see, at most [`MAX_MASKS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masks: Vec<Mask>,
    /// How wide its scene is, where somebody measured it; what can be told from its picture follows from that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene_width_m: Option<SceneWidthM>,
}

/// A link between two sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its code.
    pub code: LinkCode,
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub kind: LinkKind,
    /// One end.
    pub from: SiteCode,
    /// The other end.
    pub to: SiteCode,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its code.
    pub code: AppCode,
    /// Its name.
    pub name: String,
    /// The agency that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// Who made it.
    pub class: AppClass,
}

/// The registry.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Registry {
    /// The city; absent only before the first registry was read.
    pub city: Option<City>,
    /// Agencies by code.
    pub agencies: BTreeMap<AgencyCode, Agency>,
    /// Sites by code.
    pub sites: BTreeMap<SiteCode, Site>,
    /// Devices by identity.
    pub devices: BTreeMap<DeviceId, Device>,
    /// Links by code.
    pub links: BTreeMap<LinkCode, Link>,
    /// Applications by code.
    pub apps: BTreeMap<AppCode, App>,
    /// What can be told from so many pixels per metre.
    #[serde(default, skip_serializing_if = "Levels::is_standard")]
    pub levels: Levels,
}

/// What changes one registry into another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RegistryChange {
    /// The city, when it is new or different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<City>,
    /// New and different agencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agencies: Vec<Agency>,
    /// New and different sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
    /// New and different devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// New and different links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// New and different applications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<App>,
    /// The levels, when they are different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Levels>,
    /// What is gone.
    #[serde(default, skip_serializing_if = "Removed::is_empty")]
    pub removed: Removed,
}

/// Identities that left the registry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Removed {
    /// Agencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agencies: Vec<AgencyCode>,
    /// Sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteCode>,
    /// Devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceId>,
    /// Links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkCode>,
    /// Applications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<AppCode>,
}

impl Removed {
    /// Nothing is gone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agencies.is_empty()
            && self.sites.is_empty()
            && self.devices.is_empty()
            && self.links.is_empty()
            && self.apps.is_empty()
    }
}

/// Values of `new` that `old` lacks or has differently, and keys of `old` that `new` lacks.
fn differ<K: Ord + Clone, V: PartialEq + Clone>(
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) -> (Vec<V>, Vec<K>) {
    let put = new.iter().filter(|(k, v)| old.get(k) != Some(v)).map(|(_, v)| v.clone()).collect();
    let gone = old.keys().filter(|k| !new.contains_key(k)).cloned().collect();
    (put, gone)
}

impl Registry {
    /// What changes this registry into `new`; `None` when they are equal.
    #[must_use]
    pub fn difference(&self, new: &Self) -> Option<RegistryChange> {
        if self == new {
            return None;
        }
        let (agencies, gone_agencies) = differ(&self.agencies, &new.agencies);
        let (sites, gone_sites) = differ(&self.sites, &new.sites);
        let (devices, gone_devices) = differ(&self.devices, &new.devices);
        let (links, gone_links) = differ(&self.links, &new.links);
        let (apps, gone_apps) = differ(&self.apps, &new.apps);
        Some(RegistryChange {
            city: if self.city == new.city { None } else { new.city.clone() },
            agencies,
            sites,
            devices,
            links,
            apps,
            levels: (self.levels != new.levels).then_some(new.levels),
            removed: Removed {
                agencies: gone_agencies,
                sites: gone_sites,
                devices: gone_devices,
                links: gone_links,
                apps: gone_apps,
            },
        })
    }

    /// Takes a change over.
    pub fn apply(&mut self, change: &RegistryChange) {
        if let Some(city) = &change.city {
            self.city = Some(city.clone());
        }
        if let Some(levels) = change.levels {
            self.levels = levels;
        }
        for key in &change.removed.agencies {
            self.agencies.remove(key);
        }
        for key in &change.removed.sites {
            self.sites.remove(key);
        }
        for key in &change.removed.devices {
            self.devices.remove(key);
        }
        for key in &change.removed.links {
            self.links.remove(key);
        }
        for key in &change.removed.apps {
            self.apps.remove(key);
        }
        self.agencies.extend(change.agencies.iter().map(|v| (v.code.clone(), v.clone())));
        self.sites.extend(change.sites.iter().map(|v| (v.code.clone(), v.clone())));
        self.devices.extend(change.devices.iter().map(|v| (v.id.clone(), v.clone())));
        self.links.extend(change.links.iter().map(|v| (v.code.clone(), v.clone())));
        self.apps.extend(change.apps.iter().map(|v| (v.code.clone(), v.clone())));
    }
}
