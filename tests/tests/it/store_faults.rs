//! The store stands still, is gone, takes no writes, is full: the room goes on, says since when history is not being
//! saved, promises nothing to anybody, and catches up without a restart.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use hyper::Request;
use pantau_schemas::wire::StoreState;
use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::http::{self, Answer};
use pantau_tests::live::Live;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use pantau_tests::webhook::{Post, complaint};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

/// "Broken", on a machine that compiles beside it.
const LONG: Duration = Duration::from_secs(90);
/// The series of the sensor whose values are watched.
const SERIES: &str = "sen-01/water_level";
/// New values that must reach a screen while the store is down; more than a thousand, which was a broker's window.
const VALUES: f64 = 1_500.0;

/// What is wrong with the database.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    StandsStill,
    Gone,
    ReadOnly,
}

impl Trouble {
    async fn begin(self, city: &mut TestCity) -> anyhow::Result<()> {
        let database = city.database()?;
        match self {
            Self::StandsStill => database.pause(),
            Self::Gone => database.crash().await,
            Self::ReadOnly => {
                database.sql("ALTER DATABASE postgres SET default_transaction_read_only = on").await?;
                database.sql(END_CONNECTIONS).await.map(drop)
            }
        }
    }

    async fn end(self, city: &mut TestCity) -> anyhow::Result<()> {
        let database = city.database()?;
        match self {
            Self::StandsStill => database.resume(),
            Self::Gone => database.up().await,
            Self::ReadOnly => {
                let reset =
                    "BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT";
                database.sql(reset).await?;
                database.sql(END_CONNECTIONS).await.map(drop)
            }
        }
    }
}

const END_CONNECTIONS: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// A sensor that measures five hundred times a second until told to stop; gives how often it did.
async fn measure(mut device: Device, readings: Readings, stop: Arc<AtomicBool>) -> anyhow::Result<u32> {
    let mut number = 0;
    let mut pace = interval(Duration::from_millis(20));
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        for _ in 0..10 {
            device.publish(&readings.topic(), readings.payload(number)).await?;
            number += 1;
        }
    }
    device.acknowledged(LONG).await?;
    Ok(number)
}

/// The newest value that a screen has.
fn newest(live: &Live) -> f64 {
    live.heads.get(SERIES).map_or(-1.0, |(_, value)| *value)
}

/// Whoever wants something kept is told to come again, and when.
fn come_again(answer: &Answer) -> anyhow::Result<()> {
    ensure!(answer.status == 503, "the answer is {}: {}", answer.status, answer.text());
    let after = answer.headers.get("retry-after").context("nobody is told when to come again")?;
    after.to_str()?.parse::<u32>().context("not a number of seconds")?;
    Ok(())
}

async fn event(city: &TestCity, ticket: &str) -> anyhow::Result<Answer> {
    Post::new(complaint(ticket, "Lampu jalan mati").to_string()).send(city.address()).await
}

async fn command(city: &TestCity, number: u32) -> anyhow::Result<Answer> {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let rename = json!({ "kind": "screen_change", "screen": "main", "name": format!("Dinding {number}") });
    let body = Bytes::from(json!({ "id": id, "command": rename }).to_string());
    let request = Request::post("/v1/commands").header("content-type", "application/json");
    http::send(city.address(), request, body).await
}

/// What holds while nothing can be saved.
async fn nothing_is_promised(city: &TestCity, why: &str) {
    let (reason, _) = until("the reason", LONG, async || {
        let ready = http::get(city.address(), "/readyz").await?;
        ensure!(ready.status == 503, "it says that it is ready");
        let reason = ready.json()["reasons"][0].clone();
        Ok(reason["reason"].as_str().is_some_and(|text| text.contains(why)).then_some(reason))
    })
    .await
    .unwrap();
    assert_eq!(reason["part"], "store", "{reason}");
    assert!(reason["since"].is_string(), "{reason}");
    come_again(&event(city, "LPR-DITOLAK").await.unwrap()).unwrap();
    come_again(&command(city, 1).await.unwrap()).unwrap();
    let metrics = http::get(city.address(), "/metrics").await.unwrap().text();
    assert!(metrics.lines().any(|line| line == "pantau_store_up 0"), "{metrics}");
}

