//! The one connection that writes, and what it remembers between commits.
//!
//! A city has one writer: it holds an advisory lock on its own connection, and every batch of it passes the
//! fence of its epoch ([`super::commit`]). A connection on which anything failed, or whose commit was dropped
//! half-way, is never used again: the next commit opens a new one, sees to it that the old one is gone (so
//! that what it had sent is decided, one way or the other) and takes the lock again.

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::SeriesId;
use pantau_schemas::world::World;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::commit::{self, Attempt, Memory, News, Pen, Way};
use super::days::Days;
use super::fault::{FromSqlx as _, within};
use super::heads::{self, Heads};
use super::open::{Settings, connect};
use super::schema::{LOCKS, Layout, layout};
use super::server::Server;
use super::timescale;
use crate::batch::{Batch, Committed};
use crate::error::{Conflict, StoreError};
use crate::numbers::signed;

/// Snapshots kept. More than one, so that a damaged one costs time and not the city.
const SNAPSHOTS: i64 = 3;
/// How long a backend of ours may take to die before the commit is given up and tried again, ms.
const DIE_WITHIN_MS: i64 = 5_000;

/// The writing side of a store.
#[derive(Debug)]
pub(super) struct Writer {
    server: Server,
    settings: Settings,
    pen: Pen,
    /// Taken out while something runs on it.
    conn: Option<PgConnection>,
    /// The server's process behind the last connection.
    backend: i32,
    memory: Memory,
    pub(super) days: Days,
    /// The fingerprint of a batch whose outcome is not known.
    uncertain: Option<i64>,
}

impl Writer {
    /// Becomes the writer of a city, if nobody else is.
    pub(super) async fn take_over(
        city: i32,
        server: &Server,
        settings: &Settings,
        mut conn: PgConnection,
    ) -> Result<Self, StoreError> {
        if !lock(&mut conn, city).await? {
            return Err(StoreError::InUse(server.to_string()));
        }
        let epoch: i64 = sqlx::query_scalar(
            "INSERT INTO tip (city, epoch, seq, hash, suspects, samples) VALUES ($1, 1, 0, $2, '[]', 0) \
             ON CONFLICT (city) DO UPDATE SET epoch = tip.epoch + 1 RETURNING epoch",
        )
        .bind(city)
        .bind(Hash::ZERO.bytes().as_slice())
        .fetch_one(&mut conn)
        .await
        .store()?;
        let pen = Pen { city, epoch };
        let layout = layout(&mut conn).await?;
        heads::take_over(&mut conn, pen, layout).await?;
        warn_of_settings(&mut conn).await?;
        if layout == Layout::Hypertable {
            timescale::lift_limits(&mut conn).await?;
        }
        let days = Days::load(&mut conn, layout).await?;
        let rows: Vec<(i32, String)> = sqlx::query_as("SELECT id, name FROM series WHERE city = $1")
            .bind(city)
            .fetch_all(&mut conn)
            .await
            .store()?;
        let series = rows
            .into_iter()
            .filter_map(|(id, name)| Some((SeriesId::new(&name).ok()?, i64::from(id))))
            .collect();
        Ok(Self {
            server: server.clone(),
            settings: settings.clone(),
            pen,
            backend: backend(&mut conn).await?,
            conn: Some(conn),
            memory: Memory { series, heads: Heads::default() },
            days,
            uncertain: None,
        })
    }

