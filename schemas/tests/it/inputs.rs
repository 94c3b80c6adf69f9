//! `schemas/fixtures/v1/input`: what devices and agencies send, for the rooms that read it. Here is checked
//! that the samples are complete and keep to the contract, in the words of this crate.

use std::collections::BTreeSet;

use pantau_schemas::ids::{BootId, DeviceId, EventKey};
use pantau_schemas::metric;
use pantau_schemas::observation::LifeState;
use pantau_schemas::registry::Registry;
use pantau_schemas::registry::parse::parse;
use pantau_schemas::time::Timestamp;
use serde_json::Value;

use crate::frozen::{path, read};
use crate::samples::city;

/// The CloudEvents types of the contract, without prefix and version.
const EVENTS: [&str; 20] = [
    "agency.note",
    "app.health",
    "budget.accounted",
    "budget.line",
    "budget.realised",
    "complaint.assigned",
    "complaint.closed",
    "complaint.feedback_sent",
    "complaint.received",
    "complaint.reopened",
    "complaint.responded",
    "contract.changed",
    "contract.paid",
    "contract.signed",
    "plan.item",
    "proposal.accepted",
    "proposal.deferred",
    "proposal.forwarded",
    "proposal.rejected",
    "proposal.submitted",
];

fn json(name: &str) -> Value {
    serde_json::from_str(&read(&format!("input/{name}"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no text `{key}` in {value}"))
}

fn registry() -> Registry {
    parse(city(), &[("city.toml".into(), read("input/city.toml"))]).unwrap().registry
}

fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path(folder))
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_state_is_there_as_a_word_and_as_an_object() {
    // Exhaustive: a new state wants its samples.
    let word = |state: LifeState| match state {
        LifeState::Init => "init",
        LifeState::Ready => "ready",
        LifeState::Sleeping => "sleeping",
        LifeState::Disconnected => "disconnected",
        LifeState::Lost => "lost",
        LifeState::Alert => "alert",
    };
    use LifeState::{Alert, Disconnected, Init, Lost, Ready, Sleeping};
    for state in [Init, Ready, Sleeping, Disconnected, Lost, Alert] {
        let word = word(state);
        assert_eq!(read(&format!("input/state/{word}.txt")), word);
        let object = json(&format!("state/{word}.json"));
        assert_eq!(serde_json::from_value::<LifeState>(object["state"].clone()).unwrap(), state);
        text(&object, "ts").parse::<Timestamp>().unwrap();
        BootId::new(text(&object, "boot_id")).unwrap();
        assert!(object["interval_s"].is_u64());
    }
}

#[test]
fn devices_of_the_samples_are_in_their_registry() {
    let registry = registry();
    for folder in ["meta", "netjson", "senml"] {
        for name in names(&format!("input/{folder}")) {
            assert!(registry.devices.contains_key(name.as_str()), "{folder}/{name}");
        }
    }
    let uplink = DeviceId::new(text(&json("meta/ap-01.json"), "uplink")).unwrap();
    assert!(registry.devices.contains_key(&uplink));
    let netjson = json("netjson/ap-01.json");
    assert_eq!(text(&netjson, "type"), "DeviceMonitoring");
    text(&netjson["x-pantau"], "ts").parse::<Timestamp>().unwrap();
    for record in json("senml/tma-01.json").as_array().unwrap() {
        let known = metric::known(text(record, "n")).unwrap();
        assert_eq!(metric::factor(text(record, "u"), known.unit), Some(1.0), "{record}");
        assert!(record["v"].is_number());
    }
}

fn check_event(event: &Value, registry: &Registry) -> EventKey {
    assert_eq!(text(event, "specversion"), "1.0");
    assert_eq!(text(event, "datacontenttype"), "application/json");
    text(event, "time").parse::<Timestamp>().unwrap();
    assert!(!text(event, "subject").is_empty());
    let data = &event["data"];
    if let Some(agency) = data.get("agency").and_then(Value::as_str) {
        assert!(registry.agencies.contains_key(agency), "{event}");
    }
    if let Some(app) = data.get("app").and_then(Value::as_str) {
        assert!(registry.apps.contains_key(app), "{event}");
    }
    if let Some(amount) = data.get("amount") {
        assert!(amount.is_u64(), "money is whole rupiah: {event}");
    }
    EventKey::new(text(event, "source"), text(event, "id")).unwrap()
}

#[test]
fn every_type_of_event_is_there_and_none_is_there_twice() {
    let registry = registry();
    assert_eq!(names("input/event"), EVENTS);
    let mut keys = BTreeSet::new();
    for name in EVENTS {
        let event = json(&format!("event/{name}.json"));
        assert_eq!(text(&event, "type"), format!("id.pantau.{name}.v1"));
        assert!(keys.insert(check_event(&event, &registry)), "{name} has the identity of another");
    }
    let batch = json("event_batch/two.json");
    for event in batch.as_array().unwrap() {
        assert!(keys.insert(check_event(event, &registry)), "{event} has the identity of another");
    }
    assert_eq!(keys.len(), EVENTS.len() + 2);
    assert!(text(&json("event/proposal.submitted.json")["data"], "media_url").starts_with("https://"));
    assert!(!text(&json("event/proposal.rejected.json")["data"], "reason").trim().is_empty());
}
