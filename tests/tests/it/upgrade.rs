//! Another build takes over the same store under load: nothing that was acknowledged is lost, and screens come back by
//! themselves.

use std::path::Path;
use std::time::Duration;

use pantau_schemas::ids::Seq;
use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::live::Live;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;
use pantau_tests::server::program;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use tokio::time::{Instant, interval};

const LONG: Duration = Duration::from_secs(60);

/// The same program with another name: what the new build is to the running one, a file that was put beside it.
fn another_build(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("pantau-next");
    std::fs::copy(program().unwrap(), &path).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_build_takes_over_under_load() {
    if !have("another_build_takes_over_under_load", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().direct().broker(Memory::Forgets).start().await.unwrap();
    let next = another_build(city.dir());
    let readings = Readings::of("sen-02");
    let mut behind = Device::connect(city.broker().unwrap().address(), "sen-02", None).await.unwrap();
    let direct = Readings::of("sen-01");
    let mut device = city.device("sen-01").await.unwrap();
    let mut live = city.live().await.unwrap();
    let (mut number, mut promised, mut again) = (0, 0_u32, 0);
    let mut pace = interval(Duration::from_millis(5));
    for round in 0..2 {
        // Both ways, all the time; to the server itself from the first reading that it has not acknowledged.
        let enough = promised + 200;
        let mut sent = promised;
        while promised + u32::try_from(device.acknowledged_so_far()).unwrap() < enough {
            pace.tick().await;
            behind.publish(&readings.topic(), readings.payload(number)).await.unwrap();
            number += 1;
            if sent < enough + 100 {
                device.publish(&direct.topic(), direct.payload(sent)).await.unwrap();
                sent += 1;
            }
        }
        again = again.max(sent);
        let began = Instant::now();
        let status = city.server.stop().await.unwrap();
        assert!(status.success(), "the old one ended with {status}");
        promised += u32::try_from(device.lost(LONG).await.unwrap()).unwrap();
        live.until_gone(LONG).await.unwrap();
        // The first time the new one, then back again.
        city.server.run_as((round == 0).then(|| next.clone()));
        city.server.start().await.unwrap();
        let back = Live::resume(city.address(), live.before()).await.unwrap();
        say(&format!(
            "MEASURED: taken over, and a screen is back {:?} after the old one was told to stop",
            began.elapsed()
        ));
        assert_ne!(back.epoch, live.epoch, "another life is another epoch");
        live = back;
        let kept = u32::try_from(direct.stored(&city).await.unwrap().len()).unwrap();
        assert!(kept >= promised, "{promised} were acknowledged, {kept} are there");
        device = city.device("sen-01").await.unwrap();
    }
    for missing in promised..again {
        device.publish(&direct.topic(), direct.payload(missing)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    behind.acknowledged(LONG).await.unwrap();
    assert_eq!(direct.stored(&city).await.unwrap(), (0..again).collect::<Vec<_>>(), "each once");
    let (numbers, _) = until("what the broker kept meanwhile", LONG, async || {
        let numbers = readings.stored(&city).await?;
        Ok((numbers.len() >= number as usize).then_some(numbers))
    })
    .await
    .unwrap();
    assert_eq!(numbers, (0..number).collect::<Vec<_>>(), "each once");
    let status = city.server.status().await.unwrap();
    let seq = Seq(status["world"]["seq"].as_u64().unwrap());
    live.until("the last entry", LONG, |live| live.world.seq >= seq).await.unwrap();
}
