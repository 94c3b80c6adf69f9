//! rumqttc behind one face: MQTT 5 and 3.1.1 differ here and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::v5::mqttbytes::QoS as QoS5;
use rumqttc::v5::mqttbytes::v5 as packet5;
use rumqttc::{NetworkOptions, QoS, TlsConfiguration, Transport, v5};
use rustls::ClientConfig;
use secrecy::ExposeSecret;

use crate::mqtt::settings::Settings;
use crate::mqtt::tls::TlsError;

/// How long CONNECT and its answer may take, seconds.
const CONNECT_SECONDS: u64 = 5;
/// What is read beyond the limit, so that it can be a dead letter: this many limits.
const CEILING: usize = 16;
/// Largest packet of the protocol.
const PROTOCOL_MAX: usize = 268_435_455;
/// We publish nothing, so rumqttc needs hardly any slots for what it sends.
const OUTGOING: u16 = 8;
/// Most messages that can be without PUBACK: packet identifiers have 16 bits, and 0 is none.
pub(crate) const MAX_UNACKNOWLEDGED: usize = 65_535;
/// Room for SUBSCRIBE and DISCONNECT beside the acknowledgements.
const SPARE: usize = 8;

/// What came over the connection.
#[derive(Debug)]
pub(crate) enum Heard {
    /// CONNACK.
    Connected {
        /// The broker still had the session.
        session_present: bool,
    },
    /// SUBACK.
    Subscribed {
        /// The broker took the subscription.
        granted: bool,
    },
    /// PUBLISH.
    Publish(Publish),
    /// Our DISCONNECT is out.
    Left,
    /// Anything else.
    Other,
}

/// A message.
#[derive(Debug)]
pub(crate) struct Publish {
    pub(crate) topic: Bytes,
    pub(crate) payload: Bytes,
    pub(crate) retained: bool,
    /// Its packet identifier; `None` for `QoS` 0.
    pub(crate) packet: Option<u16>,
}

/// Why there is no connection (any more). Holds no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("the broker does not know this version of MQTT")]
    Version,
    #[error("the broker refused the connection: {0}")]
    Refused(String),
    #[error("the broker closed the connection: {0}")]
    Dismissed(String),
    #[error("the connection broke")]
    Closed,
    #[error("no answer in time")]
    Timeout,
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("{0}")]
    TlsSetUp(#[from] TlsError),
    #[error("not MQTT as agreed: {0}")]
    Protocol(String),
}

impl LinkError {
    /// Whether trying again soon is pointless: a person has to change something.
    pub(crate) fn is_stubborn(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::TlsSetUp(_)) || self.is_taken_over()
    }

    fn is_taken_over(&self) -> bool {
        matches!(self, Self::Dismissed(why) if why == TAKEN_OVER)
    }
}

const TAKEN_OVER: &str = "another client took the session over, by the same client id";

/// One connection, used once.
pub(crate) struct Link {
    inner: Inner,
    keep_alive: Duration,
}

enum Inner {
    V5(Box<v5::EventLoop>),
    V311(Box<rumqttc::EventLoop>),
}

/// The sending side of a link; cheap to clone.
#[derive(Clone)]
pub(crate) enum Sender {
    V5(v5::AsyncClient),
    V311(rumqttc::AsyncClient),
}

/// The link is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl Link {
    /// A link that connects when it is polled first.
    pub(crate) fn new(settings: &Settings, modern: bool, tls: Option<Arc<ClientConfig>>) -> (Self, Sender) {
        let transport = match tls {
            Some(config) => Transport::tls_with_config(TlsConfiguration::Rustls(config)),
            None => Transport::tcp(),
        };
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(CONNECT_SECONDS);
        // Every message without PUBACK can have its acknowledgement waiting: sending one never blocks, not
        // even while nobody polls because the queue is full. With less, both would wait for each other.
        let requests = MAX_UNACKNOWLEDGED + SPARE;
        let keep_alive = settings.keep_alive();
        let (inner, sender) = if modern {
            let (client, events) = v5::AsyncClient::new(options5(settings, transport, network), requests);
            (Inner::V5(Box::new(events)), Sender::V5(client))
        } else {
            let (client, mut events) = rumqttc::AsyncClient::new(options311(settings, transport), requests);
            events.set_network_options(network);
            (Inner::V311(Box::new(events)), Sender::V311(client))
        };
        (Self { inner, keep_alive }, sender)
    }

    /// The longest that [`Link::poll`] may take on a healthy connection: there is a PINGREQ each keep-alive.
    pub(crate) fn patience(&self) -> Duration {
        let agreed = match &self.inner {
            Inner::V5(events) => events.options.keep_alive(),
            Inner::V311(_) => self.keep_alive,
        };
        agreed.max(self.keep_alive) * 2
    }

    /// The next thing heard. Dropped half-way, it may lose an acknowledgement: only when the link ends.
    pub(crate) async fn poll(&mut self) -> Result<Heard, LinkError> {
        match &mut self.inner {
            Inner::V5(events) => {
                let heard = events.poll().await.map_err(error5)?;
                if events.options.keep_alive().is_zero() {
                    // A broker may switch keep-alive off; rumqttc would then ping without pause.
                    events.options.set_keep_alive(self.keep_alive);
                }
                Ok(heard5(heard))
            }
            Inner::V311(events) => events.poll().await.map(heard311).map_err(error311),
        }
    }
}

