//! The conservation sum: received = stored + duplicate + dead-lettered, for every way in.
//!
//! A message is counted when its fate is durable, in all its columns at once, under one lock: whoever reads
//! the counts sees a sum that holds, at every moment.

use std::sync::{Arc, Mutex, PoisonError};

use pantau_ingest::delivery::Outcome;
use pantau_schemas::observation::Source;
use pantau_store::{Committed, LetterTotals, SourceTotals};

/// Counts since the journal began, shared with the pages that show them.
#[derive(Debug, Clone)]
pub(crate) struct Counts(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    totals: Vec<SourceTotals>,
    letters: Vec<LetterTotals>,
    samples_stored: u64,
}

/// What became of the messages of one way in that were dead-lettered: they wait, were replayed, or were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letters {
    /// The way in.
    pub(crate) source: Source,
    /// They wait.
    pub(crate) waiting: u64,
    /// They were replayed and understood.
    pub(crate) replayed: u64,
    /// They are gone: there were too many, or their time was over.
    pub(crate) dropped: u64,
}

impl Counts {
    /// Continues where the store left off.
    pub(crate) fn new(recovered: &[SourceTotals], letters: &[LetterTotals]) -> Self {
        let totals = Source::ALL
            .iter()
            .map(|source| {
                let known = recovered.iter().find(|totals| totals.source == *source);
                known.cloned().unwrap_or(SourceTotals {
                    source: *source,
                    received: 0,
                    stored: 0,
                    duplicate: 0,
                    dead_lettered: 0,
                })
            })
            .collect();
        Self(Arc::new(Mutex::new(Inner { totals, letters: letters.to_vec(), samples_stored: 0 })))
    }

    /// Counts a commit's messages.
    pub(super) fn add(&self, fates: impl Iterator<Item = (Source, Outcome)>, committed: &Committed) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.samples_stored += committed.samples_new;
        if !committed.letters.is_empty() {
            inner.letters.clone_from(&committed.letters);
        }
        add(&mut inner.totals, fates);
    }

    /// The counts as they will be when these messages are durable, to be stored beside them.
    pub(super) fn totals_with(&self, fates: impl Iterator<Item = (Source, Outcome)>) -> Vec<SourceTotals> {
        let mut totals = self.totals();
        add(&mut totals, fates);
        totals
    }

    /// The counts of every way in.
    pub(crate) fn totals(&self) -> Vec<SourceTotals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).totals.clone()
    }

    /// What became of dead letters, of each way in that can have some.
    pub(crate) fn letters(&self) -> Vec<Letters> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |totals: &SourceTotals| {
            let known = inner.letters.iter().find(|letters| letters.source == totals.source);
            let (replayed, dropped) = known.map_or((0, 0), |known| (known.replayed, known.dropped));
            let waiting = totals.dead_lettered.saturating_sub(replayed + dropped);
            Letters { source: totals.source, waiting, replayed, dropped }
        };
        let brings = |totals: &&SourceTotals| matches!(totals.source, Source::Mqtt | Source::Webhook);
        inner.totals.iter().filter(brings).map(of).collect()
    }

    /// Samples stored since this process started.
    pub(crate) fn samples_stored(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).samples_stored
    }
}

fn add(totals: &mut [SourceTotals], fates: impl Iterator<Item = (Source, Outcome)>) {
    for (source, outcome) in fates {
        let Some(totals) = totals.iter_mut().find(|totals| totals.source == source) else { continue };
        let column = match outcome {
            Outcome::Stored => &mut totals.stored,
            Outcome::Duplicate => &mut totals.duplicate,
            Outcome::DeadLettered | Outcome::Conflict => &mut totals.dead_lettered,
            // A person was told at once why not. What was never taken in is part of no sum.
            Outcome::Refused(_) => continue,
        };
        *column += 1;
        totals.received += 1;
    }
}
