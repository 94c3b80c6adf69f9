//! What MQTT asks of a server, and what this one refuses.

use std::time::Duration;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::observation::Body;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnAck, ConnectReturnCode, DisconnectReasonCode, Filter, Packet, Subscribe, SubscribeReasonCode,
    Unsubscribe,
};

use super::raw::{Hello, Old, Raw, publish, publish311};
use super::sink::{SENML, Sink, settings};
use crate::consumer::{measured, number};

fn welcome(packet: Packet) -> ConnAck {
    match packet {
        Packet::ConnAck(ack) => ack,
        other => panic!("not CONNACK: {other:?}"),
    }
}

#[tokio::test]
async fn the_terms_are_told() {
    let mut settings = settings();
    settings.keep_alive = Duration::from_secs(90);
    let sink = Sink::start(settings).await;
    let hello = Hello { id: "", keep_alive: 0, expiry: Some(u32::MAX), ..Hello::default() };
    let (_raw, packet) = Raw::connect(sink.address, hello).await;
    let terms = welcome(packet).properties.unwrap();
    assert_eq!((terms.max_qos, terms.receive_max), (Some(1), Some(1024)));
    assert_eq!((terms.max_packet_size, terms.topic_alias_max), (Some(1024 * 1024), Some(0)));
    assert_eq!((terms.server_keep_alive, terms.session_expiry_interval), (Some(90), Some(3600)));
    assert!(terms.assigned_client_identifier.unwrap().len() > 20);
    let hello = Hello { keep_alive: 30, expiry: Some(60), ..Hello::default() };
    let (_raw, packet) = Raw::connect(sink.address, hello).await;
    let terms = welcome(packet).properties.unwrap();
    assert_eq!((terms.server_keep_alive, terms.session_expiry_interval), (None, None));
    assert_eq!(terms.assigned_client_identifier, None);
    sink.stop().await;
}

#[tokio::test]
async fn a_connect_that_is_wrong_is_told_why() {
    let mut sink = Sink::start(settings()).await;
    let refused = async |hello: Hello| welcome(Raw::connect(sink.address, hello).await.1).code;
    let spaced = Hello { id: "a b", ..Hello::default() };
    assert_eq!(refused(spaced).await, ConnectReturnCode::ClientIdentifierNotValid);
    // MQTT 6 is answered in the words of 5, 3.1 in those of 3.1.1.
    let mut raw = Raw::open(sink.address).await;
    raw.write(b"\x10\x0d\0\x04MQTT\x06\x02\0\x3c\0\0\0").await;
    assert_eq!(welcome(raw.next().await).code, ConnectReturnCode::UnsupportedProtocolVersion);
    assert!(raw.try_next().await.is_none());
    let mut old = v4::Connect::new("");
    old.clean_session = false;
    let (mut old, ack) = Old::connect(sink.address, old).await;
    assert_eq!(ack.code, v4::ConnectReturnCode::BadClientId);
    assert_eq!(old.next().await, None);
    let (_, ack) = Old::connect(sink.address, v4::Connect::new("")).await;
    assert_eq!(ack.code, v4::ConnectReturnCode::Success);
    let counters = sink.counted(|counters| counters.connections == 1).await;
    assert_eq!(counters.refused, 3);
    sink.stop().await;
}

#[tokio::test]
async fn nothing_can_be_subscribed_to_and_the_session_goes_on() {
    let mut sink = Sink::start(settings()).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    let filters = ["pantau/1/#", "a/+"].map(|filter| Filter::new(filter, QoS::AtLeastOnce));
    let mut subscribe = Subscribe::new_many(filters, None);
    subscribe.pkid = 5;
    raw.send(&Packet::Subscribe(subscribe)).await;
    let Packet::SubAck(ack) = raw.next().await else { panic!("not SUBACK") };
    assert_eq!((ack.pkid, ack.return_codes), (5, vec![SubscribeReasonCode::NotAuthorized; 2]));
    let mut unsubscribe = Unsubscribe::new("pantau/1/#", None);
    unsubscribe.pkid = 6;
    raw.send(&Packet::Unsubscribe(unsubscribe)).await;
    assert!(matches!(raw.next().await, Packet::UnsubAck(ack) if ack.pkid == 6));
    raw.send(&publish(SENML, 7, measured(1))).await;
    assert_eq!(number(&sink.take().await), 1);
    assert_eq!(raw.acknowledged(1).await, [7]);

    let (mut old, _) = Old::connect(sink.address, v4::Connect::new("old")).await;
    let mut subscribe = v4::Subscribe::new("#", rumqttc::mqttbytes::QoS::AtMostOnce);
    subscribe.pkid = 5;
    old.send(&v4::Packet::Subscribe(subscribe)).await;
    let refused = v4::SubAck::new(5, vec![v4::SubscribeReasonCode::Failure]);
    assert_eq!(old.next().await, Some(v4::Packet::SubAck(refused)));
    old.send(&v4::Packet::PingReq).await;
    assert_eq!(old.next().await, Some(v4::Packet::PingResp));
    sink.stop().await;
}

