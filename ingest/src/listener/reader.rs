//! The reading half of a connection: bytes become packets, packets become deliveries, in the order of arrival.
//!
//! **Invariant:** while there is no room, in the intake, in the budget or on the line, nothing is read: TCP is
//! the queue, and the client is the spool.

use std::time::Duration;

use bytes::BytesMut;
use pantau_schemas::observation::Observation;
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;
use rumqttc::v5::mqttbytes::v5::DisconnectReasonCode as Reason;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use crate::delivery::{Delivery, Receipt};
use crate::ledger::Ticket;
use crate::listener::account::Guest;
use crate::listener::answer;
use crate::listener::end::End;
use crate::listener::frame::{Frame, FrameFault, Framer};
use crate::listener::line::Line;
use crate::listener::packet::{self, Packet, Publish};
use crate::listener::port::Port;
use crate::message::Message;

/// Messages that go into the intake at once.
const BATCH: usize = 256;
/// The least and the most that is read at once, bytes. A connection that has nothing to say holds none.
const CHUNK_MIN: usize = 2 * 1024;
const CHUNK_MAX: usize = 32 * 1024;
/// What a message costs beside its topic and payload, bytes.
const OVERHEAD: usize = 256;
/// How long a packet may take from its first byte to its last, and how many bytes a second it may need besides.
const PACKET_WITHIN: Duration = Duration::from_secs(30);
const PACKET_RATE: u64 = 4 * 1024;

/// The reading half.
pub(crate) struct Reader<'a> {
    pub(crate) stream: &'a TcpStream,
    pub(crate) line: &'a Line,
    pub(crate) port: &'a Port,
    pub(crate) guest: &'a Guest,
    pub(crate) framer: Framer,
    /// What was read and is no packet yet.
    pub(crate) buffer: BytesMut,
    /// How long the client may be silent.
    pub(crate) patience: Duration,
    chunk: usize,
    batch: Vec<Item>,
    /// The share of the budget of a large packet that has begun.
    held: Option<OwnedSemaphorePermit>,
    /// Since when we listen for the packet that has begun.
    since: Option<Instant>,
}

/// A message that is to go into the intake.
struct Item {
    observation: Observation,
    ticket: Ticket,
    /// What is to be paid for it.
    cost: usize,
}

