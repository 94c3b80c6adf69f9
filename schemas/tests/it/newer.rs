//! Old reader, new writer: a page that stayed open over an upgrade, or a server that was set back, survives
//! what it does not know.

use pantau_schemas::command::Command;
use pantau_schemas::entry::{Cause, Change, DeviceState, Entry};
use pantau_schemas::ids::Seq;
use pantau_schemas::media::{MediaNotice, MediaRequest, Priority};
use pantau_schemas::registry::{DeviceClass, Purpose};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::wall::{AlarmUse, Content, Rank, Tile, WallAct};
use pantau_schemas::wire::{LiveMessage, LiveRequest, StoreState};
use pantau_schemas::world::World;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::frozen::{path, read};
use crate::samples::{counts, device, entries, walls, world};

fn decode<T: DeserializeOwned>(value: &Value) -> T {
    // Through text, as on the wire.
    serde_json::from_str(&value.to_string()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// An entry of a newer version: like a frozen one, with some fields replaced.
fn entry(seq: u64, fields: &Value) -> Value {
    let mut entry: Value = serde_json::from_str(&read("entry/device_changed.json")).unwrap();
    let map = entry.as_object_mut().unwrap();
    map.insert("seq".into(), seq.into());
    map.extend(fields.as_object().unwrap().clone());
    entry
}

fn in_a_message(entry: &Value) -> Entry {
    match decode(&json!({"type": "entries", "entries": [entry]})) {
        LiveMessage::Entries { mut entries } => entries.pop().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_of_an_unknown_type_are_skipped() {
    for body in [json!({}), json!({"seq": "no number"}), json!({"a": [1, {"b": null}], "entries": 3})] {
        let mut message = body;
        message.as_object_mut().unwrap().insert("type".into(), "hologram".into());
        assert_eq!(decode::<LiveRequest>(&message), LiveRequest::Unknown);
        assert_eq!(decode::<LiveMessage>(&message), LiveMessage::Unknown);
        assert_eq!(decode::<MediaRequest>(&message), MediaRequest::Unknown);
        assert_eq!(decode::<MediaNotice>(&message), MediaNotice::Unknown);
    }
}

/// Adds a key to every object but those whose keys are data.
fn with_more_fields(value: &mut Value) {
    const KEYED_BY_DATA: [&str; 12] = [
        "devices",
        "described",
        "streams",
        "complaints",
        "agencies",
        "sites",
        "links",
        "apps",
        "cause",
        "screens",
        "presets",
        "tours",
    ];
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::Object(data) if KEYED_BY_DATA.contains(&key.as_str()) => {
                        // `streams` is keyed twice.
                        let rows = data.values_mut();
                        if key == "streams" {
                            rows.filter_map(Value::as_object_mut)
                                .flat_map(|row| row.values_mut())
                                .for_each(with_more_fields);
                        } else {
                            rows.for_each(with_more_fields);
                        }
                    }
                    _ => with_more_fields(inner),
                }
            }
            map.insert("of_a_newer_version".into(), json!({"x": [1, null, "y"]}));
        }
        Value::Array(items) => items.iter_mut().for_each(with_more_fields),
        _ => {}
    }
}

#[test]
fn fields_that_nobody_knows_are_ignored_at_every_depth() {
    fn check<T: DeserializeOwned + PartialEq + std::fmt::Debug>(folder: &str) -> usize {
        let files = std::fs::read_dir(path(folder)).unwrap();
        files
            .map(|file| {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                let mut more: Value = serde_json::from_str(&text).unwrap();
                with_more_fields(&mut more);
                assert_eq!(decode::<T>(&more), serde_json::from_str(&text).unwrap());
            })
            .count()
    }
    let files = check::<LiveRequest>("live_request")
        + check::<LiveMessage>("live_message")
        + check::<MediaRequest>("media_request")
        + check::<MediaNotice>("media_notice")
        + check::<Entry>("entry")
        + check::<Entry>("wall_entry")
        + check::<Entry>("alarm_entry")
        + check::<Entry>("screen_entry")
        + check::<Command>("command");
    assert!(files > 20, "only {files} files were looked at");
}

