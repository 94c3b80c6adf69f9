//! One device from being switched on to being switched off.
//!
//! Losing power closes the socket without a DISCONNECT, so that the will is published; coming back is a new
//! boot. Losing only the server keeps the boot, and what it has not acknowledged is sent again where it still
//! knows the session.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::registry::Device;
use pantau_schemas::time::{Clock, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::model::Model;
use crate::sim::registry::CITY;
use crate::sim::stats::{Counters, count};
use crate::sim::trouble::Trouble;

/// Messages that may wait for the connection; a reading that finds no place is left out and counted.
const QUEUE: usize = 32;
/// Messages on their way at once. The client keeps a place for each: without a limit, 65,535 of them.
const UNACKNOWLEDGED: u16 = 16;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const CONNECT_SECONDS: u64 = 5;
/// How long the session is to outlive a broken connection, seconds.
const SESSION: u32 = 600;
/// Pause before another try to connect; a jitter of the same length comes on top.
const RETRY: Duration = Duration::from_millis(500);
/// How long a device takes to say good-bye.
const FAREWELL: Duration = Duration::from_secs(1);

/// What all devices share.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) intake: SocketAddr,
    pub(crate) interval: Duration,
    pub(crate) seed: u64,
    pub(crate) counters: Arc<Counters>,
    pub(crate) token: CancellationToken,
}

/// A device that lives.
pub(crate) struct Life {
    id: String,
    topic: String,
    model: Model,
    network: Network,
    clock: Arc<dyn Clock>,
    power: watch::Receiver<Trouble<()>>,
    random: SmallRng,
    boots: u64,
    number: u64,
    /// Messages handed to the connection that it has not sent yet.
    waiting: usize,
}

/// Why a connected device stopped.
enum End {
    NoPower,
    City,
}

impl Life {
    /// A device that has never been switched on.
    pub(crate) fn new(
        device: &Device,
        network: Network,
        clock: Arc<dyn Clock>,
        power: watch::Receiver<Trouble<()>>,
    ) -> Self {
        let id = device.id.to_string();
        let seed = id.bytes().fold(network.seed, |mixed, byte| mixed.rotate_left(5) ^ u64::from(byte));
        Self {
            topic: format!("pantau/1/{CITY}/{}/{id}", device.class.as_str()),
            model: Model::new(device, network.seed),
            random: SmallRng::seed_from_u64(seed),
            id,
            network,
            clock,
            power,
            boots: 0,
            number: 0,
            waiting: 0,
        }
    }

    /// Lives until the city ends.
    pub(crate) async fn run(mut self) {
        while self.powered().await {
            self.boots += 1;
            let boot = format!("{}-{}", self.clock.now().millis(), self.boots);
            self.waiting = 0;
            let (client, mut events) = AsyncClient::new(self.options(&boot), QUEUE);
            match self.connected(&client, &mut events, &boot).await {
                // Dropping the connection closes the socket without a word.
                End::NoPower => {}
                End::City => {
                    self.farewell(&client, &mut events, &boot).await;
                    return;
                }
            }
        }
    }

    /// Waits for power; false when the city ends first.
    async fn powered(&mut self) -> bool {
        loop {
            let state = *self.power.borrow_and_update();
            if state.now().is_none() {
                return !self.network.token.is_cancelled();
            }
            tokio::select! {
                () = self.network.token.cancelled() => return false,
                () = state.over() => {}
                changed = self.power.changed() => if changed.is_err() { return false },
            }
        }
    }

    fn options(&self, boot: &str) -> MqttOptions {
        let address = self.network.intake;
        let mut options = MqttOptions::new(&self.id, address.ip().to_string(), address.port());
        let will = self.state("lost", boot).to_string();
        options
            .set_last_will(LastWill::new(format!("{}/state", self.topic), will, QoS::AtLeastOnce, true, None))
            .set_keep_alive(KEEP_ALIVE)
            .set_connection_timeout(CONNECT_SECONDS)
            .set_outgoing_inflight_upper_limit(UNACKNOWLEDGED)
            .set_session_expiry_interval(Some(SESSION))
            // A boot begins with nothing.
            .set_clean_start(true);
        options
    }

