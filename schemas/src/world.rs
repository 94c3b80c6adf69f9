//! What is: the state that follows from the journal, and the one function that changes it.
//!
//! [`World::apply`] is pure. The server runs it on every entry it writes, the browser on every entry it
//! receives, a replay on every entry of the past; all of them hold the same World at the same sequence
//! number, byte for byte ([`World::digest`]).

mod states;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
pub use states::Standing;

use crate::entry::{Change, DeviceChange, DeviceReason, DeviceState, Entry};
use crate::event::{ComplaintStep, NewComplaint};
use crate::hash::Hash;
use crate::ids::{AgencyCode, BootId, ComplaintId, DeviceId, ScreenId, Seq};
use crate::missing::{self, Missing, MissingChange};
use crate::observation::MetaReport;
use crate::registry::Registry;
use crate::stream::{StreamCause, StreamKind, StreamState};
use crate::time::Timestamp;
use crate::wall::{PauseOn, Rank, Shot, Walls};

/// Complaints kept in memory; the oldest closed ones leave first. The journal keeps all.
pub const MAX_COMPLAINTS: usize = 10_000;
/// Agency notes kept in memory. The journal keeps all.
pub const MAX_NOTES: usize = 100;

/// The state of the city.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct World {
    /// The last entry applied.
    pub seq: Seq,
    /// Its hash.
    pub hash: Hash,
    /// Its time.
    pub time: Timestamp,
    /// When the running server took up the journal: before that, nobody listened.
    pub started: Timestamp,
    /// What there is.
    pub registry: Registry,
    /// How the devices are; a device without an entry is [`DeviceState::Unknown`].
    pub devices: BTreeMap<DeviceId, DeviceStatus>,
    /// What devices say they are. Proposed, never decisive.
    pub described: BTreeMap<DeviceId, MetaReport>,
    /// How the cameras' streams are.
    pub streams: BTreeMap<DeviceId, BTreeMap<StreamKind, StreamStatus>>,
    /// Complaints by ticket, at most [`MAX_COMPLAINTS`].
    pub complaints: BTreeMap<ComplaintId, Complaint>,
    /// The newest agency notes, newest last, at most [`MAX_NOTES`].
    pub notes: VecDeque<Note>,
    /// Holes in the devices' own counts of their messages, at most [`MAX_MISSING`](missing::MAX_MISSING) each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<DeviceId, Vec<Missing>>,
    /// What hangs on which screen.
    #[serde(default, skip_serializing_if = "Walls::is_empty")]
    pub walls: Walls,
}

/// How a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// Its state.
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

/// How a stream is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// Its state.
    pub state: StreamState,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<StreamCause>,
    /// Since when.
    pub since: Timestamp,
}

/// A complaint and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Complaint {
    /// What it says.
    pub new: NewComplaint,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// When we first had it.
    pub received: Timestamp,
    /// The last step.
    pub step: ComplaintStep,
    /// When that was.
    pub updated: Timestamp,
}

/// One line of an agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The entry it came with.
    pub seq: Seq,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// Type without prefix and version.
    pub event: String,
    /// What it is about.
    pub subject: String,
    /// The line.
    pub title: String,
    /// When.
    pub at: Timestamp,
}

/// Entries out of order: the reader needs a fresh snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {got} does not follow {at}")]
pub struct Gap {
    /// The last entry applied.
    pub at: Seq,
    /// The one that came.
    pub got: Seq,
}

