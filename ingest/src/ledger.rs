//! The receipts of a connection that has many messages on the way: a ring of one byte each.
//!
//! A `oneshot` for every message costs an allocation, and a wake-up of the connection for every answer. Here
//! the core leaves a mark, and rings once for all the messages of a commit. The ring also holds the
//! connection's debt to the budget of bytes that all connections share: what a message may cost is given back
//! when its receipt is settled, even if its connection is gone by then.
//!
//! **Invariant:** a ticket is settled once: answered, or dropped, which means "not acknowledged".

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use tokio::sync::{Notify, Semaphore};

const WAITING: u8 = 0;
const DURABLE: u8 = 1;
const DROPPED: u8 = 2;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing yet.
    Waiting,
    /// It is durable.
    Durable,
    /// It will not become durable; the sender has to send it again.
    Dropped,
}

/// The ring. One place for each message on the way, by its number.
pub(crate) struct Ledger {
    slots: Box<[AtomicU8]>,
    bell: Notify,
    marked: AtomicBool,
    owed: AtomicUsize,
    budget: Arc<Semaphore>,
}

impl Ledger {
    /// A ring for at least `capacity` messages on the way, which cost bytes of `budget`.
    pub(crate) fn new(capacity: usize, budget: Arc<Semaphore>) -> Arc<Self> {
        let slots = (0..capacity.next_power_of_two()).map(|_| AtomicU8::new(WAITING)).collect();
        let (bell, marked, owed) = (Notify::new(), AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { slots, bell, marked, owed, budget })
    }

    /// How many messages can be on the way.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The receipt of the message with this number. No two messages on the way may share a place.
    pub(crate) fn ticket(self: &Arc<Self>, number: usize) -> Ticket {
        Ticket { ledger: Some(Arc::clone(self)), number, cost: 0 }
    }

    /// What became of a message.
    pub(crate) fn fate(&self, number: usize) -> Fate {
        match self.slot(number).map(|slot| slot.load(Ordering::Acquire)) {
            Some(DURABLE) => Fate::Durable,
            Some(DROPPED) => Fate::Dropped,
            _ => Fate::Waiting,
        }
    }

    /// Frees the place of a message that is settled.
    pub(crate) fn free(&self, number: usize) {
        if let Some(slot) = self.slot(number) {
            slot.store(WAITING, Ordering::Relaxed);
        }
    }

    /// Waits until something was settled, or until somebody rang for another reason.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Notes that a ring is due; true for the first to note it.
    pub(crate) fn mark(&self) -> bool {
        !self.marked.swap(true, Ordering::AcqRel)
    }

    /// Gives back what was owed, and wakes the connection.
    pub(crate) fn ring(&self) {
        self.marked.store(false, Ordering::Release);
        let owed = self.owed.swap(0, Ordering::AcqRel);
        if owed > 0 {
            self.budget.add_permits(owed);
        }
        self.bell.notify_one();
    }

    fn slot(&self, number: usize) -> Option<&AtomicU8> {
        self.slots.get(number & (self.slots.len() - 1))
    }

    fn settle(&self, number: usize, cost: usize, fate: u8) {
        if cost > 0 {
            self.owed.fetch_add(cost, Ordering::AcqRel);
        }
        if let Some(slot) = self.slot(number) {
            slot.store(fate, Ordering::Release);
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// One message's receipt.
#[derive(Debug)]
pub(crate) struct Ticket {
    /// `None` once it is settled.
    ledger: Option<Arc<Ledger>>,
    number: usize,
    cost: usize,
}

impl Ticket {
    /// The message holds so many bytes of the budget from now on.
    pub(crate) fn charge(&mut self, cost: usize) {
        self.cost = cost;
    }

    /// The message is durable. Whoever settles has to ring.
    pub(crate) fn settle(mut self) -> Settled {
        let ledger = self.ledger.take();
        if let Some(ledger) = &ledger {
            ledger.settle(self.number, self.cost, DURABLE);
        }
        Settled(ledger)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(ledger) = self.ledger.take() {
            ledger.settle(self.number, self.cost, DROPPED);
            ledger.ring();
        }
    }
}

/// The ledger of a message that was settled just now.
#[derive(Debug)]
pub(crate) struct Settled(Option<Arc<Ledger>>);

impl Settled {
    /// Notes that a ring is due; true for the first to note it.
    pub(crate) fn mark(&self) -> bool {
        self.0.as_ref().is_some_and(|ledger| ledger.mark())
    }

    /// Wakes the connection.
    pub(crate) fn ring(&self) {
        if let Some(ledger) = &self.0 {
            ledger.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Outcome, Receipt};

    fn ledger(capacity: usize) -> (Arc<Ledger>, Arc<Semaphore>) {
        let budget = Arc::new(Semaphore::new(1_000));
        (Ledger::new(capacity, Arc::clone(&budget)), budget)
    }

    #[tokio::test]
    async fn the_answers_of_a_commit_ring_once_and_give_back_what_was_owed() {
        let (ledger, budget) = ledger(4);
        let tickets = [0, 1, 2].map(|number| {
            budget.try_acquire_many(100).unwrap().forget();
            let mut ticket = ledger.ticket(number);
            ticket.charge(100);
            ticket
        });
        assert_eq!(budget.available_permits(), 700);
        let receipts = tickets.map(Receipt::ticket);
        Receipt::answer_all(receipts.into_iter().map(|receipt| (receipt, Outcome::Stored)));
        ledger.rung().await;
        assert_eq!(
            [0, 1, 2, 3].map(|n| ledger.fate(n)),
            [Fate::Durable, Fate::Durable, Fate::Durable, Fate::Waiting]
        );
        assert_eq!(budget.available_permits(), 1_000);
        let mut again = std::pin::pin!(ledger.rung());
        assert!(tokio::select! { biased; () = &mut again => false, () = std::future::ready(()) => true });
        // The next commit rings again.
        Receipt::answer_all([(Receipt::ticket(ledger.ticket(3)), Outcome::Duplicate)]);
        again.await;
    }

    #[tokio::test]
    async fn a_ticket_that_is_dropped_is_not_durable_and_owes_nothing() {
        let (ledger, budget) = ledger(1);
        budget.try_acquire_many(1_000).unwrap().forget();
        let mut ticket = ledger.ticket(7);
        ticket.charge(1_000);
        drop(Receipt::ticket(ticket));
        ledger.rung().await;
        assert_eq!((ledger.fate(7), budget.available_permits()), (Fate::Dropped, 1_000));
        ledger.free(7);
        assert_eq!(ledger.fate(7), Fate::Waiting);
    }
}
