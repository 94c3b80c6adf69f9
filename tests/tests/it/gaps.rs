//! What was lost before it reached us is shown, by the devices' own count; and closed when it comes after all.

use std::time::Duration;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::missing::Missing;
use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::live::Live;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;

const LONG: Duration = Duration::from_secs(60);

/// The holes that a screen shows for the sensor.
fn holes(live: &Live) -> Vec<(u64, u64)> {
    let sensor = DeviceId::new("sen-01").unwrap();
    let holes = live.world.missing.get(&sensor).map(Vec::as_slice).unwrap_or_default();
    holes.iter().map(|hole: &Missing| (hole.first, hole.last)).collect()
}

/// Publishes these numbered readings, and waits until the broker has them.
async fn publish(device: &mut Device, readings: &Readings, numbers: std::ops::Range<u32>) {
    for number in numbers {
        device.publish(&readings.topic(), readings.numbered(number)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
}

async fn stored(city: &TestCity, readings: &Readings, count: usize) -> Vec<u32> {
    let (numbers, _) = until(&format!("{count} readings"), LONG, async || {
        let numbers = readings.stored(city).await?;
        Ok((numbers.len() >= count).then_some(numbers))
    })
    .await
    .unwrap();
    numbers
}

/// A broker acknowledges, dies with what it has not handed over, and comes back empty. Nobody but the devices' own count
/// can tell that something is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broker_lost_is_shown_as_a_gap() {
    if !have("what_a_broker_lost_is_shown_as_a_gap", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let readings = Readings::of("sen-01");
    let mut device = city.device("sen-01").await.unwrap();
    publish(&mut device, &readings, 0..20).await;
    stored(&city, &readings, 20).await;

    // The server is away for a moment; the broker acknowledges, and dies before it can hand over.
    city.server.stop().await.unwrap();
    publish(&mut device, &readings, 20..35).await;
    city.broker().unwrap().kill().unwrap();
    device.lost(LONG).await.unwrap();
    city.broker().unwrap().up().await.unwrap();
    city.server.start().await.unwrap();
    let mut device = city.device("sen-01").await.unwrap();
    publish(&mut device, &readings, 35..40).await;

    live.until_gone(LONG).await.unwrap();
    let mut live = city.live().await.unwrap();
    let took = live.until("the gap", LONG, |live| holes(live) == [(20, 34)]).await.unwrap();
    say(&format!("MEASURED: the gap that a killed broker left was on a screen after {took:?}"));
    let page = city.get("/v1/devices/sen-01").await.unwrap();
    assert_eq!(
        (page["missing"][0]["first"].as_u64(), page["missing"][0]["last"].as_u64()),
        (Some(20), Some(34))
    );
    let status = city.get("/v1/status").await.unwrap();
    assert_eq!(
        (status["missing"]["devices"].as_u64(), status["missing"]["messages"].as_u64()),
        (Some(1), Some(15))
    );

    // The device remembers some of it, and sends it late.
    publish(&mut device, &readings, 22..30).await;
    live.until("a smaller gap", LONG, |live| holes(live) == [(20, 21), (30, 34)]).await.unwrap();
    publish(&mut device, &readings, 20..22).await;
    publish(&mut device, &readings, 30..35).await;
    live.until("no gap", LONG, |live| holes(live).is_empty()).await.unwrap();
    assert_eq!(stored(&city, &readings, 40).await, (0..40).collect::<Vec<_>>());

    // The count is remembered over a kill: what comes next is no gap, and what jumps is one.
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    publish(&mut device, &readings, 40..41).await;
    publish(&mut device, &readings, 43..44).await;
    let mut live = city.live().await.unwrap();
    live.until("the next gap", LONG, |live| holes(live) == [(41, 42)]).await.unwrap();
}
