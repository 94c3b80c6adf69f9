//! Dead letters that are read again: through the same gate as what comes for the first time, and marked in the same
//! commit.
//!
//! **Invariants.** What a letter says was true when it came: nothing that was heard later is undone by it. A letter that
//! cannot be used still, changes nothing but its reason. Each act leaves an entry: who, when, which.

use pantau_engine::{Decision, Input, decide};
use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_ingest::fault::Fault;
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::{Actor, Cause, Change};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::{Body, Observation, Source};
use pantau_store::{Replayed, Still};

use super::Core;
use super::accept::sign_of_life;
use super::pending::{Fate, Waiting};
use super::seen::Familiarity;

/// Letters on their way back, oldest first.
#[derive(Debug)]
pub(crate) struct Replay {
    /// Who wants it.
    pub(crate) actor: Actor,
    /// Why.
    pub(crate) cause: Cause,
    /// Which.
    pub(crate) letters: Vec<Reread>,
}

/// A letter that was read again.
#[derive(Debug)]
pub(crate) struct Reread {
    /// Its number.
    pub(crate) id: u64,
    /// What it says, or why that cannot be read still.
    pub(crate) said: Result<Vec<Observation>, Fault>,
    /// Answered when its fate is durable.
    pub(crate) receipt: Receipt,
}

/// Why a letter stays one, as its receipt is to say it.
fn refused(fault: &Fault) -> Outcome {
    if fault.reason == Reason::Conflict { Outcome::Conflict } else { Outcome::DeadLettered }
}

impl Core {
    pub(super) fn replay(&mut self, replay: Replay) {
        let Replay { actor, cause, letters } = replay;
        let at = self.now();
        let (mut replayed, mut failed) = (Vec::new(), Vec::new());
        for Reread { id, said, receipt } in letters {
            let fate = said.and_then(|said| self.retake(said));
            let still = fate.as_ref().err().map(|fault| Still {
                reason: fault.reason,
                pointer: fault.pointer.clone(),
                detail: fault.detail.clone(),
            });
            if still.is_none() { &mut replayed } else { &mut failed }.push(id);
            self.pending.batch.replayed.push(Replayed { id, at, still });
            let fate = fate.unwrap_or_else(|fault| Fate::Known(refused(&fault)));
            let since = self.taken;
            self.pending.wait(Waiting { source: Source::Replay, receipt, fate, since });
        }
        if !(replayed.is_empty() && failed.is_empty()) {
            let change = Change::DeadLettersReplayed { replayed, failed };
            self.enter(Decision { actor, cause, change }, at);
        }
    }

    /// Takes in what one letter says; its fate is that of the first part that is news.
    fn retake(&mut self, said: Vec<Observation>) -> Result<Fate, Fault> {
        let mut fate = Fate::Known(Outcome::Duplicate);
        let mut contradiction = None;
        let batch = said.len() > 1;
        for (index, observation) in said.into_iter().enumerate() {
            if let Body::Feed(event) = &observation.body
                && self.seen.look(&event.key, &event.body_hash) == Familiarity::OtherBody
            {
                // The rest of a batch is good all the same.
                contradiction.get_or_insert_with(|| {
                    let detail = format!("event {} was received before with another body", event.key.id);
                    let pointer = if batch { format!("/{index}/id") } else { "/id".to_owned() };
                    Fault::new(Reason::Conflict, pointer, detail)
                });
                continue;
            }
            let part = self.retake_part(observation)?;
            if matches!(fate, Fate::Known(Outcome::Duplicate)) {
                fate = part;
            }
        }
        contradiction.map_or(Ok(fate), Err)
    }

    fn retake_part(&mut self, observation: Observation) -> Result<Fate, Fault> {
        // What becomes of it is counted with this way in, also by the store.
        let observation = Observation { source: Source::Replay, ..observation };
        let Some(device) = device_of(&observation.body).cloned() else { return Ok(self.take(observation)) };
        if !self.world.registry.devices.contains_key(&device) {
            // It was read against a registry that is another one by now.
            let detail = format!("no device {device} is registered");
            return Err(Fault::new(Reason::UnknownDevice, "", detail));
        }
        let said_at = match &observation.body {
            Body::State(report) => sign_of_life(report, observation.received),
            _ => observation.received,
        };
        if self.heard.last(&device).is_none_or(|last| last <= said_at) {
            return Ok(self.take(observation));
        }
        // The device was heard after it said this: it tells what is not known yet, and takes nothing back.
        let now = self.now();
        let decisions = decide(&self.world, &self.heard, Input::Observation(&observation), now);
        let mut news = false;
        for decision in decisions {
            if self.adds(&decision.change) {
                news = true;
                self.enter(decision, now);
            }
        }
        Ok(match observation.body {
            body @ Body::Samples(_) => self.keep_samples(observation.source, body),
            _ if news => Fate::Known(Outcome::Stored),
            _ => Fate::Known(Outcome::Duplicate),
        })
    }

    /// Whether a change from the past contradicts nothing that is known of the present.
    fn adds(&self, change: &Change) -> bool {
        match change {
            Change::DeviceChanged(change) => {
                self.world.devices.get(&change.device).is_none_or(|known| known.state == change.state)
            }
            Change::DeviceDescribed(meta) => !self.world.described.contains_key(&meta.device),
            _ => true,
        }
    }
}

/// The device that speaks of itself.
fn device_of(body: &Body) -> Option<&DeviceId> {
    match body {
        Body::State(report) => Some(&report.device),
        Body::Meta(report) => Some(&report.device),
        Body::Samples(set) => Some(&set.device),
        _ => None,
    }
}
