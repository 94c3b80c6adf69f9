//! One stream as its supervisor and its viewers share it: ring, parameters, state, and who looks.
//!
//! Publishing is one short lock, one push, and a ring of every viewer's bell after the lock is let go, so
//! that a woken viewer does not run into the lock that woke it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::StreamReport;
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::{Clock, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::frame::StreamParameters;
use crate::report::Outbox;
use crate::ring::{Bounds, Entry, Position, Ring, Taken};
use crate::signal::Signal;

/// What may be said of a stream now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamStatus {
    /// The state.
    pub state: StreamState,
    /// Why.
    pub cause: Option<StreamCause>,
    /// Since when it is in this state; a new cause of the same state does not move it.
    pub since: Timestamp,
}

#[derive(Debug, Clone)]
struct Viewer {
    id: u64,
    signal: Arc<Signal>,
    slot: u16,
}

struct Inner {
    ring: Ring,
    parameters: Option<Arc<StreamParameters>>,
    status: StreamStatus,
    /// Replaced, never changed, so that bells are rung without the lock.
    viewers: Arc<[Viewer]>,
    next_viewer: u64,
    /// Since when nobody looks.
    idle_since: Option<Instant>,
}

/// The shared part of a stream.
pub(crate) struct Stream {
    pub(crate) device: DeviceId,
    pub(crate) kind: StreamKind,
    clock: Arc<dyn Clock>,
    outbox: Arc<Outbox>,
    /// Rises with every change, under the lock; read without it to see that there is nothing new.
    version: AtomicU64,
    inner: Mutex<Inner>,
    /// Somebody came, or the last one left.
    demand: Notify,
}

/// What a viewer learns in one look.
pub(crate) struct Look {
    pub(crate) version: u64,
    pub(crate) status: StreamStatus,
    pub(crate) parameters: Option<Arc<StreamParameters>>,
    pub(crate) taken: Option<Taken>,
}

impl Stream {
    pub(crate) fn new(
        device: DeviceId,
        kind: StreamKind,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
        outbox: Arc<Outbox>,
    ) -> Arc<Self> {
        let status = StreamStatus { state: StreamState::Closed, cause: None, since: clock.now() };
        let inner = Inner {
            ring: Ring::new(bounds),
            parameters: None,
            status,
            viewers: Arc::new([]),
            next_viewer: 0,
            idle_since: Some(Instant::now()),
        };
        let (version, demand) = (AtomicU64::new(1), Notify::new());
        Arc::new(Self { device, kind, clock, outbox, version, inner: Mutex::new(inner), demand })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the lock go and rings everybody.
    fn changed(&self, inner: MutexGuard<'_, Inner>) {
        self.version.fetch_add(1, Ordering::Release);
        let viewers = Arc::clone(&inner.viewers);
        drop(inner);
        for viewer in viewers.iter() {
            viewer.signal.ring(viewer.slot);
        }
    }

    pub(crate) fn status(&self) -> StreamStatus {
        self.lock().status
    }

    pub(crate) fn parameters(&self) -> Option<Arc<StreamParameters>> {
        self.lock().parameters.clone()
    }

    pub(crate) fn publish(&self, entry: Entry) {
        let mut inner = self.lock();
        if inner.parameters.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &entry.parameters)) {
            inner.parameters = Some(Arc::clone(&entry.parameters));
        }
        inner.ring.push(entry);
        self.changed(inner);
    }

    /// What is in the ring is over.
    pub(crate) fn clear(&self) {
        self.lock().ring.clear();
    }

    /// Sets state and cause, and reports them if they are new. `true` when they are.
    pub(crate) fn set(&self, state: StreamState, cause: Option<StreamCause>) -> bool {
        let mut inner = self.lock();
        let before = inner.status;
        if (before.state, before.cause) == (state, cause) {
            return false;
        }
        let since = if before.state == state { before.since } else { self.clock.now() };
        inner.status = StreamStatus { state, cause, since };
        self.changed(inner);
        let (device, stream) = (self.device.clone(), self.kind);
        self.outbox.state(StreamReport { device, stream, state, cause, since });
        true
    }

    /// Adds a viewer and rings its bell, so that it takes what is here.
    pub(crate) fn enter(&self, signal: &Arc<Signal>, slot: u16) -> u64 {
        let mut inner = self.lock();
        let id = inner.next_viewer;
        inner.next_viewer += 1;
        let viewer = Viewer { id, signal: Arc::clone(signal), slot };
        inner.viewers = inner.viewers.iter().cloned().chain([viewer]).collect();
        inner.idle_since = None;
        drop(inner);
        signal.ring(slot);
        self.demand.notify_one();
        id
    }

    pub(crate) fn leave(&self, id: u64) {
        let mut inner = self.lock();
        inner.viewers = inner.viewers.iter().filter(|viewer| viewer.id != id).cloned().collect();
        let last = inner.viewers.is_empty();
        if last {
            inner.idle_since = Some(Instant::now());
        }
        drop(inner);
        if last {
            self.demand.notify_one();
        }
    }

    /// Since when nobody looks; `None` while somebody does.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        self.lock().idle_since
    }

    /// Waits for a viewer to come or the last one to leave. For one waiter: the supervisor.
    pub(crate) async fn demand_changed(&self) {
        self.demand.notified().await;
    }

    /// Nothing happened since `version`.
    pub(crate) fn unchanged(&self, version: u64) -> bool {
        self.version.load(Ordering::Acquire) == version
    }

    pub(crate) fn look(&self, position: Position) -> Look {
        let inner = self.lock();
        let taken = inner.ring.take(position);
        // A frame brings its own.
        let parameters = if taken.is_none() { inner.parameters.clone() } else { None };
        Look {
            // Changes happen under the lock, so this is the version of what is seen here.
            version: self.version.load(Ordering::Acquire),
            status: inner.status,
            taken,
            parameters,
        }
    }
}
