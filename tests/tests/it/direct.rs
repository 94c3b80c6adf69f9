//! Devices that publish to the server itself: PUBACK means that the reading survives anything.

use std::time::Duration;

use pantau_tests::city::TestCity;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;

const LONG: Duration = Duration::from_secs(30);
/// Times that the server is killed.
const ROUNDS: u32 = 3;

/// What was acknowledged when the server was killed is there when it is back, once; and what was not, comes
/// again from the device and is there once as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_acknowledged_survives_its_death() {
    let mut city = TestCity::plan().direct().start().await.unwrap();
    let readings = Readings::of("sen-01");
    let mut promised = 0;
    let mut published = 0;
    for round in 0..ROUNDS {
        let mut device = city.device("sen-01").await.unwrap();
        // It sends again from the first reading that it has no acknowledgement for.
        let mut number = promised;
        let target = u64::from(300 + 37 * round);
        while device.acknowledged_so_far() < target {
            device.publish(&readings.topic(), readings.payload(number)).await.unwrap();
            number += 1;
        }
        city.server.kill().unwrap();
        promised += u32::try_from(device.lost(LONG).await.unwrap()).unwrap();
        published = published.max(number);
        let ready = city.server.start().await.unwrap();
        let stored = readings.stored(&city).await.unwrap();
        let kept = u32::try_from(stored.len()).unwrap();
        assert!(kept >= promised, "{promised} readings were acknowledged, {kept} are there");
        assert_eq!(stored, (0..kept).collect::<Vec<_>>(), "each once, and none left out");
        say(&format!(
            "MEASURED: ready {ready:?} after kill -9; {published} sent, {promised} acknowledged, {kept} kept"
        ));
    }
    let mut device = city.device("sen-01").await.unwrap();
    for number in promised..published {
        device.publish(&readings.topic(), readings.payload(number)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    assert_eq!(readings.stored(&city).await.unwrap(), (0..published).collect::<Vec<_>>());
}
