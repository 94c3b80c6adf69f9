//! From PUBLISH to durable: how many messages of `QoS` 1 a second, how soon, and what share that is of what the bare
//! database does with the same rows in the same run.
//!
//! A message counts when its PUBACK is there, or, behind a broker that acknowledges on its own, when the server says
//! that its samples are stored. The bare program (`bare-store`) writes batches of the size that the server's commits had
//! on average, into a table of the same shape and key, over one connection.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Figure;
use super::buckets::Buckets;
use super::home::Home;
use super::sender::{Flow, Load, send};
use super::server::{Server, Setup, program};
use super::summary::Summary;
use super::telemetry::samples_stored;
use crate::stage::broker::{Broker, Memory};

/// Connections that send, each for a sensor of its own.
const CONNECTIONS: usize = 100;
/// Left out before measuring.
const SETTLE: Duration = Duration::from_secs(2);
/// Messages that a broker may have acknowledged and not handed on.
const AHEAD: u64 = 30_000;
/// How often senders behind a broker are told what is stored.
const TOLD_EVERY: Duration = Duration::from_millis(20);

/// One line.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    name: &'static str,
    load: Load,
    way: Way,
    /// Whether the bare database is measured after it.
    compare: bool,
}

/// How messages come to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Direct,
    /// Through Mosquitto.
    Broker,
}

const SINGLE: Load = Load { samples: 1, pack: 64, window: 256, every: None };
const PACKS: Load = Load { samples: 50, pack: 8, window: 40, every: None };
const STEADY: Load = Load { samples: 1, pack: 1, window: 256, every: Some(Duration::from_millis(100)) };

const SCENARIOS: [Scenario; 4] = [
    Scenario { name: "1,000 msg/s, direct", load: STEADY, way: Way::Direct, compare: false },
    Scenario { name: "flood of single samples, direct", load: SINGLE, way: Way::Direct, compare: true },
    Scenario { name: "flood of packs of 50, direct", load: PACKS, way: Way::Direct, compare: true },
    Scenario {
        name: "flood of single samples, through Mosquitto",
        load: SINGLE,
        way: Way::Broker,
        compare: true,
    },
];

/// Measures all lines on one kind of store; `tell` is given each figure as it is known.
///
/// # Errors
/// The server or the broker could not be started, or a sender lost its connection.
pub(super) async fn measure(
    home: &mut Home,
    length: Duration,
    line: Option<&str>,
    tell: &mut impl FnMut(Figure),
) -> anyhow::Result<()> {
    for scenario in
        SCENARIOS.into_iter().filter(|scenario| line.is_none_or(|line| scenario.name.contains(line)))
    {
        let (figure, rate, batch) = ours(home, scenario, length).await?;
        tell(figure);
        if scenario.compare {
            let series = CONNECTIONS * usize::try_from(scenario.load.samples)?;
            tell(bare(home, scenario, series, batch, (rate, length)).await?);
        }
    }
    Ok(())
}

