//! From whole packets to what a client says. MQTT 5 and 3.1.1 differ here and in [`answer`](super::answer).
//!
//! The contents are read by the codec of rumqttc. It is made for clients, so what only a server meets is
//! checked here: the reserved bits of headers, what a client may not send, and the short forms of DISCONNECT.
//! A fault it finds after it was given a whole packet is a malformed packet, even where it asks for more bytes.

use bytes::Bytes;
use rumqttc::mqttbytes::{QoS, v4};
use rumqttc::v5::mqttbytes::QoS as QoS5;
use rumqttc::v5::mqttbytes::v5::{self, DisconnectReasonCode as Reason};

use crate::listener::frame::Frame;

/// The versions of MQTT that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V311,
    V5,
}

/// What a client says after CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    Publish(Publish),
    /// With so many filters.
    Subscribe {
        packet: u16,
        filters: usize,
    },
    /// With so many filters.
    Unsubscribe {
        packet: u16,
        filters: usize,
    },
    Ping,
    /// The end; `will` says whether the last will is to be published all the same.
    Disconnect {
        will: bool,
        expiry: Option<u32>,
    },
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publish {
    /// Its packet identifier; `None` for `QoS` 0.
    pub(crate) packet: Option<u16>,
    pub(crate) topic: Bytes,
    /// Cut where `size` is larger.
    pub(crate) payload: Bytes,
    pub(crate) size: usize,
}

/// Types of packets (MQTT 5 §2.1.2).
mod kind {
    pub(super) const CONNECT: u8 = 1;
    pub(super) const PUBLISH: u8 = 3;
    pub(super) const SUBSCRIBE: u8 = 8;
    pub(super) const UNSUBSCRIBE: u8 = 10;
    pub(super) const PINGREQ: u8 = 12;
    pub(super) const DISCONNECT: u8 = 14;
}

/// Reads a packet that comes after CONNECT.
///
/// # Errors
/// Why the connection has to end, in the words of MQTT 5; 3.1.1 has none, it just ends.
pub(crate) fn read(version: Version, frame: Frame) -> Result<Packet, Reason> {
    let flags = frame.first & 0x0f;
    let reserved = match frame.kind() {
        kind::PUBLISH => flags,
        kind::SUBSCRIBE | kind::UNSUBSCRIBE => 0b0010,
        _ => 0,
    };
    // MQTT-2.1.3-1; 3.1.1: MQTT-2.2.2-2.
    if flags != reserved {
        return Err(Reason::MalformedPacket);
    }
    match frame.kind() {
        kind::PUBLISH => publish(version, frame).map(Packet::Publish),
        kind::SUBSCRIBE => subscribe(version, frame),
        kind::UNSUBSCRIBE => unsubscribe(version, frame),
        kind::PINGREQ if frame.remaining() == 0 => Ok(Packet::Ping),
        kind::PINGREQ => Err(Reason::MalformedPacket),
        kind::DISCONNECT => disconnect(version, frame),
        // A second CONNECT (MQTT-3.1.0-2), acknowledgements of what we never send, AUTH without a method.
        _ => Err(Reason::ProtocolError),
    }
}

fn header5(frame: &Frame) -> v5::FixedHeader {
    v5::FixedHeader::new(frame.first, frame.header.saturating_sub(1), frame.remaining())
}

fn header311(frame: &Frame) -> rumqttc::mqttbytes::FixedHeader {
    rumqttc::mqttbytes::FixedHeader::new(frame.first, frame.header.saturating_sub(1), frame.remaining())
}

