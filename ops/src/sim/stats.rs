//! What the simulated city has sent, and what was taken from it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Counted by the parts of the city.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) published: AtomicU64,
    pub(crate) acknowledged: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) unsent: AtomicU64,
}

/// One more.
pub(crate) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// Some more.
pub(crate) fn add(counter: &AtomicU64, number: usize) {
    counter.fetch_add(u64::try_from(number).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Numbers since the start of the city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// MQTT messages sent by devices; wills are published by whoever has them, and are not among them.
    pub messages_published: u64,
    /// Of these, acknowledged: durable.
    pub messages_acknowledged: u64,
    /// Readings left out because a device's queue was full.
    pub messages_skipped: u64,
    /// MQTT connections made, reconnections among them.
    pub connections: u64,
    /// Agency events made.
    pub events: u64,
    /// Of these, accepted by the server.
    pub events_accepted: u64,
    /// Of these, refused for good: something is wrong with them or with the server.
    pub events_refused: u64,
    /// Posts made again, because the server was away or asked for patience.
    pub posts_retried: u64,
    /// Events given up, because too many were waiting or the city stopped.
    pub events_unsent: u64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            messages_published: value(&self.published),
            messages_acknowledged: value(&self.acknowledged),
            messages_skipped: value(&self.skipped),
            connections: value(&self.connections),
            events: value(&self.events),
            events_accepted: value(&self.accepted),
            events_refused: value(&self.refused),
            posts_retried: value(&self.retried),
            events_unsent: value(&self.unsent),
        }
    }
}
