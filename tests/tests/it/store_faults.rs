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
use pantau_tests::city::{Plan, TestCity};
use pantau_tests::device::Device;
use pantau_tests::disk::Made;
use pantau_tests::http::{self, Answer};
use pantau_tests::live::Live;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;
use pantau_tests::server::Server;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use pantau_tests::webhook::{Post, complaint};
use rustix::process::Signal;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

/// "Broken", on a machine that compiles beside it.
const LONG: Duration = Duration::from_secs(90);
/// The series of the sensor whose values are watched.
const SERIES: &str = "sen-01/water_level";
/// New values that must reach a screen while the store is down; more than a thousand, which was a broker's window.
const VALUES: f64 = 1_500.0;

/// The same while each commit takes its time: more than a device has on its way before one is acknowledged.
const SLOW_VALUES: f64 = 150.0;

/// What is wrong with the store.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// The database stands still.
    StandsStill,
    /// It is gone.
    Gone,
    /// It takes no writes.
    ReadOnly,
    /// It stands still for good; a standby takes its place, at the same address, and then the old one wakes up.
    FailsOver,
    /// The disk of the embedded store takes no writes.
    DiskReadOnly,
    /// That disk stands still.
    DiskStandsStill,
}

impl Trouble {
    fn plan(self) -> Plan {
        let plan = TestCity::plan().direct().broker(Memory::Forgets).store("answer_within_s = 5");
        match self {
            Self::StandsStill | Self::Gone | Self::ReadOnly => plan.postgres(),
            Self::FailsOver => plan.standby(),
            Self::DiskReadOnly | Self::DiskStandsStill => plan.disk(64, Made::OfBlocks),
        }
    }

