//! The one gate: may this actor do this to that?
//!
//! Accounts land later. Until then the only person is the operator: at this machine she may do everything,
//! from the network (which the configuration must allow explicitly) she may look.

use std::net::IpAddr;

use axum::http::StatusCode;

use super::problem::Problem;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A person or program at this machine.
    Loopback,
    /// A person or program on the network.
    Network,
}

impl Actor {
    /// Who is behind a connection.
    pub(crate) const fn behind(peer: IpAddr) -> Self {
        if peer.is_loopback() { Self::Loopback } else { Self::Network }
    }

    /// How entries name who made them.
    pub(crate) fn in_journal(self) -> pantau_schemas::entry::Actor {
        pantau_schemas::entry::Actor::operator(match self {
            Self::Loopback => "loopback",
            Self::Network => "network",
        })
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// See how things are and were.
    Read,
    /// See a camera's picture.
    View,
    /// See what may hold personal data: raw bytes of dead letters.
    Inspect,
    /// Change something of the machine room.
    Change,
    /// Give a command: change something of the city's, as an entry of the journal.
    Command,
}

/// To what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object<'a> {
    /// The city as a whole.
    City,
    /// A device.
    Device(&'a str),
    /// A complaint.
    Complaint(&'a str),
    /// A screen, with what hangs on it.
    Screen(&'a str),
}

/// Lets pass, or says why not.
pub(crate) fn authorize(actor: Actor, action: Action, object: Object<'_>) -> Result<(), Problem> {
    match (actor, action) {
        (Actor::Loopback, _) | (Actor::Network, Action::Read | Action::View) => Ok(()),
        (Actor::Network, Action::Inspect | Action::Change | Action::Command) => {
            tracing::info!(?action, ?object, "refused: only at this machine");
            let detail = "this can be done only at the server itself until there are accounts";
            Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
        }
    }
}
