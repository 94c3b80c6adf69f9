//! Rows as the databases of all homes give them, and what they become.

use std::array::TryFromSliceError;

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::event::Reporter;
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{DeviceId, EventKey};
use pantau_schemas::observation::Source;
use pantau_schemas::time::Timestamp;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as NotAWord, StrDeserializer};
use sqlx::Error;

use crate::batch::{InboxRow, SourceTotals};
use crate::letter::LetterTotals;
use crate::numbers::unsigned;
use crate::query::StoredDeadLetter;
use crate::recovered::{body_digest, key_digest};

/// Dead letters on one page: each may carry 64 KiB.
pub(crate) const MAX_LETTERS: u32 = 1_000;
/// Where a [`LetterRow`] comes from.
pub(crate) const LETTERS: &str = "SELECT id, received, source, topic, reason, pointer, detail, raw, last, count, size, \
    device, speaker, retained, tries, tried, replayed FROM dead_letter";

#[derive(sqlx::FromRow)]
pub(crate) struct LetterRow {
    id: i64,
    received: i64,
    source: String,
    topic: String,
    reason: String,
    pointer: String,
    detail: String,
    raw: Vec<u8>,
    last: i64,
    count: i64,
    size: i64,
    device: String,
    speaker: String,
    retained: bool,
    tries: i64,
    tried: Option<i64>,
    replayed: Option<i64>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    hash: Vec<u8>,
    received: i64,
    raw: String,
    name: Option<String>,
    contact: Option<String>,
}

impl From<LetterRow> for StoredDeadLetter {
    fn from(row: LetterRow) -> Self {
        // The build before knew neither the size nor the last time.
        let size = unsigned(row.size).max(u64::try_from(row.raw.len()).unwrap_or(0));
        Self {
            id: unsigned(row.id),
            letter: DeadLetter {
                received: Timestamp::from_micros(row.received),
                source: row.source,
                topic: row.topic,
                reason: reason(&row.reason),
                pointer: row.pointer,
                detail: row.detail,
                raw: row.raw,
                size,
                device: DeviceId::new(&row.device).ok(),
                speaker: row.speaker,
                retained: row.retained,
            },
            count: unsigned(row.count),
            last: Timestamp::from_micros(row.last.max(row.received)),
            tries: unsigned(row.tries),
            tried: row.tried.map(Timestamp::from_micros),
            replayed: row.replayed.map(Timestamp::from_micros),
        }
    }
}

/// The reason of that word; of a newer build's word, [`Reason::Other`].
pub(crate) fn reason(word: &str) -> Reason {
    let word: StrDeserializer<'_, NotAWord> = word.into_deserializer();
    Reason::deserialize(word).unwrap_or(Reason::Other)
}

impl EventRow {
    /// The event of that identity.
    pub(crate) fn into_event(self, key: &EventKey) -> Result<InboxRow, Error> {
        let Self { hash, received, raw, name, contact } = self;
        Ok(InboxRow {
            key: key.clone(),
            body_hash: digest(&hash)?,
            received: Timestamp::from_micros(received),
            raw,
            reporter: name.zip(contact).map(|(name, contact)| Reporter { name, contact }),
        })
    }
}

/// A digest out of a column that the schema keeps at 32 bytes.
pub(crate) fn digest(bytes: &[u8]) -> Result<Hash, Error> {
    let bytes = bytes.try_into().map_err(|error: TryFromSliceError| Error::Decode(error.into()))?;
    Ok(Hash::from_bytes(bytes))
}

/// What a start brings back of an event: 16 bytes of its identity, 8 of its body.
pub(crate) fn event_digest(row: &InboxRow) -> Vec<u8> {
    let mut digest = key_digest(&row.key).to_be_bytes().to_vec();
    digest.extend(body_digest(&row.body_hash).to_be_bytes());
    digest
}

fn source(word: &str) -> Option<Source> {
    Source::ALL.into_iter().find(|source| source.as_str() == word)
}

/// What became of the letters of one source; of a newer build's source, nothing.
pub(crate) type LetterTotalsRow = (String, i64, i64);

/// Out of a [`LetterTotalsRow`].
pub(crate) fn letter_totals((word, replayed, dropped): LetterTotalsRow) -> Option<LetterTotals> {
    Some(LetterTotals { source: source(&word)?, replayed: unsigned(replayed), dropped: unsigned(dropped) })
}

/// The sum of one source; of a newer build's source, nothing.
pub(crate) type TotalsRow = (String, i64, i64, i64, i64);

/// Out of a [`TotalsRow`].
pub(crate) fn totals((word, received, stored, duplicate, dead_lettered): TotalsRow) -> Option<SourceTotals> {
    Some(SourceTotals {
        source: source(&word)?,
        received: unsigned(received),
        stored: unsigned(stored),
        duplicate: unsigned(duplicate),
        dead_lettered: unsigned(dead_lettered),
    })
}
