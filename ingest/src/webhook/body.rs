//! The body of a post: one `CloudEvent`, or a batch of them.

use pantau_schemas::event::FeedEvent;
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;

use crate::cloud_event::{self, Speaker};
use crate::fault::Fault;
use crate::json;

/// Most bytes of a body; the server answers 413 before it reads more.
pub const MAX_BODY: usize = 256 * 1024;
/// Most events of one batch.
pub const MAX_BATCH: usize = 1_000;

/// The content type of one event.
pub const ONE: &str = "application/cloudevents+json";
/// The content type of a batch.
pub const BATCH: &str = "application/cloudevents-batch+json";

/// What a content type announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    One,
    Batch,
}

fn form(content_type: &str) -> Option<Form> {
    match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        ONE => Some(Form::One),
        BATCH => Some(Form::Batch),
        _ => None,
    }
}

/// Whether a content type is one that [`decode`] reads; the server answers 415 to others.
#[must_use]
pub fn is_supported(content_type: &str) -> bool {
    form(content_type).is_some()
}

/// The events of a body, in their order; all are good, or the first fault is told. `sources` are the prefixes
/// that the sender may speak for. An empty batch is allowed and says nothing.
///
/// # Errors
/// [`Fault`] with any reason but `topic` and `unknown_device`; in a batch its pointer begins with the index:
/// `/3/data/description`.
pub fn decode(
    content_type: &str,
    body: &[u8],
    sources: &[String],
    registry: &Registry,
    received: Timestamp,
) -> Result<Vec<FeedEvent>, Fault> {
    let form = form(content_type)
        .ok_or_else(|| Fault::schema("", format!("the content type must be {ONE} or {BATCH}")))?;
    let value = json::read(body, MAX_BODY)?;
    let speaker = Speaker::Sender(sources);
    match form {
        Form::One => Ok(vec![cloud_event::decode(&value, "", speaker, registry, received)?]),
        Form::Batch => {
            let events = value.as_list().ok_or_else(|| Fault::schema("", "must be a list of events"))?;
            if events.len() > MAX_BATCH {
                return Err(Fault::schema("", format!("has more than {MAX_BATCH} events")));
            }
            let read = |(index, event)| {
                cloud_event::decode(event, &format!("/{index}"), speaker, registry, received)
            };
            events.iter().enumerate().map(read).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use pantau_schemas::dead_letter::Reason;
    use pantau_schemas::event::{ComplaintStep, FeedContent};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const ONE: &str = "application/cloudevents+json; charset=utf-8";
    const BATCH: &str = "Application/CloudEvents-Batch+JSON";

    fn read(content_type: &str, body: &str) -> Result<Vec<FeedEvent>, Fault> {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        decode(content_type, body.as_bytes(), &["/metro/dinkominfo/".to_owned()], &testing::registry(), now)
    }

    fn event(kind: &str, data: Value) -> Value {
        json!({"specversion": "1.0", "id": format!("{kind}/1"), "source": "/metro/dinkominfo/lapor",
            "type": format!("id.pantau.{kind}.v1"), "subject": "s", "time": "2026-11-22T04:05:31+07:00", "data": data})
    }

    fn complaint() -> Value {
        json!({"service_request_id": "LPR-2026-118273", "service_code": "jalan-rusak", "service_name": "Jalan rusak",
            "description": "Lubang besar depan SDN 3", "agency": "pupr", "address": "Jl. Jend. Sudirman", "lat": -5.117,
            "long": 105.309, "channel": "sms", "requested_datetime": "2026-11-22T04:05:31+07:00",
            "reporter": {"name": "Siti Aminah", "contact": "0812-3456-7890"}})
    }

    #[test]
    fn a_complaint_is_read_and_its_reporter_kept_apart() {
        let events = read(ONE, &event("complaint.received", complaint()).to_string()).unwrap();
        let [event] = events.as_slice() else { panic!("not one event") };
        let FeedContent::Complaint(complaint) = &event.content else { panic!("not a complaint") };
        assert_eq!(complaint.position, Some([-5.117, 105.309]));
        assert_eq!(complaint.description, "Lubang besar depan SDN 3");
        assert_eq!(event.agency.as_ref().unwrap().as_str(), "pupr");
        let reporter = event.reporter.as_ref().unwrap();
        assert_eq!((reporter.name.as_str(), reporter.contact.as_str()), ("Siti Aminah", "0812-3456-7890"));
        assert!(event.raw.contains("Lubang besar"));
        for secret in ["Siti", "0812", "reporter"] {
            assert!(!event.raw.contains(secret), "{secret} is still in the raw event");
        }
    }

    #[test]
    fn open311_persons_leave_no_trace_either() {
        let mut data = complaint();
        data["email"] = json!("siti@example.id");
        data["phone"] = json!("0812");
        data["extra"] = json!([{"reporter": {"name": "Siti"}}]);
        let events = read(ONE, &event("complaint.received", data).to_string()).unwrap();
        assert!(
            !events[0].raw.contains("siti@")
                && !events[0].raw.contains("0812")
                && !events[0].raw.contains("Siti")
        );
    }

    #[test]
    fn hostile_text_is_cleaned_for_the_eye() {
        let mut data = complaint();
        data["description"] = json!(format!("<script>\u{202e}a\u{200b}b</script> {}", "x".repeat(10_000)));
        let events = read(ONE, &event("complaint.received", data).to_string()).unwrap();
        let FeedContent::Complaint(complaint) = &events[0].content else { panic!("not a complaint") };
        assert!(complaint.description.starts_with("<script>ab</script>"));
        assert_eq!(complaint.description.chars().count(), 2_000);
    }

    #[test]
    fn every_type_of_the_contract_is_taken() {
        let request = json!({"service_request_id": "X-1", "agency": "pupr", "title": "Jembatan",
            "media_url": "https://foto.example/1.jpg", "reason": "di luar kewenangan"});
        let money = json!({"title": "Jembatan", "amount": 1_250_000});
        for (kinds, data) in [
            (
                "complaint.assigned complaint.responded complaint.feedback_sent complaint.reopened complaint.closed",
                &request,
            ),
            (
                "proposal.submitted proposal.forwarded proposal.accepted proposal.rejected proposal.deferred",
                &request,
            ),
            ("plan.item budget.line budget.realised budget.accounted", &money),
            ("contract.signed contract.changed contract.paid", &money),
            ("app.health", &json!({"app": "e-budgeting", "up": false, "http": 503})),
            ("agency.note", &json!({"text": "rapat pukul 9"})),
        ] {
            for kind in kinds.split(' ') {
                let events = read(ONE, &event(kind, data.clone()).to_string());
                assert!(events.is_ok(), "{kind}: {events:?}");
            }
        }
    }

    #[test]
    fn lines_for_people_say_what_and_how_much() {
        let title =
            |kind: &str, data: Value| match &read(ONE, &event(kind, data).to_string()).unwrap()[0].content {
                FeedContent::Note { title, .. } => title.clone(),
                other => panic!("{other:?}"),
            };
        assert_eq!(
            title("budget.realised", json!({"name": "Jembatan", "amount": 1_250_000})),
            "Jembatan: Rp 1.250.000"
        );
        assert_eq!(
            title("proposal.rejected", json!({"service_request_id": "P-1", "reason": "ganda"})),
            "P-1: ganda"
        );
        assert_eq!(title("app.health", json!({"app": "e-kontrak", "up": true})), "e-kontrak: up");
    }

    #[test]
    fn a_step_names_its_ticket() {
        let data = json!({"service_request_id": "LPR-1"});
        let events = read(ONE, &event("complaint.closed", data).to_string()).unwrap();
        let FeedContent::ComplaintStep { complaint, step } = &events[0].content else { panic!("not a step") };
        assert_eq!((complaint.as_str(), *step), ("LPR-1", ComplaintStep::Closed));
        assert_eq!(events[0].agency, None);
    }

    #[test]
    fn what_a_type_demands_is_demanded_at_its_place() {
        let with = |key: &str, value: Value| {
            let mut data = complaint();
            data[key] = value;
            data
        };
        let request =
            |key: &str, value: Value| json!({"service_request_id": "P-1", "description": "d", key: value});
        let money = |value: Value| json!({"title": "t", "amount": value});
        for (kind, data, pointer) in [
            ("complaint.received", with("service_request_id", json!(null)), "service_request_id"),
            ("complaint.received", with("service_code", json!(" ")), "service_code"),
            ("complaint.received", with("description", json!("\u{200b}\u{2060}")), "description"),
            ("complaint.received", with("description", json!(null)), "description"),
            ("complaint.received", with("lat", json!(-95)), "lat"),
            ("complaint.received", with("long", json!(null)), "long"),
            ("complaint.received", with("requested_datetime", json!("kemarin")), "requested_datetime"),
            ("complaint.received", with("reporter", json!("Siti")), "reporter"),
            ("complaint.assigned", json!({"service_request_id": "X"}), "agency"),
            ("proposal.submitted", request("x", json!(1)), "media_url"),
            ("proposal.submitted", request("media_url", json!(" ")), "media_url"),
            ("proposal.submitted", request("media_url", json!("javascript:alert(1)")), "media_url"),
            (
                "proposal.submitted",
                json!({"service_request_id": "P", "media_url": "https://a.id/1.jpg"}),
                "description",
            ),
            ("proposal.rejected", request("x", json!(1)), "reason"),
            ("proposal.rejected", request("reason", json!("")), "reason"),
            ("proposal.rejected", request("reason", json!(" \u{200b}\u{feff}\t\u{2800}\u{3164} ")), "reason"),
            ("proposal.rejected", request("status_notes", json!("\u{200d}")), "status_notes"),
            ("budget.line", json!({"title": "t"}), "amount"),
            ("budget.line", money(json!(1000.5)), "amount"),
            ("budget.line", money(json!(1000.0)), "amount"),
            ("budget.line", money(json!("1000")), "amount"),
            ("budget.realised", money(json!(-1)), "amount"),
            ("contract.paid", money(json!(9_007_199_254_740_992_u64)), "amount"),
            ("contract.signed", json!({"title": "t", "amount": 1, "ceiling": 0.5}), "ceiling"),
            ("app.health", json!({"app": "x"}), "up"),
            ("app.health", json!({"app": "../x", "up": true}), "app"),
            ("agency.note", json!({"title": "\u{202e}"}), "title"),
        ] {
            let body = json!([event("agency.note", json!({"title": "a"})), event(kind, data.clone())]);
            let fault = read(BATCH, &body.to_string()).unwrap_err();
            assert_eq!(fault.pointer, format!("/1/data/{pointer}"), "{kind} {data}");
            assert_eq!(fault.reason, Reason::Schema, "{kind} {data}");
        }
    }

    #[test]
    fn a_batch_is_taken_in_order_or_not_at_all() {
        let good = |n: u32| event("agency.note", json!({"title": n.to_string()}));
        let events = read(BATCH, &json!([good(1), good(2)]).to_string()).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(read(BATCH, "[]").unwrap().len(), 0);
        let mut bad = good(3);
        bad["source"] = json!("/metro/pupr/lapor");
        let fault = read(BATCH, &json!([good(1), bad]).to_string()).unwrap_err();
        assert_eq!((fault.reason, fault.pointer.as_str()), (Reason::Source, "/1/source"));
        assert_eq!(read(BATCH, &good(1).to_string()).unwrap_err().reason, Reason::Schema);
        assert_eq!(read(ONE, &json!([good(1)]).to_string()).unwrap_err().reason, Reason::Schema);
        assert_eq!(read("application/json", "{}").unwrap_err().reason, Reason::Schema);
        assert_eq!(read(BATCH, &" ".repeat(MAX_BODY + 1)).unwrap_err().reason, Reason::TooBig);
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let now = Timestamp::EPOCH;
            drop(decode(ONE, &body, &["/".to_owned()], &testing::registry(), now));
        }
    }
}
