//! How the listener is, for `/readyz`, `/metrics` and the operations page. Holds no secret.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use pantau_schemas::time::Timestamp;

/// How the listener is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// What it does.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// Where it listens.
    pub address: Option<SocketAddr>,
    /// Why a connection could not be taken, the last time that happened; stays while others work.
    pub last_error: Option<String>,
    /// What was counted since the start, at most a second old.
    pub counters: Counters,
}

impl Status {
    /// Devices can connect.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.phase == Phase::Listening
    }
}

/// What the listener does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing yet.
    #[default]
    Starting,
    /// It takes connections.
    Listening,
    /// It was stopped, and acknowledges what is still being committed.
    Stopping,
    /// It has ended.
    Stopped,
}

impl Phase {
    /// The word for people and machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Listening => "listening",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// What was counted since the start.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64),+
        }

        /// The counters while they are counted.
        #[derive(Debug, Default)]
        pub(crate) struct Meter {
            $(pub(crate) $name: Counter),+
        }

        impl Meter {
            pub(crate) fn read(&self) -> Counters {
                Counters { $($name: self.$name.0.load(Ordering::Relaxed)),+ }
            }
        }
    };
}

counters! {
    /// Connections that were let in.
    connections,
    /// Of these, those that have ended.
    ended,
    /// Connections that were not let in: the bound was reached, CONNECT was wrong, late or not allowed.
    refused,
    /// Connections that ended because the client broke the protocol.
    violations,
    /// Connections that ended because nothing came, or nothing was taken, for too long.
    timeouts,
    /// Connections that ended because the same client connected again.
    takeovers,
    /// Messages that reached us, repeated ones and wills included.
    received,
    /// Messages put into the intake.
    delivered,
    /// PUBACKs handed to a connection.
    acknowledged,
    /// Receipts that were dropped unanswered.
    unanswered,
    /// Messages above the size limit.
    too_big,
    /// Messages whose sender may not publish there.
    unauthorized,
    /// Last wills that were published.
    wills,
}

/// One counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Counters {
    /// Connections that are open.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.connections.saturating_sub(self.ended)
    }
}
