//! The embedded home: one SQLite file, one writer, a few readers.
//!
//! WAL, so that readers never wait for the writer; `synchronous = FULL`, so that what was acknowledged
//! survives a power cut and not only a killed process: the group commit pays for the one `fsync`. A lock
//! file keeps a second writer out; readers (`audit verify` beside a running server) need no lock.

mod backup;
mod bulk;
mod commit;
mod dead_letters;
mod fault;
mod journal;
mod letters;
mod lock;
mod open;
mod prune;
mod recover;
mod samples;
mod verify;
mod writer;

use std::time::Duration;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::Entry;
use pantau_schemas::ids::{DeviceId, EventKey, Seq, SeriesId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use sqlx::SqlitePool;
use tokio::sync::Mutex;

use crate::batch::{Batch, Committed, InboxRow};
use crate::chain::Verified;
use crate::error::StoreError;
use crate::query::{Bucket, DeadLetterQuery, EntryQuery, Pruned, Retention, StoredDeadLetter};
use crate::recovered::Recovered;
use crate::store::Store;

pub use self::backup::{Replace, stamp};
use self::fault::FromSqlx as _;
pub use self::open::Settings;
use self::writer::Writer;

/// A city's store in an SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    /// The tenant's number, first in every key.
    city: i64,
    readers: SqlitePool,
    /// `None` when opened for reading, and after [`Store::close`].
    writer: Mutex<Option<Writer>>,
}

impl Store for Sqlite {
    async fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        self.writer.lock().await.as_mut().ok_or(StoreError::NotWritable)?.commit(batch).await
    }

    async fn snapshot(&self, world: &World) -> Result<(), StoreError> {
        // Written as text before the writer is taken: of a large city that takes a while.
        let text = serde_json::to_string(world).map_err(StoreError::World)?;
        let mut writer = self.writer.lock().await;
        writer.as_mut().ok_or(StoreError::NotWritable)?.snapshot(world, text).await
    }

    async fn recover(&self) -> Result<Recovered, StoreError> {
        recover::recover(&self.readers, self.city).await
    }

    async fn entries(&self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError> {
        journal::entries(&self.readers, self.city, query).await
    }

    async fn samples(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timestamp, f64)>, StoreError> {
        samples::samples(&self.readers, self.city, series, from..to, limit).await
    }

    async fn buckets(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        width: Duration,
        limit: u32,
    ) -> Result<Vec<Bucket>, StoreError> {
        samples::buckets(&self.readers, self.city, series, from..to, width, limit).await
    }

    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<Vec<StoredDeadLetter>, StoreError> {
        letters::page(&self.readers, self.city, query).await
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<StoredDeadLetter>, StoreError> {
        letters::one(&self.readers, self.city, id).await
    }

    async fn dead_letter_counts(&self) -> Result<Vec<(Reason, u64)>, StoreError> {
        letters::counts(&self.readers, self.city).await
    }

    async fn unregistered(&self) -> Result<Vec<DeviceId>, StoreError> {
        letters::unregistered(&self.readers, self.city).await
    }

    async fn event(&self, key: &EventKey) -> Result<Option<InboxRow>, StoreError> {
        letters::event(&self.readers, self.city, key).await
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned, StoreError> {
        prune::prune(self, retention).await
    }

    async fn verify(&self, progress: impl FnMut(Seq) + Send) -> Result<Verified, StoreError> {
        verify::verify(&self.readers, self.city, progress).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT seq FROM tip WHERE city = ?1")
            .bind(self.city)
            .fetch_optional(&self.readers)
            .await
            .map(drop)
            .store()
    }

    async fn close(&self) {
        let mut writer = self.writer.lock().await;
        self.readers.close().await;
        if let Some(writer) = writer.take() {
            writer.close().await;
        }
    }
}
