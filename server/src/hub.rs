//! What the screens are shown: the newest World, the entries that led to it, and the newest values.
//!
//! The core publishes ([`Hub::publish`], [`Hub::settled`]); readers hold a [`Cursor`] each and ask what is new for
//! them. Nothing is queued for anybody: entries lie in one bounded log that all share, encoded once; values
//! are kept newest only. A reader that was away too long gets a fresh snapshot, never a hole.
//!
//! Values are told in windows: at once while it is quiet, and every [`WINDOW`] under load, so that a thousand messages a
//! second are twenty writes per reader, not a thousand.

mod heads;
mod log;
mod reader;

pub(crate) use heads::HeadUpdate;
pub(crate) use reader::{Cursor, News};

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pantau_schemas::ids::{CityCode, Epoch, Seq, SeriesId};
use pantau_schemas::time::{Clock, Timestamp};
use pantau_schemas::wire::{Head, StoreState};
use pantau_schemas::world::World;
use pantau_store::SealedEntry;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

use heads::Heads;
use log::Log;

/// Time between two tellings of values under load: twenty a second.
pub(crate) const WINDOW: Duration = Duration::from_millis(50);
/// Tellings that may follow each other at once after a quiet time: a few values that come together (an access point's,
/// then its neighbour's) are not load.
const AT_ONCE: u32 = 4;

/// What is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    /// The last durable entry.
    pub(crate) seq: Seq,
    /// Whether history is being saved.
    pub(crate) state: StoreState,
    /// Since when it is not.
    pub(crate) since: Option<Timestamp>,
    /// Why it is not, for the operations page only.
    pub(crate) error: Option<String>,
}

/// The handle that the core, the readers and the pages share.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Shared>);

struct Shared {
    epoch: Epoch,
    city: CityCode,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    /// Counts what was published; readers wait for it to move.
    version: watch::Sender<u64>,
    /// Values wait to be told.
    values_wait: Notify,
}

#[derive(Debug)]
struct Inner {
    world: Arc<World>,
    log: Log,
    heads: Heads,
    settled: Settled,
    snapshot: Option<Snapshot>,
}

/// An encoded snapshot, shared by everybody who needs one about this moment.
#[derive(Debug, Clone)]
struct Snapshot {
    seq: Seq,
    text: Utf8Bytes,
}

impl Hub {
    /// An empty hub of a new epoch.
    pub(crate) fn new(epoch: Epoch, city: CityCode, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            world: Arc::default(),
            log: Log::default(),
            heads: Heads::default(),
            settled: Settled { seq: Seq(0), state: StoreState::Ok, since: None, error: None },
            snapshot: None,
        };
        Self(Arc::new(Shared {
            epoch,
            city,
            clock,
            inner: Mutex::new(inner),
            version: watch::Sender::new(0),
            values_wait: Notify::new(),
        }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This life of the hub.
    pub(crate) fn epoch(&self) -> &Epoch {
        &self.0.epoch
    }

    /// The city.
    pub(crate) fn city(&self) -> CityCode {
        self.0.city.clone()
    }

    /// The server's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The World of this moment.
    pub(crate) fn world(&self) -> Arc<World> {
        Arc::clone(&self.inner().world)
    }

    /// What is durable at this moment.
    pub(crate) fn store_state(&self) -> Settled {
        self.inner().settled.clone()
    }

    /// The newest values of one device's series, or of all.
    pub(crate) fn heads(&self, device: Option<&str>) -> Vec<Head> {
        self.inner().heads.all(device)
    }

    /// Begins with what was recovered. Heads keep their order: the n-th is slot n.
    pub(crate) fn begin(&self, world: &World, heads: &[Head]) {
        let mut inner = self.inner();
        inner.log = Log::starting_at(world.seq);
        inner.settled.seq = world.seq;
        inner.world = Arc::new(world.clone());
        inner.heads = Heads::recovered(heads);
        inner.snapshot = None;
    }

    /// Shows entries at once, and values in the next window. Empties `heads`.
    pub(crate) fn publish(&self, entries: &[Arc<SealedEntry>], heads: &mut Vec<HeadUpdate>) {
        {
            let mut inner = self.inner();
            if !entries.is_empty() {
                let world = Arc::make_mut(&mut inner.world);
                for sealed in entries {
                    if let Err(gap) = world.apply(&sealed.entry) {
                        tracing::error!(%gap, "the hub's World lost step with the core's");
                    }
                }
                inner.log.push(entries);
            }
            for update in heads.drain(..) {
                inner.heads.put(update);
            }
            if inner.heads.waits() {
                self.0.values_wait.notify_one();
            }
        }
        if !entries.is_empty() {
            self.0.version.send_modify(|version| *version += 1);
        }
    }

    /// Says what is durable.
    pub(crate) fn settled(&self, settled: &Settled) {
        let mut inner = self.inner();
        if inner.settled != *settled {
            inner.settled = settled.clone();
            drop(inner);
            self.0.version.send_modify(|version| *version += 1);
        }
    }

    /// Closes a window of values whenever some wait: one in [`WINDOW`], after a quiet time up to [`AT_ONCE`] more. Runs
    /// until cancelled.
    pub(crate) async fn pace(self, cancel: CancellationToken) {
        // When the next window would be due if all had kept their distance; ahead of the clock by what was taken early.
        let mut due = Instant::now();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = self.0.values_wait.notified() => {}
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep_until(due.checked_sub(WINDOW * AT_ONCE).unwrap_or(due)) => {}
            }
            if self.inner().heads.close_window() {
                due = due.max(Instant::now()) + WINDOW;
                self.0.version.send_modify(|version| *version += 1);
            }
        }
    }

