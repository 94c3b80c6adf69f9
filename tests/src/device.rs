//! A device as the city has them: an MQTT 3.1.1 client with a last will.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Outgoing, Packet, QoS};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What waits between the test and the device's socket. Full: publishing waits.
const QUEUE: usize = 64;
/// Largest packet; more than the server takes, so that a test can send too much.
const MAX_PACKET: usize = 16 * 1024 * 1024;
/// How long a broker may take to say hello.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A connected device. Dropping it cuts its connection without a goodbye, and its last will speaks.
#[derive(Debug)]
pub struct Device {
    client: AsyncClient,
    sent: u64,
    state: watch::Receiver<State>,
    /// Ends, and closes the socket, when dropped.
    _tasks: JoinSet<()>,
}

#[derive(Debug, Clone, Default)]
struct State {
    connected: bool,
    acknowledged: u64,
    ended: Option<String>,
}

impl Device {
    /// Connects, and waits for the broker's hello.
    ///
    /// # Errors
    /// The broker does not answer.
    pub async fn connect(
        broker: SocketAddr,
        client_id: &str,
        will: Option<(&str, &str)>,
    ) -> anyhow::Result<Self> {
        let mut options = MqttOptions::new(client_id, broker.ip().to_string(), broker.port());
        options.set_keep_alive(Duration::from_secs(5)).set_max_packet_size(MAX_PACKET, MAX_PACKET);
        if let Some((topic, payload)) = will {
            options.set_last_will(LastWill::new(topic, payload, QoS::AtLeastOnce, true));
        }
        let (client, events) = AsyncClient::new(options, QUEUE);
        let (tell, mut state) = watch::channel(State::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(run(events, tell));
        timeout(CONNECT_WITHIN, state.wait_for(|state| state.connected || state.ended.is_some()))
            .await
            .context("the broker says nothing")??;
        let ended = state.borrow().ended.clone();
        anyhow::ensure!(ended.is_none(), "the broker refused: {ended:?}");
        Ok(Self { client, sent: 0, state, _tasks: tasks })
    }

    /// Publishes at `QoS` 1.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        self.put(topic, payload.into(), false).await
    }

    /// Publishes at `QoS` 1, to be kept by the broker.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn retain(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        self.put(topic, payload.into(), true).await
    }

    async fn put(&mut self, topic: &str, payload: Vec<u8>, retain: bool) -> anyhow::Result<()> {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await.context("the device is gone")?;
        self.sent += 1;
        Ok(())
    }

    /// How many messages were acknowledged so far.
    #[must_use]
    pub fn acknowledged_so_far(&self) -> u64 {
        self.state.borrow().acknowledged
    }

    /// Waits until the connection has ended; gives how many messages were acknowledged on it.
    ///
    /// # Errors
    /// It did not end in time.
    pub async fn lost(&mut self, within: Duration) -> anyhow::Result<u64> {
        let ended = self.state.wait_for(|state| state.ended.is_some());
        let state = timeout(within, ended).await.context("the connection does not end")??.clone();
        Ok(state.acknowledged)
    }

    /// Waits until the broker has acknowledged everything that was published.
    ///
    /// # Errors
    /// It did not in time, or the connection ended.
    pub async fn acknowledged(&mut self, within: Duration) -> anyhow::Result<()> {
        let sent = self.sent;
        let all = self.state.wait_for(|state| state.acknowledged >= sent || state.ended.is_some());
        let state = timeout(within, all).await.context("the broker does not acknowledge")??.clone();
        anyhow::ensure!(state.acknowledged >= sent, "the connection ended: {:?}", state.ended);
        Ok(())
    }
}

/// Keeps the connection until it breaks; a device of these tests does not come back by itself.
async fn run(mut events: EventLoop, tell: watch::Sender<State>) {
    let mut waiting: HashSet<u16> = HashSet::new();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => tell.send_modify(|state| state.connected = true),
            Ok(Event::Outgoing(Outgoing::Publish(id))) => {
                waiting.insert(id);
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) if waiting.remove(&ack.pkid) => {
                tell.send_modify(|state| state.acknowledged += 1);
            }
            Ok(_) => {}
            Err(error) => {
                tell.send_modify(|state| state.ended = Some(error.to_string()));
                return;
            }
        }
    }
}