impl World {
    /// Takes the next entry over. The only code that changes a World.
    ///
    /// # Errors
    /// [`Gap`] when the entry is not the next one; the World is then unchanged.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Gap> {
        if entry.seq != self.seq.next() {
            return Err(Gap { at: self.seq, got: entry.seq });
        }
        self.seq = entry.seq;
        self.hash = entry.hash;
        self.time = entry.time;
        match &entry.change {
            Change::ServerStarted { .. } => self.started = entry.time,
            Change::RegistryChanged(change) => {
                self.registry.apply(change);
                for gone in &change.removed.devices {
                    self.devices.remove(gone);
                    self.described.remove(gone);
                    self.streams.remove(gone);
                    self.missing.remove(gone);
                }
            }
            Change::DeviceChanged(change) => self.device_changed(change, entry.time),
            Change::DeviceDescribed(meta) => {
                self.described.insert(meta.device.clone(), meta.clone());
            }
            Change::StreamChanged { device, stream, state, cause, since } => {
                let status = StreamStatus { state: *state, cause: *cause, since: *since };
                self.streams.entry(device.clone()).or_default().insert(*stream, status);
            }
            Change::MessagesMissing(MissingChange { device, missing }) => {
                missing::note(self.missing.entry(device.clone()).or_default(), *missing);
            }
            Change::MessageFound { device, number } => {
                if let Some(holes) = self.missing.get_mut(device) {
                    missing::found(holes, *number);
                }
                self.missing.retain(|_, holes| !holes.is_empty());
            }
            Change::ComplaintReceived { complaint, agency, received } => {
                let value = Complaint {
                    new: complaint.clone(),
                    agency: agency.clone(),
                    received: *received,
                    step: ComplaintStep::Received,
                    updated: *received,
                };
                self.complaints.insert(complaint.id.clone(), value);
                self.forget_complaints();
            }
            Change::ComplaintMoved { complaint, step, agency, at } => {
                if let Some(known) = self.complaints.get_mut(complaint) {
                    known.step = *step;
                    known.updated = *at;
                    if agency.is_some() {
                        known.agency.clone_from(agency);
                    }
                }
            }
            Change::AgencyNoted { agency, event, subject, title, at } => {
                while self.notes.len() >= MAX_NOTES {
                    self.notes.pop_front();
                }
                self.notes.push_back(Note {
                    seq: entry.seq,
                    agency: agency.clone(),
                    event: event.clone(),
                    subject: subject.clone(),
                    title: title.clone(),
                    at: *at,
                });
            }
            Change::ScreenAdded(facts) | Change::ScreenChanged(facts) => self.walls.screen_set(facts),
            Change::ScreenRemoved { screen } => drop(self.walls.screens.remove(screen)),
            Change::ScreenStateChanged { screen, state, since } => {
                self.walls.screen_state(screen, *state, *since);
            }
            Change::WallChanged(change) => self.walls.wall_changed(change, &entry.actor, entry.seq),
            Change::PresetSaved(preset) => self.walls.preset_saved(preset),
            Change::PresetDeleted { preset } => self.walls.preset_deleted(preset),
            Change::TourSaved(tour) => self.walls.tour_saved(tour),
            Change::TourDeleted { tour } => self.walls.tour_deleted(tour),
            Change::TourStepped { screen, tour, step } => {
                self.walls.tour_stepped(screen, tour, *step, entry.time);
            }
            Change::WallAlarmShown(shown) => self.walls.alarm_shown(shown, entry.time),
            Change::WallAlarmEnded { screen, device, .. } => self.walls.alarm_ended(screen, device),
            // An act to be remembered; the World follows from what the letters say.
            Change::DeadLettersReplayed { .. } | Change::Unknown => {}
        }
        Ok(())
    }

    fn device_changed(&mut self, change: &DeviceChange, time: Timestamp) {
        if self.devices.get(&change.device).is_none_or(|before| before.state != change.state) {
            self.walls.device_changed(&change.device, time);
        }
        let status = DeviceStatus {
            state: change.state,
            reason: change.reason,
            since: change.since,
            boot_id: change.boot_id.clone(),
            interval_s: change.interval_s,
            firmware: change.firmware.clone(),
        };
        self.devices.insert(change.device.clone(), status);
    }

    fn forget_complaints(&mut self) {
        while self.complaints.len() > MAX_COMPLAINTS {
            let oldest = self
                .complaints
                .iter()
                .min_by_key(|(id, c)| (c.step != ComplaintStep::Closed, c.updated, *id))
                .map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { return };
            self.complaints.remove(&oldest);
        }
    }

    /// SHA-256 of the World's JSON: equal digests mean equal Worlds.
    #[must_use]
    pub fn digest(&self) -> Hash {
        // Only maps with text keys and finite numbers are inside, so JSON always exists.
        Hash::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// A camera that shows new pictures right now.
    #[must_use]
    pub fn is_live(&self, camera: &DeviceId) -> bool {
        self.streams
            .get(camera)
            .is_some_and(|streams| streams.values().any(|stream| stream.state == StreamState::Live))
    }

    /// Whether something keeps a screen's tour at its present step: an alarm on the screen, or a camera of the step
    /// that is lost, frozen or wants attention. Only a tour that pauses on trouble waits.
    #[must_use]
    pub fn tour_waits(&self, screen: &ScreenId) -> bool {
        let touring = self.walls.screens.get(screen).and_then(|screen| screen.wall.tour.as_ref());
        let tour = touring.and_then(|touring| Some((touring, self.walls.tours.get(&touring.tour)?)));
        let Some((touring, tour)) = tour.filter(|(_, tour)| tour.pause_on() == PauseOn::Trouble) else {
            return false;
        };
        let shown = self.walls.shown(screen);
        let layout = shown.as_ref().and_then(|content| content.layout());
        let alarm = layout.is_some_and(|layout| layout.cells().iter().any(|cell| cell.rank == Rank::Alarm));
        let troubled = |camera| matches!(self.device_state(camera), DeviceState::Down | DeviceState::Alert);
        // What a pinned cell hides is not in view.
        let seen = |shot: &&Shot| {
            let cell = layout.and_then(|layout| layout.cell(shot.at));
            cell.is_some_and(|cell| cell.tile.camera() == Some(&shot.camera))
        };
        let step = tour.step(touring.step);
        alarm || step.is_some_and(|step| step.shots.iter().filter(seen).any(|shot| troubled(&shot.camera)))
    }
}
