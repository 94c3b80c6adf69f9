//! What the two halves of a connection share: the messages without PUBACK, in the order in which they came,
//! and the answers that wait to be written.
//!
//! **Invariant:** a PUBACK is written only when its message is durable and all before it were acknowledged
//! (MQTT-4.6.0-2).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use tokio::sync::{Notify, Semaphore};

use crate::ledger::{Fate, Ledger, Ticket};
use crate::listener::answer;
use crate::listener::packet::Version;

/// Bytes of one connection on the way; more is not read. One message is always taken.
const CONNECTION_BYTES: usize = 4 * 1024 * 1024;
/// Answers that wait to be written, bytes; more is not read.
const ANSWERS: usize = 16 * 1024;
/// What is gathered for one write, bytes.
const WRITE: usize = 16 * 1024;

/// One connection's messages and answers.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) version: Version,
    /// Most `QoS` 1 messages without PUBACK.
    receive_maximum: usize,
    /// The largest packet that the client takes (MQTT-3.1.2-24).
    max_packet: usize,
    ledger: Arc<Ledger>,
    room: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    outstanding: VecDeque<Outstanding>,
    /// The number of the oldest outstanding message.
    oldest: usize,
    unacknowledged: usize,
    bytes: usize,
    answers: BytesMut,
}

/// A message on the way.
#[derive(Debug)]
struct Outstanding {
    /// `None` for `QoS` 0, which is on the way as well, but has no PUBACK.
    packet: Option<u16>,
    refused: bool,
    cost: usize,
}

/// What was found to be written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// PUBACKs among it.
    pub(crate) acknowledged: usize,
    /// The next message that waits for its PUBACK will not become durable.
    pub(crate) dropped: bool,
    /// There is room again.
    pub(crate) moved: bool,
}

impl Line {
    pub(crate) fn new(
        version: Version,
        receive_maximum: u16,
        max_packet: Option<u32>,
        budget: Arc<Semaphore>,
    ) -> Self {
        let receive_maximum = usize::from(receive_maximum.max(1));
        let max_packet = max_packet.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        // Twice, so that one too many is seen and not just waited for.
        let ledger = Ledger::new(receive_maximum * 2, budget);
        Self { version, receive_maximum, max_packet, ledger, room: Notify::new(), state: Mutex::default() }
    }

    /// Whether another packet may be taken.
    ///
    /// An MQTT 5 client keeps to the receive maximum by itself. 3.1.1 knows none, so there reading stops, and
    /// TCP holds the client back.
    pub(crate) fn has_room(&self) -> bool {
        let state = self.state();
        state.outstanding.len() < self.ledger.capacity()
            && (self.version == Version::V5 || state.unacknowledged < self.receive_maximum)
            && state.bytes < CONNECTION_BYTES
            && state.answers.len() < ANSWERS
    }

    /// Waits until there may be room again.
    pub(crate) async fn room(&self) {
        self.room.notified().await;
    }

    /// Takes a message; `None` if it is one more than the receive maximum allows.
    pub(crate) fn take(&self, packet: Option<u16>, refused: bool, cost: usize) -> Option<Ticket> {
        let mut state = self.state();
        if packet.is_some() {
            if state.unacknowledged >= self.receive_maximum {
                return None;
            }
            state.unacknowledged += 1;
        }
        let number = state.oldest.wrapping_add(state.outstanding.len());
        state.bytes += cost;
        state.outstanding.push_back(Outstanding { packet, refused, cost });
        Some(self.ledger.ticket(number))
    }

    /// Has something written that is no PUBACK. What is larger than the client takes is left out
    /// (MQTT-3.1.2-25).
    pub(crate) fn answer(&self, write: impl FnOnce(Version, &mut BytesMut)) {
        let mut answer = BytesMut::new();
        write(self.version, &mut answer);
        if answer.len() <= self.max_packet {
            self.state().answers.extend_from_slice(&answer);
            self.ledger.ring();
        }
    }

