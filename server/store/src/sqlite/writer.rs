//! The one connection that writes, and what it remembers between commits.
//!
//! A connection on which anything failed, or whose commit was dropped half-way, is never used again: SQLite
//! rolls back what it had begun, and the next commit opens a new one. So there is no state to repair.

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::SeriesId;
use pantau_schemas::world::World;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::commit;
use super::fault::FromSqlx as _;
use super::lock::Lock;
use crate::batch::{Batch, Committed};
use crate::error::{Conflict, StoreError};
use crate::numbers::{SeriesNumbers, signed};

/// Snapshots kept. More than one, so that a damaged one costs time and not the city.
const SNAPSHOTS: i64 = 3;

/// The writing side of a store.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) city: i64,
    options: SqliteConnectOptions,
    /// Taken out while something runs on it.
    conn: Option<SqliteConnection>,
    /// The numbers of all series of the city: one entry a series, as many as there are in the database.
    pub(super) series: SeriesNumbers,
    /// The fingerprint of a batch whose outcome is not known.
    uncertain: Option<i64>,
    _lock: Lock,
}

impl Writer {
    pub(super) async fn new(
        city: i64,
        options: SqliteConnectOptions,
        mut conn: SqliteConnection,
        lock: Lock,
    ) -> Result<Self, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, name FROM series WHERE city = ?1")
            .bind(city)
            .fetch_all(&mut conn)
            .await
            .store()?;
        let series =
            rows.into_iter().filter_map(|(id, name)| Some((SeriesId::new(&name).ok()?, id))).collect();
        Ok(Self { city, options, conn: Some(conn), series, uncertain: None, _lock: lock })
    }

    /// The connection, a new one where the last one was spoilt. Whoever takes it puts it back when all went
    /// well.
    pub(super) async fn take(&mut self) -> Result<SqliteConnection, StoreError> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.options.connect().await.store(),
        }
    }

    pub(super) fn put_back(&mut self, conn: SqliteConnection) {
        self.conn = Some(conn);
    }

    pub(super) async fn commit(&mut self, batch: &Batch) -> Result<Committed, StoreError> {
        let fingerprint = batch.fingerprint();
        let retry = self.uncertain == Some(fingerprint);
        let mut conn = self.take().await?;
        self.uncertain = Some(fingerprint);
        let outcome = commit::commit(&mut conn, self.city, &self.series, batch, fingerprint, retry).await;
        match outcome {
            Ok((committed, new_series)) => {
                self.series.extend(new_series);
                self.uncertain = None;
                self.put_back(conn);
                Ok(committed)
            }
            Err(error) => {
                discard(conn).await;
                Err(error)
            }
        }
    }

    pub(super) async fn snapshot(&mut self, world: &World, text: String) -> Result<(), StoreError> {
        let mut conn = self.take().await?;
        match self.write_snapshot(&mut conn, world, &text).await {
            Ok(()) => {
                self.put_back(conn);
                Ok(())
            }
            Err(error) => {
                discard(conn).await;
                Err(error)
            }
        }
    }

    async fn write_snapshot(
        &self,
        conn: &mut SqliteConnection,
        world: &World,
        text: &str,
    ) -> Result<(), StoreError> {
        let seq = signed(world.seq.0);
        let journal: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT hash FROM journal WHERE city = ?1 AND seq = ?2")
                .bind(self.city)
                .bind(seq)
                .fetch_optional(&mut *conn)
                .await
                .store()?;
        if journal.as_deref() != Some(world.hash.bytes().as_slice()) {
            return Err(Conflict::Snapshot(world.seq).into());
        }
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await.store()?;
        sqlx::query(
            "INSERT OR REPLACE INTO snapshot (city, seq, hash, digest, world) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(self.city)
        .bind(seq)
        .bind(world.hash.bytes().as_slice())
        .bind(Hash::of(text.as_bytes()).bytes().as_slice())
        .bind(text)
        .execute(&mut *conn)
        .await
        .store()?;
        sqlx::query(
            "DELETE FROM snapshot WHERE city = ?1 AND seq NOT IN \
             (SELECT seq FROM snapshot WHERE city = ?1 ORDER BY seq DESC LIMIT ?2)",
        )
        .bind(self.city)
        .bind(SNAPSHOTS)
        .execute(&mut *conn)
        .await
        .store()?;
        sqlx::query("COMMIT").execute(conn).await.map(drop).store()
    }

    /// Moves the log into the file, so that the file alone is the whole store, and closes.
    pub(super) async fn close(mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await {
            tracing::warn!(%error, "the write-ahead log stays beside the store; the next start takes it up");
        }
        discard(conn).await;
    }
}

/// Closes a connection; whatever it had begun is rolled back.
async fn discard(conn: SqliteConnection) {
    if let Err(error) = conn.close().await {
        tracing::debug!(%error, "a connection to the store did not close cleanly");
    }
}
