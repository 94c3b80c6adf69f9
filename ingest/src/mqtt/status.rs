//! How the session is, for `/readyz`, `/metrics` and the operations page. Holds no secret.

use pantau_schemas::time::Timestamp;

use crate::counter::counters;

/// How the session is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// What it does.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// The broker still had our session when we connected last: nothing was missed.
    pub session_present: bool,
    /// Why the last connection ended or could not be made; stays while the next one works.
    pub last_error: Option<String>,
    /// What was counted since the start, at most a second old.
    pub counters: Counters,
}

impl Status {
    /// Messages flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }
}

/// What the session does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nothing yet.
    #[default]
    Starting,
    /// It reaches for the broker.
    Connecting,
    /// Connected and subscribed.
    Connected,
    /// It waits before the next attempt.
    Waiting,
    /// It was stopped.
    Stopped,
}

impl Phase {
    /// The word for people and machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

counters! {
    /// Messages that reached us, repeated ones included.
    received,
    /// Messages put into the intake.
    delivered,
    /// PUBACKs handed to the connection.
    acknowledged,
    /// `QoS` 0 messages dropped because the queue was full.
    dropped,
    /// `QoS` 1 messages given up with their connection before they reached the intake; they come again.
    abandoned,
    /// Receipts that were dropped unanswered.
    unanswered,
    /// Messages above the size limit.
    too_big,
    /// Connections that came to their subscription.
    connections,
    /// Connections that failed or broke.
    failures,
}
