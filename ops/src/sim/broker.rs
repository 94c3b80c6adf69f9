//! An MQTT 5 broker inside this process, so that the demonstration needs nothing installed.
//!
//! It keeps what the server relies on: retained states, wills, lasting sessions, redelivery of what was not
//! acknowledged, and the receive maximum. It forgets everything when it ends; a city in earnest uses Mosquitto.

use std::net::SocketAddr;
use std::time::Duration;

use mqtt5::broker::config::{StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerConfig, MqttBroker};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::SimError;
use super::ports;

/// Messages kept for a subscriber that is away: ten minutes of a city in a storm.
const QUEUED_MESSAGES: usize = 200_000;
const QUEUED_BYTES: usize = 256 * 1024 * 1024;
/// Messages on their way to a subscriber that acknowledges after its commit.
const UNACKNOWLEDGED: u16 = 1_000;
/// The packet limit of the contract.
const MAX_PACKET: usize = 1024 * 1024;
/// How long a subscriber may be away before it is forgotten.
const SESSION: Duration = Duration::from_secs(24 * 60 * 60);
/// Another port is tried when one was taken between choosing and binding.
const ATTEMPTS: usize = 8;
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A running broker; it ends with the token it was started with.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
}

impl Broker {
    /// Starts a broker on a loopback port. It keeps everything in memory.
    ///
    /// # Errors
    /// [`SimError::Listen`] and [`SimError::Broker`].
    pub async fn start(tasks: &TaskTracker, token: CancellationToken) -> Result<Self, SimError> {
        let mut attempt = 0;
        let (mut broker, address) = loop {
            attempt += 1;
            let address =
                ports::listen().and_then(|listener| listener.local_addr()).map_err(SimError::Listen)?;
            match MqttBroker::with_config(config(address)).await {
                Ok(broker) => break (broker, address),
                Err(error) if attempt == ATTEMPTS => return Err(SimError::Broker(error.to_string())),
                Err(_) => {}
            }
        };
        let mut ready = broker.ready_receiver();
        let stop = broker.shutdown_handle();
        tasks.spawn(async move {
            let running = broker.run();
            tokio::pin!(running);
            let ended = tokio::select! {
                ended = &mut running => ended,
                () = token.cancelled() => {
                    stop.shutdown();
                    tokio::time::timeout(STOP_WITHIN, running).await.unwrap_or(Ok(()))
                }
            };
            if let Err(error) = ended {
                tracing::error!(%error, "broker ended");
            }
        });
        ready
            .wait_for(|ready| *ready)
            .await
            .map_err(|_closed| SimError::Broker("it ended at once".to_owned()))?;
        Ok(Self { address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn config(address: SocketAddr) -> BrokerConfig {
    BrokerConfig { bind_addresses: vec![address], sys_topics_enabled: false, ..BrokerConfig::default() }
        .with_session_expiry(SESSION)
        .with_max_packet_size(MAX_PACKET)
        .with_max_outbound_inflight(UNACKNOWLEDGED)
        .with_storage(
            StorageConfig::new()
                .with_backend(StorageBackend::Memory)
                .with_max_queued_messages_per_client(QUEUED_MESSAGES)
                .with_max_queued_bytes_per_client(QUEUED_BYTES),
        )
}

#[cfg(test)]
mod tests {
    //! What the server relies on, asked of this broker with the client that the server uses.

    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
    use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    struct Session {
        client: AsyncClient,
        events: EventLoop,
    }

    impl Session {
        /// A lasting session that takes two messages at a time and acknowledges by hand.
        async fn open(broker: &Broker) -> (Self, bool) {
            let mut options =
                MqttOptions::new("server", broker.address().ip().to_string(), broker.address().port());
            options.set_clean_start(false).set_session_expiry_interval(Some(600)).set_manual_acks(true);
            options.set_receive_maximum(Some(2));
            let (client, mut events) = AsyncClient::new(options, 16);
            let present = loop {
                if let Event::Incoming(Packet::ConnAck(ack)) = events.poll().await.unwrap() {
                    break ack.session_present;
                }
            };
            (Self { client, events }, present)
        }

        async fn next(&mut self) -> Publish {
            let found = async {
                loop {
                    if let Event::Incoming(Packet::Publish(publish)) = self.events.poll().await.unwrap() {
                        return publish;
                    }
                }
            };
            tokio::time::timeout(DEADLINE, found).await.unwrap()
        }

        /// Moves the connection on until a message of ours is acknowledged.
        async fn publish(&mut self, topic: &str, retain: bool, payload: &str) {
            self.client.try_publish(topic, QoS::AtLeastOnce, retain, payload.to_owned()).unwrap();
            while !matches!(self.events.poll().await.unwrap(), Event::Incoming(Packet::PubAck(_))) {}
        }

        async fn subscribe(&mut self, filter: &str) {
            self.client.try_subscribe(filter, QoS::AtLeastOnce).unwrap();
            while !matches!(self.events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
        }
    }

    async fn other(broker: &Broker) -> Session {
        let options = MqttOptions::new("device", broker.address().ip().to_string(), broker.address().port());
        let (client, mut events) = AsyncClient::new(options, 16);
        while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::ConnAck(_))) {}
        Session { client, events }
    }

    #[tokio::test]
    async fn nothing_unacknowledged_is_lost_and_no_more_than_asked_for_is_on_the_way() {
        let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
        let broker = Broker::start(&tasks, token.clone()).await.unwrap();
        let (mut server, present) = Session::open(&broker).await;
        assert!(!present);
        server.subscribe("pantau/1/#").await;
        let mut device = other(&broker).await;
        for payload in ["a", "b", "c"] {
            device.publish("pantau/1/metro/ap/ap-01/tele/senml", false, payload).await;
        }
        assert_eq!([server.next().await.payload, server.next().await.payload], ["a", "b"]);
        // Two are on the way, so the third waits.
        assert!(tokio::time::timeout(Duration::from_millis(300), server.events.poll()).await.is_err());
        drop(server);
        device.publish("pantau/1/metro/ap/ap-01/tele/senml", false, "d").await;

        let (mut server, present) = Session::open(&broker).await;
        assert!(present, "the session was forgotten");
        for payload in ["a", "b", "c", "d"] {
            let publish = server.next().await;
            assert_eq!(publish.payload, payload);
            server.client.try_ack(&publish).unwrap();
        }
        token.cancel();
        tasks.close();
        tokio::time::timeout(DEADLINE, tasks.wait()).await.unwrap();
    }

    #[tokio::test]
    async fn a_state_is_kept_for_those_who_come_later() {
        let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
        let broker = Broker::start(&tasks, token.clone()).await.unwrap();
        other(&broker).await.publish("pantau/1/metro/ap/ap-01/state", true, "ready").await;
        let (mut server, _) = Session::open(&broker).await;
        server.client.try_subscribe("pantau/1/+/+/+/state", QoS::AtLeastOnce).unwrap();
        let publish = server.next().await;
        assert_eq!((publish.payload.as_ref(), publish.retain), (b"ready".as_slice(), true));
        token.cancel();
    }
}