fn publish(version: Version, frame: Frame) -> Result<Publish, Reason> {
    let cut = frame.is_cut().then_some(frame.size);
    let (qos2, packet, topic, payload) = match version {
        Version::V5 => {
            let header = header5(&frame);
            let read = v5::Publish::read(header, frame.bytes).map_err(|_fault| Reason::MalformedPacket)?;
            if let Some(properties) = &read.properties {
                // We announce none: MQTT-3.3.2-9 and -10.
                if properties.topic_alias.is_some() {
                    return Err(Reason::TopicAliasInvalid);
                }
                // MQTT-3.3.4-6.
                if !properties.subscription_identifiers.is_empty() {
                    return Err(Reason::ProtocolError);
                }
            }
            (read.qos == QoS5::ExactlyOnce, read.pkid, read.topic, read.payload)
        }
        Version::V311 => {
            let header = header311(&frame);
            let read = v4::Publish::read(header, frame.bytes).map_err(|_fault| Reason::MalformedPacket)?;
            (read.qos == QoS::ExactlyOnce, read.pkid, Bytes::from(read.topic), read.payload)
        }
    };
    // MQTT-3.2.2-11 and §3.3.1.2; 3.1.1 has no word for it.
    if qos2 {
        return Err(Reason::QoSNotSupported);
    }
    topic_name(&topic)?;
    let size = cut.unwrap_or(payload.len());
    Ok(Publish { packet: (packet != 0).then_some(packet), topic, payload, size })
}

/// What MQTT asks of a topic name: UTF-8 without U+0000 (MQTT-1.5.4-1, -2), not empty (MQTT-4.7.3-1), no
/// wildcards (MQTT-3.3.2-2).
fn topic_name(topic: &[u8]) -> Result<(), Reason> {
    let text = std::str::from_utf8(topic).map_err(|_fault| Reason::MalformedPacket)?;
    if text.is_empty() {
        return Err(Reason::ProtocolError);
    }
    if text.contains('\0') {
        return Err(Reason::MalformedPacket);
    }
    if text.contains(['+', '#']) {
        return Err(Reason::TopicNameInvalid);
    }
    Ok(())
}

fn subscribe(version: Version, frame: Frame) -> Result<Packet, Reason> {
    let (packet, filters) = match version {
        Version::V5 => v5::Subscribe::read(header5(&frame), frame.bytes)
            .map(|read| (read.pkid, read.filters.len()))
            .map_err(|_fault| Reason::MalformedPacket)?,
        Version::V311 => v4::Subscribe::read(header311(&frame), frame.bytes)
            .map(|read| (read.pkid, read.filters.len()))
            .map_err(|_fault| Reason::MalformedPacket)?,
    };
    identified(packet, filters)?;
    Ok(Packet::Subscribe { packet, filters })
}

fn unsubscribe(version: Version, frame: Frame) -> Result<Packet, Reason> {
    let (packet, filters) = match version {
        Version::V5 => v5::Unsubscribe::read(header5(&frame), frame.bytes)
            .map(|read| (read.pkid, read.filters.len()))
            .map_err(|_fault| Reason::MalformedPacket)?,
        Version::V311 => v4::Unsubscribe::read(header311(&frame), frame.bytes)
            .map(|read| (read.pkid, read.topics.len()))
            .map_err(|_fault| Reason::MalformedPacket)?,
    };
    identified(packet, filters)?;
    Ok(Packet::Unsubscribe { packet, filters })
}

/// A packet identifier is not 0 (MQTT-2.2.1-3), and there is at least one filter (MQTT-3.8.3-2, MQTT-3.10.3-2).
fn identified(packet: u16, filters: usize) -> Result<(), Reason> {
    if packet == 0 || filters == 0 { Err(Reason::ProtocolError) } else { Ok(()) }
}

fn disconnect(version: Version, frame: Frame) -> Result<Packet, Reason> {
    let body = frame.bytes.get(frame.header..).unwrap_or_default();
    match (version, body) {
        // The usual goodbye, which the codec does not know (MQTT 5 §3.14.2.1: the reason is then 0x00).
        (_, []) => Ok(Packet::Disconnect { will: false, expiry: None }),
        (Version::V311, _) => Err(Reason::MalformedPacket),
        // Nor does it know a reason without properties (§3.14.2.2.1).
        (Version::V5, [reason]) => reasoned(*reason, None),
        (Version::V5, [reason, ..]) => {
            let reason = *reason;
            let read = v5::Disconnect::read(header5(&frame), frame.bytes)
                .map_err(|_fault| Reason::MalformedPacket)?;
            reasoned(reason, read.properties.and_then(|properties| properties.session_expiry_interval))
        }
    }
}

