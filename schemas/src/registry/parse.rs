//! The registry from TOML: all files of the folder together, every fault at once.

mod camera;
mod reference;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use self::camera::camera;
use self::reference::{Reference, Target};
use crate::ids::{AgencyCode, AppCode, DeviceId, LinkCode, SiteCode};
use crate::registry::{
    Agency, AgencyKind, App, AppClass, CameraNumber, City, Device, DeviceClass, Domain, Link, LinkKind,
    Registry, Site,
};
use crate::text::clean;
use crate::toml_reader::{Document, Fault, Faults, Table};

pub use self::camera::CameraEndpoint;

/// Longest name of anything, in characters.
const MAX_NAME: usize = 120;

/// The registry and what is not for everybody's eyes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The registry.
    pub registry: Registry,
    /// How to reach the cameras.
    pub endpoints: BTreeMap<DeviceId, CameraEndpoint>,
}

/// Reads the registry from its files: `(name, text)` pairs.
///
/// # Errors
/// Every fault of every file, sorted.
pub fn parse(city: City, files: &[(String, String)]) -> Result<Parsed, Vec<Fault>> {
    let faults = Faults::default();
    let mut out =
        Parsed { registry: Registry { city: Some(city), ..Registry::default() }, ..Parsed::default() };
    let mut checks = Vec::new();
    let mut numbers = BTreeSet::new();
    let documents: Vec<Document<'_>> =
        files.iter().map(|(name, text)| Document::parse(name, text, &faults)).collect();
    for document in &documents {
        let mut root = document.root(&faults);
        for mut table in root.tables("agency") {
            agency(&mut table, &mut out.registry);
            table.finish();
        }
        for mut table in root.tables("site") {
            site(&mut table, &mut out.registry, &mut checks);
            table.finish();
        }
        for mut table in root.tables("device") {
            device(&mut table, &mut out, &mut checks, &mut numbers);
            table.finish();
        }
        for mut table in root.tables("link") {
            link(&mut table, &mut out.registry, &mut checks);
            table.finish();
        }
        for mut table in root.tables("app") {
            app(&mut table, &mut out.registry, &mut checks);
            table.finish();
        }
        root.finish();
    }
    for check in checks {
        check.run(&out.registry, &faults);
    }
    let faults = faults.into_sorted();
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn name(table: &mut Table<'_>) -> String {
    clean(&table.required_text("name").unwrap_or_default(), MAX_NAME)
}

fn put<K: Ord + std::fmt::Display, V>(
    table: &Table<'_>,
    key: &'static str,
    map: &mut BTreeMap<K, V>,
    id: K,
    value: V,
) {
    match map.entry(id) {
        Entry::Occupied(taken) => table.fault(key, format!("`{}` is there twice", taken.key())),
        Entry::Vacant(place) => {
            place.insert(value);
        }
    }
}

fn agency(table: &mut Table<'_>, registry: &mut Registry) {
    let code = table.required("code", AgencyCode::new);
    let name = name(table);
    let kind = table.required_word("kind", AgencyKind::WORDS);
    let aliases = table.texts("aliases").iter().map(|alias| clean(alias, MAX_NAME)).collect();
    let integrated = table.boolean("integrated").unwrap_or(false);
    if let Some(code) = code {
        // A faulty one is there all the same for those who refer to it; with a fault nothing is handed out.
        let kind = kind.unwrap_or(AgencyKind::Unknown);
        let value = Agency { code: code.clone(), name, kind, aliases, integrated };
        put(table, "code", &mut registry.agencies, code, value);
    }
}

fn agency_reference(table: &mut Table<'_>, checks: &mut Vec<Reference>) -> Option<AgencyCode> {
    let agency = table.parsed("agency", AgencyCode::new)?;
    checks.push(Reference::new(table, "agency", Target::Agency, agency.as_str()));
    Some(agency)
}

fn site_reference(table: &mut Table<'_>, key: &'static str, checks: &mut Vec<Reference>) -> Option<SiteCode> {
    let site = table.required(key, SiteCode::new)?;
    checks.push(Reference::new(table, key, Target::Site, site.as_str()));
    Some(site)
}

fn position(table: &mut Table<'_>) -> Option<[f64; 2]> {
    let numbers = table.numbers("position")?;
    match numbers.as_slice() {
        &[lat, long] if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&long) => {
            Some([lat, long])
        }
        _ => {
            table.fault("position", "must be [latitude, longitude] in degrees");
            None
        }
    }
}

