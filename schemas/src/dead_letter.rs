//! What could not be understood, kept with its reason until somebody repairs it.

use serde::{Deserialize, Serialize};

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
    /// MQTT topic or HTTP path.
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
            topic: clean(topic, MAX_DETAIL),
            reason,
            pointer: clean(&mask_macs_text(pointer), MAX_DETAIL),
            detail: clean(&mask_macs_text(detail), MAX_DETAIL),
            raw: masked,
        }
    }
}
