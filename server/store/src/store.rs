//! The one narrow door to what lasts.

use std::future::Future;
use std::time::Duration;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::Entry;
use pantau_schemas::ids::{DeviceId, EventKey, Seq, SeriesId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

use crate::batch::{Batch, Committed, InboxRow};
use crate::chain::Verified;
use crate::error::StoreError;
use crate::query::{Bucket, DeadLetterQuery, EntryQuery, Pruned, Retention, StoredDeadLetter};
use crate::recovered::Recovered;

/// A home of one city's data. Every home gives the same answers; only speed and size differ.
///
/// One task commits; any number of tasks ask at the same time. Every future may be dropped: a commit that
/// was dropped may have happened or not, which the retry of the same batch finds out.
pub trait Store: Send + Sync + 'static {
    /// Writes a batch: all of it, durable on `Ok`, or nothing.
    ///
    /// When the outcome is unknown (the future was dropped, the connection broke), commit **the same** batch
    /// again before any other: the end state and the answer are those of one commit. Entries, events and
    /// samples that are stored already are left alone at any time.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it contradicts what is stored; see [`StoreError::is_passing`] for the
    /// rest.
    fn commit(&self, batch: &Batch) -> impl Future<Output = Result<Committed, StoreError>> + Send;

    /// Keeps a World, so that the next start need not replay from the first entry. The newest three stay.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its last entry is not durable yet, or another one.
    fn snapshot(&self, world: &World) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What the core needs to go on.
    ///
    /// # Errors
    /// [`StoreError::Broken`] names the first entry that is not as it was written.
    fn recover(&self) -> impl Future<Output = Result<Recovered, StoreError>> + Send;

    /// Entries, in the order of the journal.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn entries(&self, query: &EntryQuery) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// Samples of a series from `from` on and before `to`, oldest first, at most `limit` (never more than
    /// [`MAX_ROWS`](crate::MAX_ROWS)); none for an unknown series.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn samples(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(Timestamp, f64)>, StoreError>> + Send;

    /// As [`Store::samples`], summed up in buckets of `width` (whole microseconds, at least one) whose edges
    /// are multiples of it since 1970. Only samples between `from` and `to` count, also in the first and the
    /// last bucket; a span without samples has no bucket; `limit` counts buckets.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn buckets(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        width: Duration,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Bucket>, StoreError>> + Send;

    /// Dead letters.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn dead_letters(
        &self,
        query: &DeadLetterQuery,
    ) -> impl Future<Output = Result<Vec<StoredDeadLetter>, StoreError>> + Send;

    /// One dead letter.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn dead_letter(
        &self,
        id: u64,
    ) -> impl Future<Output = Result<Option<StoredDeadLetter>, StoreError>> + Send;

    /// How many messages wait as dead letters of each reason.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn dead_letter_counts(&self) -> impl Future<Output = Result<Vec<(Reason, u64)>, StoreError>> + Send;

    /// Devices whose messages wait because they were not registered, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn unregistered(&self) -> impl Future<Output = Result<Vec<DeviceId>, StoreError>> + Send;

    /// An event as it came.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    fn event(&self, key: &EventKey) -> impl Future<Output = Result<Option<InboxRow>, StoreError>> + Send;

    /// Removes what is past its time, in small steps between which commits go on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what went until then is gone.
    fn prune(&self, retention: &Retention) -> impl Future<Output = Result<Pruned, StoreError>> + Send;

    /// Walks the whole journal and checks that it is as it was written; `progress` hears of the last entry
    /// that held, now and then. Commits may go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Broken`] names the first broken entry.
    fn verify(
        &self,
        progress: impl FnMut(Seq) + Send,
    ) -> impl Future<Output = Result<Verified, StoreError>> + Send;

    /// The database answers.
    ///
    /// # Errors
    /// [`StoreError`] says why not.
    fn ping(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Finishes what runs and closes. Later calls fail.
    fn close(&self) -> impl Future<Output = ()> + Send;
}
