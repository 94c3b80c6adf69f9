//! The journal: what happened, in order, each entry chained to the one before.

mod cause;

pub use cause::Cause;
use serde::{Deserialize, Serialize};

use crate::event::{ComplaintStep, NewComplaint};
use crate::hash::Hash;
use crate::ids::{AgencyCode, BootId, ComplaintId, DeviceId, PresetId, ScreenId, Seq, TourId};
use crate::missing::MissingChange;
use crate::observation::MetaReport;
use crate::registry::RegistryChange;
use crate::stream::{StreamCause, StreamKind, StreamState};
use crate::tagged::tagged;
use crate::time::Timestamp;
use crate::wall::{AlarmEnd, AlarmShown, Preset, ScreenFacts, Tour, WallChange};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place: no holes.
    pub seq: Seq,
    /// When we took note. Never goes back: a clock set back repeats the time of the entry before.
    pub time: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// What it follows from.
    pub cause: Cause,
    /// What changed.
    pub change: Change,
    /// SHA-256 over the previous entry's hash and the canonical text of this one.
    pub hash: Hash,
}

/// The fields that the hash covers, in their canonical order.
#[derive(Serialize)]
struct Canonical<'a> {
    seq: Seq,
    time: Timestamp,
    actor: &'a Actor,
    cause: &'a Cause,
    change: &'a Change,
}

/// An entry could not be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the entry as JSON")]
pub struct EncodeError(#[from] serde_json::Error);

impl Entry {
    /// Makes the entry that follows `previous`, with its canonical text.
    ///
    /// # Errors
    /// [`EncodeError`] when the change has no JSON form (a number that is not finite).
    pub fn seal(
        seq: Seq,
        time: Timestamp,
        actor: Actor,
        cause: Cause,
        change: Change,
        previous: &Hash,
    ) -> Result<(Self, String), EncodeError> {
        let text = canonical(seq, time, &actor, &cause, &change)?;
        let hash = Hash::chain(previous, text.as_bytes());
        Ok((Self { seq, time, actor, cause, change, hash }, text))
    }

    /// The text that the hash covers: JSON of `seq, time, actor, cause, change`, in this order.
    ///
    /// # Errors
    /// As [`Entry::seal`].
    pub fn canonical(&self) -> Result<String, EncodeError> {
        canonical(self.seq, self.time, &self.actor, &self.cause, &self.change)
    }
}

fn canonical(
    seq: Seq,
    time: Timestamp,
    actor: &Actor,
    cause: &Cause,
    change: &Change,
) -> Result<String, EncodeError> {
    Ok(serde_json::to_string(&Canonical { seq, time, actor, cause, change })?)
}

/// Who made something happen: `system`, `device:ap-01`, `agency:dinkominfo`, `operator:loopback`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(pub String);

impl Actor {
    /// Pantau itself: its rules and timers.
    #[must_use]
    pub fn system() -> Self {
        Self("system".to_owned())
    }
    /// A device of the registry.
    #[must_use]
    pub fn device(id: &DeviceId) -> Self {
        Self(format!("device:{id}"))
    }
    /// An agency's feed.
    #[must_use]
    pub fn agency(code: &str) -> Self {
        Self(format!("agency:{code}"))
    }
    /// A screen of a wall.
    #[must_use]
    pub fn screen(id: &ScreenId) -> Self {
        Self(format!("screen:{id}"))
    }
    /// A person at a desk.
    #[must_use]
    pub fn operator(name: &str) -> Self {
        Self(format!("operator:{name}"))
    }
}

/// What changed. New kinds are only ever added; old readers skip what they do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Change {
    /// A server took up the journal.
    ServerStarted {
        /// Its build.
        build: String,
    },
    /// The registry differs from the one in the journal.
    RegistryChanged(Box<RegistryChange>),
    /// A device is up, down or something between.
    DeviceChanged(DeviceChange),
    /// A device said what it is.
    DeviceDescribed(MetaReport),
    /// A stream of a camera changed its state.
    StreamChanged {
        /// The camera.
        device: DeviceId,
        /// Which stream.
        stream: StreamKind,
        /// The new state.
        state: StreamState,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<StreamCause>,
        /// Since when.
        since: Timestamp,
    },
    /// A complaint came in.
    ComplaintReceived {
        /// What it says.
        complaint: NewComplaint,
        /// Which agency it goes to, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<AgencyCode>,
        /// When we first had it: both clocks start here.
        received: Timestamp,
    },
    /// Something happened to a complaint.
    ComplaintMoved {
        /// The ticket.
        complaint: ComplaintId,
        /// What.
        step: ComplaintStep,
        /// The agency that has it now, where the event says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<AgencyCode>,
        /// When, by the source.
        at: Timestamp,
    },
    /// Another event of an agency.
    AgencyNoted {
        /// The agency, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<AgencyCode>,
        /// Type without prefix and version.
        event: String,
        /// What it is about.
        subject: String,
        /// One line for people.
        title: String,
        /// When, by the source.
        at: Timestamp,
    },
    /// Messages of a device did not come, by its own count.
    MessagesMissing(MissingChange),
    /// One of them came after all.
    MessageFound {
        /// Whose.
        device: DeviceId,
        /// Its number.
        number: u64,
    },
    /// A screen was added.
    ScreenAdded(ScreenFacts),
    /// A screen has another name or other measures.
    ScreenChanged(ScreenFacts),
    /// A screen was removed, with what hung on it.
    ScreenRemoved {
        /// Which.
        screen: ScreenId,
    },
    /// A screen is up, down, or (`unknown`) not expected any more.
    ScreenStateChanged {
        /// Which.
        screen: ScreenId,
        /// The new state.
        state: DeviceState,
        /// Since when.
        since: Timestamp,
    },
    /// Another wall hangs on a screen.
    WallChanged(Box<WallChange>),
    /// A preset was saved.
    PresetSaved(Box<Preset>),
    /// A preset was deleted.
    PresetDeleted {
        /// Which.
        preset: PresetId,
    },
    /// A tour was saved.
    TourSaved(Box<Tour>),
    /// A tour was deleted.
    TourDeleted {
        /// Which.
        tour: TourId,
    },
    /// A running tour went on to its next step.
    TourStepped {
        /// On which screen.
        screen: ScreenId,
        /// Which tour.
        tour: TourId,
        /// The step that is shown now, from 0.
        step: u16,
    },
    /// A screen shows an alarm: the camera of its place lies over one of its cells.
    WallAlarmShown(AlarmShown),
    /// A screen shows an alarm no longer. Every alarm that is shown ends once; with its screen, where that is removed.
    WallAlarmEnded {
        /// On which screen.
        screen: ScreenId,
        /// The device that rang.
        device: DeviceId,
        /// Why.
        end: AlarmEnd,
    },
    /// Somebody, or the registry, had dead letters read again. What they say is in entries of its own.
    DeadLettersReplayed {
        /// Their numbers, those that are dead letters no longer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replayed: Vec<u64>,
        /// Those that still are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<u64>,
    },
    /// A kind of a newer version.
    #[serde(other)]
    Unknown,
}

