//! What could not be understood, kept with its reason until somebody repairs it.

use serde::{Deserialize, Serialize};

use crate::ids::DeviceId;
use crate::text::{clean, mask_macs, mask_macs_text};
use crate::time::Timestamp;

/// Raw bytes kept of one dead letter; more is cut.
pub const MAX_RAW: usize = 64 * 1024;
/// Characters kept of the explanation.
pub const MAX_DETAIL: usize = 500;

/// Why a message is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Not UTF-8.
    Utf8,
    /// Not JSON, or JSON that is unsafe to read: too deep, duplicate keys, numbers beyond f64.
    Json,
    /// JSON of another shape than the schema.
    Schema,
    /// A topic outside the scheme.
    Topic,
    /// A device that is not in the registry.
    UnknownDevice,
    /// An agency that is not in the registry.
    UnknownAgency,
    /// The payload names another device than the topic.
    Identity,
    /// A time too far from now to be a reading of now.
    ClockSkew,
    /// Larger than the limit.
    TooBig,
    /// A unit that does not measure this quantity.
    Unit,
    /// The same event identity with another body.
    Conflict,
    /// A sender that may not speak for this source.
    Source,
    /// A reason of a newer version.
    #[serde(other)]
    Other,
}

impl Reason {
    /// The word on the wire, in the database and on `/metrics`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Json => "json",
            Self::Schema => "schema",
            Self::Topic => "topic",
            Self::UnknownDevice => "unknown_device",
            Self::UnknownAgency => "unknown_agency",
            Self::Identity => "identity",
            Self::ClockSkew => "clock_skew",
            Self::TooBig => "too_big",
            Self::Unit => "unit",
            Self::Conflict => "conflict",
            Self::Source => "source",
            Self::Other => "other",
        }
    }
}

/// One message that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When it arrived.
    pub received: Timestamp,
    /// The way in: `mqtt`, `webhook`.
    pub source: String,
    /// MQTT topic or HTTP path. One that had to be cleaned or cut for the eye ends in `…`, and is nobody's topic.
    pub topic: String,
    /// Why.
    pub reason: Reason,
    /// JSON pointer to the culprit, empty for the whole.
    pub pointer: String,
    /// What is wrong, for a person.
    pub detail: String,
    /// The bytes as they came, MAC addresses masked, at most [`MAX_RAW`].
    #[serde(skip)]
    pub raw: Vec<u8>,
    /// Bytes of the whole message: more than `raw` holds where it was cut.
    #[serde(skip)]
    pub size: u64,
    /// The device on whose topic it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Who brought it, where the way in knows: the login of a connection, or the source of a signed sender. What it may
    /// say is asked again at a replay.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub speaker: String,
    /// A broker had kept it from before we subscribed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retained: bool,
}

impl DeadLetter {
    /// A dead letter within its bounds, MAC addresses masked wherever it may repeat what came.
    #[must_use]
    pub fn new(
        received: Timestamp,
        source: &str,
        topic: &str,
        reason: Reason,
        pointer: &str,
        detail: &str,
        raw: &[u8],
    ) -> Self {
        // Masked before the cut: most of a MAC at the edge would still be one.
        let mut masked = mask_macs(raw.get(..MAX_RAW + 32).unwrap_or(raw));
        masked.truncate(MAX_RAW);
        Self {
            received,
            source: source.to_owned(),
            topic: shown(topic),
            reason,
            pointer: clean(&mask_macs_text(pointer), MAX_DETAIL),
            detail: clean(&mask_macs_text(detail), MAX_DETAIL),
            raw: masked,
            size: u64::try_from(raw.len()).unwrap_or(u64::MAX),
            device: None,
            speaker: String::new(),
            retained: false,
        }
    }

    /// The end of the message was not kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        u64::try_from(self.raw.len()).is_ok_and(|kept| kept < self.size)
    }

    /// Whether another one with the same bytes says nothing new, so that the two are kept as one with a count.
    ///
    /// Telemetry that waits for its device to be registered is never folded: a reading without a time of its own is
    /// one of the moment in which it came, so two that look alike are two readings.
    #[must_use]
    pub fn folds(&self) -> bool {
        let waits = matches!(self.reason, Reason::UnknownDevice | Reason::Identity);
        !(waits && self.topic.contains("/tele/"))
    }
}

/// A topic for the eye. What was taken out of it must not make it somebody else's when it is read again.
fn shown(topic: &str) -> String {
    let mut cleaned = clean(topic, MAX_DETAIL);
    if cleaned != topic && !cleaned.ends_with('…') {
        cleaned.push('…');
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(topic: &str, reason: Reason, raw: &[u8]) -> DeadLetter {
        DeadLetter::new(Timestamp::EPOCH, "mqtt", topic, reason, "", "", raw)
    }

    #[test]
    fn a_topic_that_was_cleaned_is_nobodys() {
        let plain = "pantau/1/metro/sensor/sen-01/state";
        assert_eq!(letter(plain, Reason::Json, b"").topic, plain);
        let hidden = letter("pantau/1/metro/sensor/sen\u{200b}-01/state", Reason::Topic, b"");
        assert_eq!(hidden.topic, format!("{plain}…"));
        assert!(letter(&"t".repeat(9_000), Reason::Topic, b"").topic.ends_with('…'));
    }

    #[test]
    fn what_was_cut_is_known_to_be_cut() {
        assert!(!letter("t", Reason::Json, &[b'a'; MAX_RAW]).is_cut());
        assert!(letter("t", Reason::Json, &[b'a'; MAX_RAW + 1]).is_cut());
    }

    #[test]
    fn readings_that_wait_for_their_device_stay_apart() {
        let readings = "pantau/1/metro/sensor/sen-99/tele/senml";
        assert!(!letter(readings, Reason::UnknownDevice, b"x").folds());
        assert!(!letter(readings, Reason::Identity, b"x").folds());
        assert!(letter(readings, Reason::Json, b"x").folds());
        assert!(letter("pantau/1/metro/sensor/sen-99/state", Reason::UnknownDevice, b"x").folds());
    }
}
