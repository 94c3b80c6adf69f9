//! Kill -9 in the middle of traffic: the World is the one that screens saw, and nothing that somebody was
//! promised is missing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use pantau_schemas::entry::Entry;
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::world::World;
use pantau_tests::broker::Memory;
use pantau_tests::city::{Plan, TestCity};
use pantau_tests::device::Device;
use pantau_tests::live::Live;
use pantau_tests::readings::Readings;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use pantau_tests::webhook::{Post, complaint};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

const LONG: Duration = Duration::from_secs(30);
const STATE: &str = "pantau/1/metro/ap/ap-01/state";
/// When a sender that was refused comes again.
const COME_AGAIN: Duration = Duration::from_millis(50);
/// Times that the server is killed.
const ROUNDS: u64 = 4;

/// What traffic was promised.
enum Promise {
    /// These tickets were answered with 202.
    Tickets(Vec<String>),
    /// So many readings were acknowledged by the broker.
    Readings(u32),
}

/// Whether a post of the event is answered with 202.
async fn accepted(event: &str, server: SocketAddr) -> bool {
    Post::new(event.to_owned()).send(server).await.is_ok_and(|answer| answer.status == 202)
}

/// An agency that posts complaints one after another, each until it is answered with 202.
async fn agency(server: SocketAddr, stop: Arc<AtomicBool>) -> anyhow::Result<Promise> {
    let mut tickets = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let ticket = format!("LPR-{:05}", tickets.len());
        let event = complaint(&ticket, "Lubang besar depan SDN 3").to_string();
        timeout(LONG, async {
            while !accepted(&event, server).await {
                sleep(COME_AGAIN).await;
            }
        })
        .await
        .context("no 202 in time")?;
        tickets.push(ticket);
    }
    Ok(Promise::Tickets(tickets))
}