    fn state(&self, word: &str, boot: &str) -> Value {
        json!({
            "state": word, "boot_id": boot, "ts": self.clock.now(), "fw": self.model.firmware(),
            "ip": self.address(), "interval_s": self.network.interval.as_secs().max(1),
        })
    }

    fn address(&self) -> String {
        let sum: u32 = self.id.bytes().map(u32::from).sum();
        format!("10.20.{}.{}", sum / 250 % 250, 2 + sum % 250)
    }

    /// Talks until power or city end.
    async fn connected(&mut self, client: &AsyncClient, events: &mut EventLoop, boot: &str) -> End {
        let token = self.network.token.clone();
        let mut power = self.power.clone();
        let since = self.clock.now();
        let mut read_at: Option<Instant> = None;
        let mut last = Instant::now();
        loop {
            let reading = async {
                match read_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            // The connection last: readings and the end of power are rare, packets are many.
            tokio::select! {
                biased;
                () = token.cancelled() => return End::City,
                changed = power.changed() => {
                    if changed.is_err() {
                        return End::City;
                    }
                    if power.borrow_and_update().now().is_some() {
                        return End::NoPower;
                    }
                }
                () = reading => {
                    read_at = Some(Instant::now() + self.network.interval);
                    let passed = std::mem::replace(&mut last, Instant::now()).elapsed();
                    self.publish_reading(client, since, passed);
                }
                event = events.poll() => match event {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        count(&self.network.counters.connections);
                        events.options.set_clean_start(false);
                        let state = self.state("ready", boot);
                        self.publish(client, "state", true, &state);
                        let meta = self.model.meta();
                        self.publish(client, "meta", true, &meta);
                        // Spread over the first interval, or all devices would speak at once for ever.
                        let spread = self.network.interval.mul_f64(self.random.random());
                        read_at.get_or_insert_with(|| Instant::now() + spread);
                    }
                    Ok(Event::Incoming(Packet::PubAck(_))) => count(&self.network.counters.acknowledged),
                    Ok(Event::Outgoing(Outgoing::Publish(_))) => self.sent(),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!(device = self.id, %error, "connection lost");
                        let pause = RETRY + RETRY.mul_f64(self.random.random());
                        tokio::select! {
                            () = token.cancelled() => return End::City,
                            () = tokio::time::sleep(pause) => {}
                        }
                    }
                },
            }
        }
    }

    fn publish_reading(&mut self, client: &AsyncClient, since: Timestamp, passed: Duration) {
        self.number += 1;
        let reading = self.model.read(self.clock.now(), since, passed.as_secs_f64(), self.number);
        self.publish(client, reading.topic, false, &reading.payload);
    }

    /// Hands a message to the connection; never waits, since the same task must move it on.
    fn publish(&mut self, client: &AsyncClient, topic: &str, retain: bool, payload: &Value) {
        let topic = format!("{}/{topic}", self.topic);
        match client.try_publish(topic, QoS::AtLeastOnce, retain, payload.to_string()) {
            Ok(()) => self.waiting += 1,
            Err(_) => count(&self.network.counters.skipped),
        }
    }

    /// The connection has sent a message; after a reconnection some are sent twice.
    fn sent(&mut self) {
        count(&self.network.counters.published);
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Says that it goes on purpose, and goes when that is acknowledged.
    async fn farewell(&mut self, client: &AsyncClient, events: &mut EventLoop, boot: &str) {
        let state = self.state("disconnected", boot);
        self.publish(client, "state", true, &state);
        let gone = async {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::PubAck(_))) => {
                        count(&self.network.counters.acknowledged);
                        let said = self.waiting == 0 && events.state.inflight() == 0;
                        if said && client.try_disconnect().is_err() {
                            return;
                        }
                    }
                    Ok(Event::Outgoing(Outgoing::Publish(_))) => self.sent(),
                    Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        if tokio::time::timeout(FAREWELL, gone).await.is_err() {
            tracing::debug!(device = self.id, "left without good-bye");
        }
    }
}