#[test]
fn an_entry_of_an_unknown_kind_costs_neither_the_message_nor_the_place_in_the_journal() {
    let newer =
        entry(10, &json!({"change": {"kind": "incident_opened", "incident": "i-1", "devices": ["ap-01"]}}));
    let known = entry(11, &json!({}));
    let LiveMessage::Entries { entries } = decode(&json!({"type": "entries", "entries": [newer, known]}))
    else {
        panic!("not entries");
    };
    let mut world = world();
    let before = world.clone();
    world.apply(&entries[0]).unwrap();
    assert_eq!(entries[0].change, Change::Unknown);
    assert_eq!((world.seq, world.hash, world.time), (Seq(10), entries[0].hash, entries[0].time));
    assert_eq!(world.devices, before.devices, "what is not understood changes nothing else");
    world.apply(&entries[1]).unwrap();
    assert_eq!(world.seq, Seq(11));
    assert_eq!(world.device_state(&device("ap-01")), DeviceState::Up);
}

#[test]
fn a_cause_of_a_newer_version_costs_nothing() {
    for cause in [
        json!("moonrise"),
        json!({"incident": "i-1"}),
        json!({"rule": {"name": "flood", "inputs": [1, 2]}}),
        json!({"shift": null}),
        json!({"shift": ["a", 1]}),
        json!({}),
    ] {
        let entry = in_a_message(&entry(1, &json!({ "cause": cause })));
        assert_eq!(entry.cause, Cause::Unknown, "{cause}");
        assert!(matches!(entry.change, Change::DeviceChanged(_)), "the change is understood all the same");
    }
}

#[test]
fn causes_of_this_version_are_understood() {
    for (_, entry) in [entries(), walls::entries(), counts::entries()].concat() {
        assert_eq!(in_a_message(&serde_json::to_value(&entry).unwrap()).cause, entry.cause);
    }
}

#[test]
fn a_known_cause_with_a_broken_content_is_refused() {
    for cause in [
        json!({"entry": "seven"}),
        json!({"input": 3}),
        json!({"event": {"id": "x"}}),
        json!({"command": "no uuid"}),
        json!(7),
    ] {
        let entry = entry(1, &json!({ "cause": cause }));
        assert!(serde_json::from_value::<Entry>(entry).is_err(), "{cause}");
    }
}

#[test]
fn unknown_words_inside_a_change_leave_the_rest_readable() {
    let mut world = World::default();
    let changes = [
        json!({"kind": "device_changed", "device": "ap-01", "state": "dreaming", "reason": "moonrise",
               "since": "2026-11-22T04:00:01Z"}),
        json!({"kind": "stream_changed", "device": "cam-01", "stream": "third", "state": "blurred",
               "cause": "fog", "since": "2026-11-22T04:00:01Z"}),
        json!({"kind": "complaint_moved", "complaint": "LPR-1", "step": "escalated",
               "at": "2026-11-22T04:00:01Z"}),
        json!({"kind": "registry_changed",
               "agencies": [{"code": "bumd", "name": "PDAM", "kind": "bumd"}],
               "sites": [{"code": "s", "name": "S"}],
               "devices": [{"id": "drone-01", "class": "drone", "name": "Drone", "site": "s", "domain": "air",
                            "camera": {"purpose": "wisata", "notice": "n", "retention_days": 1, "has_sub": false}}],
               "links": [{"code": "l", "name": "L", "kind": "laser", "from": "s", "to": "s"}],
               "apps": [{"code": "a", "name": "A", "class": "province"}]}),
    ];
    for (seq, change) in (1..).zip(&changes) {
        let entry = in_a_message(&entry(seq, &json!({ "change": change })));
        assert_ne!(entry.change, Change::Unknown, "{change}");
        world.apply(&entry).unwrap();
    }
    assert_eq!(world.device_state(&device("ap-01")), DeviceState::Other);
    let stream = world.streams.get("cam-01").unwrap().get(&StreamKind::Unknown).unwrap();
    assert_eq!((stream.state, stream.cause), (StreamState::Unknown, Some(StreamCause::Unknown)));
    let drone = world.registry.devices.get("drone-01").unwrap();
    assert_eq!(
        (drone.class, drone.camera.as_ref().unwrap().purpose),
        (DeviceClass::Unknown, Purpose::Unknown)
    );
    assert_eq!(drone.name, "Drone", "a device of an unknown class is shown by its name");
}

