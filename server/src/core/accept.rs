//! One delivery: what it changes, what is kept of it, and what its sender will be told.

use pantau_engine::{Input, counted};
use pantau_ingest::delivery::{Delivery, Outcome, Receipt};
use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::event::FeedEvent;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::{Body, Observation, SampleSet, Source, StateReport};
use pantau_schemas::time::Timestamp;
use pantau_store::InboxRow;

use super::pending::{Fate, Waiting};
use super::seen::Familiarity;
use super::{Core, SeriesState, numbers};
use crate::hub::HeadUpdate;

impl Core {
    pub(super) fn accept(&mut self, delivery: Delivery) {
        let Delivery { observation, receipt } = delivery;
        let source = observation.source;
        self.pending.turn();
        self.pending.weigh(weight(&observation.body));
        match self.take(observation) {
            // There is nothing that could become durable, and a person waits.
            Fate::Known(refused @ Outcome::Refused(_)) => receipt.answer(refused),
            fate => {
                let receipt = self.keep(receipt, fate);
                self.pending.wait(Waiting { source, receipt, fate, since: self.taken });
            }
        }
    }

    /// The receipt, to be answered when the batch is durable.
    #[cfg(not(debug_assertions))]
    fn keep(&self, receipt: Receipt, _fate: Fate) -> Receipt {
        receipt
    }

    /// The receipt, to be answered when the batch is durable; sabotaged it is answered at once, and lost with the
    /// process.
    #[cfg(debug_assertions)]
    fn keep(&self, receipt: Receipt, fate: Fate) -> Receipt {
        if !self.sabotaged {
            return receipt;
        }
        receipt.answer(match fate {
            Fate::Known(outcome) => outcome,
            Fate::Suspect(_) => Outcome::Stored,
        });
        Receipt::none()
    }

    pub(super) fn take(&mut self, observation: Observation) -> Fate {
        let stored_if = |news: bool| Fate::Known(if news { Outcome::Stored } else { Outcome::Duplicate });
        match &observation.body {
            Body::State(report) => {
                let heard = self.heard_of(&report.device, sign_of_life(report, observation.received));
                stored_if((self.input(Input::Observation(&observation)) > 0) | heard)
            }
            Body::Meta(_) | Body::Stream(_) => stored_if(self.input(Input::Observation(&observation)) > 0),
            Body::Samples(set) => {
                if !set.backfill {
                    self.heard_of(&set.device, observation.received);
                }
                let count = counted(&self.world, &self.heard, set);
                self.input(Input::Observation(&observation));
                if let Some(count) = count {
                    self.heard.note_count(&set.device, count);
                }
                self.keep_samples(observation.source, observation.body)
            }
            Body::Feed(event) => match self.seen.meet(&event.key, &event.body_hash) {
                Familiarity::Same => Fate::Known(Outcome::Duplicate),
                Familiarity::OtherBody => {
                    self.pending.batch.dead_letters.push(conflict(&observation, event));
                    Fate::Known(Outcome::Conflict)
                }
                Familiarity::New => {
                    self.input(Input::Observation(&observation));
                    self.pending.batch.inbox.push(inbox_row(event, observation.received));
                    Fate::Known(Outcome::Stored)
                }
            },
            Body::Command(order) => Fate::Known(self.carry_out(order, observation.received)),
            Body::DeadLetter(_) => {
                if let Body::DeadLetter(letter) = observation.body {
                    // Read just before it was registered what it waits for: nobody would come back for it.
                    self.pending.letters_due |= match (letter.reason, &letter.device) {
                        (Reason::UnknownDevice, Some(id)) => self.world.registry.devices.contains_key(id),
                        (Reason::UnknownAgency, _) => letter.received <= self.registered,
                        _ => false,
                    };
                    self.pending.batch.dead_letters.push(*letter);
                }
                Fate::Known(Outcome::DeadLettered)
            }
        }
    }

    /// Notes a sign of life; returns whether it was news.
    fn heard_of(&mut self, device: &DeviceId, at: Timestamp) -> bool {
        let news = self.heard.note(device, at);
        if news {
            self.pending.batch.heard.push((device.clone(), at));
        }
        news
    }

    /// Keeps the samples: on the bulk path when all are newer than their series, else told apart by the store.
    pub(super) fn keep_samples(&mut self, source: Source, body: Body) -> Fate {
        let Body::Samples(mut set) = body else {
            return Fate::Known(Outcome::Duplicate);
        };
        numbers::measure(&mut set);
        let SampleSet { samples, backfill, .. } = set;
        let mut all_new = !backfill;
        for sample in &samples {
            let slots = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
            match self.series.get_mut(&sample.series) {
                Some(state) if sample.time <= state.newest => all_new = false,
                Some(_) | None if backfill => {}
                Some(state) => {
                    state.newest = sample.time;
                    self.heads.push(HeadUpdate {
                        slot: state.slot,
                        time: sample.time,
                        value: sample.value,
                        series: None,
                    });
                }
                None => {
                    let state = SeriesState { slot: slots, newest: sample.time };
                    self.series.insert(sample.series.clone(), state);
                    self.heads.push(HeadUpdate {
                        slot: slots,
                        time: sample.time,
                        value: sample.value,
                        series: Some(sample.series.clone()),
                    });
                }
            }
        }
        if all_new {
            self.pending.batch.samples.extend(samples);
            Fate::Known(Outcome::Stored)
        } else {
            self.pending.suspect(source, samples)
        }
    }
}

/// What is kept of a message as it came, bytes; of the others only numbers and words are.
fn weight(body: &Body) -> usize {
    match body {
        Body::Feed(event) => event.raw.len(),
        Body::DeadLetter(letter) => letter.raw.len(),
        Body::State(_) | Body::Meta(_) | Body::Stream(_) | Body::Samples(_) | Body::Command(_) => 0,
    }
}

/// A retained state was said before we listened: it is as old as its own time.
pub(super) fn sign_of_life(report: &StateReport, received: Timestamp) -> Timestamp {
    match report.time {
        Some(time) if report.retained && time < received => time,
        _ => received,
    }
}

fn inbox_row(event: &FeedEvent, received: Timestamp) -> InboxRow {
    InboxRow {
        key: event.key.clone(),
        body_hash: event.body_hash,
        received,
        raw: event.raw.clone(),
        reporter: event.reporter.clone(),
    }
}

fn conflict(observation: &Observation, event: &FeedEvent) -> DeadLetter {
    DeadLetter::new(
        observation.received,
        observation.source.as_str(),
        &event.key.source,
        Reason::Conflict,
        "/id",
        &format!("event {} was received before with another body", event.key.id),
        event.raw.as_bytes(),
    )
}