    /// Gathers what can be written.
    pub(crate) fn gather(&self, out: &mut BytesMut) -> Found {
        let mut guard = self.state();
        let state = &mut *guard;
        let mut found = Found { moved: !state.answers.is_empty(), ..Found::default() };
        out.extend_from_slice(&state.answers);
        state.answers.clear();
        while out.len() < WRITE
            && let Some(oldest) = state.outstanding.front()
        {
            match (self.ledger.fate(state.oldest), oldest.packet) {
                (Fate::Waiting, _) => break,
                (Fate::Dropped, Some(_)) => {
                    found.dropped = true;
                    break;
                }
                (Fate::Durable, Some(packet)) => {
                    answer::acknowledge(self.version, packet, oldest.refused, out);
                    state.unacknowledged = state.unacknowledged.saturating_sub(1);
                    found.acknowledged += 1;
                }
                // Nobody sends QoS 0 again.
                (Fate::Durable | Fate::Dropped, None) => {}
            }
            state.bytes = state.bytes.saturating_sub(oldest.cost);
            self.ledger.free(state.oldest);
            state.outstanding.pop_front();
            state.oldest = state.oldest.wrapping_add(1);
            found.moved = true;
        }
        found
    }

    /// Tells the reading half that there is room.
    pub(crate) fn make_room(&self) {
        self.room.notify_one();
    }

    /// Waits until there may be something to gather.
    pub(crate) async fn rung(&self) {
        self.ledger.rung().await;
    }

    /// Nothing is on the way.
    pub(crate) fn is_settled(&self) -> bool {
        self.state().outstanding.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Outcome, Receipt};

    fn line(version: Version, receive_maximum: u16) -> Line {
        Line::new(version, receive_maximum, None, Arc::new(Semaphore::new(1 << 20)))
    }

    fn durable(ticket: Ticket) {
        Receipt::ticket(ticket).answer(Outcome::Stored);
    }

    #[test]
    fn acknowledgements_keep_the_order_of_arrival() {
        let line = line(Version::V311, 8);
        let mut tickets: Vec<_> =
            [Some(7), None, Some(9)].map(|packet| line.take(packet, false, 10).unwrap()).into();
        let mut out = BytesMut::new();
        durable(tickets.pop().unwrap());
        durable(tickets.pop().unwrap());
        assert_eq!(line.gather(&mut out), Found::default());
        durable(tickets.pop().unwrap());
        assert_eq!(line.gather(&mut out), Found { acknowledged: 2, moved: true, dropped: false });
        assert_eq!(out[..], [0x40, 2, 0, 7, 0x40, 2, 0, 9]);
        assert!(line.is_settled());
    }

    #[test]
    fn nothing_is_acknowledged_behind_a_message_that_is_not_durable() {
        let line = line(Version::V5, 8);
        let lost = line.take(Some(1), false, 0).unwrap();
        durable(line.take(Some(2), false, 0).unwrap());
        drop(lost);
        let mut out = BytesMut::new();
        assert_eq!(line.gather(&mut out), Found { acknowledged: 0, moved: false, dropped: true });
        assert!(out.is_empty());
    }

    #[test]
    fn one_too_many_is_refused_by_mqtt_5_and_waits_with_3() {
        let modern = line(Version::V5, 2);
        let held = [1, 2].map(|packet| modern.take(Some(packet), false, 0).unwrap());
        assert!(modern.has_room() && modern.take(Some(3), false, 0).is_none());
        let qos0 = [0, 0].map(|_| modern.take(None, false, 0).unwrap());
        assert!(!modern.has_room(), "QoS 0 is bounded as well");
        drop((held, qos0));
        let old = line(Version::V311, 2);
        let _held = [1, 2].map(|packet| old.take(Some(packet), false, 0).unwrap());
        assert!(!old.has_room());
        let heavy = line(Version::V5, 2);
        let _held = heavy.take(Some(1), false, CONNECTION_BYTES).unwrap();
        assert!(!heavy.has_room());
    }

    #[test]
    fn places_are_used_again_and_again() {
        let line = line(Version::V5, 2);
        let mut out = BytesMut::new();
        for packet in 1..1_000 {
            durable(line.take(Some(packet), packet % 2 == 0, 1).unwrap());
            assert_eq!(line.gather(&mut out).acknowledged, 1);
        }
        assert_eq!(out[..4], [0x40, 2, 0, 1]);
        assert_eq!(out[4..10], [0x40, 4, 0, 2, 0x87, 0]);
        assert!(line.has_room() && line.is_settled());
    }
}