#[test]
fn a_snapshot_with_unknown_words_is_taken() {
    let mut snapshot: Value = serde_json::from_str(&read("live_message/snapshot.json")).unwrap();
    let world = snapshot.get_mut("world").unwrap();
    *world.pointer_mut("/devices/ap-01/state").unwrap() = "dreaming".into();
    *world.pointer_mut("/registry/devices/ap-01/class").unwrap() = "mesh".into();
    *world.pointer_mut("/streams/cam-alun-01").unwrap() =
        json!({"third": {"state": "blurred", "cause": "fog", "since": "2026-11-22T04:00:01Z"}});
    let LiveMessage::Snapshot { world, .. } = decode(&snapshot) else { panic!("not a snapshot") };
    assert_eq!(world.device_state(&device("ap-01")), DeviceState::Other);
    assert!(world.streams.get("cam-alun-01").unwrap().contains_key(&StreamKind::Unknown));
}

#[test]
fn unknown_words_in_messages_leave_them_readable() {
    let settled: LiveMessage = decode(&json!({"type": "settled", "seq": 3, "store": "read_only"}));
    assert_eq!(settled, LiveMessage::Settled { seq: Seq(3), store: StoreState::Unknown, since: None });
    let tiles = json!({"type": "tiles", "tiles": [
        {"tile": 1, "camera": "cam-01", "width": 1, "height": 1, "priority": "cinema"}]});
    let MediaRequest::Tiles { tiles } = decode(&tiles) else { panic!("not tiles") };
    assert_eq!(tiles[0].priority, Priority::Visible, "a tile of an unknown priority still has a picture");
    let state = json!({"type": "state", "tile": 1, "state": "blurred", "since": "2026-11-22T04:00:01Z", "cause": "fog"});
    let MediaNotice::State { state, cause, .. } = decode(&state) else { panic!("not a state") };
    assert_eq!((state, cause), (StreamState::Unknown, Some(StreamCause::Unknown)));
    let stream = json!({"type": "stream", "tile": 1, "quality": "third", "codec": "av01", "description": "",
                        "width": 1, "height": 1});
    assert!(matches!(decode(&stream), MediaNotice::Stream { quality: StreamKind::Unknown, .. }));
}

#[test]
fn a_wall_of_a_newer_version_is_drawn_as_far_as_it_is_understood() {
    let mut change: Value = serde_json::from_str(&read("wall_entry/wall_changed.json")).unwrap();
    *change.pointer_mut("/change/act").unwrap() = "turned".into();
    *change.pointer_mut("/change/wall/content/cells/1/tile").unwrap() =
        json!({"kind": "map", "layers": ["rain"]});
    *change.pointer_mut("/change/wall/content/cells/2/rank").unwrap() = "solo".into();
    *change.pointer_mut("/change/wall/content/zones/0/alarms").unwrap() = "at_night".into();
    let entry = in_a_message(&change);
    let Change::WallChanged(known) = entry.change else { panic!("not understood") };
    let layout = known.wall.content.layout().unwrap();
    assert_eq!(known.act, WallAct::Unknown);
    assert_eq!((&layout.cells()[1].tile, layout.cells()[2].rank), (&Tile::Unknown, Rank::Context));
    assert_eq!(layout.zones()[0].alarms, AlarmUse::MayNot);

    *change.pointer_mut("/change/wall/content").unwrap() = json!({"kind": "globe", "spin": 3});
    let Change::WallChanged(known) = in_a_message(&change).change else { panic!("not understood") };
    assert_eq!(known.wall.content, Content::Auto);
}

#[test]
fn a_snapshot_from_before_there_were_walls_is_taken() {
    let world: World = serde_json::from_str(&read("world.json")).unwrap();
    assert!(world.walls.is_empty());
}

#[test]
fn an_entry_without_a_hash_or_a_kind_is_no_entry() {
    let mut bare: Value = serde_json::from_str(&read("entry/device_changed.json")).unwrap();
    bare.as_object_mut().unwrap().remove("hash");
    assert!(serde_json::from_value::<Entry>(bare).is_err());
    let kindless = entry(1, &json!({"change": {"state": "up"}}));
    assert!(serde_json::from_value::<Entry>(kindless).is_err());
    let signed = entry(1, &json!({"hash": "+1".repeat(32)}));
    assert!(serde_json::from_value::<Entry>(signed).is_err());
}
