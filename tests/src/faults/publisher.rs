//! Devices that publish at `QoS` 1 and come back: what was not acknowledged is sent again on the next connection, as
//! MQTT asks of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::check::MARK;
use super::history::{History, OpId, What};
use crate::dice::Dice;
use crate::readings::Readings;
use crate::time::now;

/// Messages without an acknowledgement before a device waits. What is due meanwhile is published later: a device
/// measures on while nobody takes its readings.
const MAX_OPEN: usize = 2_000;
/// Messages that the client itself lets out before one is acknowledged.
const IN_FLIGHT: u16 = 500;
/// A reading that comes again is one of so many newest. One of any age would cut a hole that a broker left into more
/// pieces than a World remembers.
const REPEATED: u32 = 200;
/// Ticks a second.
const TICKS: u32 = 50;
/// What waits between the device and its socket. Full: publishing waits.
const QUEUE: usize = 64;

/// One device.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    pub(super) role: Role,
    pub(super) per_second: u32,
    pub(super) dice: Dice,
    pub(super) history: History,
    pub(super) stop: watch::Receiver<bool>,
}

/// What it publishes.
#[derive(Debug)]
pub(super) enum Role {
    /// Numbered readings; now and then one again, and one that nobody can use.
    Meter(Readings),
    /// Its state, another one each time.
    Moody,
}

/// What was published so far.
struct Made {
    began: Instant,
    /// Messages.
    messages: u64,
    /// The number of the next reading.
    next: u32,
}

impl Made {
    /// Messages that were due until now and were not published.
    fn owed(&self, per_second: u32) -> u64 {
        let due = self.began.elapsed().as_millis() * u128::from(per_second) / 1_000;
        u64::try_from(due).unwrap_or(u64::MAX).saturating_sub(self.messages)
    }
}

/// How a connection ended.
enum Ending {
    Broken,
    Done,
}

/// What is on its way.
#[derive(Debug, Default)]
struct Flight {
    /// Handed to the client, and not written to the socket yet.
    queued: VecDeque<OpId>,
    by_packet: HashMap<u16, OpId>,
    /// Not acknowledged, in the order of publishing.
    open: BTreeMap<OpId, Message>,
}

#[derive(Debug, Clone)]
struct Message {
    topic: String,
    payload: Vec<u8>,
}

#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Flight>>);

impl Shared {
    fn flight(&self) -> MutexGuard<'_, Flight> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publisher {
    /// Publishes until told to stop, and then until everything is acknowledged.
    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        let shared = Shared::default();
        let mut made = Made { began: Instant::now(), messages: 0, next: 0 };
        loop {
            if let Ending::Done = self.connection(&shared, &mut made).await {
                return Ok(());
            }
            let open: Vec<OpId> = {
                let mut flight = shared.flight();
                flight.queued.clear();
                flight.by_packet.clear();
                flight.open.keys().copied().collect()
            };
            for id in open {
                self.history.unknown(id, "the connection ended");
            }
            sleep(self.dice.time(Duration::from_millis(50), Duration::from_millis(250))).await;
        }
    }

    async fn connection(&mut self, shared: &Shared, made: &mut Made) -> Ending {
        let mut options = MqttOptions::new(self.name, self.address.ip().to_string(), self.address.port());
        options.set_keep_alive(Duration::from_secs(5)).set_clean_session(true).set_inflight(IN_FLIGHT);
        let (client, events) = AsyncClient::new(options, QUEUE);
        let mut line = JoinSet::new();
        line.spawn(poll(events, shared.clone(), self.history.clone()));

        let again: Vec<(OpId, Message)> =
            shared.flight().open.iter().map(|(id, message)| (*id, message.clone())).collect();
        for (id, message) in again {
            self.history.again(id);
            if publish(&client, shared, id, message).await.is_err() {
                return Ending::Broken;
            }
        }
        let mut pace = interval(Duration::from_secs(1) / TICKS);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = line.join_next() => return Ending::Broken,
                _ = pace.tick() => {}
            }
            let open = shared.flight().open.len();
            if *self.stop.borrow() {
                if open == 0 {
                    return Ending::Done;
                }
                continue;
            }
            let room = u64::try_from(MAX_OPEN.saturating_sub(open)).unwrap_or(0);
            for _ in 0..made.owed(self.per_second).min(room) {
                let (what, message) = self.message(&mut made.next);
                made.messages += 1;
                let id = self.history.invoke(what);
                shared.flight().open.insert(id, message.clone());
                if publish(&client, shared, id, message).await.is_err() {
                    return Ending::Broken;
                }
            }
        }
    }

    fn message(&mut self, next: &mut u32) -> (What, Message) {
        let roll = self.dice.below(128);
        let number = *next;
        match &self.role {
            Role::Moody => {
                *next += 1;
                let word = if number.is_multiple_of(2) { "ready" } else { "alert" };
                let topic = format!("pantau/1/metro/ap/{}/state", self.name);
                let payload = format!(r#"{{"state":"{word}","boot_id":"b-1"}}"#).into_bytes();
                (What::State, Message { topic, payload })
            }
            Role::Meter(readings) if roll == 0 => {
                let mark = format!("{:016x}", self.dice.roll());
                let (reason, payload) = poison(&mark, self.dice.roll());
                (
                    What::Poison { device: self.name, mark, reason },
                    Message { topic: readings.topic(), payload },
                )
            }
            Role::Meter(readings) if roll == 1 && number > 0 => {
                let back = u32::try_from(self.dice.below(u64::from(number.min(REPEATED)))).unwrap_or(0);
                let old = number.saturating_sub(back + 1);
                let message =
                    Message { topic: readings.topic(), payload: readings.numbered(old).into_bytes() };
                (What::Repeat { device: self.name, number: old }, message)
            }
            Role::Meter(readings) => {
                *next += 1;
                let payload = readings.numbered(number).into_bytes();
                (What::Reading { device: self.name, number }, Message { topic: readings.topic(), payload })
            }
        }
    }
}

