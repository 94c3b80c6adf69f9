//! What the session promises, against Mosquitto.

use pantau_ingest::delivery::Outcome;
use pantau_ingest::mqtt::{Phase, Protocol};
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::observation::{Body, LifeState};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet};

use crate::broker::{Broker, device, until};
use crate::broker_or_skip;
use crate::consumer::{Consumer, life, measured, number, settings};

const SENML: &str = "pantau/1/metro/sensor/sn-01/tele/senml";
const STATE: &str = "pantau/1/metro/ap/ap-01/state";

#[tokio::test]
async fn messages_flow_and_what_is_not_understood_flows_too() {
    let broker = broker_or_skip!("");
    broker.publish_as(STATE, "ready", QoS::AtLeastOnce, true).await;
    let mut consumer = Consumer::connected(settings(broker.port)).await;
    assert_eq!(life(&consumer.take().await), (LifeState::Ready, true));
    broker.publish_as(STATE, "alert", QoS::AtLeastOnce, true).await;
    assert_eq!(life(&consumer.take().await), (LifeState::Alert, false));
    broker.publish("pantau/1/metro/nonsense", "x").await;
    let Body::DeadLetter(letter) = consumer.take().await else { panic!("taken") };
    assert_eq!(letter.reason, Reason::Topic);
    broker.publish_as(SENML, measured(3), QoS::AtMostOnce, false).await;
    assert_eq!(number(&consumer.take().await), 3);
    // The retained message counts as QoS 1 as well.
    let status = consumer.until(|status| status.counters.acknowledged == 3).await;
    assert_eq!((status.counters.received, status.counters.delivered), (4, 4));
    consumer.stop().await;
}

#[tokio::test]
async fn a_broker_that_comes_back_empty_is_subscribed_to_again() {
    let mut broker = broker_or_skip!("");
    let mut consumer = Consumer::connected(settings(broker.port)).await;
    broker.kill().await;
    let status = consumer.until(|status| status.phase == Phase::Waiting).await;
    assert!(status.last_error.is_some());
    broker.restart().await;
    let status = consumer.until(|status| status.is_connected()).await;
    assert!(!status.session_present);
    broker.publish(SENML, measured(7)).await;
    assert_eq!(number(&consumer.take().await), 7);
    consumer.stop().await;
}

async fn redelivery(protocol: Protocol) {
    let broker = broker_or_skip!("");
    let settings = || {
        let mut settings = settings(broker.port);
        settings.protocol = protocol;
        settings
    };
    let mut first = Consumer::connected(settings()).await;
    for n in 1..=3 {
        broker.publish(SENML, measured(n)).await;
    }
    assert_eq!(number(&first.take().await), 1);
    let held = [first.next().await, first.next().await];
    first.until(|status| status.counters.acknowledged == 1).await;
    first.kill().await;
    drop(held);
    // While nobody is there, the broker keeps what comes.
    broker.publish(SENML, measured(4)).await;

    let mut second = Consumer::connected(settings()).await;
    assert!(second.status.borrow().session_present);
    for n in 2..=4 {
        assert_eq!(number(&second.take().await), n);
    }
    second.until(|status| status.counters.acknowledged == 3).await;
    second.stop().await;

    // All is acknowledged: the first thing that comes is new.
    let mut third = Consumer::connected(settings()).await;
    broker.publish(SENML, measured(5)).await;
    assert_eq!(number(&third.take().await), 5);
    third.stop().await;
}

#[tokio::test]
async fn what_was_not_durable_when_the_server_died_comes_again_and_the_rest_does_not() {
    redelivery(Protocol::V5).await;
}