    /// The connection, a new one where the last one was spoilt. Whoever takes it puts it back when all went
    /// well.
    pub(super) async fn take(&mut self) -> Result<PgConnection, StoreError> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => within(self.settings.answer_within, self.reconnect()).await,
        }
    }

    pub(super) fn put_back(&mut self, conn: PgConnection) {
        self.conn = Some(conn);
    }

    async fn reconnect(&mut self) -> Result<PgConnection, StoreError> {
        let mut conn = connect(&self.server, &self.settings).await?;
        if !lock(&mut conn, self.pen.city).await? {
            // The process behind our last connection may not have noticed yet that we are gone.
            end(&mut conn, self.pen.city, self.backend).await?;
            if !lock(&mut conn, self.pen.city).await? {
                return Err(StoreError::InUse(self.server.to_string()));
            }
        }
        if self.days.layout == Layout::Hypertable {
            timescale::lift_limits(&mut conn).await?;
        }
        // From here on nobody else writes; whether somebody did meanwhile, every transaction asks for itself.
        self.backend = backend(&mut conn).await?;
        tracing::info!(server = %self.server, "connected to the store again");
        Ok(conn)
    }

    pub(super) async fn commit(&mut self, batch: &Batch) -> Result<Committed, StoreError> {
        let fingerprint = batch.fingerprint();
        let retry = self.uncertain == Some(fingerprint);
        let mut conn = self.take().await?;
        self.uncertain = Some(fingerprint);
        let limit = self.settings.answer_within;
        let outcome = within(limit, self.write(&mut conn, batch, (fingerprint, retry))).await;
        match outcome {
            Ok((committed, news)) => {
                self.memory.learn(news);
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

    async fn write(
        &mut self,
        conn: &mut PgConnection,
        batch: &Batch,
        attempt: (i64, bool),
    ) -> Result<(Committed, News), StoreError> {
        self.days.cover(conn, batch).await?;
        let small = self.server.is_remote() && batch.samples.len() < self.settings.copy_over_tcp_from;
        let mut way = if small { Way::Inserted } else { Way::Copied };
        loop {
            match commit::commit(conn, self.pen, (&self.memory, &self.days), batch, attempt, way).await? {
                Attempt::Committed(committed, news) => return Ok((committed, news)),
                Attempt::Collided => {
                    tracing::debug!(samples = batch.samples.len(), "samples came again; looking at each");
                    way = Way::Inserted;
                }
            }
        }
    }

    /// Keeps a World. Tried once more where the connection turns out to be gone: unlike a commit, nobody tries
    /// it again.
    pub(super) async fn snapshot(&mut self, world: &World, text: String) -> Result<(), StoreError> {
        match self.snapshot_once(world, &text).await {
            Err(StoreError::Unavailable(error)) => {
                tracing::debug!(%error, "the connection to the store was gone; making a new one");
                self.snapshot_once(world, &text).await
            }
            outcome => outcome,
        }
    }

    async fn snapshot_once(&mut self, world: &World, text: &str) -> Result<(), StoreError> {
        let mut conn = self.take().await?;
        let limit = self.settings.answer_within;
        match within(limit, write_snapshot(&mut conn, self.pen, world, text)).await {
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

    /// Writes the newest values that are not in their table yet.
    pub(super) async fn catch_up(&mut self) -> Result<(), StoreError> {
        if self.memory.heads.is_empty() {
            return Ok(());
        }
        let mut conn = self.take().await?;
        match within(self.settings.answer_within, self.memory.heads.catch_up(&mut conn, self.pen)).await {
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

    pub(super) async fn close(mut self) {
        // A start can do without, but takes longer. Where there is no connection there is no time for it either.
        if self.conn.is_some()
            && let Err(error) = self.catch_up().await
        {
            tracing::warn!(%error, "newest values were not written; the next start takes them from the samples");
        }
        if let Some(conn) = self.conn.take() {
            discard(conn).await;
        }
    }
}

async fn write_snapshot(
    conn: &mut PgConnection,
    pen: Pen,
    world: &World,
    text: &str,
) -> Result<(), StoreError> {
    let seq = signed(world.seq.0);
    conn.execute("BEGIN").await.store()?;
    // Waits for a server that is taking over, and makes it wait for us.
    let epoch: Option<i64> = sqlx::query_scalar("SELECT epoch FROM tip WHERE city = $1 FOR SHARE")
        .bind(pen.city)
        .fetch_optional(&mut *conn)
        .await
        .store()?;
    if epoch != Some(pen.epoch) {
        return Err(StoreError::Superseded);
    }
    let journal: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM journal WHERE city = $1 AND seq = $2")
            .bind(pen.city)
            .bind(seq)
            .fetch_optional(&mut *conn)
            .await
            .store()?;
    if journal.as_deref() != Some(world.hash.bytes().as_slice()) {
        return Err(Conflict::Snapshot(world.seq).into());
    }
    sqlx::query(
        "INSERT INTO snapshot (city, seq, hash, digest, world) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (city, seq) DO UPDATE SET hash = excluded.hash, digest = excluded.digest, world = excluded.world",
    )
    .bind(pen.city)
    .bind(seq)
    .bind(world.hash.bytes().as_slice())
    .bind(Hash::of(text.as_bytes()).bytes().as_slice())
    .bind(text)
    .execute(&mut *conn)
    .await
    .store()?;
    sqlx::query(
        "DELETE FROM snapshot WHERE city = $1 AND seq NOT IN \
         (SELECT seq FROM snapshot WHERE city = $1 ORDER BY seq DESC LIMIT $2)",
    )
    .bind(pen.city)
    .bind(SNAPSHOTS)
    .execute(&mut *conn)
    .await
    .store()?;
    conn.execute("COMMIT").await.map(drop).store()
}

/// Takes the lock of a city, without waiting; held until the connection ends.
async fn lock(conn: &mut PgConnection, city: i32) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1, $2)")
        .bind(LOCKS)
        .bind(city)
        .fetch_one(conn)
        .await
        .store()
}

async fn backend(conn: &mut PgConnection) -> Result<i32, StoreError> {
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(conn).await.store()
}

/// Ends a process of the server if it is the one that holds the lock of the city, and waits until it is gone.
async fn end(conn: &mut PgConnection, city: i32, backend: i32) -> Result<(), StoreError> {
    sqlx::query(
        "SELECT pg_terminate_backend(pid, $4) FROM pg_locks WHERE locktype = 'advisory' \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND classid = $1::bigint::oid AND objid = $2::bigint::oid AND objsubid = 2 AND granted AND pid = $3",
    )
    .bind(i64::from(LOCKS))
    .bind(i64::from(city))
    .bind(backend)
    .bind(DIE_WITHIN_MS)
    .execute(conn)
    .await
    .map(drop)
    .store()
}

/// Settings of the server that break the promise, and that a session cannot set right.
async fn warn_of_settings(conn: &mut PgConnection) -> Result<(), StoreError> {
    for setting in ["fsync", "full_page_writes"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&mut *conn)
            .await
            .store()?;
        if value == "off" {
            tracing::warn!(
                setting,
                "is off in this PostgreSQL: what is acknowledged can be lost in a power cut"
            );
        }
    }
    Ok(())
}

/// Closes a connection; whatever it had begun is rolled back.
pub(super) async fn discard(conn: PgConnection) {
    // Not `close`: after an error there may be nobody who listens to a goodbye.
    if let Err(error) = conn.close_hard().await {
        tracing::debug!(%error, "a connection to the store did not close cleanly");
    }
}
