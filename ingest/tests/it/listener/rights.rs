//! Who may connect, and what a login may publish.

use pantau_ingest::listener::{Account, Devices, Rights, Settings};
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::AgencyCode;
use pantau_schemas::observation::Body;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, Packet, PubAckReason};

use super::raw::{Hello, Old, Raw, publish, publish311};
use super::sink::{SENML, Sink, settings};
use crate::consumer::{measured, number};

const SECRET: &str = "canary-0815";

fn guarded() -> Settings {
    let account = |user: &str, devices: &[&str], agency: Option<&str>| Account {
        user: user.into(),
        password: SECRET.into(),
        rights: Rights {
            devices: devices.iter().map(|text| Devices::parse(text).unwrap()).collect(),
            agency: agency.map(|code| AgencyCode::new(code).unwrap()),
        },
    };
    Settings {
        accounts: vec![account("sensors", &["sn-*"], None), account("dinas", &[], Some("pupr"))],
        ..settings()
    }
}

fn hello(user: &'static str, password: &'static str) -> Hello {
    Hello { login: Some((user, password)), ..Hello::default() }
}

#[tokio::test]
async fn only_a_login_opens() {
    let mut sink = Sink::start(guarded()).await;
    for (hello, wanted) in [
        (hello("sensors", SECRET), ConnectReturnCode::Success),
        (hello("sensors", "canary-0816"), ConnectReturnCode::BadUserNamePassword),
        (hello("nobody", SECRET), ConnectReturnCode::BadUserNamePassword),
        (Hello::default(), ConnectReturnCode::BadUserNamePassword),
    ] {
        let (_raw, Packet::ConnAck(ack)) = Raw::connect(sink.address, hello).await else {
            panic!("no CONNACK")
        };
        assert_eq!(ack.code, wanted);
    }
    let (mut old, ack) = Old::connect(sink.address, v4::Connect::new("old")).await;
    assert_eq!((ack.code, old.next().await), (v4::ConnectReturnCode::BadUserNamePassword, None));
    let status = sink.until(|status| status.counters.refused == 4).await;
    assert!(!format!("{status:?} {:?}", guarded()).contains("canary"));
    sink.stop().await;
}

#[tokio::test]
async fn what_a_login_may_not_publish_is_kept_aside_and_the_session_goes_on() {
    let mut sink = Sink::start(guarded()).await;
    let (mut raw, _) = Raw::connect(sink.address, hello("sensors", SECRET)).await;
    raw.send(&publish("pantau/1/metro/ap/ap-01/state", 1, "lost")).await;
    raw.send(&publish("pantau/1/metro/opd/pupr/event", 2, "{}")).await;
    raw.send(&publish("elsewhere", 3, "x")).await;
    raw.send(&publish(SENML, 4, measured(4))).await;
    for reason in [Reason::Identity, Reason::Identity, Reason::Topic] {
        let Body::DeadLetter(letter) = sink.take().await else { panic!("taken") };
        assert_eq!(letter.reason, reason);
    }
    assert_eq!(number(&sink.take().await), 4);
    for (packet, reason) in [
        (1, PubAckReason::NotAuthorized),
        (2, PubAckReason::NotAuthorized),
        (3, PubAckReason::NotAuthorized),
        (4, PubAckReason::Success),
    ] {
        let Packet::PubAck(ack) = raw.next().await else { panic!("not PUBACK") };
        assert_eq!((ack.pkid, ack.reason), (packet, reason));
    }

    let mut connect = v4::Connect::new("old");
    connect.set_login("dinas", SECRET);
    let (mut old, _) = Old::connect(sink.address, connect).await;
    old.send(&publish311(SENML, 1, measured(1))).await;
    let Body::DeadLetter(letter) = sink.take().await else { panic!("taken") };
    assert_eq!((letter.reason, letter.topic.as_str()), (Reason::Identity, SENML));
    assert_eq!(old.next().await, Some(v4::Packet::PubAck(v4::PubAck::new(1))));
    assert_eq!(sink.counted(|counters| counters.acknowledged == 5).await.unauthorized, 4);
    sink.stop().await;
}

#[tokio::test]
async fn nobody_takes_over_a_client_of_another_login() {
    let mut sink = Sink::start(guarded()).await;
    let (mut sensors, _) = Raw::connect(sink.address, hello("sensors", SECRET)).await;
    let (_other, _) = Raw::connect(sink.address, hello("dinas", SECRET)).await;
    sensors.send(&publish(SENML, 1, measured(1))).await;
    assert_eq!(number(&sink.take().await), 1);
    assert_eq!(sensors.acknowledged(1).await, [1]);
    sink.stop().await;
}
