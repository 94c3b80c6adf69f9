//! What a source said: the only thing that rooms hand to the core.
//!
//! An observation carries two times: the source's own, and ours on receipt. Bytes that could not be read
//! travel the same way, as a [`DeadLetter`], so that every message is counted once and acknowledged once.

use serde::{Deserialize, Serialize};

use crate::command::Order;
use crate::dead_letter::DeadLetter;
use crate::event::FeedEvent;
use crate::ids::{BootId, DeviceId, SeriesId};
use crate::stream::{StreamCause, StreamKind, StreamState};
use crate::time::Timestamp;

/// The way in, for the conservation sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// MQTT.
    Mqtt,
    /// `POST /v1/events`.
    Webhook,
    /// The supervisors of our cameras.
    Camera,
    /// `POST /v1/commands`. Only commands that were carried out, or had been before, are counted: what was refused
    /// was never taken in.
    Command,
    /// Dead letters that were replayed. What they say follows from the way in by which they came first, where they stay
    /// counted as dead letters; here it is counted what became of them then.
    Replay,
}

impl Source {
    /// Every way in, in the order of the metrics.
    pub const ALL: [Self; 5] = [Self::Mqtt, Self::Webhook, Self::Camera, Self::Command, Self::Replay];

    /// The word on `/metrics` and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Webhook => "webhook",
            Self::Camera => "camera",
            Self::Command => "command",
            Self::Replay => "replay",
        }
    }
}

/// One message of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The way in.
    pub source: Source,
    /// When it reached us.
    pub received: Timestamp,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A device about itself, or its last will.
    State(StateReport),
    /// A device's birth certificate.
    Meta(MetaReport),
    /// Measurements.
    Samples(SampleSet),
    /// A camera supervisor about a stream.
    Stream(StreamReport),
    /// An agency's event.
    Feed(Box<FeedEvent>),
    /// A person's command.
    Command(Box<Order>),
    /// Something unreadable.
    DeadLetter(Box<DeadLetter>),
}

/// The life of a device in the words of Homie 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeState {
    /// Starting.
    Init,
    /// Working.
    Ready,
    /// Asleep on purpose; silence is expected.
    Sleeping,
    /// Went away on purpose.
    Disconnected,
    /// Went away without a word: the last will.
    Lost,
    /// Working, but wants attention.
    Alert,
}

/// `…/state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateReport {
    /// Who.
    pub device: DeviceId,
    /// What.
    pub state: LifeState,
    /// Which of its lives; a will of an older life is ignored.
    pub boot_id: Option<BootId>,
    /// The device's own time.
    pub time: Option<Timestamp>,
    /// Firmware, cleaned.
    pub firmware: Option<String>,
    /// How often it promises to speak, seconds; arms the absence rule.
    pub interval_s: Option<u32>,
    /// The broker kept it from before we subscribed.
    pub retained: bool,
}

/// `…/meta`: what a device says it is. Proposed, never decisive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaReport {
    /// Who.
    pub device: DeviceId,
    /// Manufacturer, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// Model, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number, cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The device it is reached through, as it sees it; a person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<DeviceId>,
}

/// One number at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Which quantity of which device.
    pub series: SeriesId,
    /// When, by the source's clock.
    pub time: Timestamp,
    /// How much; always finite.
    pub value: f64,
}

/// The measurements of one message: all are kept or none.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSet {
    /// Who measured.
    pub device: DeviceId,
    /// The numbers; at least one.
    pub samples: Vec<Sample>,
    /// History that the device sends late: kept, but no sign of life and never shown as newest.
    pub backfill: bool,
    /// The device's own message number, to see gaps that are not ours.
    pub device_seq: Option<u64>,
}

/// A stream's supervisor noticed a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReport {
    /// The camera.
    pub device: DeviceId,
    /// Which stream.
    pub stream: StreamKind,
    /// The new state.
    pub state: StreamState,
    /// Why.
    pub cause: Option<StreamCause>,
    /// Since when.
    pub since: Timestamp,
}
