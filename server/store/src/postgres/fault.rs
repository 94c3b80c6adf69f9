//! From PostgreSQL's SQLSTATE codes to the words of [`StoreError`].

use std::io;
use std::time::Duration;

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

/// Names an error by its code (postgresql.org/docs/current/errcodes-appendix.html).
pub(super) fn name(error: Error) -> StoreError {
    let code = match &error {
        Error::Database(database) => database.code().map(|code| code.to_string()),
        // A connection that broke, or on which something was left half-way.
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => return StoreError::Unavailable(error),
        Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => {
            return StoreError::Unavailable(error);
        }
        Error::ColumnDecode { .. } | Error::Decode(_) => return StoreError::Corrupt(error),
        _ => None,
    };
    match code.as_deref() {
        Some("53100") => StoreError::Full(error),
        Some("25006") => StoreError::ReadOnly(error),
        // Out of memory or connections; deadlock, serialisation, a lock or a statement that took too long.
        Some("53000" | "53200" | "53300" | "53400" | "40001" | "40P01" | "55P03" | "57014") => {
            StoreError::Busy(error)
        }
        Some("58030") => StoreError::Io(error),
        Some("XX001" | "XX002") => StoreError::Corrupt(error),
        // Shut down, crashed, starting up; the class of broken connections.
        Some("57P01" | "57P02" | "57P03" | "57P05") => StoreError::Unavailable(error),
        Some(code) if code.starts_with("08") => StoreError::Unavailable(error),
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

/// Two rows with one key.
pub(super) fn is_duplicate(error: &Error) -> bool {
    matches!(error, Error::Database(database) if database.is_unique_violation())
}

/// Waits at most so long for an answer: a network that swallows packets does not hang up.
pub(super) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_elapsed| {
        Err(StoreError::Unavailable(Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            "the database did not answer in time",
        ))))
    })
}