/// A sensor that measures, beside an access point that changes its mind: a thousand messages a second.
async fn devices(
    mut device: Device,
    readings: Arc<Readings>,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<Promise> {
    let mut number = 0;
    let mut pace = interval(Duration::from_millis(5));
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        let word = if number % 8 == 0 { "ready" } else { "alert" };
        device.retain(STATE, format!(r#"{{"state":"{word}","boot_id":"b-1"}}"#)).await?;
        for _ in 0..4 {
            device.publish(&readings.topic(), readings.payload(number)).await?;
            number += 1;
        }
    }
    device.acknowledged(LONG).await?;
    Ok(Promise::Readings(number))
}

/// The digest that a reader has computed at `seq`. Where the server was killed between the disk and the
/// reader's socket, the reader first takes the rest from the journal.
async fn digest_at(city: &TestCity, live: &Live, seq: Seq) -> anyhow::Result<Hash> {
    let mut world: World = live.world.clone();
    while world.seq < seq {
        let page = city.get(&format!("/v1/entries?limit=1&after={}", world.seq)).await?;
        let entry: Entry = serde_json::from_value(page["items"][0].clone()).context("no entry")?;
        world.apply(&entry)?;
    }
    if world.seq == seq {
        return Ok(world.digest());
    }
    live.digests.get(&seq).copied().with_context(|| format!("the reader never saw entry {seq}"))
}

/// The readings that are stored, once there are as many as were published.
async fn every_reading(city: &TestCity, readings: &Readings, published: u32) -> Vec<u32> {
    let (numbers, _) = until("every acknowledged reading", LONG, async || {
        let numbers = readings.stored(city).await?;
        Ok((numbers.len() >= published as usize).then_some(numbers))
    })
    .await
    .unwrap();
    numbers
}

async fn complaints_in_the_journal(city: &TestCity) -> anyhow::Result<BTreeMap<String, u32>> {
    let mut counts = BTreeMap::new();
    let mut path = "/v1/entries?kind=complaint_received&limit=1000".to_owned();
    loop {
        let page = city.get(&path).await?;
        for entry in page["items"].as_array().context("no items")? {
            let ticket = entry["change"]["complaint"]["id"].as_str().context("no ticket")?;
            *counts.entry(ticket.to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/entries?kind=complaint_received&limit=1000&cursor={next}"),
            None => return Ok(counts),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_as_the_same_world() {
    if !have("a_killed_server_comes_back_as_the_same_world", &[Tool::Mosquitto]) {
        return;
    }
    killed(TestCity::plan().broker(Memory::Forgets)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_from_postgres_too() {
    if have("a_killed_server_comes_back_from_postgres_too", &[Tool::Mosquitto, Tool::Postgres]) {
        killed(TestCity::plan().broker(Memory::Forgets).postgres()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_from_a_hypertable_too() {
    if have("a_killed_server_comes_back_from_a_hypertable_too", &[Tool::Mosquitto, Tool::Timescale]) {
        killed(TestCity::plan().broker(Memory::Forgets).timescale()).await;
    }
}

async fn killed(plan: Plan) {
    let mut city = plan.start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let readings = Arc::new(Readings::of("sen-01"));
    let stop = Arc::new(AtomicBool::new(false));
    let mut traffic = JoinSet::new();
    traffic.spawn(agency(city.address(), Arc::clone(&stop)));
    let device = city.device("everything").await.unwrap();
    traffic.spawn(devices(device, Arc::clone(&readings), Arc::clone(&stop)));

    for round in 0..ROUNDS {
        // Killed at another point of the traffic each time.
        let target = Seq(live.world.seq.0 + 150 + 37 * round);
        live.until("traffic", LONG, |live| live.world.seq >= target).await.unwrap();
        city.server.kill().unwrap();
        live.until_gone(LONG).await.unwrap();
        let ready = city.server.start().await.unwrap();
        let status = city.server.status().await.unwrap();
        let recovered = Seq(status["recovered"]["seq"].as_u64().unwrap());
        let seen = digest_at(&city, &live, recovered).await.unwrap();
        assert_eq!(status["recovered"]["digest"], seen.to_string(), "at entry {recovered}");
        assert!(live.settled <= recovered, "{} was said to be durable, {recovered} came back", live.settled);
        city.server.audit().unwrap();

        let back = Live::resume(city.address(), live.before()).await.unwrap();
        assert_ne!(back.epoch, live.epoch, "another life of the server is another epoch");
        assert!(!back.resumed);
        say(&format!(
            "MEASURED: ready {ready:?} after kill -9; screens saw {}, the journal kept {recovered}",
            live.world.seq
        ));
        live = back;
    }

    stop.store(true, Ordering::Relaxed);
    let (mut tickets, mut published) = (Vec::new(), 0);
    while let Some(done) = traffic.join_next().await {
        match done.unwrap().unwrap() {
            Promise::Tickets(all) => tickets = all,
            Promise::Readings(count) => published = count,
        }
    }
    let numbers = every_reading(&city, &readings, published).await;
    assert_eq!(numbers, (0..published).collect::<Vec<_>>(), "each reading once");
    let counts = complaints_in_the_journal(&city).await.unwrap();
    let expected: BTreeMap<String, u32> = tickets.iter().map(|ticket| (ticket.clone(), 1)).collect();
    assert_eq!(counts, expected, "each complaint that was answered with 202 once, and no other");
    for ticket in &tickets {
        let known: Value = city.get(&format!("/v1/complaints/{ticket}")).await.unwrap();
        assert_eq!(known["id"], ticket.as_str());
    }

    // Two readers, one that was there all along and one that is new, hold what the server holds.
    let (status, _) = until("quiet", LONG, async || {
        let before = city.server.status().await?;
        let after = city.server.status().await?;
        Ok((before["world"] == after["world"] && after["settled"] == after["seq"]).then_some(after))
    })
    .await
    .unwrap();
    let seq = Seq(status["world"]["seq"].as_u64().unwrap());
    let fresh = city.live().await.unwrap();
    for mut reader in [live, fresh] {
        reader.until("the last entry", LONG, |live| live.world.seq >= seq).await.unwrap();
        let digest = reader.digests.get(&seq).unwrap().to_string();
        assert_eq!(status["world"]["digest"], digest, "reader with {} snapshots", reader.snapshots);
    }
    say(&format!(
        "MEASURED: {ROUNDS} kills, {published} readings, {} complaints, entry {seq}",
        tickets.len()
    ));
}

/// The room goes on while the database is away, says so, and promises nothing; then what waited is saved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_dies_is_waited_for() {
    if !have("a_database_that_dies_is_waited_for", &[Tool::Mosquitto, Tool::Postgres]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).postgres().start().await.unwrap();
    let readings = Arc::new(Readings::of("sen-01"));
    let stop = Arc::new(AtomicBool::new(false));
    let mut traffic = JoinSet::new();
    traffic.spawn(agency(city.address(), Arc::clone(&stop)));
    let device = city.device("everything").await.unwrap();
    traffic.spawn(devices(device, Arc::clone(&readings), Arc::clone(&stop)));
    for _ in 0..2 {
        let count = city.count("mqtt", "stored").await.unwrap();
        city.received("mqtt", count + 200, LONG).await.unwrap();
        city.database().unwrap().crash().await.unwrap();
        until("the server to say that history is not being saved", LONG, async || {
            let status = city.server.status().await?;
            Ok((status["store"]["state"] == "down").then_some(()))
        })
        .await
        .unwrap();
        // Whoever comes now sees the room as it is.
        assert!(city.live().await.unwrap().world.seq > Seq(0));
        city.database().unwrap().up().await.unwrap();
    }
    let count = city.count("mqtt", "stored").await.unwrap();
    city.received("mqtt", count + 200, LONG).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let (mut tickets, mut published) = (Vec::new(), 0);
    while let Some(done) = traffic.join_next().await {
        match done.unwrap().unwrap() {
            Promise::Tickets(all) => tickets = all,
            Promise::Readings(count) => published = count,
        }
    }
    // The broker has acknowledged them to the device; we have not said yet that they are stored.
    let numbers = every_reading(&city, &readings, published).await;
    assert_eq!(numbers, (0..published).collect::<Vec<_>>(), "each reading once");
    let counts = complaints_in_the_journal(&city).await.unwrap();
    let expected: BTreeMap<String, u32> = tickets.iter().map(|ticket| (ticket.clone(), 1)).collect();
    assert_eq!(counts, expected, "each complaint that was answered with 202 once, and no other");
}
