//! Every kind of malformed input on every topic: a dead letter with the right reason, each.

use pantau_ingest::message::{Context, Message};
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::observation::{Body, Source};
use pantau_schemas::time::Clock;
use proptest::prelude::*;

use crate::city::{Noon, city, registry};

const LIMIT: usize = 1024 * 1024;
const NETJSON: &str = "pantau/1/metro/ap/ap-01/tele/netjson";
const SENML: &str = "pantau/1/metro/sensor/sn-01/tele/senml";
const STATE: &str = "pantau/1/metro/ap/ap-01/state";
const META: &str = "pantau/1/metro/ap/ap-01/meta";
const EVENT: &str = "pantau/1/metro/ap/ap-01/event";
const AGENCY: &str = "pantau/1/metro/opd/pupr/event";

/// Every topic with a good payload of it.
const GOOD: [(&str, &str); 6] = [
    (STATE, r#"{"state":"ready","boot_id":"b","interval_s":60}"#),
    (META, r#"{"name":"AP","model":"EAP225","uplink":"sn-01"}"#),
    (
        NETJSON,
        r#"{"type":"DeviceMonitoring","general":{"uptime":9},"x-pantau":{"ts":"2026-11-22T11:59:59Z"}}"#,
    ),
    (SENML, r#"[{"bn":"urn:x:","bt":1795348799,"n":"water_level","u":"m","v":1.84}]"#),
    (
        EVENT,
        r#"{"specversion":"1.0","id":"1","source":"/metro/ap/ap-01","type":"id.pantau.agency.note.v1","time":"2026-11-22T11:59:59Z","data":{"title":"a"}}"#,
    ),
    (
        AGENCY,
        r#"{"specversion":"1.0","id":"1","source":"/metro/pupr/x","type":"id.pantau.agency.note.v1","time":"2026-11-22T11:59:59Z","data":{"title":"a"}}"#,
    ),
];

fn observe(topic: &str, payload: &[u8]) -> Body {
    let (city, registry) = (city(), registry());
    let context = Context { city: &city, registry: &registry, max_payload: LIMIT };
    let size = payload.len();
    let message = Message { topic: topic.as_bytes(), payload, size, retained: false, received: Noon.now() };
    let observation = message.observe(&context);
    assert_eq!((observation.source, observation.received), (Source::Mqtt, Noon.now()));
    observation.body
}

fn reason(topic: &str, payload: &[u8]) -> Option<Reason> {
    match observe(topic, payload) {
        Body::DeadLetter(letter) => {
            assert_eq!(letter.topic, topic);
            assert!(!letter.detail.is_empty());
            Some(letter.reason)
        }
        _ => None,
    }
}

#[test]
fn the_good_payloads_are_good() {
    for (topic, payload) in GOOD {
        assert_eq!(
            reason(topic, payload.as_bytes()),
            None,
            "{topic}: {:?}",
            observe(topic, payload.as_bytes())
        );
    }
}

#[test]
fn every_malformed_payload_is_a_dead_letter_on_every_topic() {
    for (topic, good) in GOOD {
        let inside = |extra: &str| match good.strip_prefix('[') {
            Some(rest) => format!("[{}", rest.replacen('{', &format!("{{{extra},"), 1)),
            None => good.replacen('{', &format!("{{{extra},"), 1),
        };
        let mut not_text = good.as_bytes().to_vec();
        not_text.insert(10, 0xff);
        let kinds: Vec<(&str, Vec<u8>, Reason)> = vec![
            ("not UTF-8", not_text, Reason::Utf8),
            ("a NUL at the end", format!("{good}\0").into(), Reason::Json),
            ("a NUL inside", good.replacen('"', "\"\0", 1).into(), Reason::Json),
            ("NaN", inside(r#""z":NaN"#).into(), Reason::Json),
            ("Infinity", inside(r#""z":-Infinity"#).into(), Reason::Json),
            ("beyond f64", inside(r#""z":1e400"#).into(), Reason::Json),
            ("a huge integer", inside(r#""z":123456789012345678901234567890"#).into(), Reason::Json),
            ("deep lists", "[".repeat(100_000).into(), Reason::Json),
            ("deep objects", "{\"a\":".repeat(100_000).into(), Reason::Json),
            (
                "deep inside",
                inside(&format!(r#""z":{}{}"#, "[".repeat(50), "]".repeat(50))).into(),
                Reason::Json,
            ),
            ("a key twice", inside(r#""z":1,"z":1"#).into(), Reason::Json),
            ("a lone surrogate", inside(r#""z":"\ud800""#).into(), Reason::Json),
            ("empty", Vec::new(), Reason::Json),
            ("blank", b" \r\n".to_vec(), Reason::Json),
            ("cut short", good.as_bytes().get(..good.len() - 3).unwrap().to_vec(), Reason::Json),
            ("two texts", format!("{good}{good}").into(), Reason::Json),
            ("collectd", b"1795320669.482:12.5".to_vec(), Reason::Json),
            ("HTML", b"<html><body>502</body></html>".to_vec(), Reason::Json),
            ("another shape", b"7".to_vec(), Reason::Schema),
            ("too big", vec![b' '; LIMIT + 1], Reason::TooBig),
        ];
        for (kind, payload, expected) in kinds {
            assert_eq!(reason(topic, &payload), Some(expected), "{kind} on {topic}");
        }
        // What a newer sender says beside is nobody's fault.
        assert_eq!(reason(topic, inside(r#""z":{"y":[1]}"#).as_bytes()), None, "an extra field on {topic}");
    }
}

#[test]
fn who_speaks_is_checked_before_what_is_said() {
    let changed = |from: &str, to: &str| {
        GOOD.into_iter()
            .filter(|(topic, _)| topic.contains(from))
            .map(|(t, p)| (t.replace(from, to), p))
            .collect::<Vec<_>>()
    };
    for (cases, expected) in [
        (changed("ap-01", "ap-99"), Reason::UnknownDevice),
        (changed("sn-01", "sn-99"), Reason::UnknownDevice),
        (changed("opd/pupr", "opd/dinas-sihir"), Reason::UnknownAgency),
        (changed("/ap/", "/switch/"), Reason::Identity),
        (changed("metro", "depok"), Reason::Topic),
        (changed("pantau/1", "pantau/2"), Reason::Topic),
    ] {
        assert!(!cases.is_empty());
        for (topic, payload) in cases {
            assert_eq!(reason(&topic, payload.as_bytes()), Some(expected), "{topic}");
        }
    }
    let letter = observe("pantau/1/metro/ap/ap-99/state", b"\xff");
    let Body::DeadLetter(letter) = letter else { panic!("taken") };
    assert_eq!((letter.reason, letter.raw.as_slice()), (Reason::UnknownDevice, b"\xff".as_slice()));
}

#[test]
fn what_only_one_schema_knows_has_its_reason_too() {
    for (topic, payload, expected) in [
        (SENML, r#"[{"n":"water_level","u":"V","v":1}]"#, Reason::Unit),
        (SENML, r#"[{"bn":"sn-02:","n":"x","v":1}]"#, Reason::Identity),
        (SENML, r#"[{"n":"x","t":-90000,"v":1}]"#, Reason::ClockSkew),
        (SENML, r#"[{"bt":7,"n":"x","t":268435456,"v":1}]"#, Reason::ClockSkew),
        (NETJSON, r#"{"type":"DeviceMonitoring","general":{"uptime":1,"local_time":0}}"#, Reason::ClockSkew),
        (STATE, r#"{"state":"ready","id":"ap-02"}"#, Reason::Identity),
        (META, r#"{"device_id":"ap-02"}"#, Reason::Identity),
        (EVENT, &GOOD[4].1.replace("/metro/ap/ap-01", "/metro/ap/ap-02"), Reason::Identity),
        (AGENCY, &GOOD[5].1.replace("/metro/pupr/x", "/metro/dinkominfo/lapor"), Reason::Identity),
        (AGENCY, &GOOD[5].1.replace("11:59:59Z", "12:05:01Z"), Reason::ClockSkew),
        (AGENCY, &GOOD[5].1.replace(r#""title""#, r#""agency":"sihir","title""#), Reason::UnknownAgency),
        (AGENCY, &GOOD[5].1.replace(".v1", ".v9"), Reason::Schema),
    ] {
        assert_eq!(reason(topic, payload.as_bytes()), Some(expected), "{payload}");
    }
}

#[test]
fn no_mac_survives_in_a_dead_letter() {
    let payload = br#"{"type":"DeviceMonitoring","x":1,"interfaces":[{"wireless":{"clients":[{"mac":"AC:84:C6:00:11:22"}]}}],"x":2}"#;
    let Body::DeadLetter(letter) = observe(NETJSON, payload) else { panic!("taken") };
    let raw = String::from_utf8(letter.raw).unwrap();
    assert!(raw.contains("xx:xx:xx:xx:xx:xx") && !raw.contains("AC:84"), "{raw}");
}

proptest! {
    #[test]
    fn no_bytes_on_any_topic_make_it_panic(index in 0usize..GOOD.len(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(observe(GOOD[index].0, &bytes));
    }

    #[test]
    fn no_broken_message_makes_it_panic(index in 0usize..GOOD.len(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (topic, good) = GOOD[index];
        let mut bytes = good.as_bytes().to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        drop(observe(topic, &bytes));
    }

    #[test]
    fn no_topic_makes_it_panic(topic in proptest::collection::vec(any::<u8>(), 0..100)) {
        let (city, registry) = (city(), registry());
        let context = Context { city: &city, registry: &registry, max_payload: LIMIT };
        let message = Message { topic: &topic, payload: b"ready", size: 5, retained: true, received: Noon.now() };
        prop_assert!(matches!(message.observe(&context).body, Body::DeadLetter(_)));
    }
}
