//! What waits to become durable, and who waits for it.

use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_schemas::observation::{Sample, Source};
use pantau_store::{Batch, Committed};

/// Messages that may wait: at 1,000 a second, a minute and a half of a store that is down.
pub(super) const MAX_MESSAGES: usize = 100_000;
/// Samples that may wait.
pub(super) const MAX_SAMPLES: usize = 1_000_000;
/// Entries that may wait.
pub(super) const MAX_ENTRIES: usize = 100_000;

/// The next batch, filling.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) batch: Batch,
    pub(super) waiting: Vec<Waiting>,
    suspect_samples: usize,
    /// Somebody waits for it: a sender for its acknowledgement, or a screen to be told that an entry is saved.
    awaited: bool,
}

/// A message whose sender waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) source: Source,
    pub(super) receipt: Receipt,
    pub(super) fate: Fate,
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
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.batch.entries.is_empty()
    }

    /// Whether a commit is waited for.
    pub(super) fn is_awaited(&self) -> bool {
        self.awaited || !self.batch.entries.is_empty()
    }

    /// Takes a message whose fate is sealed with the next commit.
    pub(super) fn wait(&mut self, waiting: Waiting) {
        self.awaited |= waiting.receipt.awaited();
        self.waiting.push(waiting);
    }

    /// No more may be taken in until a batch was committed.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_MESSAGES
            || self.batch.samples.len() + self.suspect_samples >= MAX_SAMPLES
            || self.batch.entries.len() >= MAX_ENTRIES
    }

    pub(super) fn suspect(&mut self, samples: Vec<Sample>) -> Fate {
        self.suspect_samples += samples.len();
        self.batch.suspects.push(samples);
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
