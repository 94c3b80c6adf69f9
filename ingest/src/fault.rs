//! Why some bytes could not be understood, and where in them the culprit is.

use std::fmt;

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::observation::Source;
use pantau_schemas::text::mask_macs;
use pantau_schemas::time::Timestamp;

/// What is wrong with a message. Becomes a [`DeadLetter`] together with the bytes, or an HTTP 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The kind of fault.
    pub reason: Reason,
    /// JSON pointer (RFC 6901) to the culprit, empty for the whole.
    pub pointer: String,
    /// What is wrong, a fragment for a person. Quotes nothing that looks like a MAC address.
    pub detail: String,
}

impl Fault {
    /// A fault at a place.
    #[must_use]
    pub fn new(reason: Reason, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { reason, pointer: masked(pointer.into()), detail: masked(detail.into()) }
    }

    /// JSON of another shape than the schema.
    #[must_use]
    pub fn schema(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Reason::Schema, pointer, detail)
    }

    /// The same fault, found to be at `pointer`.
    pub(crate) fn at(self, pointer: String) -> Self {
        Self { pointer: masked(pointer), ..self }
    }

    /// The dead letter of `raw`, which came from `source` by `topic`: an MQTT topic or an HTTP path.
    #[must_use]
    pub fn dead_letter(&self, received: Timestamp, source: Source, topic: &str, raw: &[u8]) -> DeadLetter {
        DeadLetter::new(received, source.as_str(), topic, self.reason, &self.pointer, &self.detail, raw)
    }
}

/// Keys and words of the payload may reach the texts, and client MACs are stored nowhere.
fn masked(text: String) -> String {
    // Masking replaces ASCII by ASCII, so the text stays UTF-8.
    String::from_utf8(mask_macs(text.as_bytes())).unwrap_or_default()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.detail),
            pointer => write!(f, "{pointer}: {}", self.detail),
        }
    }
}

impl std::error::Error for Fault {}