/// Only 0x00 deletes the will (MQTT-3.14.4-3): every other reason tells of an end that was not meant.
fn reasoned(reason: u8, expiry: Option<u32>) -> Result<Packet, Reason> {
    match Reason::try_from(reason) {
        Ok(reason) => Ok(Packet::Disconnect { will: reason != Reason::NormalDisconnection, expiry }),
        Err(_unknown) => Err(Reason::MalformedPacket),
    }
}

/// What CONNECT asks for, in the words of both versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    pub(crate) client_id: String,
    /// Nothing is to be remembered from before.
    pub(crate) clean: bool,
    /// Seconds; 0 for none.
    pub(crate) keep_alive: u16,
    /// How long the session lives on without a connection, seconds. 3.1.1 has no such number: for ever.
    pub(crate) expiry: u32,
    pub(crate) will: Option<Will>,
    pub(crate) user: String,
    pub(crate) password: String,
    /// Largest packet that the client takes.
    pub(crate) max_packet: Option<u32>,
    /// It wants to prove itself by another way than a password.
    pub(crate) enhanced: bool,
}

/// A last will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Will {
    pub(crate) topic: Bytes,
    pub(crate) payload: Bytes,
    /// Seconds between the end of the connection and the will.
    pub(crate) delay: u32,
    /// It asks for `QoS` 2.
    pub(crate) exactly_once: bool,
}

/// Why there is no CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoConnect {
    /// Something else, or not MQTT at all: nobody would understand an answer.
    Nothing,
    /// Another version; `modern` if it is newer than ours, and the answer is in the words of MQTT 5.
    Version { modern: bool },
    /// A CONNECT of this version that is malformed.
    Malformed(Version),
}

/// What CONNECT begins with, up to the version's number: the name and its length.
const NAME: &[u8] = b"\x00\x04MQTT";
/// So began MQTT 3.1.
const OLD_NAME: &[u8] = b"\x00\x06MQIsdp";

/// The bit that a bridge of Mosquitto sets in the version's number to say what it is. Of no meaning to a sink.
const BRIDGE: u8 = 0x80;

/// The packet without that bit, which the codec does not know.
fn without_bridge(frame: &Frame) -> Bytes {
    let mut bytes = frame.bytes.to_vec();
    if let Some(level) = bytes.get_mut(frame.header + NAME.len()) {
        *level &= !BRIDGE;
    }
    bytes.into()
}

/// Reads CONNECT. The version stands in it, so it is looked at first.
pub(crate) fn read_connect(mut frame: Frame) -> Result<Connect, NoConnect> {
    if frame.first != kind::CONNECT << 4 {
        return Err(NoConnect::Nothing);
    }
    let body = frame.bytes.get(frame.header..).unwrap_or_default();
    let Some([level, flags, ..]) = body.strip_prefix(NAME) else {
        let old = body.starts_with(OLD_NAME);
        return Err(if old { NoConnect::Version { modern: false } } else { NoConnect::Nothing });
    };
    let (level, flags) = (*level, *flags);
    let version = match level & !BRIDGE {
        4 => Version::V311,
        5 => Version::V5,
        other => return Err(NoConnect::Version { modern: other > 5 }),
    };
    if level & BRIDGE != 0 {
        frame.bytes = without_bridge(&frame);
    }
    let malformed = NoConnect::Malformed(version);
    // The lowest bit is reserved (MQTT-3.1.2-3); without a will its QoS and retain are 0 (MQTT-3.1.2-11, -13).
    let (reserved, will) = (flags & 1 != 0, flags & 0b100 != 0);
    if reserved || (!will && flags & 0b0011_1000 != 0) {
        return Err(malformed);
    }
    match version {
        Version::V5 => connect5(frame).ok_or(malformed),
        // In 3.1.1 there is no password without a user (MQTT-3.1.2-22).
        Version::V311 if flags & 0xc0 == 0x40 => Err(malformed),
        Version::V311 => connect311(frame).ok_or(malformed),
    }
}