/// What the server does; also the samples stored a second, and how many a commit held on average.
async fn ours(home: &mut Home, scenario: Scenario, length: Duration) -> anyhow::Result<(Figure, f64, f64)> {
    let folder = TempDir::new()?;
    let broker = match scenario.way {
        Way::Direct => None,
        Way::Broker => Some(Broker::start(folder.path(), Memory::Forgets).await?),
    };
    let setup = Setup {
        sensors: CONNECTIONS,
        intake: scenario.way == Way::Direct,
        store: home.fresh().await?,
        broker: broker.as_ref().map(Broker::address),
        ..Setup::default()
    };
    let server = Server::start(&setup).await?;
    let to = setup.broker.unwrap_or(server.intake);
    let flow = Flow::new(if setup.broker.is_some() { AHEAD } else { u64::MAX });
    let begin = Instant::now() + SETTLE;
    let span = begin..begin + length;
    let mut senders = JoinSet::new();
    for sensor in 0..CONNECTIONS {
        senders.spawn(send(to, sensor, scenario.load, Arc::clone(&flow), span.clone()));
    }
    let per_message = u64::from(scenario.load.samples);
    watch(&server, &flow, per_message, span.start, setup.broker.is_some()).await?;
    let before = Reading::take(&server, &flow).await?;
    watch(&server, &flow, per_message, span.end, setup.broker.is_some()).await?;
    let after = Reading::take(&server, &flow).await?;
    let rss_mib = server.rss_mib()?;
    let mut latencies = Summary::default();
    while let Some(sent) = senders.join_next().await {
        latencies.extend(sent??);
    }
    drop(server);

    let seconds = after.at.duration_since(before.at).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of messages")]
    let rate = |after: u64, before: u64| (after - before) as f64 / seconds;
    let stored = rate(after.stored, before.stored);
    let (commits, waits) = (after.commits.since(&before.commits), after.waits.since(&before.waits));
    let batch = if commits.count() > 0.0 { stored * seconds / commits.count() } else { f64::NAN };
    let mut numbers = vec![
        ("samples_stored_per_s", stored),
        ("cpu_percent", (after.cpu - before.cpu) / seconds * 100.0),
        ("commit_p50_ms", commits.quantile(0.5) * 1_000.0),
        ("commit_p99_ms", commits.quantile(0.99) * 1_000.0),
        ("samples_per_commit", batch),
        ("wait_p50_ms", waits.quantile(0.5) * 1_000.0),
        ("wait_p99_ms", waits.quantile(0.99) * 1_000.0),
        ("rss_mib", rss_mib),
    ];
    if scenario.way == Way::Direct {
        numbers.insert(0, ("durable_msg_per_s", rate(after.acknowledged, before.acknowledged)));
        numbers.push(("puback_p50_ms", latencies.quantile(0.5)));
        numbers.push(("puback_p99_ms", latencies.quantile(0.99)));
    }
    let name = format!("writes, {}, {}", home.name(), scenario.name);
    Ok((Figure::of(name, numbers), stored, batch))
}

/// What is counted at one moment.
#[derive(Debug)]
struct Reading {
    at: Instant,
    acknowledged: u64,
    stored: u64,
    cpu: f64,
    commits: Buckets,
    waits: Buckets,
}

impl Reading {
    async fn take(server: &Server, flow: &Flow) -> anyhow::Result<Self> {
        let text = server.metrics().await?;
        Ok(Self {
            stored: samples_stored(server).await?,
            at: Instant::now(),
            acknowledged: flow.acknowledged.load(Ordering::Relaxed),
            cpu: server.cpu_seconds()?,
            commits: Buckets::read(&text, "pantau_store_commit_seconds"),
            waits: Buckets::read(&text, "pantau_acknowledgement_seconds"),
        })
    }
}

/// Waits for a moment; meanwhile tells senders behind a broker how much is stored.
async fn watch(
    server: &Server,
    flow: &Flow,
    per_message: u64,
    until: Instant,
    behind_broker: bool,
) -> anyhow::Result<()> {
    while behind_broker && Instant::now() + TOLD_EVERY < until {
        flow.stored.store(samples_stored(server).await? / per_message, Ordering::Relaxed);
        tokio::time::sleep(TOLD_EVERY).await;
    }
    tokio::time::sleep_until(until).await;
    Ok(())
}

/// What the bare program says, on one line of JSON.
#[derive(Debug, Deserialize)]
struct Bare {
    rows_per_s: f64,
    commit_p50_ms: f64,
    commit_p99_ms: f64,
}

/// Rows of a batch of the bare program where the server does not tell how large its own were.
const BATCH: f64 = 10_000.0;

async fn bare(
    home: &mut Home,
    scenario: Scenario,
    series: usize,
    batch: f64,
    (ours, length): (f64, Duration),
) -> anyhow::Result<Figure> {
    let folder = TempDir::new()?;
    let (kind, place) = match home.fresh().await? {
        Some(url) => ("postgres", url),
        None => ("sqlite", folder.path().join("bare.db").display().to_string()),
    };
    let batch = if batch.is_finite() { batch.round() } else { BATCH };
    let output = Command::new(program("bare-store")?)
        .args([kind, &place, &series.to_string(), &batch.to_string(), &length.as_secs().to_string()])
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("failed to run the bare program")?;
    ensure!(output.status.success(), "the bare program failed");
    let found: Bare =
        serde_json::from_slice(&output.stdout).context("the bare program said something else")?;
    Ok(Figure::new(
        format!("bare, {}, rows as of the {}", home.name(), scenario.name),
        [
            ("rows_per_s", found.rows_per_s),
            ("rows_per_commit", batch),
            ("commit_p50_ms", found.commit_p50_ms),
            ("commit_p99_ms", found.commit_p99_ms),
            ("ours_of_bare_percent", ours / found.rows_per_s * 100.0),
        ],
    ))
}
