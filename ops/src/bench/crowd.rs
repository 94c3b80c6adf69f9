//! A large city in trouble on a wall: lists and figures of 20,000 devices, and hundreds of entries a second.
//!
//! The devices say `alert` and `ready` in turn, each change an entry. The page is measured at its own repaints.

use std::time::Duration;

use anyhow::Context as _;
use pantau_schemas::time::Clock as _;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, MqttOptions};
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Figure;
use super::browser;
use super::server::{Server, Setup};
use super::summary::Summary;
use crate::sim::clock::SystemClock;

/// The line of the table.
pub(super) const NAME: &str = "browser, a wall of 20,000 devices in trouble, 500 entries/s";
/// Devices of the city.
const DEVICES: usize = 20_000;
/// Entries a second.
const RATE: u32 = 500;
/// Changes of state that are written at once.
const PACK: u32 = 10;
/// How long the devices may need until each has said that it is in trouble.
const TROUBLED_WITHIN: Duration = Duration::from_secs(120);

#[derive(Debug, Deserialize)]
struct Measured {
    first_paint_ms: Option<f64>,
    known_ms: f64,
    entries_per_s: f64,
    frames: Vec<f64>,
    main_thread_busy: f64,
}

/// Measures the line.
///
/// # Errors
/// There is no browser, the server could not be started, or the devices lost their connection.
pub(super) async fn measure(length: Duration) -> anyhow::Result<Figure> {
    let setup = Setup { sensors: DEVICES, intake: true, ..Setup::default() };
    let server = Server::start(&setup).await?;
    let options = MqttOptions::new("bench-crowd", server.intake.ip().to_string(), server.intake.port());
    let (client, mut connection) = AsyncClient::new(options, 256);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { while connection.poll().await.is_ok() {} });

    for device in 0..DEVICES {
        say(&client, device, "alert").await?;
    }
    let deadline = Instant::now() + TROUBLED_WITHIN;
    while journal(&server).await? < u64::try_from(DEVICES)? {
        anyhow::ensure!(
            Instant::now() < deadline,
            "the devices are not in trouble after {TROUBLED_WITHIN:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let cpu = server.cpu_seconds()?;
    let begin = Instant::now();
    tasks.spawn(async move { while turn(&client).await.is_ok() {} });
    let seconds = length.as_secs().to_string();
    let words = ["--url", &format!("http://{}", server.address), "--seconds", &seconds];
    let measured: Measured = browser::script("ops/browser/crowd.mjs", &words).await?;
    let cpu = (server.cpu_seconds()? - cpu) / begin.elapsed().as_secs_f64();
    tasks.shutdown().await;

    let all: f64 = measured.frames.iter().sum();
    let mut frames = Summary::default();
    #[expect(clippy::cast_precision_loss, reason = "a count of repaints")]
    let count = measured.frames.len() as f64;
    frames.extend(measured.frames);
    Ok(Figure::new(
        NAME,
        [
            ("first_paint_ms", measured.first_paint_ms.unwrap_or(f64::NAN)),
            ("city_known_ms", measured.known_ms),
            ("entries_per_s", measured.entries_per_s),
            ("frames_per_s", count / all * 1_000.0),
            ("frame_p99_ms", frames.quantile(0.99)),
            ("frame_max_ms", frames.quantile(1.0)),
            ("main_thread_busy_percent", measured.main_thread_busy * 100.0),
            ("server_cpu_percent", cpu * 100.0),
        ],
    ))
}

/// Once round the city, each device well and in trouble again, at [`RATE`].
async fn turn(client: &AsyncClient) -> anyhow::Result<()> {
    let pause = Duration::from_secs(1) * PACK / RATE;
    let mut next = Instant::now();
    for device in 0..DEVICES / 2 {
        for state in ["ready", "alert"] {
            say(client, device * 2, state).await?;
        }
        if (device * 2).is_multiple_of(usize::try_from(PACK)?) {
            next += pause;
            tokio::time::sleep_until(next).await;
        }
    }
    Ok(())
}

async fn say(client: &AsyncClient, device: usize, state: &str) -> anyhow::Result<()> {
    let topic = format!("pantau/1/bench/sensor/s-{device}/state");
    let text = format!("{{\"state\":\"{state}\",\"ts\":\"{}\",\"interval_s\":3600}}", SystemClock.now());
    Ok(client.publish(topic, QoS::AtLeastOnce, true, text).await?)
}

/// The newest entry of the journal.
async fn journal(server: &Server) -> anyhow::Result<u64> {
    server.status().await?["seq"].as_u64().context("the status has no seq")
}