    /// A new reader of the given view: all series, or the named ones.
    pub(crate) fn reader(&self, epoch: Option<&Epoch>, seq: Option<Seq>) -> Cursor {
        let inner = self.inner();
        let resume = seq.filter(|seq| epoch == Some(&self.0.epoch) && inner.log.reaches(*seq));
        Cursor::new(resume, self.0.version.subscribe())
    }

    /// Waits until something was published that the reader has not looked at.
    pub(crate) async fn changed(&self, cursor: &mut Cursor) {
        // The sender lives as long as the hub, and the hub as long as this call.
        drop(cursor.version.changed().await);
    }

    /// Sets the series a reader wants values of; `None` for all.
    pub(crate) fn watch(&self, cursor: &mut Cursor, series: Option<HashSet<SeriesId>>) {
        cursor.watch = series;
        cursor.window = 0;
    }

    /// What is new for this reader, in the order to be sent.
    pub(crate) async fn news(&self, cursor: &mut Cursor) -> News {
        cursor.version.mark_unchanged();
        let mut news = News::default();
        let need_snapshot = {
            let inner = self.inner();
            cursor.seq.is_none_or(|seq| !inner.log.reaches(seq))
        };
        if need_snapshot {
            let snapshot = self.snapshot().await;
            cursor.seq = Some(snapshot.seq);
            news.texts.push(snapshot.text);
        }
        let mut inner = self.inner();
        if let Some(seq) = cursor.seq {
            cursor.seq = Some(inner.log.after(seq, &mut news.texts));
        }
        inner.heads.news(cursor.watch.as_ref(), &mut cursor.window, &mut news.texts);
        if cursor.settled.as_ref() != Some(&inner.settled) {
            cursor.settled = Some(inner.settled.clone());
            news.settled = Some(inner.settled.clone());
        }
        news
    }

    /// A snapshot that the log continues: the shared one, or a new one.
    async fn snapshot(&self) -> Snapshot {
        let world = {
            let inner = self.inner();
            if let Some(snapshot) = &inner.snapshot
                && inner.log.follows_closely(snapshot.seq)
            {
                return snapshot.clone();
            }
            Arc::clone(&inner.world)
        };
        let seq = world.seq;
        // Twenty thousand devices are megabytes of JSON: not on a thread that others wait for.
        let text =
            tokio::task::spawn_blocking(move || reader::snapshot_text(&world)).await.unwrap_or_default();
        let snapshot = Snapshot { seq, text };
        self.inner().snapshot = Some(snapshot.clone());
        snapshot
    }

    /// Bytes that the log holds, and its bound.
    pub(crate) fn log_fill(&self) -> (usize, usize) {
        (self.inner().log.bytes(), log::MAX_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    /// Publishes a value every `pause` of virtual time; gives how many tellings a reader sees in `span`.
    async fn tellings(hub: &Hub, pause: Duration, span: Duration) -> usize {
        let mut reader = hub.reader(None, None);
        drop(hub.news(&mut reader).await);
        let end = Instant::now() + span;
        let mut next = Instant::now();
        let mut count = 0;
        loop {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(end) => return count,
                () = hub.changed(&mut reader) => {
                    count += hub.news(&mut reader).await.texts.len();
                }
                () = tokio::time::sleep_until(next) => {
                    let update = HeadUpdate { slot: 0, time: hub.now(), value: 1.0, series: None };
                    hub.publish(&[], &mut vec![update]);
                    next += pause;
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_values_are_told_at_once_and_many_twenty_times_a_second() {
        let hub = Hub::new(Epoch::new("e1").unwrap(), CityCode::new("metro").unwrap(), Arc::new(SystemClock));
        let series = SeriesId::new("ap-01/clients").unwrap();
        hub.begin(&World::default(), &[Head { series, time: Timestamp::EPOCH, value: 0.0 }]);
        let (tracker, cancel) = (tokio_util::task::TaskTracker::new(), CancellationToken::new());
        tracker.spawn(hub.clone().pace(cancel.clone()));

        // Four values within 12 ms: none waits for a window.
        let quiet = tellings(&hub, Duration::from_millis(3), Duration::from_millis(13)).await;
        assert!((4..=5).contains(&quiet), "{quiet} of 5 values were told at once");
        // A thousand a second for ten seconds.
        let busy = tellings(&hub, Duration::from_millis(1), Duration::from_secs(10)).await;
        assert!((195..=205).contains(&busy), "{busy} tellings in ten seconds");
        // Ten a second: each for itself.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let calm = tellings(&hub, Duration::from_millis(100), Duration::from_secs(10)).await;
        assert!((98..=101).contains(&calm), "{calm} of 100 values were told");
        cancel.cancel();
        tracker.close();
        tracker.wait().await;
    }
}
