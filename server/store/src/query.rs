//! Questions to the store, and the shapes of the answers. Every question has a limit.

use std::time::Duration;

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::ids::{DeviceId, Seq};
use pantau_schemas::observation::Source;
use pantau_schemas::time::Timestamp;

/// Most rows that one question may bring back, whatever limit it names.
pub const MAX_ROWS: u32 = 100_000;

/// Which entries, in the order of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryQuery {
    /// Only later ones than this.
    pub after: Option<Seq>,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// Only of this kind, as on the wire.
    pub kind: Option<String>,
    /// Only about this subject.
    pub subject: Option<String>,
    /// At most so many, never more than [`MAX_ROWS`].
    pub limit: u32,
}

impl EntryQuery {
    /// The first `limit` entries; narrow it with `..`.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { after: None, from: None, to: None, kind: None, subject: None, limit }
    }
}

/// The samples of one span of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Where it begins: a multiple of its width since 1970.
    pub start: Timestamp,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// How many; never 0, for an empty span has no bucket.
    pub count: u64,
    /// The value with the latest time.
    pub last: f64,
}

/// A bucket's width in microseconds; at least one.
pub(crate) fn width_us(width: Duration) -> i64 {
    i64::try_from(width.as_micros()).unwrap_or(i64::MAX).max(1)
}

/// Which dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterQuery {
    /// Which come first.
    pub order: LetterOrder,
    /// Only those that come after this id: where the page before ended.
    pub beyond: Option<u64>,
    /// Only of this reason.
    pub reason: Option<Reason>,
    /// Only those that came this way.
    pub source: Option<Source>,
    /// Only those on topics of these devices.
    pub devices: Option<Vec<DeviceId>>,
    /// Those that wait, or those that were replayed.
    pub state: LetterState,
    /// At most so many, never more than 1,000: each may carry 64 KiB.
    pub limit: u32,
}

/// Which dead letters come first. Their numbers grow in the order of (first) receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterOrder {
    /// For people.
    NewestFirst,
    /// For replays.
    OldestFirst,
}

/// Whether a letter is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterState {
    /// It is.
    Waiting,
    /// It was replayed, and understood.
    Replayed,
}

impl DeadLetterQuery {
    /// The newest that wait; narrow it with `..`.
    #[must_use]
    pub const fn newest(limit: u32) -> Self {
        let (order, state) = (LetterOrder::NewestFirst, LetterState::Waiting);
        Self { order, beyond: None, reason: None, source: None, devices: None, state, limit }
    }

    /// The oldest that wait; narrow it with `..`.
    #[must_use]
    pub fn oldest(limit: u32) -> Self {
        Self { order: LetterOrder::OldestFirst, ..Self::newest(limit) }
    }
}

/// A dead letter with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeadLetter {
    /// Its number; never given twice.
    pub id: u64,
    /// The letter with its raw bytes; without them once it was replayed.
    pub letter: DeadLetter,
    /// How many messages it stands for: itself, and those folded into it.
    pub count: u64,
    /// When the newest of them came.
    pub last: Timestamp,
    /// How often it was replayed.
    pub tries: u64,
    /// When that was tried last.
    pub tried: Option<Timestamp>,
    /// When it stopped being a dead letter.
    pub replayed: Option<Timestamp>,
}

/// What may go. The journal never goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Samples older than this. They go by the hour or the day, so some may stay up to a day longer; newer
    /// ones never go.
    pub samples_before: Option<Timestamp>,
    /// Dead letters whose newest message is older than this.
    pub dead_letters_before: Option<Timestamp>,
    /// Reporters of events older than this (UU 27/2022: no longer than needed). The events stay.
    pub reporters_before: Option<Timestamp>,
}

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Samples.
    pub samples: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// Reporters.
    pub reporters: u64,
}
