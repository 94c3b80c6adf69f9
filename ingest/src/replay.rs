//! A dead letter, read again: by the same reader, for the same speaker, at the time at which it came. Pure.
//!
//! **Invariant:** a replay may say nothing that its speaker could not have said. A login's rights and a sender's source
//! are asked again; who is known no longer speaks for nobody.

use std::collections::BTreeMap;

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::ids::CityCode;
use pantau_schemas::observation::{Body, Observation, Source};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;

use crate::fault::Fault;
use crate::listener::Rights;
use crate::message::{self, Message};
use crate::webhook::{self, body};

/// What dead letters are read against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The city whose namespace is read.
    pub city: &'a CityCode,
    /// What is registered now.
    pub registry: &'a Registry,
    /// Most bytes of an MQTT payload.
    pub max_payload: usize,
    /// What each login may publish.
    pub logins: &'a BTreeMap<String, Rights>,
    /// The sources that signed senders may speak for, one a sender.
    pub senders: &'a [String],
}

/// What a letter says, in its order: several things only where it is a batch of events. `last` is when the newest of the
/// letters that were folded into it came.
///
/// # Errors
/// [`Fault`] with the reason for which it stays a dead letter.
pub fn read(letter: &DeadLetter, last: Timestamp, context: &Context<'_>) -> Result<Vec<Observation>, Fault> {
    if letter.is_cut() {
        let detail = format!("has {} bytes, of which {} were kept", letter.size, letter.raw.len());
        return Err(Fault::new(Reason::TooBig, "", detail));
    }
    // The first event of an identity stands, whoever says what again.
    if letter.reason == Reason::Conflict {
        return Err(Fault::new(Reason::Conflict, letter.pointer.as_str(), letter.detail.as_str()));
    }
    match letter.source.as_str() {
        source if source == Source::Mqtt.as_str() => mqtt(letter, last, context).map(|said| vec![said]),
        source if source == Source::Webhook.as_str() => webhook(letter, context),
        other => {
            Err(Fault::new(letter.reason, "", format!("came by {other}, where nothing can be replayed")))
        }
    }
}

fn mqtt(letter: &DeadLetter, last: Timestamp, context: &Context<'_>) -> Result<Observation, Fault> {
    if !letter.speaker.is_empty() {
        let rights = context.logins.get(&letter.speaker).ok_or_else(|| {
            let detail = format!("the login {} is known no longer", letter.speaker);
            Fault::new(Reason::Identity, "", detail)
        })?;
        rights.check(context.city, &letter.topic)?;
    }
    let message = Message {
        topic: letter.topic.as_bytes(),
        payload: &letter.raw,
        size: letter.raw.len(),
        retained: letter.retained,
        received: letter.received,
    };
    let Context { city, registry, max_payload, .. } = *context;
    let body = message.decode(&message::Context { city, registry, max_payload })?;
    // A state that was said again is as new as the last time; what happened once happened the first time.
    let received = if matches!(body, Body::State(_)) { last.max(letter.received) } else { letter.received };
    Ok(Observation { source: Source::Mqtt, received, body })
}

