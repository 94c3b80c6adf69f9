//! What lasts: the [`Store`] trait and its homes.
//!
//! The core hands over one [`Batch`] at a time and may acknowledge its sources when [`Store::commit`] says
//! `Ok`: then all of it is on disk, or none of it ever was. After a start [`Store::recover`] gives back the
//! World and what else the core remembers.
//!
//! **Invariant:** nothing here decides anything. The store takes down what it is given, refuses what does
//! not follow the journal, and answers questions. No SQL is written anywhere else.
//!
//! Two homes: [`Sqlite`], embedded, and [`Postgres`], also with TimescaleDB. The suite in `tests/conformance` is
//! written against the trait and holds both to the same answers.

#![warn(missing_docs)]

mod backup;
mod batch;
mod chain;
mod error;
mod letter;
mod location;
mod numbers;
mod postgres;
mod proof;
mod query;
mod recovered;
mod rows;
mod sqlite;
mod store;

pub use backup::{BackupError, Counts, FORMAT, Manifest};
pub use batch::{Batch, Committed, InboxRow, SealedEntry, SourceTotals};
pub use chain::{Broken, Fault, Verified};
pub use error::{Conflict, StoreError};
pub use letter::{LetterQuota, LetterTotals, Replayed, Still};
pub use location::{Location, LocationError};
pub use postgres::{Postgres, Server, Settings as PostgresSettings};
pub use query::{
    Bucket, DeadLetterQuery, EntryQuery, LetterOrder, LetterState, MAX_ROWS, Pruned, Retention,
    StoredDeadLetter,
};
pub use recovered::{INBOX_REMEMBERED, Recovered, body_digest, key_digest};
pub use sqlite::{Replace, Settings, Sqlite, stamp};
pub use store::Store;
