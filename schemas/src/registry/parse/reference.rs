//! From one thing of a registry to another.

use std::collections::BTreeSet;

use crate::ids::{AgencyCode, DeviceId, SiteCode};
use crate::registry::Registry;
use crate::toml_reader::{Fault, Faults, Table, nearest};

/// A reference that can be checked only when all files were read.
pub(super) struct Reference {
    at: Fault,
    to: Target,
    code: String,
}

/// To what.
pub(super) enum Target {
    Agency,
    Site,
    Uplink(DeviceId),
}

impl Reference {
    /// From a table that is being read.
    pub(super) fn new(table: &Table<'_>, key: &'static str, to: Target, code: &str) -> Self {
        Self { at: table.place(key), to, code: code.to_owned() }
    }

    /// Is it there?
    pub(super) fn run(self, registry: &Registry, faults: &Faults) {
        let code = self.code.as_str();
        let there = match &self.to {
            Target::Agency => registry.agencies.contains_key(code),
            Target::Site => registry.sites.contains_key(code),
            Target::Uplink(_) => registry.devices.contains_key(code),
        };
        let (message, nearest) = match &self.to {
            to if !there => {
                let (what, known): (&str, Vec<&str>) = match to {
                    Target::Agency => ("agency", registry.agencies.keys().map(AgencyCode::as_str).collect()),
                    Target::Site => ("site", registry.sites.keys().map(SiteCode::as_str).collect()),
                    Target::Uplink(_) => ("device", registry.devices.keys().map(DeviceId::as_str).collect()),
                };
                (format!("there is no {what} `{code}`"), nearest(code, &known))
            }
            Target::Uplink(device) if reaches(registry, code, device.as_str()) => {
                (format!("`{device}` would be its own uplink through `{code}`"), None)
            }
            _ => return,
        };
        faults.push(Fault { message, nearest, ..self.at });
    }
}

/// Whether walking uplinks from `from` arrives at `to`.
fn reaches(registry: &Registry, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            let uplinks = registry.devices.get(at).map(|device| &device.uplink);
            open.extend(uplinks.into_iter().flatten().map(DeviceId::as_str));
        }
    }
    false
}
