//! What waits to become durable, and who waits for it.
//!
//! One batch fills. When it has reached its size it is set aside and the next one begins, so that what gathered
//! while the store was down is committed in parts, oldest first, and no commit grows without bound. A message is
//! never split between two.

use std::collections::VecDeque;

use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_schemas::observation::{Sample, Source};
use pantau_store::{Batch, Committed};
use tokio::time::Instant;

use crate::config::Batching;

/// Batches that wait, the last of them filling.
#[derive(Debug)]
pub(super) struct Pending {
    /// The batch that fills.
    pub(super) batch: Batch,
    waiting: Vec<Waiting>,
    suspect_samples: usize,
    /// What its events and unreadable messages weigh.
    bytes: usize,
    /// Somebody waits for it: a sender for its acknowledgement, or a screen to be told that an entry is saved.
    awaited: bool,
    /// With the batch that fills, letters of devices that are registered now are durable.
    pub(super) letters_due: bool,
    /// Batches that have reached their size, oldest first.
    full: VecDeque<Parcel>,
    /// What is in `full`.
    set_aside: Amount,
    limits: Batching,
}

/// One batch and who waits for it.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) batch: Batch,
    pub(super) waiting: Vec<Waiting>,
    /// Once it is durable, letters of devices that are registered now may wait.
    pub(super) letters_due: bool,
    amount: Amount,
}

#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    messages: usize,
    samples: usize,
    entries: usize,
    bytes: usize,
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.samples += more.samples;
        self.entries += more.entries;
        self.bytes += more.bytes;
    }
}

impl std::ops::SubAssign for Amount {
    fn sub_assign(&mut self, less: Self) {
        self.messages -= less.messages;
        self.samples -= less.samples;
        self.entries -= less.entries;
        self.bytes -= less.bytes;
    }
}

/// A message whose sender waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) source: Source,
    pub(super) receipt: Receipt,
    pub(super) fate: Fate,
    /// When the core took it in.
    pub(super) since: Instant,
}

/// How a message's fate becomes known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// It is known; only its durability is awaited.
    Known(Outcome),
    /// The store will say whether its samples were new: the index into [`Batch::suspects`].
    Suspect(usize),
}

impl Pending {
    pub(super) fn new(limits: Batching) -> Self {
        Self {
            batch: Batch::default(),
            waiting: Vec::new(),
            suspect_samples: 0,
            bytes: 0,
            awaited: false,
            letters_due: false,
            full: VecDeque::new(),
            set_aside: Amount::default(),
            limits,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.waiting.is_empty() && self.batch.entries.is_empty()
    }

    /// No entry waits: what the World holds is durable, once the batch on its way is.
    pub(super) fn has_no_entries(&self) -> bool {
        self.set_aside.entries == 0 && self.batch.entries.is_empty()
    }

    /// Whether a commit is waited for.
    pub(super) fn is_awaited(&self) -> bool {
        self.awaited || !self.batch.entries.is_empty()
    }

    /// A batch has reached its size: no reason to wait for company.
    pub(super) fn is_ready(&self) -> bool {
        !self.full.is_empty()
    }

    /// Begins a new batch if the one that fills has reached its size. Called between messages.
    pub(super) fn turn(&mut self) {
        let filling = self.filling();
        let limits = &self.limits;
        if filling.messages >= limits.batch_messages
            || filling.entries >= limits.batch_messages
            || filling.samples >= limits.batch_samples
            || filling.bytes >= limits.batch_bytes
        {
            let parcel = self.close();
            self.set_aside += parcel.amount;
            self.full.push_back(parcel);
        }
    }

    /// The batch to be committed next.
    pub(super) fn next(&mut self) -> Parcel {
        let Some(parcel) = self.full.pop_front() else { return self.close() };
        self.set_aside -= parcel.amount;
        parcel
    }

    fn close(&mut self) -> Parcel {
        let amount = self.filling();
        (self.suspect_samples, self.bytes, self.awaited) = (0, 0, false);
        Parcel {
            batch: std::mem::take(&mut self.batch),
            waiting: std::mem::take(&mut self.waiting),
            letters_due: std::mem::take(&mut self.letters_due),
            amount,
        }
    }

    fn filling(&self) -> Amount {
        Amount {
            messages: self.waiting.len(),
            samples: self.batch.samples.len() + self.suspect_samples,
            entries: self.batch.entries.len(),
            bytes: self.bytes,
        }
    }

    /// Takes a message whose fate is sealed with its batch.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.awaited |= waiting.receipt.awaited();
        self.waiting.push(waiting);
    }

    /// Counts what a message weighs that is kept as it came.
    pub(super) fn weigh(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// No more may be taken in until a batch was committed.
    pub(super) fn is_full(&self) -> bool {
        let filling = self.filling();
        filling.messages + self.set_aside.messages >= self.limits.waiting_messages
            || filling.samples + self.set_aside.samples >= self.limits.waiting_samples
            || filling.entries + self.set_aside.entries >= self.limits.waiting_entries
            || filling.bytes + self.set_aside.bytes >= self.limits.waiting_bytes
    }

    pub(super) fn suspect(&mut self, source: Source, samples: Vec<Sample>) -> Fate {
        self.suspect_samples += samples.len();
        self.batch.suspects.push(samples);
        self.batch.suspects_from.push(source);
        Fate::Suspect(self.batch.suspects.len() - 1)
    }
}

impl Waiting {
    /// The fate, now that the batch is committed.
    pub(super) fn outcome(&self, committed: &Committed) -> Outcome {
        match self.fate {
            Fate::Known(outcome) => outcome,
            Fate::Suspect(index) => match committed.suspects_new.get(index) {
                Some(0) => Outcome::Duplicate,
                _ => Outcome::Stored,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: usize) -> Waiting {
        let outcome = if number.is_multiple_of(2) { Outcome::Stored } else { Outcome::Duplicate };
        let since = Instant::now();
        Waiting { source: Source::Mqtt, receipt: Receipt::none(), fate: Fate::Known(outcome), since }
    }

    #[test]
    fn what_gathers_is_committed_in_parts_and_in_order() {
        let limits =
            Batching { batch_messages: 3, waiting_messages: 8, waiting_entries: 10, ..Batching::default() };
        let mut pending = Pending::new(limits);
        for number in 0..8 {
            assert!(!pending.is_full(), "{number}");
            pending.turn();
            pending.wait(message(number));
        }
        assert!(pending.is_full() && pending.is_ready());
        let sizes: Vec<usize> =
            std::iter::from_fn(|| (!pending.is_empty()).then(|| pending.next().waiting.len())).collect();
        assert_eq!(sizes, [3, 3, 2]);
        assert!(!pending.is_full() && !pending.is_ready() && pending.has_no_entries());
    }

    #[test]
    fn a_few_heavy_messages_are_as_many_as_thousands_of_light_ones() {
        let limits = Batching { batch_bytes: 100, waiting_bytes: 250, ..Batching::default() };
        let mut pending = Pending::new(limits);
        for number in 0..5 {
            assert!(!pending.is_full(), "{number}");
            pending.turn();
            pending.wait(message(number));
            pending.weigh(60);
        }
        assert!(pending.is_full() && pending.is_ready());
        assert_eq!(pending.next().waiting.len(), 2, "two weigh more than one batch");
        assert!(!pending.is_full(), "what is committed makes room");
    }
}