    /// What `/readyz` gives as the reason, if it can be known.
    const fn why(self) -> &'static str {
        match self {
            Self::StandsStill | Self::FailsOver => "",
            Self::Gone => "cannot be reached",
            Self::ReadOnly | Self::DiskReadOnly => "read-only",
            Self::DiskStandsStill => "slow",
        }
    }

    async fn begin(self, city: &mut TestCity) -> anyhow::Result<()> {
        match self {
            Self::StandsStill | Self::FailsOver => city.database()?.pause(),
            Self::Gone => city.database()?.crash().await,
            Self::ReadOnly => {
                let database = city.database()?;
                database.sql("ALTER DATABASE postgres SET default_transaction_read_only = on").await?;
                database.sql(END_CONNECTIONS).await.map(drop)
            }
            Self::DiskReadOnly => city.server.disk()?.refuse_writes(),
            Self::DiskStandsStill => city.server.disk()?.freeze(),
        }
    }

    async fn end(self, city: &mut TestCity) -> anyhow::Result<()> {
        match self {
            Self::StandsStill => city.database()?.resume(),
            Self::Gone => city.database()?.up().await,
            Self::ReadOnly => {
                let reset =
                    "BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT";
                let database = city.database()?;
                database.sql(reset).await?;
                database.sql(END_CONNECTIONS).await.map(drop)
            }
            Self::FailsOver => {
                let database = city.database()?;
                database.fail_over().await?;
                database.wake_former()
            }
            Self::DiskReadOnly => city.server.disk()?.take_writes(),
            Self::DiskStandsStill => city.server.disk()?.thaw(),
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

async fn the_room_goes_on(trouble: Trouble) {
    let why = trouble.why();
    let mut city = trouble.plan().start().await.unwrap();
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
        the_room_goes_on(Trouble::StandsStill).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_database_is_gone() {
    if have("the_room_goes_on_while_the_database_is_gone", &[Tool::Mosquitto, Tool::Postgres]) {
        the_room_goes_on(Trouble::Gone).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_database_takes_no_writes() {
    let needed = [Tool::Mosquitto, Tool::Postgres];
    if have("the_room_goes_on_while_the_database_takes_no_writes", &needed) {
        the_room_goes_on(Trouble::ReadOnly).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_a_standby_takes_the_database_over() {
    let needed = [Tool::Mosquitto, Tool::Postgres];
    if have("the_room_goes_on_while_a_standby_takes_the_database_over", &needed) {
        the_room_goes_on(Trouble::FailsOver).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_disk_takes_no_writes() {
    let needed = [Tool::Mosquitto, Tool::BlockDisk];
    if have("the_room_goes_on_while_the_disk_takes_no_writes", &needed) {
        the_room_goes_on(Trouble::DiskReadOnly).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_goes_on_while_the_disk_stands_still() {
    let needed = [Tool::Mosquitto, Tool::BlockDisk];
    if have("the_room_goes_on_while_the_disk_stands_still", &needed) {
        the_room_goes_on(Trouble::DiskStandsStill).await;
    }
}

/// Every commit takes three seconds, and is good all the same: what is acknowledged is stored, and screens say why it takes
/// so long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_database_is_said_and_still_keeps_its_word() {
    if !have("a_slow_database_is_said_and_still_keeps_its_word", &[Tool::Postgres]) {
        return;
    }
    let mut city = TestCity::plan().direct().postgres().start().await.unwrap();
    let mut live = city.live().await.unwrap();
    live.remembers = false;
    let readings = Readings::of("sen-01");
    let stop = Arc::new(AtomicBool::new(false));
    let mut traffic = JoinSet::new();
    traffic.spawn(measure(city.device("sen-01").await.unwrap(), readings.clone(), Arc::clone(&stop)));
    live.until("values", LONG, |live| newest(live) > 100.0).await.unwrap();

    let slow = "CREATE FUNCTION pantau.slowly() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN PERFORM pg_sleep(3); RETURN NEW; END'; \
        CREATE TRIGGER slowly BEFORE UPDATE ON pantau.tip FOR EACH ROW EXECUTE FUNCTION pantau.slowly()";
    city.database().unwrap().sql(slow).await.unwrap();
    live.until("the banner", LONG, |live| live.store == StoreState::Down && live.since.is_some())
        .await
        .unwrap();
    let patient = Readings::of("sen-02");
    let mut device = city.device("sen-02").await.unwrap();
    device.publish(&patient.topic(), patient.payload(0)).await.unwrap();
    let seen = newest(&live);
    live.until("new values all along", LONG, |live| newest(live) >= seen + SLOW_VALUES).await.unwrap();
    // Slow is not down: it is stored in its time, and only then acknowledged.
    device.acknowledged(LONG).await.unwrap();
    assert_eq!(patient.stored(&city).await.unwrap(), [0]);

    city.database().unwrap().sql("DROP TRIGGER slowly ON pantau.tip").await.unwrap();
    let quick = until("the store to be quick", LONG, async || {
        let began = Instant::now();
        let answer = event(&city, "LPR-LAMBAT").await?;
        Ok((answer.status == 202 && began.elapsed() < Duration::from_secs(2)).then_some(()))
    });
    quick.await.unwrap();
    live.until("history to be saved again", LONG, |live| live.store == StoreState::Ok).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let published = traffic.join_next().await.unwrap().unwrap().unwrap();
    let numbers = readings.stored(&city).await.unwrap();
    assert_eq!(numbers, (0..published).collect::<Vec<_>>(), "each once, in order, none missing");
}

/// Locks of a database are not handed to its standby, the epoch is: of two servers that meet there one is the writer, and the
/// other one ends when it finds that out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_slept_through_a_failover_never_writes_again() {
    if !have("a_server_that_slept_through_a_failover_never_writes_again", &[Tool::Postgres]) {
        return;
    }
    let mut city = TestCity::plan().standby().start().await.unwrap();
    let epoch = "SELECT epoch FROM pantau.tip";
    assert_eq!(event(&city, "LPR-1").await.unwrap().status, 202);
    let before = city.database().unwrap().sql(epoch).await.unwrap();
    city.server.process().unwrap().signal(Signal::STOP).unwrap();
    city.database().unwrap().pause().unwrap();
    city.database().unwrap().fail_over().await.unwrap();

    // Its supervisor gave it up, and started another one.
    let address = pantau_tests::ports::free().unwrap();
    let config = std::fs::read_to_string(city.server.config()).unwrap();
    let path = city.dir().join("second.toml");
    std::fs::write(&path, config.replace(&city.address().to_string(), &address.to_string())).unwrap();
    let mut second = Server::new(address, path, city.dir().join("second.log"));
    second.start().await.unwrap();
    let post = async |ticket: &str| {
        Post::new(complaint(ticket, "Lampu jalan mati").to_string()).send(address).await.unwrap().status
    };
    assert_eq!(post("LPR-2").await, 202);
    let after = city.database().unwrap().sql(epoch).await.unwrap();
    assert_ne!(before, after, "another writer is another epoch");

    city.server.process().unwrap().signal(Signal::CONT).unwrap();
    city.database().unwrap().wake_former().unwrap();
    // While the other one writes, the lock of the city is not to be had; once it has gone, the epoch is another one.
    let promised = event(&city, "LPR-3").await;
    assert!(!promised.is_ok_and(|answer| answer.status == 202), "two servers wrote to one city");
    assert_eq!(post("LPR-4").await, 202);
    second.stop().await.unwrap();
    until("the one that slept to end", LONG, async || Ok((!city.server.runs()).then_some(()))).await.unwrap();
    assert!(city.server.log().contains("another server writes to this city now"), "{}", city.server.tail());
    assert_eq!(city.database().unwrap().sql(epoch).await.unwrap(), after);
    let complaints = "SELECT string_agg(event, ' ' ORDER BY event) FROM pantau.inbox";
    assert_eq!(city.database().unwrap().sql(complaints).await.unwrap(), "LPR-1/1 LPR-2/1 LPR-4/1");
    city.server.kill().unwrap();
    second.audit().unwrap();
}

/// Fifty megabytes for the store, and something else that eats them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_survived() {
    if !have("a_full_disk_is_said_and_survived", &[Tool::SmallDisk]) {
        return;
    }
    let mut city = TestCity::plan().direct().disk(50, Made::OfMemory).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    live.remembers = false;
    let readings = Readings::of("sen-01");
    let stop = Arc::new(AtomicBool::new(false));
    let mut traffic = JoinSet::new();
    traffic.spawn(measure(city.device("sen-01").await.unwrap(), readings.clone(), Arc::clone(&stop)));
    live.until("values", LONG, |live| newest(live) > 100.0).await.unwrap();

    let ballast = city.server.disk().unwrap().folder().join("ballast");
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
}