fn connect5(frame: Frame) -> Option<Connect> {
    let (connect, will, login) = v5::Connect::read(header5(&frame), frame.bytes).ok()?;
    let properties = connect.properties;
    let asked = properties.as_ref();
    // Both are protocol errors when they are 0 (§3.1.2.11.3, §3.1.2.11.4).
    if asked.is_some_and(|asked| asked.receive_maximum == Some(0) || asked.max_packet_size == Some(0)) {
        return None;
    }
    let (user, password) = login.map(|login| (login.username, login.password)).unwrap_or_default();
    let will = match will {
        None => None,
        Some(will) => Some(Will {
            topic: checked(will.topic)?,
            payload: Bytes::copy_from_slice(&will.message),
            delay: will.properties.and_then(|properties| properties.delay_interval).unwrap_or(0),
            exactly_once: will.qos == QoS5::ExactlyOnce,
        }),
    };
    Some(Connect {
        version: Version::V5,
        client_id: connect.client_id,
        clean: connect.clean_start,
        keep_alive: connect.keep_alive,
        expiry: asked.and_then(|asked| asked.session_expiry_interval).unwrap_or(0),
        will,
        user,
        password,
        max_packet: asked.and_then(|asked| asked.max_packet_size),
        enhanced: asked.is_some_and(|asked| asked.authentication_method.is_some()),
    })
}

fn connect311(frame: Frame) -> Option<Connect> {
    let connect = v4::Connect::read(header311(&frame), frame.bytes).ok()?;
    let (user, password) = connect.login.map(|login| (login.username, login.password)).unwrap_or_default();
    let will = match connect.last_will {
        None => None,
        Some(will) => Some(Will {
            topic: checked(Bytes::from(will.topic))?,
            payload: Bytes::copy_from_slice(&will.message),
            delay: 0,
            exactly_once: will.qos == QoS::ExactlyOnce,
        }),
    };
    Some(Connect {
        version: Version::V311,
        client_id: connect.client_id,
        clean: connect.clean_session,
        keep_alive: connect.keep_alive,
        expiry: if connect.clean_session { 0 } else { u32::MAX },
        will,
        user,
        password,
        max_packet: None,
        enhanced: false,
    })
}

