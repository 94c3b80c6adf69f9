//! PUBACK after commit, in the order of arrival.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::delivery::Outcome;
use crate::mqtt::link::Sender;
use crate::mqtt::status::Meter;

/// A message without PUBACK.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    /// Its packet identifier, which means something on its own connection only.
    pub(crate) packet: u16,
    /// Answered when it is durable.
    pub(crate) outcome: oneshot::Receiver<Outcome>,
}

/// Why no more is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything that will come was acknowledged, or the connection is gone.
    Done,
    /// A receipt was dropped: its message has to come again, and with it all after it.
    Unanswered,
}

/// Acknowledges the messages of one connection.
///
/// One that is not durable yet holds up those behind it, durable or not: MQTT demands the order, and the core
/// commits in order anyway.
pub(crate) async fn run(
    sender: Sender,
    mut waiting: mpsc::Receiver<Unacknowledged>,
    meter: Arc<Meter>,
) -> Ended {
    while let Some(Unacknowledged { packet, outcome }) = waiting.recv().await {
        if outcome.await.is_err() {
            meter.unanswered.add();
            return Ended::Unanswered;
        }
        if sender.acknowledge(packet).await.is_err() {
            return Ended::Done;
        }
        meter.acknowledged.add();
    }
    Ended::Done
}
