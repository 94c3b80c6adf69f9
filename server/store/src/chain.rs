//! The hash chain, row by row: what a stored journal must look like.

use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::time::Timestamp;
use serde::Deserialize;

use crate::batch::SealedEntry;
use crate::error::Conflict;

/// The journal is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// The hash of the last one; [`Hash::ZERO`] when there is none.
    pub head: Hash,
}

/// The first entry that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is broken at entry {seq}: {why}")]
pub struct Broken {
    /// Which.
    pub seq: Seq,
    /// What is wrong with it.
    pub why: Fault,
}

/// What can be wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not there, though later ones are.
    #[error("it is missing")]
    Missing,
    /// It is not there, though the journal was once longer.
    #[error("it is missing: the journal was cut off")]
    CutOff,
    /// The text of another entry stands in its place.
    #[error("the text of entry {0} stands in its place")]
    Moved(Seq),
    /// Its text or its hash was changed.
    #[error("its text or its hash was changed")]
    Altered,
    /// Its text is as hashed, but no entry.
    #[error("its text is not an entry")]
    Unreadable,
    /// A column says something else than the text.
    #[error("its column {0} disagrees with its text")]
    Disagrees(&'static str),
    /// The journal goes on after its recorded end, or ends with another hash than recorded.
    #[error("it does not agree with the recorded end of the journal")]
    Tip,
    /// A snapshot was taken with another entry at this place.
    #[error("a snapshot was taken with another entry here")]
    Snapshot,
}

/// A row of the journal as the database gives it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) time: i64,
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) hash: Vec<u8>,
}

/// The fields of the canonical text.
#[derive(Deserialize)]
struct Text {
    seq: Seq,
    time: Timestamp,
    actor: Actor,
    cause: Cause,
    change: Change,
}

/// The kind as written, which a build that does not know it would lose.
#[derive(Deserialize)]
struct Kind {
    change: KindOnly,
}
#[derive(Deserialize)]
struct KindOnly {
    kind: String,
}

impl Row {
    pub(crate) fn seq(&self) -> Seq {
        Seq(self.seq.try_into().unwrap_or(0))
    }

    fn hash(&self) -> Option<Hash> {
        self.hash.as_slice().try_into().ok().map(Hash::from_bytes)
    }

    /// The entry, taken at its word: for reading, not for proof.
    pub(crate) fn entry(&self) -> Result<Entry, Broken> {
        let broken = |why| Broken { seq: self.seq(), why };
        let hash = self.hash().ok_or_else(|| broken(Fault::Altered))?;
        let Text { seq, time, actor, cause, change } =
            serde_json::from_str(&self.text).or(Err(broken(Fault::Unreadable)))?;
        Ok(Entry { seq, time, actor, cause, change, hash })
    }
}

/// Cuts the entries of a batch where the stored journal ends: those whose places are taken already (whether
/// by the same entries, the database knows), and those that are to be appended.
pub(crate) fn split(end: Seq, entries: &[SealedEntry]) -> (&[SealedEntry], &[SealedEntry]) {
    entries.split_at(entries.iter().take_while(|sealed| sealed.entry.seq <= end).count())
}

/// Checks that new entries follow a journal that ends with `seq` and `hash`; gives its end with them.
pub(crate) fn append(mut seq: Seq, mut hash: Hash, new: &[SealedEntry]) -> Result<(Seq, Hash), Conflict> {
    for SealedEntry { entry, text } in new {
        if entry.seq != seq.next() {
            return Err(Conflict::Gap { at: seq, got: entry.seq });
        }
        if entry.hash != Hash::chain(&hash, text.as_bytes()) {
            return Err(Conflict::Hash(entry.seq));
        }
        (seq, hash) = (entry.seq, entry.hash);
    }
    Ok((seq, hash))
}

/// A walk along the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain {
    /// The last entry that held.
    pub(crate) seq: Seq,
    /// Its hash.
    pub(crate) hash: Hash,
}

impl Chain {
    /// Before the first entry.
    pub(crate) const START: Self = Self { seq: Seq(0), hash: Hash::ZERO };

    /// Takes the next row, if it is the next entry in every respect.
    pub(crate) fn follow(&mut self, row: &Row) -> Result<Entry, Broken> {
        let seq = self.seq.next();
        let broken = |why| Err(Broken { seq, why });
        if row.seq() != seq {
            return broken(Fault::Missing);
        }
        let entry = row.entry();
        if let Ok(entry) = &entry
            && entry.seq != seq
        {
            return broken(Fault::Moved(entry.seq));
        }
        let hash = Hash::chain(&self.hash, row.text.as_bytes());
        if row.hash() != Some(hash) {
            return broken(Fault::Altered);
        }
        let entry = entry?;
        if entry.time.micros() != row.time {
            return broken(Fault::Disagrees("time"));
        }
        if entry.change == Change::Unknown {
            // Of a newer build: what it is about cannot be told, but its kind is there to read.
            let written: Option<Kind> = serde_json::from_str(&row.text).ok();
            if written.is_none_or(|written| written.change.kind != row.kind) {
                return broken(Fault::Disagrees("kind"));
            }
        } else if entry.change.kind() != row.kind {
            return broken(Fault::Disagrees("kind"));
        } else if entry.change.subject() != row.subject {
            return broken(Fault::Disagrees("subject"));
        }
        *self = Self { seq, hash };
        Ok(entry)
    }
}
