//! What one group commit carries.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use foldhash::quality::FixedState;
use pantau_schemas::dead_letter::DeadLetter;
use pantau_schemas::entry::Entry;
use pantau_schemas::event::Reporter;
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{DeviceId, EventKey};
use pantau_schemas::observation::{Sample, Source};
use pantau_schemas::time::Timestamp;

use crate::letter::{LetterQuota, LetterTotals, Replayed};

/// Everything of one group commit: durable together, or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The next entries of the journal, in order, without holes.
    pub entries: Vec<SealedEntry>,
    /// Samples that are surely new (later than the newest of their series): the fast way.
    pub samples: Vec<Sample>,
    /// Messages whose samples may exist already, one element a message: inserted one message at a time, so
    /// that [`Committed::suspects_new`] can tell what was new in each.
    pub suspects: Vec<Vec<Sample>>,
    /// The way in of each of them, to be added to the sum when it is known whether it was new; or empty.
    pub suspects_from: Vec<Source>,
    /// Events as they came, none of them stored already (a retry apart): whoever decides on entries must
    /// know that before, from memory or by [`Store::event`](crate::Store::event).
    pub inbox: Vec<InboxRow>,
    /// What could not be understood. Those that say the same are folded into one with a count.
    pub dead_letters: Vec<DeadLetter>,
    /// Dead letters that were read again. A letter that is replayed already, or gone, is left alone.
    pub replayed: Vec<Replayed>,
    /// How many dead letters may wait; where there are more, the oldest go.
    pub letter_quota: LetterQuota,
    /// The newest sign of life per device, by our clock.
    pub heard: Vec<(DeviceId, Timestamp)>,
    /// The conservation sum without the suspects, taken over as given.
    pub totals: Vec<SourceTotals>,
}

/// An entry with the text that its hash covers.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedEntry {
    /// The entry.
    pub entry: Entry,
    /// Its canonical text, as [`Entry::seal`] returned it.
    pub text: String,
}

/// An event as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Its identity.
    pub key: EventKey,
    /// Digest of its body, to tell a duplicate from a conflict.
    pub body_hash: Hash,
    /// When it reached us.
    pub received: Timestamp,
    /// The whole event, without the reporter.
    pub raw: String,
    /// Who reported it; kept in a table of its own, so that it can be erased.
    pub reporter: Option<Reporter>,
}

/// The conservation sum of one source since the journal began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceTotals {
    /// The way in.
    pub source: Source,
    /// Messages that came in.
    pub received: u64,
    /// Messages that were kept.
    pub stored: u64,
    /// Messages that were known already.
    pub duplicate: u64,
    /// Messages that were not understood.
    pub dead_lettered: u64,
}

/// What a commit found out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// For each of [`Batch::suspects`], how many of its samples were new; 0 means the message is a duplicate.
    pub suspects_new: Vec<usize>,
    /// How many samples were new in all, suspects included.
    pub samples_new: u64,
    /// The totals of every way in that has some, as they are now; empty when the batch is about no dead letter.
    pub letters: Vec<LetterTotals>,
}

impl Batch {
    /// Nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.samples.is_empty()
            && self.suspects.is_empty()
            && self.inbox.is_empty()
            && self.dead_letters.is_empty()
            && self.replayed.is_empty()
            && self.heard.is_empty()
            && self.totals.is_empty()
    }

    /// The conservation sum when the batch is durable: suspects count as what they turned out to be, in the
    /// transaction of their data. Else a crash would forget that they came.
    pub(crate) fn sum(&self, suspects_new: &[usize]) -> Vec<SourceTotals> {
        let mut sum = self.totals.clone();
        for (source, new) in self.suspects_from.iter().zip(suspects_new) {
            let Some(totals) = sum.iter_mut().find(|totals| totals.source == *source) else { continue };
            totals.received += 1;
            *(if *new == 0 { &mut totals.duplicate } else { &mut totals.stored }) += 1;
        }
        sum
    }

    /// Whether it is about dead letters.
    pub(crate) fn has_letters(&self) -> bool {
        !self.dead_letters.is_empty() || !self.replayed.is_empty()
    }

    /// A number that tells this batch from the one before, to recognise a retry. Only compared within one
    /// process and only after a commit whose outcome was unknown.
    pub(crate) fn fingerprint(&self) -> i64 {
        let mut hasher = FixedState::default().build_hasher();
        for sealed in &self.entries {
            sealed.entry.hash.hash(&mut hasher);
        }
        hasher.write_usize(self.samples.len());
        let suspects = self.suspects.iter().flatten();
        for sample in self.samples.iter().chain(suspects) {
            sample.series.hash(&mut hasher);
            sample.time.hash(&mut hasher);
            sample.value.to_bits().hash(&mut hasher);
        }
        for message in &self.suspects {
            hasher.write_usize(message.len());
        }
        for row in &self.inbox {
            row.key.hash(&mut hasher);
            row.body_hash.hash(&mut hasher);
        }
        for letter in &self.dead_letters {
            letter.received.hash(&mut hasher);
            letter.topic.hash(&mut hasher);
            letter.raw.hash(&mut hasher);
        }
        for replayed in &self.replayed {
            (replayed.id, replayed.at, replayed.still.is_some()).hash(&mut hasher);
        }
        self.heard.hash(&mut hasher);
        for total in &self.totals {
            (total.source, total.received, total.stored, total.duplicate, total.dead_lettered)
                .hash(&mut hasher);
        }
        hasher.finish().cast_signed()
    }
}