/// F25, F35: a message that nobody can use, and why: bytes that are no text, text that is no JSON, JSON that is no
/// measurement, and a device whose clock is wrong.
fn poison(mark: &str, roll: u64) -> (&'static str, Vec<u8>) {
    let mark = format!("{MARK}{mark}");
    let at = |seconds: i64| format!(r#"[{{"bt":{seconds},"n":"water_level","u":"m","v":1,"x":"{mark}"}}]"#);
    let level = |rest: &str| format!(r#"[{{"n":"water_level","x":"{mark}",{rest}}}]"#);
    let today = now().micros() / 1_000_000;
    let (reason, text) = match roll % 9 {
        0 => ("json", level(r#""v":1"#).replace("}]", "")),
        1 => ("json", level(r#""v":1e400"#)),
        2 => ("json", level(r#""v":1,"v":2"#)),
        3 => ("json", level(&format!(r#""v":{}{}"#, "[".repeat(5_000), "]".repeat(5_000)))),
        4 => ("schema", level(r#""v":"tinggi""#)),
        5 => ("unit", level(r#""u":"Cel","v":30"#)),
        6 => ("clock_skew", at(300_000_000)),
        7 => ("clock_skew", at(today + 86_400)),
        _ => {
            let mut bytes = level(r#""v":1"#).into_bytes();
            bytes.extend(b"\xff\xfe");
            return ("utf8", bytes);
        }
    };
    (reason, text.into_bytes())
}

async fn publish(
    client: &AsyncClient,
    shared: &Shared,
    id: OpId,
    message: Message,
) -> Result<(), rumqttc::ClientError> {
    shared.flight().queued.push_back(id);
    client.publish(message.topic, QoS::AtLeastOnce, false, message.payload).await
}

/// Keeps one connection until it breaks, and notes what is acknowledged on it.
async fn poll(mut events: EventLoop, shared: Shared, history: History) {
    loop {
        match events.poll().await {
            // Requests are written in the order in which they were made.
            Ok(Event::Outgoing(Outgoing::Publish(packet))) => {
                let mut flight = shared.flight();
                if let Some(id) = flight.queued.pop_front() {
                    flight.by_packet.insert(packet, id);
                }
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) => {
                let mut flight = shared.flight();
                if let Some(id) = flight.by_packet.remove(&ack.pkid) {
                    flight.open.remove(&id);
                    drop(flight);
                    history.ok(id);
                }
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
}
