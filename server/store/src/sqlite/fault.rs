//! From SQLite's result codes to the words of [`StoreError`].

use sqlx::Error;
use sqlx::migrate::MigrateError;

use crate::error::StoreError;

/// Turns a result of sqlx into one of ours.
pub(super) trait FromSqlx<T> {
    /// The same, with the error named.
    fn store(self) -> Result<T, StoreError>;
}

impl<T> FromSqlx<T> for Result<T, Error> {
    fn store(self) -> Result<T, StoreError> {
        self.map_err(name)
    }
}

/// Names an error. The primary result code is the low byte of the extended one (sqlite.org/rescode.html).
pub(super) fn name(error: Error) -> StoreError {
    let code = match &error {
        Error::Database(database) => database.code().and_then(|code| code.parse::<i32>().ok()),
        Error::Io(_) => return StoreError::Io(error),
        Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => {
            return StoreError::Unavailable(error);
        }
        // Strict tables hold only what their columns say; anything else was not written by SQLite.
        Error::ColumnDecode { .. } | Error::Decode(_) => return StoreError::Corrupt(error),
        _ => None,
    };
    match code.map(|code| code & 0xff) {
        Some(5 | 6 | 15) => StoreError::Busy(error),
        Some(3 | 8) => StoreError::ReadOnly(error),
        Some(10) => StoreError::Io(error),
        Some(11 | 26) => StoreError::Corrupt(error),
        Some(13) => StoreError::Full(error),
        Some(14) => StoreError::Unavailable(error),
        _ => StoreError::Database(error),
    }
}

/// Names an error of a migration.
pub(super) fn name_migration(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => name(source),
        other => StoreError::Migrate(other),
    }
}
