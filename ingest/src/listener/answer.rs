//! What we say, as bytes. MQTT 5 and 3.1.1 differ here and in [`packet`](super::packet).

use bytes::BytesMut;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::v5::{self, ConnectReturnCode, DisconnectReasonCode, PubAckReason};

use crate::listener::packet::Version;

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Malformed,
    Version,
    ClientId,
    Credentials,
    Method,
    Will,
    Small,
}

/// What CONNACK tells of us (MQTT 5).
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) session_present: bool,
    pub(crate) receive_maximum: u16,
    pub(crate) max_packet: u32,
    /// How long the session lives on without a connection, seconds.
    pub(crate) granted: u32,
    /// The same where it is not what was asked for.
    pub(crate) expiry: Option<u32>,
    /// Where it is not what was asked for.
    pub(crate) keep_alive: Option<u16>,
    /// Where the client brought none.
    pub(crate) client_id: Option<String>,
}

/// CONNACK: welcome.
pub(crate) fn welcome(version: Version, terms: &Terms, out: &mut BytesMut) {
    let session_present = terms.session_present;
    match version {
        Version::V5 => {
            let properties = v5::ConnAckProperties {
                session_expiry_interval: terms.expiry,
                receive_max: Some(terms.receive_maximum),
                max_qos: Some(1),
                max_packet_size: Some(terms.max_packet),
                assigned_client_identifier: terms.client_id.clone(),
                topic_alias_max: Some(0),
                server_keep_alive: terms.keep_alive,
                // Nothing can be subscribed to, so nobody need try.
                wildcard_subscription_available: Some(0),
                subscription_identifiers_available: Some(0),
                shared_subscription_available: Some(0),
                retain_available: None,
                reason_string: None,
                user_properties: Vec::new(),
                response_information: None,
                server_reference: None,
                authentication_method: None,
                authentication_data: None,
            };
            let (code, properties) = (ConnectReturnCode::Success, Some(properties));
            written(v5::ConnAck { session_present, code, properties }.write(out));
        }
        Version::V311 => {
            written(v4::ConnAck::new(v4::ConnectReturnCode::Success, session_present).write(out));
        }
    }
}

/// CONNACK: no.
pub(crate) fn refuse(version: Version, refusal: Refusal, out: &mut BytesMut) {
    match version {
        Version::V5 => {
            let code = match refusal {
                Refusal::Malformed => ConnectReturnCode::MalformedPacket,
                Refusal::Version => ConnectReturnCode::UnsupportedProtocolVersion,
                Refusal::ClientId => ConnectReturnCode::ClientIdentifierNotValid,
                Refusal::Credentials => ConnectReturnCode::BadUserNamePassword,
                Refusal::Method => ConnectReturnCode::BadAuthenticationMethod,
                Refusal::Will => ConnectReturnCode::QoSNotSupported,
                Refusal::Small => ConnectReturnCode::PacketTooLarge,
            };
            written(v5::ConnAck { session_present: false, code, properties: None }.write(out));
        }
        Version::V311 => {
            let code = match refusal {
                // A packet that breaks the rules has no answer (MQTT 3.1.1 §4.8).
                Refusal::Malformed | Refusal::Method | Refusal::Will | Refusal::Small => return,
                Refusal::Version => v4::ConnectReturnCode::RefusedProtocolVersion,
                Refusal::ClientId => v4::ConnectReturnCode::BadClientId,
                Refusal::Credentials => v4::ConnectReturnCode::BadUserNamePassword,
            };
            written(v4::ConnAck::new(code, false).write(out));
        }
    }
}

/// PUBACK: the message is durable; `refused` if it is kept as a dead letter because its sender may not
/// publish there, which 3.1.1 cannot say.
pub(crate) fn acknowledge(version: Version, packet: u16, refused: bool, out: &mut BytesMut) {
    match version {
        Version::V5 => {
            let reason = if refused { PubAckReason::NotAuthorized } else { PubAckReason::Success };
            written(v5::PubAck { pkid: packet, reason, properties: None }.write(out));
        }
        Version::V311 => written(v4::PubAck::new(packet).write(out)),
    }
}

/// SUBACK: nothing is routed here, so every filter is refused.
pub(crate) fn no_subscription(version: Version, packet: u16, filters: usize, out: &mut BytesMut) {
    match version {
        Version::V5 => {
            let return_codes = vec![v5::SubscribeReasonCode::NotAuthorized; filters];
            written(v5::SubAck { pkid: packet, return_codes, properties: None }.write(out));
        }
        Version::V311 => {
            written(v4::SubAck::new(packet, vec![v4::SubscribeReasonCode::Failure; filters]).write(out));
        }
    }
}

/// UNSUBACK: there was nothing to end.
pub(crate) fn unsubscribed(version: Version, packet: u16, filters: usize, out: &mut BytesMut) {
    match version {
        Version::V5 => {
            let reasons = vec![v5::UnsubAckReason::NoSubscriptionExisted; filters];
            written(v5::UnsubAck { pkid: packet, reasons, properties: None }.write(out));
        }
        Version::V311 => written(v4::UnsubAck::new(packet).write(out)),
    }
}

/// PINGRESP, the same in both versions (MQTT 5 §3.13).
pub(crate) fn pong(out: &mut BytesMut) {
    out.extend_from_slice(&[0xd0, 0x00]);
}

/// DISCONNECT with a reason; 3.1.1 has no such packet for a server.
pub(crate) fn goodbye(version: Version, reason: DisconnectReasonCode, out: &mut BytesMut) {
    if version == Version::V5 {
        // The codec says one byte and writes two, and cannot read the form with one.
        out.extend_from_slice(&[0xe0, 2, code(reason), 0]);
    }
}

/// The reasons for which we end a connection (MQTT 5 §3.14.2.1).
const fn code(reason: DisconnectReasonCode) -> u8 {
    match reason {
        DisconnectReasonCode::MalformedPacket => 0x81,
        DisconnectReasonCode::ProtocolError => 0x82,
        DisconnectReasonCode::ServerBusy => 0x89,
        DisconnectReasonCode::ServerShuttingDown => 0x8b,
        DisconnectReasonCode::KeepAliveTimeout => 0x8d,
        DisconnectReasonCode::SessionTakenOver => 0x8e,
        DisconnectReasonCode::TopicNameInvalid => 0x90,
        DisconnectReasonCode::ReceiveMaximumExceeded => 0x93,
        DisconnectReasonCode::TopicAliasInvalid => 0x94,
        DisconnectReasonCode::PacketTooLarge => 0x95,
        DisconnectReasonCode::QoSNotSupported => 0x9b,
        _ => 0x80,
    }
}

/// The codec can refuse only what these packets have not: packets of 256 MiB and identifiers of 0.
fn written<E: std::fmt::Display>(result: Result<usize, E>) {
    if let Err(error) = result {
        tracing::error!(%error, "failed to write an MQTT packet of our own");
    }
}
