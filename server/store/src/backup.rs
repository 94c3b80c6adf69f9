//! What a backup says of itself, and why one is not made or not taken back.

use std::path::{Path, PathBuf};

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::CityCode;
use pantau_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// The newest form of a [`Manifest`] that this build knows.
pub const FORMAT: u32 = 1;

/// What lies beside a backup, as JSON: what the copy must be to be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this manifest. A reader of an older one refuses a newer.
    pub format: u32,
    /// Whose it is.
    pub city: CityCode,
    /// When it was made.
    pub made: Timestamp,
    /// By which build.
    pub build: String,
    /// The version of the schema.
    pub schema: i64,
    /// Bytes of the copy.
    pub bytes: u64,
    /// SHA-256 of the copy.
    pub sha256: Hash,
    /// Entries of the journal, whose chain held when the copy was made.
    pub entries: u64,
    /// The hash of the last one.
    pub head: Hash,
    /// What else there is.
    pub counts: Counts,
}

/// What else there is in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Samples.
    pub samples: u64,
    /// Events and commands.
    pub events: u64,
    /// Dead letters, replayed ones included.
    pub dead_letters: u64,
}

impl Manifest {
    /// Where the manifest of a copy lies.
    #[must_use]
    pub fn beside(copy: &Path) -> PathBuf {
        with_ending(copy, ".json")
    }
}

/// A path with something behind its name.
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Why a backup was not made, or not taken back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something of that name.
    #[error("{} is there already; a backup overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// A file could not be read or written.
    #[error("failed to work on {}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest is none.
    #[error("{} is not the manifest of a backup", .path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest of a newer build.
    #[error("the backup has the form {0}, this build knows {FORMAT}: restore it with the newer build")]
    Newer(u32),
    /// Another city's.
    #[error("the backup is of the city {found:?}, the configuration is of {wanted:?}")]
    City {
        /// Whose it is.
        found: CityCode,
        /// Whose it must be.
        wanted: CityCode,
    },
    /// Not the copy that was made.
    #[error(
        "the backup is damaged: {found} bytes with the digest {digest}, there must be {bytes} with {wanted}"
    )]
    Damaged {
        /// Bytes there are.
        found: u64,
        /// Their digest.
        digest: Hash,
        /// Bytes there must be.
        bytes: u64,
        /// Their digest.
        wanted: Hash,
    },
    /// The journal ends elsewhere than the manifest says.
    #[error("the backup's journal ends at another entry than its manifest says")]
    Head,
    /// The schema is of another version than the manifest says.
    #[error("the backup's schema has version {found}, its manifest says {stated}")]
    Schema {
        /// The database's.
        found: i64,
        /// The manifest's.
        stated: i64,
    },
    /// There is a city already.
    #[error("{} holds a city already; --replace puts it aside", .0.display())]
    HasData(PathBuf),
    /// The store says why.
    #[error(transparent)]
    Store(#[from] StoreError),
}