/// Why no more is taken at the moment.
enum Pause {
    Empty,
    Full,
    End(End),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        (stream, line, port, guest): (&'a TcpStream, &'a Line, &'a Port, &'a Guest),
        framer: Framer,
        buffer: BytesMut,
        patience: Duration,
    ) -> Self {
        let (batch, chunk) = (Vec::new(), CHUNK_MIN);
        Self { stream, line, port, guest, framer, buffer, patience, chunk, batch, held: None, since: None }
    }

    /// Reads until the connection ends from this side.
    pub(crate) async fn run(&mut self) -> End {
        loop {
            let pause = self.take_all();
            if let Err(end) = self.deliver().await {
                return end;
            }
            match pause {
                Pause::End(end) => return end,
                Pause::Full if self.line.has_room() => {}
                Pause::Full => {
                    self.line.room().await;
                    self.since = None;
                }
                Pause::Empty => {
                    if let Err(end) = self.fill().await {
                        return end;
                    }
                }
            }
        }
    }

    /// Takes the packets that are here, as long as there is room.
    fn take_all(&mut self) -> Pause {
        let registry = self.port.registry.borrow().clone();
        let now = self.port.clock.now();
        loop {
            if self.batch.len() >= BATCH || !self.line.has_room() {
                return Pause::Full;
            }
            match self.framer.next(&mut self.buffer) {
                Ok(None) => return Pause::Empty,
                Ok(Some(frame)) => {
                    if let Err(end) = self.take(frame, &registry, now) {
                        return Pause::End(end);
                    }
                }
                Err(FrameFault::TooLarge) => return Pause::End(End::Violation(Reason::PacketTooLarge)),
                Err(FrameFault::Malformed) => return Pause::End(End::Violation(Reason::MalformedPacket)),
            }
        }
    }

    fn take(&mut self, frame: Frame, registry: &Registry, now: Timestamp) -> Result<(), End> {
        let paid = self.held.take();
        self.since = None;
        match packet::read(self.line.version, frame).map_err(End::Violation)? {
            Packet::Publish(publish) => return self.publish(&publish, paid, registry, now),
            Packet::Subscribe { packet, filters } => {
                self.line.answer(|version, out| answer::no_subscription(version, packet, filters, out));
            }
            Packet::Unsubscribe { packet, filters } => {
                self.line.answer(|version, out| answer::unsubscribed(version, packet, filters, out));
            }
            Packet::Ping => self.line.answer(|_, out| answer::pong(out)),
            Packet::Disconnect { will, expiry } => return Err(End::Left { will, expiry }),
        }
        Ok(())
    }

    fn publish(
        &mut self,
        publish: &Publish,
        paid: Option<OwnedSemaphorePermit>,
        registry: &Registry,
        received: Timestamp,
    ) -> Result<(), End> {
        let message = Message {
            topic: &publish.topic,
            payload: &publish.payload,
            size: publish.size,
            // It is heard as it is said; what others would be shown later is theirs to keep.
            retained: false,
            received,
        };
        let (observation, refused) = self.port.observe(self.guest, registry, &message);
        let cost = match &paid {
            Some(paid) => paid.num_permits(),
            None => publish.topic.len() + publish.payload.len() + OVERHEAD,
        };
        let Some(mut ticket) = self.line.take(publish.packet, refused, cost) else {
            // MQTT-3.3.4-9 and §4.9.
            return Err(End::Violation(Reason::ReceiveMaximumExceeded));
        };
        let cost = match paid {
            Some(paid) => {
                paid.forget();
                ticket.charge(cost);
                0
            }
            None => cost,
        };
        self.batch.push(Item { observation, ticket, cost });
        Ok(())
    }

    /// Puts what was taken into the intake: one permit of the budget and one of the intake for all of it.
    async fn deliver(&mut self) -> Result<(), End> {
        let cost = self.batch.iter().map(|item| item.cost).sum();
        if cost > 0 {
            self.reserve(cost).await?.forget();
            for item in self.batch.iter_mut().filter(|item| item.cost > 0) {
                item.ticket.charge(item.cost);
                item.cost = 0;
            }
        }
        while !self.batch.is_empty() {
            let count = self.batch.len().min(self.port.intake.max_capacity());
            let Ok(permits) = self.port.intake.reserve_many(count).await else { return Err(End::Stopping) };
            for (permit, item) in permits.zip(self.batch.drain(..count)) {
                permit
                    .send(Delivery { observation: item.observation, receipt: Receipt::ticket(item.ticket) });
            }
            self.port.meter.delivered.add_many(count);
        }
        Ok(())
    }

    async fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, End> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.port.budget.clone().acquire_many_owned(bytes).await.map_err(|_closed| End::Stopping)
    }

    /// Waits for more bytes. The client is not blamed for the time in which we did not listen: its silence is
    /// measured from here.
    async fn fill(&mut self) -> Result<(), End> {
        let begun = self.framer.begun();
        if let Some(begun) = begun
            && begun.kept > CHUNK_MAX
            && self.held.is_none()
        {
            self.held = Some(self.reserve(begun.kept).await?);
            self.since = None;
        }
        let now = Instant::now();
        let mut deadline = now + self.patience;
        if begun.is_some() || !self.buffer.is_empty() {
            let size = begun.and_then(|begun| u64::try_from(begun.size).ok()).unwrap_or(0);
            let within = PACKET_WITHIN + Duration::from_secs(size / PACKET_RATE);
            deadline = deadline.min(*self.since.get_or_insert(now) + within);
        } else {
            self.buffer = BytesMut::new();
        }
        loop {
            match timeout_at(deadline, self.stream.readable()).await {
                Err(_elapsed) => return Err(End::Silent),
                Ok(Err(_gone)) => return Err(End::Broken),
                Ok(Ok(())) => {}
            }
            let missing = begun.map_or(0, |begun| begun.kept.saturating_sub(self.buffer.len()));
            let wanted = self.chunk.max(missing.min(CHUNK_MAX));
            self.buffer.reserve(wanted);
            match self.stream.try_read_buf(&mut self.buffer) {
                Ok(0) => return Err(End::Broken),
                Ok(count) => {
                    if count >= self.chunk {
                        self.chunk = (self.chunk * 2).min(CHUNK_MAX);
                    } else if count < self.chunk / 8 {
                        self.chunk = (self.chunk / 2).max(CHUNK_MIN);
                    }
                    return Ok(());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_gone) => return Err(End::Broken),
            }
        }
    }
}
