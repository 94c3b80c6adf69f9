//! Who is connected under which name, and which sessions outlive their connection.
//!
//! A client has one connection: the next one under its name takes it over (MQTT-3.1.4-3). A session holds
//! nothing here, for there are no subscriptions and nothing is sent to devices. But that it *exists* has to be
//! remembered: a client that is told "no session" must forget what it has not seen acknowledged
//! (MQTT-3.2.2-5), and would not send it again after a broken connection. What is remembered does not outlive
//! the server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The longest that a session outlives its connection.
pub(crate) const SESSION_MAX: Duration = Duration::from_secs(3600);

/// Whose session: the login, so that nobody takes over another's devices, and the client identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) user: Arc<str>,
    pub(crate) client_id: String,
}

/// Names that are known, at most twice as many as there may be connections.
#[derive(Debug)]
pub(crate) struct Directory {
    bound: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Name, Entry>,
    serial: u64,
}

#[derive(Debug)]
struct Entry {
    serial: u64,
    successor: Arc<Successor>,
    ended: CancellationToken,
    /// When the session ends; `None` while it has a connection.
    until: Option<Instant>,
}

/// News of the connection that comes after one of the same name.
#[derive(Debug, Default)]
pub(crate) struct Successor {
    here: CancellationToken,
    clean: AtomicBool,
}

impl Successor {
    /// Waits until it is there; true if it begins a session of its own.
    pub(crate) async fn arrived(&self) -> bool {
        self.here.cancelled().await;
        self.clean.load(Ordering::Acquire)
    }
}

/// A place in the directory.
#[derive(Debug)]
pub(crate) struct Seat {
    name: Name,
    serial: u64,
    /// The session was there before.
    pub(crate) session_present: bool,
    pub(crate) successor: Arc<Successor>,
    /// The connection before, which ends now: cancelled when it has said all it has to say.
    pub(crate) predecessor: Option<CancellationToken>,
    _ended: DropGuard,
}

impl Directory {
    pub(crate) fn new(connections: usize) -> Self {
        Self { bound: connections.saturating_mul(2), inner: Mutex::default() }
    }

    /// Takes a name's place, from whoever has it.
    pub(crate) fn enter(&self, name: Name, clean: bool) -> Seat {
        let mut inner = self.inner();
        inner.serial += 1;
        let serial = inner.serial;
        let successor = Arc::<Successor>::default();
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let entry = Entry { serial, successor: Arc::clone(&successor), ended, until: None };
        let before = inner.entries.insert(name.clone(), entry);
        let mut session_present = false;
        let mut predecessor = None;
        if let Some(before) = before {
            let alive = before.until.is_none_or(|until| Instant::now() < until);
            session_present = alive && !clean;
            before.successor.clean.store(clean, Ordering::Release);
            before.successor.here.cancel();
            predecessor = Some(before.ended);
        }
        Seat { name, serial, session_present, successor, predecessor, _ended: guard }
    }

    /// The connection has ended, and its session lives on for a while; or not, when that is no time at all, or
    /// when too many are remembered.
    pub(crate) fn leave(&self, seat: &Seat, session: Duration) {
        let now = Instant::now();
        let mut inner = self.inner();
        if inner.entries.get(&seat.name).is_none_or(|entry| entry.serial != seat.serial) {
            return;
        }
        if !session.is_zero() && inner.entries.len() > self.bound {
            inner.entries.retain(|_, entry| entry.until.is_none_or(|until| now < until));
        }
        if session.is_zero() || inner.entries.len() > self.bound {
            inner.entries.remove(&seat.name);
        } else if let Some(entry) = inner.entries.get_mut(&seat.name) {
            entry.until = Some(now + session);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(client_id: &str) -> Name {
        Name { user: "".into(), client_id: client_id.into() }
    }

    #[test]
    fn a_session_is_there_again_within_its_time_only() {
        let directory = Directory::new(10);
        let hour = Duration::from_secs(3600);
        let first = directory.enter(name("a"), false);
        assert!(!first.session_present);
        directory.leave(&first, hour);
        let second = directory.enter(name("a"), false);
        assert!(second.session_present);
        assert!(!directory.enter(name("b"), false).session_present);
        directory.leave(&second, Duration::from_nanos(1));
        let third = directory.enter(name("a"), false);
        assert!(!third.session_present);
        directory.leave(&third, hour);
        assert!(!directory.enter(name("a"), true).session_present);
    }

    #[tokio::test]
    async fn the_second_of_a_name_takes_over_and_the_first_cannot_end_its_session() {
        let directory = Directory::new(10);
        let first = directory.enter(name("a"), false);
        let second = directory.enter(name("a"), false);
        assert!(second.session_present);
        assert!(!first.successor.arrived().await);
        let predecessor = second.predecessor.clone().unwrap();
        assert!(!predecessor.is_cancelled());
        directory.leave(&first, Duration::ZERO);
        drop(first);
        predecessor.cancelled().await;
        let third = directory.enter(name("a"), true);
        assert!(second.successor.arrived().await && !third.session_present);
    }

    #[tokio::test]
    async fn no_more_is_remembered_than_its_bound() {
        let directory = Directory::new(2);
        for number in 0..100 {
            let seat = directory.enter(name(&number.to_string()), false);
            directory.leave(&seat, SESSION_MAX);
        }
        assert!(directory.inner().entries.len() <= 4);
    }
}
