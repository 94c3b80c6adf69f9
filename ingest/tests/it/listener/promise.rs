//! PUBACK means committed: not before, in order, not at all when it is not.

use std::time::Duration;

use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::observation::{Body, LifeState};
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{DisconnectReasonCode, Packet};
use rumqttc::{AsyncClient, Event, MqttOptions, v5};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::raw::{Hello, Old, Raw, publish, publish311};
use super::sink::{SENML, STATE, Sink, settings};
use crate::broker::DEADLINE;
use crate::consumer::{life, measured, number};

#[tokio::test]
async fn messages_flow_and_what_is_not_understood_flows_too() {
    let mut sink = Sink::start(settings()).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    let mut retained = v5::mqttbytes::v5::Publish::new(STATE, QoS::AtMostOnce, "ready", None);
    retained.retain = true;
    raw.send(&Packet::Publish(retained)).await;
    raw.send(&publish(SENML, 1, measured(3))).await;
    raw.send(&publish("pantau/1/metro/nonsense", 2, "x")).await;
    raw.send(&publish("elsewhere", 3, "x")).await;
    assert_eq!(life(&sink.take().await), (LifeState::Ready, false), "it is heard as it is said");
    assert_eq!(number(&sink.take().await), 3);
    for _ in 0..2 {
        let Body::DeadLetter(letter) = sink.take().await else { panic!("taken") };
        assert_eq!(letter.reason, Reason::Topic);
    }
    assert_eq!(raw.acknowledged(3).await, [1, 2, 3]);
    let counters = sink.counted(|counters| counters.acknowledged == 3).await;
    assert_eq!((counters.received, counters.delivered, counters.open()), (4, 4, 1));
    drop(raw);
    sink.counted(|counters| counters.open() == 0).await;
    sink.stop().await;
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_durable_nor_out_of_order() {
    let mut sink = Sink::start(settings()).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    for packet in 1..=3 {
        raw.send(&publish(SENML, packet, measured(packet.into()))).await;
    }
    let mut held = Vec::new();
    for n in 1..=3 {
        let delivery = sink.next().await;
        assert_eq!(number(&delivery.observation.body), n);
        held.push(delivery.receipt);
    }
    assert!(raw.until_pong().await.is_empty());
    for receipt in held.drain(1..).rev() {
        receipt.answer(Outcome::Duplicate);
    }
    // Twice: the first pong could overtake an acknowledgement that is on its way.
    assert!(raw.until_pong().await.is_empty() && raw.until_pong().await.is_empty());
    held.remove(0).answer(Outcome::DeadLettered);
    assert_eq!(raw.acknowledged(3).await, [1, 2, 3]);
    sink.stop().await;
}

#[tokio::test]
async fn a_commit_of_many_is_acknowledged_as_a_whole() {
    let mut sink = Sink::with_room(settings(), 512).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    for packet in 1..=300 {
        raw.send(&publish(SENML, packet, measured(packet.into()))).await;
    }
    let mut held = Vec::new();
    for _ in 0..300 {
        held.push((sink.next().await.receipt, Outcome::Stored));
    }
    Receipt::answer_all(held);
    assert_eq!(raw.acknowledged(300).await, (1..=300).collect::<Vec<_>>());
    sink.stop().await;
}

#[tokio::test]
async fn a_receipt_that_is_dropped_ends_the_connection_without_its_acknowledgement() {
    let mut sink = Sink::start(settings()).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello::default()).await;
    for packet in 1..=3 {
        raw.send(&publish(SENML, packet, measured(packet.into()))).await;
    }
    sink.take().await;
    drop(sink.next().await);
    sink.take().await;
    assert_eq!(raw.acknowledged(1).await, [1]);
    assert_eq!(raw.ended().await, DisconnectReasonCode::ServerBusy);

    let (mut old, _) = Old::connect(sink.address, v4::Connect::new("old")).await;
    old.send(&publish311(SENML, 9, measured(9))).await;
    drop(sink.next().await);
    assert_eq!(old.next().await, None);
    let counters = sink.counted(|counters| counters.unanswered == 2 && counters.open() == 0).await;
    assert_eq!(counters.acknowledged, 1);
    sink.stop().await;
}

#[tokio::test]
async fn a_client_with_a_session_sends_again_what_was_not_durable() {
    let mut sink = Sink::start(settings()).await;
    let mut options = v5::MqttOptions::new("sn-01", "127.0.0.1", sink.address.port());
    options.set_clean_start(false).set_session_expiry_interval(Some(600));
    let (client, mut events) = v5::AsyncClient::new(options, 10);
    let mut devices = JoinSet::new();
    devices.spawn(async move {
        let mut acknowledged = 0;
        while acknowledged < 1 {
            // The client connects again at the next poll after its connection broke.
            if let Ok(v5::Event::Incoming(Packet::PubAck(_))) = events.poll().await {
                acknowledged += 1;
            }
        }
    });
    client.publish(SENML, QoS::AtLeastOnce, false, measured(5)).await.unwrap();
    drop(sink.next().await);
    assert_eq!(number(&sink.take().await), 5);
    timeout(DEADLINE, devices.join_next()).await.expect("it is acknowledged").unwrap().unwrap();
    sink.stop().await;
}

