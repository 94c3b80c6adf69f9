//! Why the store did not do it, in words that the core can act on whatever the database underneath.

use std::path::PathBuf;

use pantau_schemas::entry::EncodeError;
use pantau_schemas::ids::{CityCode, EventKey, Seq};

use crate::chain::Broken;

/// Why the store did not do what it was asked.
///
/// [`StoreError::is_passing`] tells the troubles that go away (wait, then try the same batch again) from
/// those that need a person.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room: the disk is full, or the configured size is reached.
    #[error("the store is full")]
    Full(#[source] sqlx::Error),
    /// The file or its file system takes no writes.
    #[error("the store is read-only")]
    ReadOnly(#[source] sqlx::Error),
    /// Somebody else held the database for too long.
    #[error("the store is busy")]
    Busy(#[source] sqlx::Error),
    /// The operating system failed to read or write.
    #[error("the disk failed")]
    Io(#[source] sqlx::Error),
    /// The database cannot be opened or reached.
    #[error("the store cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The file is damaged, or no database at all.
    #[error("the store is damaged")]
    Corrupt(#[source] sqlx::Error),
    /// The batch contradicts what is stored.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The journal is not what was written.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A newer Pantau has written this database.
    #[error(
        "the store has schema version {found}, this build knows {known}: run the newer build, or restore a backup"
    )]
    Newer {
        /// The version of the database.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// A database of some other program.
    #[error("{} is a database, but not one of Pantau", .0.display())]
    Foreign(PathBuf),
    /// Another process writes to it.
    #[error("{0} is in use by another Pantau")]
    InUse(String),
    /// Another process has taken over: what this one thinks it knows is out of date for good.
    #[error("another Pantau has taken over this city; stop one of the two")]
    Superseded,
    /// A database server of the wrong time.
    #[error("this is PostgreSQL {found}; it must be {oldest} or newer")]
    TooOld {
        /// Its major version.
        found: u32,
        /// The oldest major version that will do.
        oldest: u32,
    },
    /// The schema is missing or old, and may not be made by this role.
    #[error("the store's schema is not up to date: run `pantau migrate` with a role that owns the database")]
    NotMigrated,
    /// Nothing was ever written for this city.
    #[error("the store has nothing of the city {0:?}")]
    NoCity(CityCode),
    /// A folder or a lock file could not be made.
    #[error("failed to prepare {}", .path.display())]
    Prepare {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Opened for reading, or closed already.
    #[error("the store is not open for writing")]
    NotWritable,
    /// The schema could not be brought up to date.
    #[error("failed to bring the store's schema up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// An entry could not be written as JSON.
    #[error(transparent)]
    Entry(#[from] EncodeError),
    /// A World could not be written as JSON.
    #[error("failed to write the World as JSON")]
    World(#[source] serde_json::Error),
    /// Anything else the database said.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
}

/// What a batch or a snapshot contradicts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another entry stands at this place of the journal.
    #[error("another entry is stored at {0}")]
    Entry(Seq),
    /// There would be a hole in the journal.
    #[error("entry {got} does not follow {at}, the last one stored")]
    Gap {
        /// The last entry of the journal.
        at: Seq,
        /// The entry that came.
        got: Seq,
    },
    /// The entry's hash is not that of its text after the entry before.
    #[error("the hash of entry {0} does not follow from the one before")]
    Hash(Seq),
    /// The same event identity with another body.
    #[error("the event {0:?} is stored with another body")]
    Event(EventKey),
    /// A snapshot of a World that the journal does not lead to (yet).
    #[error("the World at {0} does not belong to the stored journal")]
    Snapshot(Seq),
}

impl StoreError {
    /// The trouble may go away without a person: the same batch is worth trying again.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Full(_) | Self::ReadOnly(_) | Self::Busy(_) | Self::Io(_) | Self::Unavailable(_))
    }

    /// The trouble in one word, for metrics and `/readyz`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Full(_) => "full",
            Self::ReadOnly(_) => "read_only",
            Self::Busy(_) => "busy",
            Self::Io(_) => "io",
            Self::Unavailable(_) => "unavailable",
            Self::Corrupt(_) => "corrupt",
            Self::Conflict(_) => "conflict",
            Self::Broken(_) => "broken",
            Self::Newer { .. } => "newer",
            Self::Foreign(_) => "foreign",
            Self::InUse(_) => "in_use",
            Self::Superseded => "superseded",
            Self::TooOld { .. } => "too_old",
            Self::NotMigrated => "not_migrated",
            Self::NoCity(_) => "no_city",
            Self::Prepare { .. } => "prepare",
            Self::NotWritable => "not_writable",
            Self::Migrate(_) => "migrate",
            Self::Entry(_) | Self::World(_) => "encode",
            Self::Database(_) => "database",
        }
    }
}
