//! Bytes nobody should send, and connections nobody should hold.

use std::cell::RefCell;
use std::time::Duration;

use bytes::BytesMut;
use pantau_ingest::delivery::Outcome;
use pantau_schemas::observation::Body;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::raw::{Hello, Raw, publish};
use super::sink::{SENML, Sink, settings};
use crate::broker::DEADLINE;
use crate::consumer::{measured, number};

/// Pieces of a stream: noise, or packets that begin well.
fn stream() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let packet = |packet: rumqttc::v5::mqttbytes::v5::Packet| {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, None).unwrap();
        bytes.to_vec()
    };
    let hello = packet(Hello { will: Some(0), ..Hello::default() }.packet());
    let message = packet(publish(SENML, 1, measured(1)));
    let noise = prop::collection::vec(any::<u8>(), 1..60);
    let spoiled = (Just(message.clone()), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(mut bytes, place, byte)| {
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes
        },
    );
    let piece = prop_oneof![3 => noise, 2 => Just(message), 2 => spoiled];
    (any::<bool>(), prop::collection::vec(piece, 1..6)).prop_map(move |(greets, mut pieces)| {
        if greets {
            pieces.insert(0, hello.clone());
        }
        pieces
    })
}

#[test]
fn any_bytes_in_any_split_end_in_a_close_or_a_wait() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sink = RefCell::new(runtime.block_on(Sink::with_room(settings(), 4_096)));
    let address = sink.borrow().address;
    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&stream(), |pieces| {
            runtime.block_on(async {
                let mut socket = TcpStream::connect(address).await.unwrap();
                for piece in pieces {
                    // It may have closed by now.
                    drop(socket.write_all(&piece).await);
                    tokio::task::yield_now().await;
                }
                drop(socket.shutdown().await);
                let mut rest = Vec::new();
                let ended = timeout(DEADLINE, socket.read_to_end(&mut rest)).await;
                assert!(ended.is_ok(), "it neither closed nor noticed that we did");
            });
            while sink.borrow_mut().intake.try_recv().is_ok() {}
            Ok(())
        })
        .unwrap();
    let mut sink = sink.into_inner();
    runtime.block_on(async {
        let (mut raw, _) = Raw::connect(sink.address, Hello { id: "good", ..Hello::default() }).await;
        raw.send(&publish(SENML, 1, measured(777))).await;
        loop {
            let delivery = sink.next().await;
            delivery.receipt.answer(Outcome::Stored);
            if matches!(&delivery.observation.body, Body::Samples(_))
                && number(&delivery.observation.body) == 777
            {
                break;
            }
        }
        assert_eq!(raw.acknowledged(1).await, [1]);
        drop(raw);
        sink.stop().await;
    });
}

#[tokio::test]
async fn who_says_nothing_is_sent_away() {
    let mut settings = settings();
    settings.connect_within = Duration::from_millis(200);
    let mut sink = Sink::start(settings).await;
    let mut silent = Raw::open(sink.address).await;
    let mut slow = Raw::open(sink.address).await;
    slow.write(&[0x10, 0x20, 0]).await;
    assert!(silent.try_next().await.is_none() && slow.try_next().await.is_none());
    sink.counted(|counters| counters.refused == 2).await;
    sink.stop().await;
}

#[tokio::test]
async fn there_are_only_so_many_places() {
    let mut settings = settings();
    settings.connections = 1;
    let mut sink = Sink::start(settings).await;
    let (first, _) = Raw::connect(sink.address, Hello::default()).await;
    let mut second = Raw::open(sink.address).await;
    assert!(second.try_next().await.is_none());
    drop(first);
    sink.counted(|counters| counters.open() == 0 && counters.refused == 1).await;
    // Its place is free a moment later.
    let welcomed = async {
        loop {
            let mut third = Raw::open(sink.address).await;
            third.send(&Hello::default().packet()).await;
            if third.try_next().await.is_some() {
                return third;
            }
        }
    };
    let _third = timeout(DEADLINE, welcomed).await.expect("a place is free again");
    sink.stop().await;
}
