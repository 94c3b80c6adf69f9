//! A client that we did not write: Mosquitto, as a bridge that hands on what devices gave to it.

use pantau_ingest::delivery::Outcome;

use super::sink::{SENML, Sink, settings};
use crate::broker::Broker;
use crate::consumer::{measured, number};

/// Publishes to a broker that hands on to the listener; what is not durable comes again.
async fn through_a_bridge(version: &str) {
    let mut sink = Sink::start(settings()).await;
    // Without a number of messages in flight it would announce a receive maximum of 0, which MQTT 5 forbids.
    let bridge = format!(
        "max_inflight_messages 20\nconnection pantau\naddress {}\ntopic pantau/1/metro/# out 1\nbridge_protocol_version {version}\n\
         cleansession false\nnotifications false\nrestart_timeout 1 2\n",
        sink.address
    );
    let Some(broker) = Broker::start(&bridge).await else {
        println!("SKIPPED: mosquitto is not installed");
        return;
    };
    broker.publish(SENML, measured(1)).await;
    drop(sink.next().await);
    assert_eq!(number(&sink.take().await), 1, "what was not durable comes again");
    for n in 2..=50 {
        broker.publish(SENML, measured(n)).await;
        let delivery = sink.next().await;
        assert_eq!(number(&delivery.observation.body), n);
        delivery.receipt.answer(Outcome::Stored);
    }
    let counters = sink.counted(|counters| counters.acknowledged == 50).await;
    assert_eq!((counters.unanswered, counters.violations), (1, 0));
    sink.stop().await;
}

#[tokio::test]
async fn a_broker_hands_on_with_mqtt_3() {
    through_a_bridge("mqttv311").await;
}

#[tokio::test]
async fn and_with_mqtt_5() {
    through_a_bridge("mqttv50").await;
}
