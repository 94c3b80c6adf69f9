//! Last wills: a device that dies without a word is down on the wall at once.

use std::time::Duration;

use pantau_schemas::entry::{DeviceReason, DeviceState};
use pantau_schemas::world::World;
use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};

const TOPIC: &str = "pantau/1/metro/ap/ap-01/state";
const LONG: Duration = Duration::from_secs(10);

fn is(world: &World, state: DeviceState) -> bool {
    world.devices.get("ap-01").is_some_and(|status| status.state == state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_will_reaches_the_wall() {
    if !have("a_last_will_reaches_the_wall", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let mut took = Vec::new();
    for boot in 1..=5 {
        let will = format!(r#"{{"state":"lost","boot_id":"b-{boot}"}}"#);
        let broker = city.broker().unwrap().address();
        let mut device = Device::connect(broker, "ap-01", Some((TOPIC, &will))).await.unwrap();
        let ready = format!(r#"{{"state":"ready","boot_id":"b-{boot}","interval_s":60}}"#);
        device.retain(TOPIC, ready).await.unwrap();
        live.until("the access point to be up", LONG, |live| is(&live.world, DeviceState::Up)).await.unwrap();
        drop(device);
        let down = live.until("the access point to be down", LONG, |live| is(&live.world, DeviceState::Down));
        took.push(down.await.unwrap());
        let status = live.world.devices.get("ap-01").unwrap();
        assert_eq!(status.reason, DeviceReason::Will);
        assert_eq!(status.boot_id.as_ref().map(ToString::to_string), Some(format!("b-{boot}")));
    }
    say(&format!("MEASURED: last will, from the socket's death to /v1/live: {took:?}"));
}

/// A device that came back before the broker noticed that its old connection was dead stays up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_will_of_a_former_life_is_not_believed() {
    if !have("the_will_of_a_former_life_is_not_believed", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).start().await.unwrap();
    let broker = city.broker().unwrap().address();
    let will = r#"{"state":"lost","boot_id":"b-1"}"#;
    let mut old = Device::connect(broker, "ap-01-old", Some((TOPIC, will))).await.unwrap();
    old.retain(TOPIC, r#"{"state":"ready","boot_id":"b-1"}"#).await.unwrap();
    let mut live = city.live().await.unwrap();
    live.until("the access point to be up", LONG, |live| is(&live.world, DeviceState::Up)).await.unwrap();
    let mut new = city.device("ap-01-new").await.unwrap();
    new.retain(TOPIC, r#"{"state":"ready","boot_id":"b-2"}"#).await.unwrap();
    city.received("mqtt", 2, LONG).await.unwrap();
    drop(old);
    city.received("mqtt", 3, LONG).await.unwrap();
    let now = city.get("/v1/devices/ap-01").await.unwrap();
    assert_eq!((now["state"].as_str(), now["boot_id"].as_str()), (Some("up"), Some("b-2")), "{now}");
}
