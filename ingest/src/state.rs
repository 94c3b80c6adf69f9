//! `…/state`: a device about itself in the words of Homie, as JSON or as a bare word; also its last will.

use pantau_schemas::ids::{BootId, DeviceId};
use pantau_schemas::observation::{LifeState, StateReport};
use pantau_schemas::time::Timestamp;

use crate::fault::Fault;
use crate::fields::Fields;
use crate::{identity, json, skew};

/// Longest firmware name shown.
const MAX_FIRMWARE: usize = 80;
/// Longest interval a device may promise, seconds: a day.
const MAX_INTERVAL_S: u64 = 86_400;

const WORDS: [(&str, LifeState); 6] = [
    ("init", LifeState::Init),
    ("ready", LifeState::Ready),
    ("sleeping", LifeState::Sleeping),
    ("disconnected", LifeState::Disconnected),
    ("lost", LifeState::Lost),
    ("alert", LifeState::Alert),
];

fn word(text: &str) -> Option<LifeState> {
    WORDS.iter().find(|(word, _)| *word == text).map(|(_, state)| *state)
}

/// Reads the state of `device`.
///
/// A time of the device's own that lies in the future is left out rather than refused: a wrong clock is no
/// reason not to believe a sign of life. A time of the past is normal, wills are written at connect.
///
/// # Errors
/// [`Fault`] with the reason `too_big`, `utf8`, `json`, `schema` or `identity`.
pub fn decode(
    payload: &[u8],
    limit: usize,
    device: &DeviceId,
    retained: bool,
    received: Timestamp,
) -> Result<StateReport, Fault> {
    let mut report = StateReport {
        device: device.clone(),
        state: LifeState::Init,
        boot_id: None,
        time: None,
        firmware: None,
        interval_s: None,
        retained,
    };
    let text = json::text(payload, limit)?.trim_ascii();
    if let Some(state) = word(text) {
        report.state = state;
        return Ok(report);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic()) && text.len() <= 32 {
        return Err(Fault::schema("", "is not a state"));
    }
    let value = json::read(payload, limit)?;
    if let Some(text) = value.as_str() {
        report.state = word(text).ok_or_else(|| Fault::schema("", "is not a state"))?;
        return Ok(report);
    }
    let fields = Fields::of(&value, "")?;
    identity::same_device(&fields, device)?;
    let state = fields.required("state", fields.text("state")?)?;
    report.state = word(state).ok_or_else(|| fields.fault("state", "is not a state"))?;
    report.boot_id = fields.parsed("boot_id", BootId::new)?;
    report.time = fields.time("ts")?.filter(|time| skew::not_ahead(*time, received, "").is_ok());
    report.firmware = fields.shown("fw", MAX_FIRMWARE)?;
    report.interval_s = match fields.unsigned("interval_s")? {
        None => None,
        Some(seconds @ 1..=MAX_INTERVAL_S) => u32::try_from(seconds).ok(),
        Some(_) => return Err(fields.fault("interval_s", format!("must be 1 to {MAX_INTERVAL_S}"))),
    };
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::dead_letter::Reason;

    fn read(payload: &str) -> Result<StateReport, Fault> {
        let now = "2026-11-22T04:11:10Z".parse().unwrap();
        decode(payload.as_bytes(), 1000, &DeviceId::new("ap-01").unwrap(), true, now)
    }

    #[test]
    fn the_contracts_example_is_understood() {
        let report = read(
            r#"{"state":"ready","boot_id":"b1","ts":"2026-11-22T04:11:09Z","fw":"OpenWrt\u202e 24","ip":"10.0.0.1","interval_s":60}"#,
        )
        .unwrap();
        assert_eq!(report.state, LifeState::Ready);
        assert_eq!(report.boot_id.unwrap().as_str(), "b1");
        assert_eq!(report.time.unwrap().to_string(), "2026-11-22T04:11:09Z");
        assert_eq!(report.firmware.as_deref(), Some("OpenWrt 24"));
        assert_eq!(report.interval_s, Some(60));
        assert!(report.retained);
    }

    #[test]
    fn a_dumb_device_may_say_one_word() {
        for (word, state) in WORDS {
            assert_eq!(read(word).unwrap().state, state);
            assert_eq!(read(&format!("\"{word}\"\n")).unwrap().state, state);
        }
        assert_eq!(read("Online").unwrap_err().reason, Reason::Schema);
    }

    #[test]
    fn a_wrong_clock_does_not_hide_a_sign_of_life() {
        let report = read(r#"{"state":"ready","ts":"2031-01-01T00:00:00Z"}"#).unwrap();
        assert_eq!((report.state, report.time), (LifeState::Ready, None));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_at_its_place() {
        for (payload, reason, pointer) in [
            (r#"{"state":"up"}"#, Reason::Schema, "/state"),
            (r#"{"boot_id":"x"}"#, Reason::Schema, "/state"),
            (r#"{"state":"ready","interval_s":0}"#, Reason::Schema, "/interval_s"),
            (r#"{"state":"ready","interval_s":99999999999}"#, Reason::Schema, "/interval_s"),
            (r#"{"state":"ready","boot_id":"\u0000"}"#, Reason::Schema, "/boot_id"),
            (r#"{"state":"ready","ts":1795320669}"#, Reason::Schema, "/ts"),
            (r#"{"state":"ready","id":"ap-02"}"#, Reason::Identity, "/id"),
            ("3", Reason::Schema, ""),
            ("", Reason::Json, ""),
        ] {
            let fault = read(payload).unwrap_err();
            assert_eq!((fault.reason, fault.pointer.as_str()), (reason, pointer), "{payload}");
        }
    }
}
