//! A client of bare bytes, for what no good client does, and for seeing each packet as it comes.

use bytes::BytesMut;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    Connect, ConnectProperties, DisconnectReasonCode, LastWill, LastWillProperties, Login, Packet, PingReq,
    Publish,
};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::sink::STATE;
use crate::broker::DEADLINE;

/// An MQTT 5 connection.
pub(super) struct Raw {
    pub(super) stream: TcpStream,
    buffer: BytesMut,
}

/// What CONNECT asks for.
#[derive(Clone)]
pub(super) struct Hello {
    pub(super) id: &'static str,
    pub(super) clean: bool,
    pub(super) keep_alive: u16,
    pub(super) expiry: Option<u32>,
    /// The delay of a last will that says `lost`.
    pub(super) will: Option<u32>,
    pub(super) login: Option<(&'static str, &'static str)>,
}

impl Default for Hello {
    fn default() -> Self {
        Self { id: "raw", clean: true, keep_alive: 60, expiry: None, will: None, login: None }
    }
}

impl Hello {
    pub(super) fn packet(&self) -> Packet {
        let mut properties = ConnectProperties::new();
        properties.session_expiry_interval = self.expiry;
        let connect = Connect {
            keep_alive: self.keep_alive,
            client_id: self.id.into(),
            clean_start: self.clean,
            properties: Some(properties),
        };
        let will = self.will.map(|delay| {
            let properties = LastWillProperties {
                delay_interval: Some(delay),
                payload_format_indicator: None,
                message_expiry_interval: None,
                content_type: None,
                response_topic: None,
                correlation_data: None,
                user_properties: Vec::new(),
            };
            LastWill::new(STATE, "lost", QoS::AtLeastOnce, true, Some(properties))
        });
        let login = self.login.map(|(user, password)| Login::new(user, password));
        Packet::Connect(connect, will, login)
    }
}

pub(super) fn publish(topic: &str, packet: u16, payload: impl Into<Vec<u8>>) -> Packet {
    let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload.into(), None);
    publish.pkid = packet;
    Packet::Publish(publish)
}

impl Raw {
    /// A connection that has said nothing.
    pub(super) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: BytesMut::new() }
    }

    /// A connection that was let in.
    pub(super) async fn connect(address: SocketAddr, hello: Hello) -> (Self, Packet) {
        let mut raw = Self::open(address).await;
        raw.send(&hello.packet()).await;
        let welcome = raw.next().await;
        assert!(matches!(welcome, Packet::ConnAck(_)), "{welcome:?}");
        (raw, welcome)
    }

    pub(super) async fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, None).unwrap();
        self.write(&bytes).await;
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) {
        timeout(DEADLINE, self.stream.write_all(bytes)).await.expect("it is taken").unwrap();
    }

    /// The next packet; fails when the connection ends.
    pub(super) async fn next(&mut self) -> Packet {
        self.try_next().await.expect("a packet, not the end")
    }

    /// The next packet, or the end.
    pub(super) async fn try_next(&mut self) -> Option<Packet> {
        loop {
            if let Ok(packet) = Packet::read(&mut self.buffer, None) {
                return Some(packet);
            }
            let read = timeout(DEADLINE, self.stream.read_buf(&mut self.buffer)).await.expect("an answer");
            if matches!(read, Ok(0) | Err(_)) {
                return None;
            }
        }
    }

    /// What comes until the pong for a ping sent now.
    pub(super) async fn until_pong(&mut self) -> Vec<Packet> {
        self.send(&Packet::PingReq(PingReq)).await;
        let mut before = Vec::new();
        loop {
            match self.next().await {
                Packet::PingResp(_) => return before,
                packet => before.push(packet),
            }
        }
    }

    /// Packet identifiers of the next acknowledgements.
    pub(super) async fn acknowledged(&mut self, count: usize) -> Vec<u16> {
        let mut ids = Vec::new();
        while ids.len() < count {
            match self.next().await {
                Packet::PubAck(ack) => ids.push(ack.pkid),
                other => panic!("not an acknowledgement: {other:?}"),
            }
        }
        ids
    }

    /// The reason of the DISCONNECT with which the connection ends.
    pub(super) async fn ended(&mut self) -> DisconnectReasonCode {
        let mut reason = None;
        while let Some(packet) = self.try_next().await {
            if let Packet::Disconnect(disconnect) = packet {
                reason = Some(disconnect.reason_code);
            }
        }
        reason.expect("a DISCONNECT before the end")
    }
}

/// An MQTT 3.1.1 connection.
pub(super) struct Old {
    pub(super) stream: TcpStream,
    buffer: BytesMut,
}

impl Old {
    pub(super) async fn open(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), buffer: BytesMut::new() }
    }

    /// A connection that was answered.
    pub(super) async fn connect(address: SocketAddr, connect: v4::Connect) -> (Self, v4::ConnAck) {
        let mut old = Self::open(address).await;
        old.send(&v4::Packet::Connect(connect)).await;
        match old.next().await {
            Some(v4::Packet::ConnAck(ack)) => (old, ack),
            other => panic!("not CONNACK: {other:?}"),
        }
    }

    pub(super) async fn send(&mut self, packet: &v4::Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, usize::MAX).unwrap();
        timeout(DEADLINE, self.stream.write_all(&bytes)).await.expect("it is taken").unwrap();
    }

    /// The next packet, or the end.
    pub(super) async fn next(&mut self) -> Option<v4::Packet> {
        loop {
            if let Ok(packet) = v4::Packet::read(&mut self.buffer, usize::MAX) {
                return Some(packet);
            }
            let read = timeout(DEADLINE, self.stream.read_buf(&mut self.buffer)).await.expect("an answer");
            if matches!(read, Ok(0) | Err(_)) {
                return None;
            }
        }
    }
}

pub(super) fn publish311(topic: &str, packet: u16, payload: impl Into<Vec<u8>>) -> v4::Packet {
    let mut publish = v4::Publish::new(topic, rumqttc::mqttbytes::QoS::AtLeastOnce, payload);
    publish.pkid = packet;
    v4::Packet::Publish(publish)
}