impl Sender {
    /// Subscribes at `QoS` 1; the answer is [`Heard::Subscribed`].
    pub(crate) fn subscribe(&self, filter: &str) -> Result<(), Gone> {
        match self {
            Self::V5(client) => client.try_subscribe(filter, QoS5::AtLeastOnce).or(Err(Gone)),
            Self::V311(client) => client.try_subscribe(filter, QoS::AtLeastOnce).or(Err(Gone)),
        }
    }

    /// Sends the PUBACK of a packet. Never to be awaited by whoever polls the link.
    pub(crate) async fn acknowledge(&self, packet: u16) -> Result<(), Gone> {
        match self {
            Self::V5(client) => {
                let publish =
                    packet5::Publish { qos: QoS5::AtLeastOnce, pkid: packet, ..packet5::Publish::default() };
                client.ack(&publish).await.or(Err(Gone))
            }
            Self::V311(client) => {
                let mut publish = rumqttc::Publish::new("", QoS::AtLeastOnce, Vec::new());
                publish.pkid = packet;
                client.ack(&publish).await.or(Err(Gone))
            }
        }
    }

    /// Says goodbye; the session stays with the broker.
    pub(crate) fn leave(&self) -> Result<(), Gone> {
        match self {
            Self::V5(client) => client.try_disconnect().or(Err(Gone)),
            Self::V311(client) => client.try_disconnect().or(Err(Gone)),
        }
    }
}

fn ceiling(settings: &Settings) -> usize {
    settings.max_packet.saturating_mul(CEILING).clamp(1024, PROTOCOL_MAX)
}

fn options5(settings: &Settings, transport: Transport, network: NetworkOptions) -> v5::MqttOptions {
    let mut options = v5::MqttOptions::new(&settings.client_id, &settings.host, settings.port);
    let mut properties = packet5::ConnectProperties::new();
    let expiry = u32::try_from(settings.session_expiry.as_secs()).unwrap_or(u32::MAX);
    properties.session_expiry_interval = Some(expiry);
    properties.receive_maximum = Some(settings.receive_maximum());
    properties.max_packet_size = u32::try_from(ceiling(settings)).ok();
    options
        .set_keep_alive(settings.keep_alive())
        .set_clean_start(false)
        .set_transport(transport)
        .set_connection_timeout(CONNECT_SECONDS)
        .set_connect_properties(properties)
        .set_manual_acks(true);
    options.set_outgoing_inflight_upper_limit(OUTGOING);
    options.set_network_options(network);
    if let Some(user) = &settings.user {
        let password = settings.password.as_ref().map_or("", |password| password.expose_secret());
        options.set_credentials(user, password);
    }
    options
}

fn options311(settings: &Settings, transport: Transport) -> rumqttc::MqttOptions {
    let mut options = rumqttc::MqttOptions::new(&settings.client_id, &settings.host, settings.port);
    options
        .set_keep_alive(settings.keep_alive())
        .set_clean_session(false)
        .set_transport(transport)
        .set_max_packet_size(PROTOCOL_MAX, PROTOCOL_MAX)
        .set_inflight(OUTGOING)
        .set_manual_acks(true);
    if let Some(user) = &settings.user {
        let password = settings.password.as_ref().map_or("", |password| password.expose_secret());
        options.set_credentials(user, password);
    }
    options
}

