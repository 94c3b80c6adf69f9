//! The home of a large city: PostgreSQL 15 or newer, one writer, a few readers, and TimescaleDB where it is.
//!
//! A batch is one transaction, durable when it is committed whatever the server's default says. Samples that are
//! surely new are copied in; only a batch that collides takes the slow way. One writer a city, by an advisory
//! lock and a fence in every transaction; other cities may live in the same database, and every key starts with
//! the city. When the server goes away the next commit finds the new one, takes the lock again and asks what
//! became of the batch before.

mod column;
mod commit;
mod copy;
mod days;
mod dead_letters;
mod events;
mod fault;
mod heads;
mod insert;
mod journal;
mod letters;
mod measured;
mod open;
mod prune;
mod recover;
mod samples;
mod schema;
mod server;
mod timescale;
mod verify;
mod writer;

use std::time::Duration;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::Entry;
use pantau_schemas::ids::{DeviceId, EventKey, Seq, SeriesId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use sqlx::PgPool;
use tokio::sync::Mutex;

use crate::batch::{Batch, Committed, InboxRow};
use crate::chain::Verified;
use crate::error::StoreError;
use crate::query::{Bucket, DeadLetterQuery, EntryQuery, Pruned, Retention, StoredDeadLetter};
use crate::recovered::Recovered;
use crate::store::Store;

use self::fault::{FromSqlx as _, within};
pub use self::open::Settings;
use self::schema::Layout;
pub use self::server::Server;
use self::writer::Writer;

/// A city's store in a PostgreSQL database.
#[derive(Debug)]
pub struct Postgres {
    /// The tenant's number, first in every key.
    city: i32,
    settings: Settings,
    layout: Layout,
    readers: PgPool,
    /// `None` when opened for reading, and after [`Store::close`].
    writer: Mutex<Option<Writer>>,
}

impl Postgres {
    /// An answer, or the error that there was none in time.
    async fn ask<T>(&self, answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        within(self.settings.answer_within, answer).await
    }
}

impl Store for Postgres {
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
        if let Some(writer) = self.writer.lock().await.as_mut() {
            writer.catch_up().await?;
        }
        recover::recover(&self.readers, self.city).await
    }

    async fn entries(&self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError> {
        self.ask(journal::entries(&self.readers, self.city, query)).await
    }

    async fn samples(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timestamp, f64)>, StoreError> {
        self.ask(samples::samples(&self.readers, (self.layout, self.city), series, from..to, limit)).await
    }

    async fn buckets(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        width: Duration,
        limit: u32,
    ) -> Result<Vec<Bucket>, StoreError> {
        self.ask(samples::buckets(&self.readers, (self.layout, self.city), series, from..to, width, limit))
            .await
    }

    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<Vec<StoredDeadLetter>, StoreError> {
        self.ask(letters::page(&self.readers, self.city, query)).await
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<StoredDeadLetter>, StoreError> {
        self.ask(letters::one(&self.readers, self.city, id)).await
    }

    async fn dead_letter_counts(&self) -> Result<Vec<(Reason, u64)>, StoreError> {
        self.ask(letters::counts(&self.readers, self.city)).await
    }

    async fn unregistered(&self) -> Result<Vec<DeviceId>, StoreError> {
        self.ask(letters::unregistered(&self.readers, self.city)).await
    }

    async fn event(&self, key: &EventKey) -> Result<Option<InboxRow>, StoreError> {
        self.ask(letters::event(&self.readers, self.city, key)).await
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned, StoreError> {
        prune::prune(self, retention).await
    }

    async fn verify(&self, progress: impl FnMut(Seq) + Send) -> Result<Verified, StoreError> {
        verify::verify(&self.readers, self.city, progress).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask(async {
            sqlx::query("SELECT seq FROM tip WHERE city = $1")
                .bind(self.city)
                .fetch_optional(&self.readers)
                .await
                .map(drop)
                .store()
        })
        .await
    }

    async fn close(&self) {
        let mut writer = self.writer.lock().await;
        self.readers.close().await;
        if let Some(writer) = writer.take() {
            writer.close().await;
        }
    }
}