#[tokio::test]
async fn so_it_is_with_mqtt_3() {
    let mut sink = Sink::start(settings()).await;
    let mut options = MqttOptions::new("sn-01", "127.0.0.1", sink.address.port());
    options.set_clean_session(false);
    let (client, mut events) = AsyncClient::new(options, 10);
    let mut devices = JoinSet::new();
    devices.spawn(async move {
        let mut acknowledged = 0;
        while acknowledged < 1 {
            if let Ok(Event::Incoming(rumqttc::Packet::PubAck(_))) = events.poll().await {
                acknowledged += 1;
            }
        }
    });
    client.publish(SENML, rumqttc::QoS::AtLeastOnce, false, measured(5)).await.unwrap();
    drop(sink.next().await);
    assert_eq!(number(&sink.take().await), 5);
    timeout(DEADLINE, devices.join_next()).await.expect("it is acknowledged").unwrap().unwrap();
    sink.stop().await;
}

#[tokio::test]
async fn an_intake_that_is_full_holds_the_clients_and_loses_nothing() {
    const ALL: u32 = 5_000;
    let mut sink = Sink::with_room(settings(), 4).await;
    let mut devices = JoinSet::new();
    let mut options = MqttOptions::new("busy", "127.0.0.1", sink.address.port());
    options.set_inflight(200).set_keep_alive(Duration::from_secs(60));
    let (client, mut events) = AsyncClient::new(options, 10);
    devices.spawn(async move {
        for n in 0..ALL {
            client.publish(SENML, rumqttc::QoS::AtLeastOnce, false, measured(n)).await.unwrap();
        }
        std::future::pending().await
    });
    devices.spawn(async move {
        let mut acknowledged = 0;
        while acknowledged < ALL {
            if let Event::Incoming(rumqttc::Packet::PubAck(_)) = events.poll().await.unwrap() {
                acknowledged += 1;
            }
        }
    });
    // It stands still with a full intake and more in hand.
    sink.counted(|counters| counters.received >= 10).await;
    assert!(sink.status.borrow().counters.delivered <= 8);
    for n in 0..ALL {
        assert_eq!(number(&sink.take().await), n);
    }
    timeout(DEADLINE, devices.join_next()).await.expect("all is acknowledged").unwrap().unwrap();
    devices.shutdown().await;
    let counters = sink.counted(|counters| counters.acknowledged == u64::from(ALL)).await;
    assert_eq!((counters.connections, counters.received), (1, u64::from(ALL)));
    sink.stop().await;
}

#[tokio::test]
async fn a_client_that_waits_for_its_commit_costs_nobody_else_anything() {
    let mut settings = settings();
    settings.receive_maximum = 4;
    let mut sink = Sink::start(settings).await;
    let (mut slow, _) = Old::connect(sink.address, v4::Connect::new("slow")).await;
    for packet in 1..=100 {
        slow.send(&publish311(SENML, packet, measured(packet.into()))).await;
    }
    let mut held = Vec::new();
    for n in 1..=4 {
        let delivery = sink.next().await;
        assert_eq!(number(&delivery.observation.body), n);
        held.push(delivery.receipt);
    }
    let (mut quick, _) = Raw::connect(sink.address, Hello::default()).await;
    for packet in 1..=50 {
        quick.send(&publish(SENML, packet, measured(1_000))).await;
        assert_eq!(number(&sink.take().await), 1_000, "no more of the slow one is read");
        assert_eq!(quick.acknowledged(1).await, [packet]);
    }
    held.into_iter().for_each(|receipt| receipt.answer(Outcome::Stored));
    for n in 5..=100 {
        assert_eq!(number(&sink.take().await), n);
    }
    for packet in 1..=100 {
        assert_eq!(slow.next().await, Some(v4::Packet::PubAck(v4::PubAck::new(packet))));
    }
    sink.stop().await;
}

#[tokio::test]
async fn a_stop_acknowledges_what_is_committed_meanwhile_and_says_goodbye() {
    let mut sink = Sink::start(settings()).await;
    let hello = Hello { will: Some(0), ..Hello::default() };
    let (mut raw, _) = Raw::connect(sink.address, hello).await;
    raw.send(&publish(SENML, 1, measured(1))).await;
    let held = sink.next().await;
    sink.begin_stop();
    held.receipt.answer(Outcome::Stored);
    assert_eq!(raw.acknowledged(1).await, [1]);
    assert_eq!(raw.ended().await, DisconnectReasonCode::ServerShuttingDown);
    assert!(timeout(DEADLINE, sink.intake.recv()).await.expect("it ends").is_none(), "no will is published");
    sink.stop().await;
}
