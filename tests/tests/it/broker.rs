//! The broker dies and comes back: with nothing, or with everything that was not acknowledged.

use std::time::Duration;

use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use rustix::process::Signal;

const LONG: Duration = Duration::from_secs(30);

async fn stored(city: &TestCity, readings: &Readings, count: usize) -> (Vec<u32>, Duration) {
    until(&format!("{count} readings in the store"), LONG, async || {
        let numbers = readings.stored(city).await?;
        Ok((numbers.len() >= count).then_some(numbers))
    })
    .await
    .unwrap()
}

/// Nobody subscribes again but us: a broker that forgot everything would otherwise be silent for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_comes_back_empty_is_subscribed_to_again() {
    if !have("a_broker_that_comes_back_empty_is_subscribed_to_again", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).start().await.unwrap();
    let readings = Readings::of("sen-01");
    let mut published = 0;
    for _life in 0..3 {
        let mut device = city.device("sen-01").await.unwrap();
        for _ in 0..100 {
            device.publish(&readings.topic(), readings.payload(published)).await.unwrap();
            published += 1;
        }
        device.acknowledged(LONG).await.unwrap();
        // What the server had acknowledged before the broker died must be there at the end.
        stored(&city, &readings, published as usize).await;
        city.broker().unwrap().kill().unwrap();
        let noticed = async || {
            let ready = pantau_tests::http::get(city.address(), "/readyz").await?;
            Ok((ready.status == 503).then(|| ready.json()))
        };
        let (reasons, _) = until("the server to notice", LONG, noticed).await.unwrap();
        assert_eq!(reasons["reasons"][0]["part"], "mqtt", "{reasons}");
        city.broker().unwrap().up().await.unwrap();
        let back = city.server.ready().await.unwrap();
        say(&format!("MEASURED: subscribed again {back:?} after the empty broker's port opened"));
    }
    let mut device = city.device("sen-01").await.unwrap();
    device.publish(&readings.topic(), readings.payload(published)).await.unwrap();
    let (numbers, _) = stored(&city, &readings, published as usize + 1).await;
    assert_eq!(numbers, (0..=published).collect::<Vec<_>>());
    assert_eq!(city.count("mqtt", "dead_lettered").await.unwrap(), 0);
}

/// The server is busy while messages come, the broker goes down and comes back: each arrives, each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_acknowledged_survives_the_brokers_restart() {
    if !have("what_was_not_acknowledged_survives_the_brokers_restart", &[Tool::Mosquitto]) {
        return;
    }
    const COUNT: u32 = 2_000;
    let mut city = TestCity::plan().broker(Memory::Keeps).start().await.unwrap();
    let readings = Readings::of("sen-01");
    let mut device = city.device("sen-01").await.unwrap();
    for number in 0..COUNT {
        if number == COUNT / 4 {
            // From here on the server takes nothing, as if its machine were overloaded.
            city.server.process().unwrap().signal(Signal::STOP).unwrap();
        }
        device.publish(&readings.topic(), readings.payload(number)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    city.broker().unwrap().stop().await.unwrap();
    city.broker().unwrap().up().await.unwrap();
    city.server.process().unwrap().signal(Signal::CONT).unwrap();
    let (numbers, took) = stored(&city, &readings, COUNT as usize).await;
    say(&format!(
        "MEASURED: {COUNT} messages, most of them unacknowledged, stored {took:?} after the restart"
    ));
    assert_eq!(numbers, (0..COUNT).collect::<Vec<_>>(), "each once, none missing");
    assert_eq!(city.count("mqtt", "dead_lettered").await.unwrap(), 0);
}
