//! How the listener is, for `/readyz`, `/metrics` and the operations page. Holds no secret.

use std::net::SocketAddr;

use pantau_schemas::time::Timestamp;

use crate::counter::counters;

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

impl Counters {
    /// Connections that are open.
    #[must_use]
    pub const fn open(&self) -> u64 {
        self.connections.saturating_sub(self.ended)
    }
}