fn heard5(event: v5::Event) -> Heard {
    match event {
        v5::Event::Incoming(packet5::Packet::ConnAck(ack)) => {
            Heard::Connected { session_present: ack.session_present }
        }
        v5::Event::Incoming(packet5::Packet::SubAck(ack)) => Heard::Subscribed {
            granted: ack
                .return_codes
                .iter()
                .all(|code| matches!(code, packet5::SubscribeReasonCode::Success(_))),
        },
        v5::Event::Incoming(packet5::Packet::Publish(publish)) => Heard::Publish(Publish {
            topic: publish.topic,
            payload: publish.payload,
            retained: publish.retain,
            packet: (publish.pkid != 0).then_some(publish.pkid),
        }),
        v5::Event::Outgoing(rumqttc::Outgoing::Disconnect) => Heard::Left,
        _ => Heard::Other,
    }
}

fn heard311(event: rumqttc::Event) -> Heard {
    match event {
        rumqttc::Event::Incoming(rumqttc::Packet::ConnAck(ack)) => {
            Heard::Connected { session_present: ack.session_present }
        }
        rumqttc::Event::Incoming(rumqttc::Packet::SubAck(ack)) => Heard::Subscribed {
            granted: ack
                .return_codes
                .iter()
                .all(|code| matches!(code, rumqttc::SubscribeReasonCode::Success(_))),
        },
        rumqttc::Event::Incoming(rumqttc::Packet::Publish(publish)) => Heard::Publish(Publish {
            topic: Bytes::from(publish.topic),
            payload: publish.payload,
            retained: publish.retain,
            packet: (publish.pkid != 0).then_some(publish.pkid),
        }),
        rumqttc::Event::Outgoing(rumqttc::Outgoing::Disconnect) => Heard::Left,
        _ => Heard::Other,
    }
}

fn error5(error: v5::ConnectionError) -> LinkError {
    use packet5::{ConnectReturnCode, DisconnectReasonCode};
    use rumqttc::v5::mqttbytes::Error as Bytes5;
    use v5::{ConnectionError, StateError};
    match error {
        ConnectionError::ConnectionRefused(
            ConnectReturnCode::UnsupportedProtocolVersion | ConnectReturnCode::RefusedProtocolVersion,
        )
        // How a 3.1.1 broker refuses, read as MQTT 5.
        | ConnectionError::MqttState(StateError::Deserialization(Bytes5::InvalidConnectReturnCode(1))) => {
            LinkError::Version
        }
        ConnectionError::ConnectionRefused(code) => LinkError::Refused(format!("{code:?}")),
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) => {
            LinkError::Dismissed(match reason_code {
                DisconnectReasonCode::SessionTakenOver => TAKEN_OVER.to_owned(),
                other => format!("{other:?}"),
            })
        }
        ConnectionError::MqttState(StateError::ConnectionAborted) => LinkError::Closed,
        ConnectionError::MqttState(StateError::AwaitPingResp) | ConnectionError::Timeout(_) => {
            LinkError::Timeout
        }
        ConnectionError::MqttState(StateError::Io(error)) | ConnectionError::Io(error) => {
            LinkError::Io(error)
        }
        ConnectionError::MqttState(error) => LinkError::Protocol(error.to_string()),
        ConnectionError::Tls(error) => LinkError::Tls(error.to_string()),
        ConnectionError::NotConnAck(_) => LinkError::Protocol("no CONNACK".to_owned()),
        ConnectionError::RequestsDone => LinkError::Closed,
    }
}

fn error311(error: rumqttc::ConnectionError) -> LinkError {
    use rumqttc::{ConnectReturnCode, ConnectionError, StateError};
    match error {
        ConnectionError::ConnectionRefused(ConnectReturnCode::RefusedProtocolVersion) => LinkError::Version,
        ConnectionError::ConnectionRefused(code) => LinkError::Refused(format!("{code:?}")),
        ConnectionError::MqttState(StateError::ConnectionAborted) | ConnectionError::RequestsDone => {
            LinkError::Closed
        }
        ConnectionError::MqttState(StateError::AwaitPingResp)
        | ConnectionError::NetworkTimeout
        | ConnectionError::FlushTimeout => LinkError::Timeout,
        ConnectionError::MqttState(StateError::Io(error)) | ConnectionError::Io(error) => {
            LinkError::Io(error)
        }
        ConnectionError::MqttState(error) => LinkError::Protocol(error.to_string()),
        ConnectionError::Tls(error) => LinkError::Tls(error.to_string()),
        ConnectionError::NotConnAck(_) => LinkError::Protocol("no CONNACK".to_owned()),
    }
}
