//! The envelope of an event, and from it the whole event.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::event::{FeedContent, FeedEvent};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{AgencyCode, EventKey};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;
use serde_json::Value;

use crate::cloud_event::content::{self, Kind};
use crate::cloud_event::reporter;
use crate::cloud_event::speaker::Speaker;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::skew;
use crate::tree::Tree;

/// The version of CloudEvents that is read.
const VERSION: &str = "1.0";

/// Reads one event, which stands at the JSON pointer `at` of its message.
///
/// An event of the past is taken however old it is: late events are normal, and appear at their own time.
/// The digest is over the event without its reporter, keys sorted: a digest that covered a telephone number
/// would let it be guessed back after it was erased.
///
/// # Errors
/// [`Fault`] with the reason `schema`, `source`, `identity`, `unknown_agency` or `clock_skew`.
pub fn decode(
    value: &Tree<'_>,
    at: &str,
    speaker: Speaker<'_>,
    registry: &Registry,
    received: Timestamp,
) -> Result<FeedEvent, Fault> {
    let fields = Fields::of(value, at)?;
    if fields.required("specversion", fields.text("specversion")?)? != VERSION {
        return Err(fields.fault("specversion", format!("must be {VERSION}")));
    }
    let source = fields.required("source", fields.text("source")?)?;
    let id = fields.required("id", fields.text("id")?)?;
    // Each part alone first, so that the fault names the right one.
    EventKey::new(source, "-").map_err(|error| fields.fault("source", error.to_string()))?;
    let key = EventKey::new(source, id).map_err(|error| fields.fault("id", error.to_string()))?;
    speaker.check(source, &fields.pointer("source"))?;
    let name = fields.required("type", fields.text("type")?)?;
    let kind = Kind::parse(name).ok_or_else(|| fields.fault("type", "is not a type of the contract"))?;
    let time = fields.time("time")?.unwrap_or(received);
    skew::not_ahead(time, received, &fields.pointer("time"))?;
    if fields.text("datacontenttype")?.is_some_and(|media| !is_json(media)) {
        return Err(fields.fault("datacontenttype", "must be application/json"));
    }
    if fields.get("data_base64").is_some() {
        return Err(fields.fault("data_base64", "is not read; send JSON in `data`"));
    }
    let data = fields.required("data", fields.object("data")?)?;
    let stated = agency(&data, registry)?;
    let subject = fields.shown("subject", content::MAX_LINE)?.unwrap_or_default();
    let content = content::decode(kind, &data, subject, time, received, registry)?;
    if kind.needs_agency() && stated.is_none() {
        return Err(data.fault("agency", "is missing"));
    }
    let agency = match &content {
        // Who a complaint goes to is only what the event says; the one who passed it on is not it.
        FeedContent::Complaint(_) | FeedContent::ComplaintStep { .. } => stated,
        FeedContent::Note { .. } => stated.or_else(|| spoken_for(speaker, source, registry)),
    };
    let reporter = reporter::of(&data)?;
    let mut kept = Value::from(value);
    reporter::strip(&mut kept, kind.of_citizens());
    kept.sort_all_objects();
    let raw = kept.to_string();
    Ok(FeedEvent { key, body_hash: Hash::of(raw.as_bytes()), time, agency, content, reporter, raw })
}

fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media == "application/json" || media.ends_with("+json")
}

/// The agency that the data names, where it names one.
fn agency(data: &Fields<'_>, registry: &Registry) -> Result<Option<AgencyCode>, Fault> {
    let Some(code) = data.parsed("agency", AgencyCode::new)? else { return Ok(None) };
    if !registry.agencies.contains_key(&code) {
        let detail = format!("no agency {code} is registered");
        return Err(Fault::new(Reason::UnknownAgency, data.pointer("agency"), detail));
    }
    Ok(Some(code))
}