#[tokio::test]
async fn exactly_once_is_refused() {
    let mut sink = Sink::start(settings()).await;
    let twice = |packet| match packet {
        Packet::Publish(mut publish) => {
            publish.qos = QoS::ExactlyOnce;
            Packet::Publish(publish)
        }
        other => other,
    };
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    raw.send(&publish(SENML, 1, measured(1))).await;
    raw.send(&twice(publish(SENML, 2, measured(2)))).await;
    // What came before it was good, and is taken.
    assert_eq!(number(&sink.take().await), 1);
    assert_eq!(raw.ended().await, DisconnectReasonCode::QoSNotSupported);
    let (mut old, _) = Old::connect(sink.address, v4::Connect::new("old")).await;
    let mut publish = v4::Publish::new(SENML, rumqttc::mqttbytes::QoS::ExactlyOnce, "x");
    publish.pkid = 1;
    old.send(&v4::Packet::Publish(publish)).await;
    assert_eq!(old.next().await, None);
    sink.counted(|counters| counters.violations == 2 && counters.open() == 0).await;
    sink.stop().await;
}

#[tokio::test]
async fn more_than_the_receive_maximum_ends_the_connection() {
    let mut settings = settings();
    settings.receive_maximum = 3;
    let sink = Sink::start(settings).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    for packet in 1..=4 {
        raw.send(&publish(SENML, packet, measured(1))).await;
    }
    assert_eq!(raw.ended().await, DisconnectReasonCode::ReceiveMaximumExceeded);
    sink.stop().await;
}

#[tokio::test]
async fn messages_above_the_limit_do_not_end_the_session() {
    let mut sink = Sink::start(settings()).await;
    let (mut old, _) = Old::connect(sink.address, v4::Connect::new("old")).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    let large = vec![b' '; 3 * 1024 * 1024];
    old.send(&publish311(SENML, 1, large.clone())).await;
    old.send(&publish311(SENML, 2, measured(1))).await;
    let too_big = |body: Body| match body {
        Body::DeadLetter(letter) => (letter.reason, letter.raw.len()),
        other => panic!("taken: {other:?}"),
    };
    assert_eq!(too_big(sink.take().await), (Reason::TooBig, 64 * 1024));
    assert_eq!(number(&sink.take().await), 1);
    for packet in 1..=2 {
        assert_eq!(old.next().await, Some(v4::Packet::PubAck(v4::PubAck::new(packet))));
    }
    raw.send(&publish(SENML, 1, large)).await;
    raw.send(&publish(SENML, 2, measured(2))).await;
    assert_eq!(too_big(sink.take().await), (Reason::TooBig, 64 * 1024));
    assert_eq!(number(&sink.take().await), 2);
    assert_eq!(raw.acknowledged(2).await, [1, 2]);
    // Above the ceiling the length alone is enough.
    raw.write(&[0x32, 0xff, 0xff, 0xff, 0x7f]).await;
    assert_eq!(raw.ended().await, DisconnectReasonCode::PacketTooLarge);
    assert_eq!(sink.counted(|counters| counters.acknowledged == 4).await.too_big, 2);
    sink.stop().await;
}

#[tokio::test]
async fn a_payload_of_exactly_the_limit_is_taken() {
    let mut sink = Sink::start(settings()).await;
    let (mut old, _) = Old::connect(sink.address, v4::Connect::new("old")).await;
    let mut payload = measured(4).into_bytes();
    payload.resize(1024 * 1024, b' ');
    old.send(&publish311(SENML, 1, payload)).await;
    assert_eq!(number(&sink.take().await), 4);
    sink.stop().await;
}