fn site(table: &mut Table<'_>, registry: &mut Registry, checks: &mut Vec<Reference>) {
    let code = table.required("code", SiteCode::new);
    let name = name(table);
    let agency = agency_reference(table, checks);
    let position = position(table);
    let category = table.text("category").map(|text| clean(&text, MAX_NAME));
    if let Some(code) = code {
        put(
            table,
            "code",
            &mut registry.sites,
            code.clone(),
            Site { code, name, agency, position, category },
        );
    }
}

fn device(
    table: &mut Table<'_>,
    out: &mut Parsed,
    checks: &mut Vec<Reference>,
    numbers: &mut BTreeSet<CameraNumber>,
) {
    let id = table.required("id", DeviceId::new);
    let class = table.required_word("class", DeviceClass::WORDS);
    let name = name(table);
    let site = site_reference(table, "site", checks);
    let domain = table.required_word("domain", Domain::WORDS);
    let interval_s = table.integer("interval_s", 1..=86_400).and_then(|n| u32::try_from(n).ok());
    let mut uplink = Vec::new();
    for text in table.texts("uplink") {
        match DeviceId::new(&text) {
            Ok(up) => {
                if let Some(id) = &id {
                    checks.push(Reference::new(table, "uplink", Target::Uplink(id.clone()), up.as_str()));
                }
                uplink.push(up);
            }
            Err(error) => table.fault("uplink", format!("`{}` {error}", clean(&text, 80))),
        }
    }
    let inner = table.table("camera");
    let has_camera = inner.is_some();
    let camera = inner.and_then(|mut inner| {
        let parsed = camera(&mut inner, numbers);
        inner.finish();
        parsed
    });
    match (class, has_camera) {
        (Some(DeviceClass::Camera), false) => table.fault("camera", "a camera needs its [device.camera]"),
        (Some(class), true) if class != DeviceClass::Camera => {
            table.fault("camera", format!("a device of the class {} has no camera", class.as_str()));
        }
        _ => {}
    }
    // As with agencies: a faulty one is there all the same.
    if let (Some(id), Some(site)) = (id, site.or_else(|| SiteCode::new("unknown").ok())) {
        let class = class.unwrap_or(DeviceClass::Unknown);
        let domain = domain.unwrap_or(Domain::Unknown);
        let (facts, endpoint) = camera.unzip();
        if let Some(endpoint) = endpoint {
            out.endpoints.insert(id.clone(), endpoint);
        }
        let value = Device { id: id.clone(), class, name, site, uplink, domain, interval_s, camera: facts };
        put(table, "id", &mut out.registry.devices, id, value);
    }
}

fn link(table: &mut Table<'_>, registry: &mut Registry, checks: &mut Vec<Reference>) {
    let code = table.required("code", LinkCode::new);
    let name = name(table);
    let kind = table.required_word("kind", LinkKind::WORDS);
    let from = site_reference(table, "from", checks);
    let to = site_reference(table, "to", checks);
    if let (Some(code), Some(kind), Some(from), Some(to)) = (code, kind, from, to) {
        put(table, "code", &mut registry.links, code.clone(), Link { code, name, kind, from, to });
    }
}

fn app(table: &mut Table<'_>, registry: &mut Registry, checks: &mut Vec<Reference>) {
    let code = table.required("code", AppCode::new);
    let name = name(table);
    let agency = agency_reference(table, checks);
    let class = table.required_word("class", AppClass::WORDS);
    if let (Some(code), Some(class)) = (code, class) {
        put(table, "code", &mut registry.apps, code.clone(), App { code, name, agency, class });
    }
}