fn webhook(letter: &DeadLetter, context: &Context<'_>) -> Result<Vec<Observation>, Fault> {
    let sender = context.senders.iter().find(|sender| **sender == letter.speaker).ok_or_else(|| {
        let detail = match letter.speaker.as_str() {
            "" => "it is not known who sent it".to_owned(),
            speaker => format!("the sender for {speaker} is known no longer"),
        };
        Fault::new(Reason::Source, "", detail)
    })?;
    let batch = letter.raw.trim_ascii_start().starts_with(b"[");
    let content_type = if batch { body::BATCH } else { body::ONE };
    let sources = std::slice::from_ref(sender);
    let events = webhook::decode(content_type, &letter.raw, sources, context.registry, letter.received)?;
    let said = |event| Observation {
        source: Source::Webhook,
        received: letter.received,
        body: Body::Feed(Box::new(event)),
    };
    Ok(events.into_iter().map(said).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::Devices;
    use crate::testing;
    use serde_json::json;

    const NOW: i64 = 1_795_320_669;

    fn letter(source: &str, topic: &str, reason: Reason, raw: &str) -> DeadLetter {
        DeadLetter::new(Timestamp::from_secs(NOW), source, topic, reason, "", "", raw.as_bytes())
    }

    fn again(
        letter: &DeadLetter,
        logins: &[(&str, &str)],
        senders: &[&str],
    ) -> Result<Vec<Observation>, Fault> {
        let logins = logins.iter().map(|(user, devices)| {
            let devices = vec![Devices::parse(devices).unwrap()];
            ((*user).to_owned(), Rights { devices, agency: None })
        });
        let senders: Vec<String> = senders.iter().map(|sender| (*sender).to_owned()).collect();
        read(
            letter,
            Timestamp::from_secs(NOW + 60),
            &Context {
                city: &CityCode::new("metro").unwrap(),
                registry: &testing::registry(),
                max_payload: 1 << 20,
                logins: &logins.collect(),
                senders: &senders,
            },
        )
    }

    #[test]
    fn a_reading_is_read_as_of_the_time_at_which_it_came() {
        let topic = "pantau/1/metro/sensor/sn-01/tele/senml";
        let reading = letter("mqtt", topic, Reason::UnknownDevice, r#"[{"n":"x","t":-60,"v":1}]"#);
        let said = again(&reading, &[], &[]).unwrap();
        let Body::Samples(set) = &said[0].body else { panic!("no samples") };
        assert_eq!(set.samples[0].time, Timestamp::from_secs(NOW - 60));
        assert_eq!(said[0].received, Timestamp::from_secs(NOW));
        let state = letter("mqtt", "pantau/1/metro/sensor/sn-01/state", Reason::UnknownDevice, "ready");
        assert_eq!(again(&state, &[], &[]).unwrap()[0].received, Timestamp::from_secs(NOW + 60));
    }

    #[test]
    fn nobody_says_by_a_replay_what_they_may_not_say() {
        let topic = "pantau/1/metro/sensor/sn-01/state";
        let mut state = letter("mqtt", topic, Reason::Identity, "ready");
        state.speaker = "gateway".to_owned();
        let reason = |logins: &[(&str, &str)]| again(&state, logins, &[]).err().map(|fault| fault.reason);
        assert_eq!(reason(&[("gateway", "ap-*")]), Some(Reason::Identity));
        assert_eq!(reason(&[("another", "*")]), Some(Reason::Identity));
        assert_eq!(reason(&[("gateway", "sn-*")]), None);

        let event = json!({"specversion": "1.0", "id": "n1", "source": "/metro/pupr/x",
            "type": "id.pantau.agency.note.v1", "data": {"title": "Jalan ditutup"}});
        let mut post = letter("webhook", "/v1/events", Reason::Source, &json!([event, event]).to_string());
        post.speaker = "/metro/dinkominfo/".to_owned();
        let all = ["/metro/dinkominfo/", "/metro/pupr/"];
        assert_eq!(again(&post, &[], &all).unwrap_err().reason, Reason::Source, "another sender's source");
        post.speaker = "/metro/pupr/".to_owned();
        assert_eq!(again(&post, &[], &all).unwrap().len(), 2);
        assert_eq!(again(&post, &[], &all[..1]).unwrap_err().reason, Reason::Source, "a sender that is gone");
        post.speaker.clear();
        assert_eq!(again(&post, &[], &all).unwrap_err().reason, Reason::Source);
    }

    #[test]
    fn what_was_cut_and_what_contradicts_stays() {
        let topic = "pantau/1/metro/sensor/sn-01/state";
        let mut cut = letter("mqtt", topic, Reason::UnknownDevice, "ready");
        cut.size = 100_000;
        assert_eq!(again(&cut, &[], &[]).unwrap_err().reason, Reason::TooBig);
        let conflict = letter("mqtt", topic, Reason::Conflict, "ready");
        assert_eq!(again(&conflict, &[], &[]).unwrap_err().reason, Reason::Conflict);
        assert_eq!(
            again(&letter("camera", "", Reason::Json, ""), &[], &[]).unwrap_err().reason,
            Reason::Json
        );
    }
}