#[tokio::test]
async fn so_it_is_with_mqtt_3() {
    redelivery(Protocol::V311).await;
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_durable() {
    let broker = broker_or_skip!("");
    let mut settings = settings(broker.port);
    settings.receive_maximum = 4;
    let mut consumer = Consumer::connected(settings).await;
    for n in 1..=10 {
        broker.publish(SENML, measured(n)).await;
    }
    // The broker holds QoS 1 back until it hears of the first four; QoS 0 it never holds back.
    broker.publish_as(SENML, measured(99), QoS::AtMostOnce, false).await;
    let mut held = Vec::new();
    loop {
        let delivery = consumer.next().await;
        match number(&delivery.observation.body) {
            99 => break,
            n => held.push((n, delivery.receipt)),
        }
    }
    assert_eq!(held.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(consumer.status.borrow().counters.acknowledged, 0);
    // Durable out of order: nothing is acknowledged before the first, so nothing more comes but QoS 0.
    let (_, first) = held.remove(0);
    for (_, receipt) in held.into_iter().rev() {
        receipt.answer(Outcome::Duplicate);
    }
    broker.publish_as(SENML, measured(99), QoS::AtMostOnce, false).await;
    assert_eq!(number(&consumer.take().await), 99);
    assert_eq!(consumer.status.borrow().counters.acknowledged, 0);
    first.answer(Outcome::Stored);
    for n in 5..=10 {
        assert_eq!(number(&consumer.take().await), n);
    }
    consumer.until(|status| status.counters.acknowledged == 10).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_receipt_that_is_dropped_brings_the_message_again() {
    let broker = broker_or_skip!("");
    let mut consumer = Consumer::connected(settings(broker.port)).await;
    broker.publish(SENML, measured(1)).await;
    drop(consumer.next().await);
    assert_eq!(number(&consumer.take().await), 1);
    let status = consumer.until(|status| status.counters.acknowledged == 1).await;
    assert_eq!((status.counters.unanswered, status.counters.connections), (1, 2));
    consumer.stop().await;
}

#[tokio::test]
async fn a_core_that_takes_nothing_for_a_while_loses_nothing() {
    let broker = broker_or_skip!("");
    let mut consumer = Consumer::connected(settings(broker.port)).await;
    let (client, mut events) = device(broker.port, "busy", None);
    // Ten windows: Mosquitto does not keep to `receive_maximum` while it is flooded.
    const ALL: u32 = 10_000;
    let publish = async {
        for n in 0..ALL {
            client.publish(SENML, QoS::AtLeastOnce, false, measured(n)).await.unwrap();
        }
    };
    let acknowledged = async {
        for _ in 0..ALL {
            until(&mut events, |packet| matches!(packet, Packet::PubAck(_))).await;
        }
    };
    tokio::join!(publish, acknowledged);
    consumer.until(|status| status.counters.received >= 1024).await;
    for n in 0..ALL {
        assert_eq!(number(&consumer.take().await), n);
    }
    let status = consumer.until(|status| status.counters.acknowledged == u64::from(ALL)).await;
    assert_eq!((status.counters.connections, status.counters.failures), (1, 0));
    consumer.stop().await;
}

#[tokio::test]
async fn a_last_will_is_delivered() {
    let broker = broker_or_skip!("");
    let mut consumer = Consumer::connected(settings(broker.port)).await;
    let will = LastWill::new(STATE, r#"{"state":"lost","boot_id":"b1"}"#, QoS::AtLeastOnce, true, None);
    let (_client, mut events) = device(broker.port, "ap-01", Some(will));
    until(&mut events, |packet| matches!(packet, Packet::ConnAck(_))).await;
    // The connection breaks without a goodbye.
    drop(events);
    assert_eq!(life(&consumer.take().await), (LifeState::Lost, false));
    consumer.stop().await;
}

async fn large_packets(protocol: Protocol, beyond: usize) {
    let broker = broker_or_skip!("");
    let mut settings = settings(broker.port);
    settings.protocol = protocol;
    let mut consumer = Consumer::connected(settings).await;
    broker.publish(SENML, vec![b' '; 2 * 1024 * 1024]).await;
    let Body::DeadLetter(letter) = consumer.take().await else { panic!("taken") };
    assert_eq!((letter.reason, letter.raw.len()), (Reason::TooBig, 64 * 1024));
    broker.publish(SENML, vec![b' '; beyond]).await;
    broker.publish(SENML, measured(1)).await;
    let mut next = consumer.take().await;
    if protocol == Protocol::V311 {
        assert!(matches!(next, Body::DeadLetter(_)));
        next = consumer.take().await;
    }
    assert_eq!(number(&next), 1);
    let status = consumer.until(|status| status.counters.acknowledged >= 2).await;
    assert_eq!((status.counters.connections, status.counters.failures), (1, 0));
    consumer.stop().await;
}

#[tokio::test]
async fn packets_above_the_limit_do_not_end_the_session() {
    large_packets(Protocol::V5, 20 * 1024 * 1024).await;
}

#[tokio::test]
async fn nor_do_they_with_mqtt_3() {
    large_packets(Protocol::V311, 20 * 1024 * 1024).await;
}

#[tokio::test]
async fn a_refusal_is_told_without_the_password() {
    let Some(broker) = Broker::start("allow_anonymous false").await else {
        println!("SKIPPED: mosquitto is not installed");
        return;
    };
    let mut settings = settings(broker.port);
    settings.user = Some("pantau".into());
    settings.password = Some("canary-0815".into());
    let mut consumer = Consumer::start(settings);
    let status = consumer.until(|status| status.phase == Phase::Waiting).await;
    let error = status.last_error.unwrap();
    assert!(error.contains("refused") && !error.contains("canary"), "{error}");
    consumer.stop().await;
}