/// The agency that the topic or a source `/{city}/{agency}/…` speaks for.
fn spoken_for(speaker: Speaker<'_>, source: &str, registry: &Registry) -> Option<AgencyCode> {
    match speaker {
        Speaker::Agency(_, agency) => Some(agency.clone()),
        Speaker::Device(_) => None,
        Speaker::Sender(_) => {
            let city = &registry.city.as_ref()?.code;
            let rest = source.strip_prefix('/')?.strip_prefix(city.as_str())?.strip_prefix('/')?;
            let code = rest.split('/').next()?;
            registry.agencies.get_key_value(code).map(|(code, _)| code.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::testing;
    use serde_json::json;

    fn event() -> Value {
        json!({
            "specversion": "1.0", "id": "n1", "source": "/metro/pupr/x", "type": "id.pantau.agency.note.v1",
            "subject": "road\u{202e}", "time": "2026-11-22T04:00:00+07:00", "data": {"title": "Jalan ditutup"},
        })
    }

    fn read(event: &Value) -> Result<FeedEvent, Fault> {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let text = event.to_string();
        let event = json::read(text.as_bytes(), usize::MAX)?;
        decode(&event, "/3", Speaker::Sender(&["/metro/".to_owned()]), &testing::registry(), now)
    }

    #[test]
    fn an_event_knows_its_agency_its_time_and_its_line() {
        let event = read(&event()).unwrap();
        assert_eq!(event.agency, AgencyCode::new("pupr").ok());
        assert_eq!(event.time.to_string(), "2026-11-21T21:00:00Z");
        let FeedContent::Note { kind, subject, title } = event.content else { panic!("not a note") };
        assert_eq!(
            (kind.as_str(), subject.as_str(), title.as_str()),
            ("agency.note", "road", "Jalan ditutup")
        );
    }

    #[test]
    fn the_same_event_written_otherwise_has_the_same_digest_and_another_has_not() {
        let text = r#"{"data":{"title":"Jalan ditutup"}, "type":"id.pantau.agency.note.v1","time":"2026-11-22T04:00:00+07:00",
            "subject":"road\u202e","source":"/metro/pupr/x","id":"n1","specversion":"1.0"}"#;
        let other: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(&event()).unwrap().body_hash, read(&other).unwrap().body_hash);
        let mut changed = event();
        changed["data"]["title"] = json!("Jalan dibuka");
        assert_ne!(read(&event()).unwrap().body_hash, read(&changed).unwrap().body_hash);
    }

    #[test]
    fn every_broken_attribute_is_named() {
        for (key, value, reason) in [
            ("specversion", json!("0.3"), Reason::Schema),
            ("specversion", json!(null), Reason::Schema),
            ("id", json!(""), Reason::Schema),
            ("id", json!("a\u{0}b"), Reason::Schema),
            ("id", json!("x".repeat(257)), Reason::Schema),
            ("source", json!(7), Reason::Schema),
            ("source", json!("/depok/pupr/x"), Reason::Source),
            ("type", json!("id.pantau.agency.note.v2"), Reason::Schema),
            ("type", json!("com.example.note"), Reason::Schema),
            ("time", json!("yesterday"), Reason::Schema),
            ("time", json!("2026-11-22T00:05:01Z"), Reason::ClockSkew),
            ("datacontenttype", json!("text/xml"), Reason::Schema),
            ("data_base64", json!("e30="), Reason::Schema),
            ("data", json!("text"), Reason::Schema),
            ("data", json!(null), Reason::Schema),
        ] {
            let mut event = event();
            event[key] = value;
            let fault = read(&event).unwrap_err();
            assert_eq!((fault.reason, fault.pointer), (reason, format!("/3/{key}")));
        }
        let mut event = event();
        event["data"]["agency"] = json!("dinas-sihir");
        let fault = read(&event).unwrap_err();
        assert_eq!((fault.reason, fault.pointer.as_str()), (Reason::UnknownAgency, "/3/data/agency"));
    }
}