/// A will's topic, if it is a topic name. A copy, since it outlives the packet it came in.
fn checked(topic: Bytes) -> Option<Bytes> {
    topic_name(&topic).ok()?;
    Some(Bytes::copy_from_slice(&topic))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;
    use crate::listener::frame::Framer;

    fn frame(bytes: &[u8]) -> Frame {
        let mut buffer = BytesMut::from(bytes);
        Framer::new(1 << 20, 1 << 20).next(&mut buffer).unwrap().unwrap()
    }

    fn fault(version: Version, bytes: &[u8]) -> Reason {
        read(version, frame(bytes)).unwrap_err()
    }

    #[test]
    fn every_form_of_goodbye_is_understood() {
        let read5 = |bytes: &[u8]| read(Version::V5, frame(bytes));
        let goodbye = |will, expiry| Ok(Packet::Disconnect { will, expiry });
        assert_eq!(read5(&[0xe0, 0]), goodbye(false, None));
        assert_eq!(read5(&[0xe0, 1, 0x00]), goodbye(false, None));
        assert_eq!(read5(&[0xe0, 1, 0x04]), goodbye(true, None));
        assert_eq!(read5(&[0xe0, 2, 0x04, 0]), goodbye(true, None));
        assert_eq!(read5(&[0xe0, 7, 0x00, 5, 0x11, 0, 0, 0, 9]), goodbye(false, Some(9)));
        assert_eq!(read5(&[0xe0, 1, 0x03]), Err(Reason::MalformedPacket));
        assert_eq!(read(Version::V311, frame(&[0xe0, 0])), goodbye(false, None));
        assert_eq!(fault(Version::V311, &[0xe0, 1, 0]), Reason::MalformedPacket);
    }

    #[test]
    fn what_a_client_may_not_send_ends_the_connection_with_the_right_word() {
        use Version::{V5, V311};
        for version in [V5, V311] {
            assert_eq!(fault(version, &[0x34, 6, 0, 1, b'a', 0, 1, 0]), Reason::QoSNotSupported);
            assert_eq!(fault(version, &[0x36, 5, 0, 1, b'a', 0, 1]), Reason::MalformedPacket);
            assert_eq!(fault(version, &[0x32, 5, 0, 1, b'a', 0, 0]), Reason::MalformedPacket);
            assert_eq!(fault(version, &[0x40, 2, 0, 1]), Reason::ProtocolError);
            assert_eq!(fault(version, &[0xf0, 0]), Reason::ProtocolError);
            assert_eq!(fault(version, &[0x00, 0]), Reason::ProtocolError);
            assert_eq!(fault(version, &[0xc1, 0]), Reason::MalformedPacket);
            assert_eq!(fault(version, &[0x80, 2, 0, 1]), Reason::MalformedPacket);
        }
        let publish5 = |topic: &[u8], rest: &[u8]| {
            let length = u8::try_from(topic.len()).unwrap();
            let body = [&[0, length][..], topic, rest].concat();
            let bytes = [&[0x30, u8::try_from(body.len()).unwrap()][..], &body].concat();
            read(V5, frame(&bytes)).map(drop)
        };
        assert_eq!(publish5(b"a", &[0, b'x']), Ok(()));
        assert_eq!(publish5(b"", &[0]), Err(Reason::ProtocolError));
        assert_eq!(publish5(b"a/+", &[0]), Err(Reason::TopicNameInvalid));
        assert_eq!(publish5(b"a\xff", &[0]), Err(Reason::MalformedPacket));
        assert_eq!(publish5(b"a\0", &[0]), Err(Reason::MalformedPacket));
        assert_eq!(publish5(b"", &[3, 0x23, 0, 1]), Err(Reason::TopicAliasInvalid));
        assert_eq!(publish5(b"a", &[2, 0x0b, 1]), Err(Reason::ProtocolError));
    }

    #[test]
    fn the_version_is_seen_before_anything_else_is_read() {
        let connect = |level: u8, flags: u8| {
            read_connect(frame(&[0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', level, flags, 0, 60, 0, 1, b'a']))
        };
        assert_eq!(connect(4, 2).map(|connect| connect.version), Ok(Version::V311));
        assert_eq!(connect(3, 2), Err(NoConnect::Version { modern: false }));
        assert_eq!(connect(6, 2), Err(NoConnect::Version { modern: true }));
        assert_eq!(connect(0x84, 2).map(|connect| connect.version), Ok(Version::V311));
        assert_eq!(connect(4, 3), Err(NoConnect::Malformed(Version::V311)));
        assert_eq!(connect(4, 0x40), Err(NoConnect::Malformed(Version::V311)));
        assert_eq!(connect(5, 0x08), Err(NoConnect::Malformed(Version::V5)));
        assert_eq!(read_connect(frame(b"\x10\x02GE")), Err(NoConnect::Nothing));
        assert_eq!(read_connect(frame(&[0x30, 4, 0, 1, b'a', 0])), Err(NoConnect::Nothing));
        let bridge = b"\x10\x19\0\x04MQTT\x05\0\0\x3c\x03\x21\0\x14\0\x09vm.pantau";
        let bridge = read_connect(frame(bridge)).unwrap();
        assert_eq!((bridge.client_id.as_str(), bridge.expiry, bridge.enhanced), ("vm.pantau", 0, false));
        let old = b"\x10\x0e\0\x06MQIsdp\x03\x02\0\x3c\0\0";
        assert_eq!(read_connect(frame(old)), Err(NoConnect::Version { modern: false }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_bytes_make_it_panic(kind in 0u8..16, flags in 0u8..16, body in prop::collection::vec(any::<u8>(), 0..80)) {
            let length = u8::try_from(body.len()).unwrap();
            let bytes = [&[kind << 4 | flags, length][..], &body].concat();
            let whole = frame(&bytes);
            for version in [Version::V5, Version::V311] {
                drop(read(version, whole.clone()));
                // And as the beginning of a message that was cut.
                drop(read(version, Frame { size: 1 << 20, ..whole.clone() }));
            }
            drop(read_connect(whole));
            let mut connect = [&[0x10, length.saturating_add(10)][..], b"\0\x04MQTT\x05", &[flags << 4, 0, 60], &body].concat();
            drop(read_connect(frame(&connect)));
            connect[8] = 4;
            drop(read_connect(frame(&connect)));
        }
    }
}