async fn the_room_goes_on(trouble: Trouble, why: &str) {
    let plan = TestCity::plan().direct().broker(Memory::Forgets).postgres().store("answer_within_s = 5");
    let mut city = plan.start().await.unwrap();
    let mut live = city.live().await.unwrap();
    live.remembers = false;
    let readings = Readings::of("sen-01");
    let stop = Arc::new(AtomicBool::new(false));
    let behind = Device::connect(city.broker().unwrap().address(), "sen-01", None).await.unwrap();
    let mut traffic = JoinSet::new();
    traffic.spawn(measure(behind, readings.clone(), Arc::clone(&stop)));
    live.until("values", LONG, |live| newest(live) > 100.0).await.unwrap();

    trouble.begin(&mut city).await.unwrap();
    let began = Instant::now();
    live.until("the banner", LONG, |live| live.store == StoreState::Down && live.since.is_some())
        .await
        .unwrap();
    let banner = began.elapsed();
    // A device that publishes to the server itself: PUBACK would mean that its reading is safe.
    let patient = Readings::of("sen-02");
    let mut device = city.device("sen-02").await.unwrap();
    device.publish(&patient.topic(), patient.payload(0)).await.unwrap();
    nothing_is_promised(&city, why).await;

    let counted = city.count("mqtt", "received").await.unwrap();
    let seen = newest(&live);
    live.until("new values all along", LONG, |live| newest(live) >= seen + VALUES).await.unwrap();
    assert_eq!(live.store, StoreState::Down);
    assert_eq!(device.acknowledged_so_far(), 0, "acknowledged, and nothing was saved");
    assert_eq!(city.count("mqtt", "received").await.unwrap(), counted, "counted, and nothing was saved");
    nothing_is_promised(&city, why).await;

    trouble.end(&mut city).await.unwrap();
    let back = Instant::now();
    let saved =
        live.until("history to be saved again", LONG, |live| live.store == StoreState::Ok).await.unwrap();
    device.acknowledged(LONG).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let published = traffic.join_next().await.unwrap().unwrap().unwrap();
    let (numbers, _) = until("every reading", LONG, async || {
        let numbers = readings.stored(&city).await?;
        Ok((numbers.len() >= published as usize).then_some(numbers))
    })
    .await
    .unwrap();
    say(&format!(
        "MEASURED: {trouble:?}: banner {banner:?} after it began, saved again {saved:?} after it ended, \
         {published} readings drained within {:?}",
        back.elapsed()
    ));
    assert_eq!(numbers, (0..published).collect::<Vec<_>>(), "each once, in order, none missing");
    assert_eq!(patient.stored(&city).await.unwrap(), [0]);
    assert_eq!(event(&city, "LPR-DITOLAK").await.unwrap().status, 202);
    assert_eq!(command(&city, 1).await.unwrap().status, 200);
    assert_eq!(city.count("mqtt", "dead_lettered").await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_database_stands_still() {
    let needed = [Tool::Mosquitto, Tool::Postgres];
    if have("the_room_goes_on_while_the_database_stands_still", &needed) {
        the_room_goes_on(Trouble::StandsStill, "").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_database_is_gone() {
    if have("the_room_goes_on_while_the_database_is_gone", &[Tool::Mosquitto, Tool::Postgres]) {
        the_room_goes_on(Trouble::Gone, "cannot be reached").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_database_takes_no_writes() {
    let needed = [Tool::Mosquitto, Tool::Postgres];
    if have("the_room_goes_on_while_the_database_takes_no_writes", &needed) {
        the_room_goes_on(Trouble::ReadOnly, "read-only").await;
    }
}

/// Fifty megabytes for the store, and something else that eats them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_survived() {
    if !have("a_full_disk_is_said_and_survived", &[Tool::SmallDisk]) {
        return;
    }
    let mut city = TestCity::plan().direct().disk_mib(50).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    live.remembers = false;
    let readings = Readings::of("sen-01");
    let stop = Arc::new(AtomicBool::new(false));
    let mut traffic = JoinSet::new();
    traffic.spawn(measure(city.device("sen-01").await.unwrap(), readings.clone(), Arc::clone(&stop)));
    live.until("values", LONG, |live| newest(live) > 100.0).await.unwrap();

    let ballast = city.server.disk().unwrap().join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    let piece = vec![0; 4 * 1024];
    let deadline = Instant::now() + LONG;
    while live.store != StoreState::Down {
        // Whatever room there is again, because a log was cut: it is taken.
        while file.write_all(&piece).is_ok() {}
        assert!(Instant::now() < deadline, "the full disk was never noticed");
        live.step().await.unwrap();
    }
    let patient = Readings::of("sen-02");
    let mut device = city.device("sen-02").await.unwrap();
    device.publish(&patient.topic(), patient.payload(0)).await.unwrap();
    nothing_is_promised(&city, "full").await;
    assert_eq!(device.acknowledged_so_far(), 0, "acknowledged, and nothing was saved");
    assert!(city.server.runs(), "{}", city.server.tail());

    drop(file);
    std::fs::remove_file(&ballast).unwrap();
    let saved =
        live.until("history to be saved again", LONG, |live| live.store == StoreState::Ok).await.unwrap();
    device.acknowledged(LONG).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let published = traffic.join_next().await.unwrap().unwrap().unwrap();
    say(&format!("MEASURED: full disk: saved again {saved:?} after there was room"));
    let numbers = readings.stored(&city).await.unwrap();
    assert_eq!(numbers, (0..published).collect::<Vec<_>>(), "each once, in order, none missing");
    assert_eq!(patient.stored(&city).await.unwrap(), [0]);
    assert_eq!(event(&city, "LPR-DITOLAK").await.unwrap().status, 202);
    until("quiet", LONG, async || {
        let status = city.server.status().await?;
        Ok((status["settled"] == status["seq"]).then_some(()))
    })
    .await
    .unwrap();
    // The disk goes with the process; so this is the last look at it.
    city.server.audit().unwrap();
    city.server.kill().unwrap();
}
