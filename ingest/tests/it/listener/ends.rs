//! How connections end, and what becomes of the last will.

use pantau_schemas::observation::LifeState;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::v5::{ConnAck, DisconnectReasonCode, Packet};

use super::raw::{Hello, Old, Raw, publish};
use super::sink::{SENML, STATE, Sink, settings};
use crate::consumer::{life, measured, number};

const LOST: (LifeState, bool) = (LifeState::Lost, false);

fn with_will(delay: u32) -> Hello {
    Hello { will: Some(delay), clean: false, expiry: Some(600), ..Hello::default() }
}

fn session_present(welcome: &Packet) -> bool {
    matches!(welcome, Packet::ConnAck(ConnAck { session_present: true, .. }))
}

#[tokio::test]
async fn a_connection_that_breaks_publishes_the_will_and_a_goodbye_does_not() {
    let mut sink = Sink::start(settings()).await;
    // Three forms of goodbye; each is followed by a message, which is the next thing that comes.
    for (n, goodbye) in [&[0xe0, 0][..], &[0xe0, 1, 0], &[0xe0, 2, 0, 0]].into_iter().enumerate() {
        let (mut raw, _) = Raw::connect(sink.address, with_will(0)).await;
        raw.write(goodbye).await;
        assert!(raw.try_next().await.is_none());
        let (mut next, _) = Raw::connect(sink.address, Hello { id: "next", ..Hello::default() }).await;
        next.send(&publish(SENML, 1, measured(n.try_into().unwrap()))).await;
        assert_eq!(number(&sink.take().await), u32::try_from(n).unwrap());
    }
    let (raw, _) = Raw::connect(sink.address, with_will(0)).await;
    drop(raw);
    assert_eq!(life(&sink.take().await), LOST);
    // A goodbye that asks for it, and an end by our fault finding.
    let (mut raw, _) = Raw::connect(sink.address, with_will(0)).await;
    raw.write(&[0xe0, 1, 0x04]).await;
    assert_eq!(life(&sink.take().await), LOST);
    let (mut raw, _) = Raw::connect(sink.address, with_will(0)).await;
    raw.write(&[0xf0, 0]).await;
    assert_eq!(raw.ended().await, DisconnectReasonCode::ProtocolError);
    assert_eq!(life(&sink.take().await), LOST);

    let mut connect = v4::Connect::new("old");
    connect.last_will = Some(v4::LastWill::new(STATE, "lost", rumqttc::mqttbytes::QoS::AtLeastOnce, true));
    let (old, _) = Old::connect(sink.address, connect.clone()).await;
    drop(old);
    assert_eq!(life(&sink.take().await), LOST);
    let (mut old, _) = Old::connect(sink.address, connect).await;
    old.send(&v4::Packet::Disconnect).await;
    assert!(old.next().await.is_none());
    let counters = sink.counted(|counters| counters.open() == 0 && counters.wills == 4).await;
    assert_eq!((counters.wills, counters.violations), (4, 1));
    sink.stop().await;
}

#[tokio::test]
async fn a_client_that_is_back_within_the_delay_is_not_lost() {
    let mut sink = Sink::start(settings()).await;
    let (raw, welcome) = Raw::connect(sink.address, with_will(600)).await;
    assert!(!session_present(&welcome));
    drop(raw);
    sink.counted(|counters| counters.ended == 1).await;
    let (mut raw, welcome) = Raw::connect(sink.address, with_will(600)).await;
    assert!(session_present(&welcome), "the session outlived its connection");
    raw.send(&publish(SENML, 1, measured(1))).await;
    assert_eq!(number(&sink.take().await), 1);
    drop(raw);
    // One that begins anew ends the session before, and with it comes its will.
    let clean = Hello { clean: true, ..with_will(600) };
    sink.counted(|counters| counters.ended == 2).await;
    let (_raw, welcome) = Raw::connect(sink.address, clean).await;
    assert!(!session_present(&welcome));
    assert_eq!(life(&sink.take().await), LOST);
    sink.stop().await;
}

#[tokio::test]
async fn a_delay_ends() {
    let mut sink = Sink::start(settings()).await;
    let (raw, _) = Raw::connect(sink.address, with_will(1)).await;
    drop(raw);
    assert_eq!(life(&sink.take().await), LOST);
    // Without a session there is nothing to come back to, so nothing to wait for.
    let (raw, _) = Raw::connect(sink.address, Hello { expiry: None, ..with_will(600) }).await;
    drop(raw);
    assert_eq!(life(&sink.take().await), LOST);
    sink.stop().await;
}

#[tokio::test]
async fn the_second_connection_of_a_client_takes_the_first_over() {
    let mut sink = Sink::start(settings()).await;
    let (mut first, _) = Raw::connect(sink.address, with_will(0)).await;
    let (mut second, welcome) = Raw::connect(sink.address, with_will(600)).await;
    assert!(session_present(&welcome));
    assert_eq!(first.ended().await, DisconnectReasonCode::SessionTakenOver);
    second.send(&publish(SENML, 1, measured(1))).await;
    // What the first leaves behind comes before what the second says.
    assert_eq!(life(&sink.take().await), LOST);
    assert_eq!(number(&sink.take().await), 1);
    assert_eq!(second.acknowledged(1).await, [1]);
    let (mut third, _) = Raw::connect(sink.address, with_will(0)).await;
    assert_eq!(second.ended().await, DisconnectReasonCode::SessionTakenOver);
    third.send(&publish(SENML, 1, measured(2))).await;
    assert_eq!(number(&sink.take().await), 2, "a will with a delay is void when the client is here");
    let counters = sink.counted(|counters| counters.takeovers == 2 && counters.open() == 1).await;
    assert_eq!(counters.wills, 1);
    sink.stop().await;
}

#[tokio::test]
async fn a_silent_client_is_given_up_and_its_will_published() {
    let mut sink = Sink::start(settings()).await;
    let (mut raw, _) = Raw::connect(sink.address, Hello { keep_alive: 1, ..with_will(0) }).await;
    assert_eq!(raw.ended().await, DisconnectReasonCode::KeepAliveTimeout);
    assert_eq!(life(&sink.take().await), LOST);
    sink.counted(|counters| counters.timeouts == 1 && counters.open() == 0).await;
    sink.stop().await;
}