tagged!(Change, "kind");

impl Change {
    /// The kind, as on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ServerStarted { .. } => "server_started",
            Self::RegistryChanged(_) => "registry_changed",
            Self::DeviceChanged(_) => "device_changed",
            Self::DeviceDescribed(_) => "device_described",
            Self::StreamChanged { .. } => "stream_changed",
            Self::ComplaintReceived { .. } => "complaint_received",
            Self::ComplaintMoved { .. } => "complaint_moved",
            Self::AgencyNoted { .. } => "agency_noted",
            Self::MessagesMissing(_) => "messages_missing",
            Self::MessageFound { .. } => "message_found",
            Self::ScreenAdded(_) => "screen_added",
            Self::ScreenChanged(_) => "screen_changed",
            Self::ScreenRemoved { .. } => "screen_removed",
            Self::ScreenStateChanged { .. } => "screen_state_changed",
            Self::WallChanged(_) => "wall_changed",
            Self::PresetSaved(_) => "preset_saved",
            Self::PresetDeleted { .. } => "preset_deleted",
            Self::TourSaved(_) => "tour_saved",
            Self::TourDeleted { .. } => "tour_deleted",
            Self::TourStepped { .. } => "tour_stepped",
            Self::WallAlarmShown(_) => "wall_alarm_shown",
            Self::WallAlarmEnded { .. } => "wall_alarm_ended",
            Self::DeadLettersReplayed { .. } => "dead_letters_replayed",
            Self::Unknown => "unknown",
        }
    }

    /// What the change is about: a device, a ticket, an agency, a screen, a preset, a tour. Empty for the city as
    /// a whole.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::DeviceChanged(DeviceChange { device, .. })
            | Self::DeviceDescribed(MetaReport { device, .. })
            | Self::StreamChanged { device, .. }
            | Self::MessagesMissing(MissingChange { device, .. })
            | Self::MessageFound { device, .. } => device.as_str(),
            Self::ComplaintReceived { complaint: NewComplaint { id, .. }, .. }
            | Self::ComplaintMoved { complaint: id, .. } => id.as_str(),
            Self::AgencyNoted { agency: Some(agency), .. } => agency.as_str(),
            Self::ScreenAdded(ScreenFacts { screen, .. })
            | Self::ScreenChanged(ScreenFacts { screen, .. })
            | Self::ScreenRemoved { screen }
            | Self::ScreenStateChanged { screen, .. }
            | Self::TourStepped { screen, .. }
            | Self::WallAlarmShown(AlarmShown { screen, .. })
            | Self::WallAlarmEnded { screen, .. } => screen.as_str(),
            Self::WallChanged(change) => change.screen.as_str(),
            Self::PresetSaved(preset) => preset.id.as_str(),
            Self::PresetDeleted { preset } => preset.as_str(),
            Self::TourSaved(tour) => tour.id().as_str(),
            Self::TourDeleted { tour } => tour.as_str(),
            Self::AgencyNoted { agency: None, .. }
            | Self::ServerStarted { .. }
            | Self::RegistryChanged(_)
            | Self::DeadLettersReplayed { .. }
            | Self::Unknown => "",
        }
    }
}

/// Whether a device works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Never heard of since it was registered.
    #[default]
    Unknown,
    /// Working.
    Up,
    /// Working, but wants attention.
    Alert,
    /// Asleep on purpose.
    Sleeping,
    /// Not working, or not reachable.
    Down,
    /// A word of a newer version.
    #[serde(other)]
    Other,
}

/// Why a device is in its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceReason {
    /// It said so itself.
    Reported,
    /// Its last will: the connection broke.
    Will,
    /// It kept silent for 2.5 intervals and 5 seconds.
    Absence,
    /// It said goodbye.
    Goodbye,
    /// It measured something, so it lives.
    Heard,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// A device changed its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceChange {
    /// Who.
    pub device: DeviceId,
    /// The new state.
    pub state: DeviceState,
    /// Why.
    pub reason: DeviceReason,
    /// Since when.
    pub since: Timestamp,
    /// Which of its lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<BootId>,
    /// How often it promises to speak, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s: Option<u32>,
    /// Firmware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
}
