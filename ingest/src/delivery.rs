//! An observation on its way to the core, with the way back for its acknowledgement.

use std::fmt;

use pantau_schemas::command::Refusal;
use pantau_schemas::observation::Observation;
use tokio::sync::{mpsc, oneshot};

use crate::ledger::{Settled, Ticket};

/// Where every way in puts its deliveries: bounded, the sender waits when it is full.
pub type Intake = mpsc::Sender<Delivery>;

/// What became of a delivery. Sent only after the data is durable, or when there is nothing to make durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// New, and durable.
    Stored,
    /// Known already; nothing changed.
    Duplicate,
    /// Kept as a dead letter, durable.
    DeadLettered,
    /// The same identity with another body; kept as a dead letter, durable.
    Conflict,
    /// A command that is not carried out. Nothing of it is kept.
    Refused(Refusal),
}

/// One observation and who waits for its fate.
#[derive(Debug)]
pub struct Delivery {
    /// What was said.
    pub observation: Observation,
    /// The way back.
    pub receipt: Receipt,
}

/// The way back to whoever waits. Dropped unanswered, it means "not acknowledged": the source sends again.
pub struct Receipt(Way);

/// How it gets back.
enum Way {
    Nobody,
    /// To one waiter.
    One(oneshot::Sender<Outcome>),
    /// To a connection that has many messages on the way.
    Many(Ticket),
}

impl Receipt {
    /// A receipt and its waiting end; the latter fails when the receipt is dropped unanswered.
    #[must_use]
    pub fn pair() -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Way::One(sender)), receiver)
    }

    /// Nobody waits.
    #[must_use]
    pub const fn none() -> Self {
        Self(Way::Nobody)
    }

    /// One of the many of a connection.
    pub(crate) const fn ticket(ticket: Ticket) -> Self {
        Self(Way::Many(ticket))
    }

    /// Whether somebody waits.
    #[must_use]
    pub const fn awaited(&self) -> bool {
        !matches!(self.0, Way::Nobody)
    }

    /// Tells whoever waits. A waiter that has gone away is no error: the data is durable all the same.
    pub fn answer(self, outcome: Outcome) {
        match self.0 {
            Way::Nobody => {}
            Way::One(sender) => drop(sender.send(outcome)),
            Way::Many(ticket) => ticket.settle().ring(),
        }
    }

    /// Answers all the messages of one commit. A connection that waits for many of them is woken once, when
    /// all are answered: it then acknowledges them in one write.
    pub fn answer_all(answers: impl IntoIterator<Item = (Self, Outcome)>) {
        let mut waiting: Vec<Settled> = Vec::new();
        for (receipt, outcome) in answers {
            match receipt.0 {
                Way::Many(ticket) => {
                    let ledger = ticket.settle();
                    if ledger.mark() {
                        waiting.push(ledger);
                    }
                }
                _ => receipt.answer(outcome),
            }
        }
        for ledger in waiting {
            ledger.ring();
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Way::Nobody => "Receipt(none)",
            Way::One(_) | Way::Many(_) => "Receipt(waiting)",
        })
    }
}
