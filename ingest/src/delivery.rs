//! An observation on its way to the core, with the way back for its acknowledgement.

use std::fmt;

use pantau_schemas::command::Refusal;
use pantau_schemas::observation::Observation;
use tokio::sync::{mpsc, oneshot};

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
pub struct Receipt(Option<oneshot::Sender<Outcome>>);

impl Receipt {
    /// A receipt and its waiting end; the latter fails when the receipt is dropped unanswered.
    #[must_use]
    pub fn pair() -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }

    /// Nobody waits.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether somebody waits.
    #[must_use]
    pub const fn awaited(&self) -> bool {
        self.0.is_some()
    }

    /// Tells whoever waits. A waiter that has gone away is no error: the data is durable all the same.
    pub fn answer(self, outcome: Outcome) {
        if let Some(sender) = self.0 {
            sender.send(outcome).ok();
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Receipt(waiting)" } else { "Receipt(none)" })
    }
}
