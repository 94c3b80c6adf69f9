//! Messages to readers, everything stored: processor, deliveries and latency, at a fixed rate and in a flood.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use pantau_schemas::time::Clock as _;
use pantau_schemas::wire::PROTOCOL;
use rumqttc::NetworkOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, MqttOptions};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::Figure;
use super::home::Home;
use super::server::{Server, Setup};
use super::summary::Summary;
use crate::sim::clock::SystemClock;

/// What is sent, and to how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    name: &'static str,
    /// Messages a second in all; `None` for as many as go.
    rate: Option<u32>,
    /// Samples in one message.
    samples: u32,
    readers: usize,
    /// Devices that send. Readers get the newest value of each series: with few series a flood is mostly conflated away.
    sensors: usize,
}

/// The lines of the table.
pub(super) const SCENARIOS: [Scenario; 4] = [
    Scenario { name: "telemetry, quiet: 10 msg/s, 50 readers", rate: Some(10), samples: 1, ..FLOOD },
    Scenario { name: "telemetry, 1,000 msg/s, 50 readers", rate: Some(1_000), samples: 1, ..FLOOD },
    Scenario { name: "telemetry, flood: 10,000 series in packs of 50, 50 readers", ..FLOOD },
    Scenario { name: "telemetry, flood: 200,000 series in packs of 50, 50 readers", sensors: 4_000, ..FLOOD },
];

const FLOOD: Scenario = Scenario { name: "", rate: None, samples: 50, readers: 50, sensors: 200 };

/// Connections that send.
const SENDERS: usize = 4;
/// Left out before measuring.
const SETTLE: Duration = Duration::from_secs(3);

/// Measures one line.
///
/// # Errors
/// Something could not be started or did not come to life.
pub(super) async fn measure(scenario: Scenario, home: &mut Home, length: Duration) -> anyhow::Result<Figure> {
    let store = home.fresh().await?;
    let setup = Setup { sensors: scenario.sensors, intake: true, store, ..Setup::default() };
    let server = Server::start(&setup).await?;

    let begin = Instant::now() + SETTLE;
    let end = begin + length;
    let deliveries = Arc::new(AtomicU64::new(0));
    let mut readers = JoinSet::new();
    for number in 0..scenario.readers {
        // One reader looks at every value; fifty that did would be a load beside the server they measure.
        readers.spawn(read(server.address, Arc::clone(&deliveries), begin..end, number == 0));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        senders.spawn(send(server.intake, scenario, sender, Arc::clone(&stop)));
    }

    tokio::time::sleep_until(begin).await;
    let (cpu, stored) = (server.cpu_seconds()?, samples_stored(&server).await?);
    let delivered = deliveries.load(Ordering::Relaxed);
    tokio::time::sleep_until(end).await;
    let (cpu, stored) = (server.cpu_seconds()? - cpu, samples_stored(&server).await? - stored);
    let delivered = deliveries.load(Ordering::Relaxed) - delivered;
    stop.store(true, Ordering::Relaxed);
    let rss_mib = server.rss_mib()?;
    let mut latencies = Summary::default();
    while let Some(read) = readers.join_next().await {
        latencies.extend(read??);
    }
    senders.shutdown().await;
    drop(server);
    let seconds = length.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of samples")]
    let (stored, delivered) = (stored as f64 / seconds, delivered as f64 / seconds);
    Ok(Figure::new(
        scenario.name,
        [
            ("cpu_percent", cpu / seconds * 100.0),
            ("samples_stored_per_s", stored),
            ("sample_deliveries_per_s", delivered),
            ("p50_ms", latencies.quantile(0.5)),
            ("p99_ms", latencies.quantile(0.99)),
            ("rss_mib", rss_mib),
        ],
    ))
}

pub(super) async fn samples_stored(server: &Server) -> anyhow::Result<u64> {
    server.status().await?["samples_stored"].as_u64().context("the status has no samples_stored")
}

/// Sends until told to stop. The value of each sample is its time of sending, in microseconds since midnight
/// or so: a reader subtracts it from the time of arrival.
async fn send(
    intake: SocketAddr,
    scenario: Scenario,
    sender: usize,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let mut options = MqttOptions::new(format!("bench-{sender}"), intake.ip().to_string(), intake.port());
    options.set_keep_alive(Duration::from_secs(30));
    options.set_session_expiry_interval(Some(60)).set_clean_start(false);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    let (client, mut connection) = AsyncClient::new(options, 256);
    let mut polling = JoinSet::new();
    polling.spawn(async move { while connection.poll().await.is_ok() {} });
    let share = u32::try_from(SENDERS).unwrap_or(1);
    let pause = scenario.rate.map(|rate| Duration::from_secs(1) * share / rate);
    // The senders do not keep step with each other, no more than devices do.
    let stagger = pause.unwrap_or_default() / share * u32::try_from(sender).unwrap_or_default();
    let mut next = Instant::now() + stagger;
    let mut turn = sender;
    while !stop.load(Ordering::Relaxed) {
        if let Some(pause) = pause {
            next += pause;
            tokio::time::sleep_until(next).await;
        }
        let now = SystemClock.now().micros();
        let device = turn % scenario.sensors;
        turn += SENDERS;
        let mut pack = String::from("[");
        for number in 0..scenario.samples {
            if number > 0 {
                pack.push(',');
            }
            // Ten microseconds apart: every sample of a series has a time of its own.
            let at = now + i64::from(number);
            pack.push_str(&format!(
                "{{\"n\":\"m{number}\",\"t\":{}.{:06},\"v\":{}}}",
                at / 1_000_000,
                at % 1_000_000,
                now % DAY_MICROS
            ));
        }
        pack.push(']');
        client
            .publish(format!("pantau/1/bench/sensor/s-{device}/tele/senml"), QoS::AtLeastOnce, false, pack)
            .await?;
    }
    client.disconnect().await?;
    Ok(())
}

const DAY_MICROS: i64 = 86_400_000_000;

/// Counts what one reader is told; the one that `measures` also says how old each value is, milliseconds.
async fn read(
    server: SocketAddr,
    deliveries: Arc<AtomicU64>,
    span: std::ops::Range<Instant>,
    measures: bool,
) -> anyhow::Result<Vec<f64>> {
    let mut request = format!("ws://{server}/v1/live").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(PROTOCOL));
    let (mut socket, _) = connect_async(request).await?;
    socket.send(Message::text(r#"{"type":"hello"}"#)).await?;
    let mut latencies = Vec::new();
    while Instant::now() < span.end {
        let Ok(message) = timeout(Duration::from_secs(2), socket.next()).await else { continue };
        let Message::Text(text) = message.context("the server closed")?? else { continue };
        let Some(list) = text.strip_prefix(r#"{"type":"heads","heads":["#) else { continue };
        // Counting brackets keeps the readers cheap.
        let count = list.bytes().filter(|byte| *byte == b'[').count();
        deliveries.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        if !measures || !span.contains(&Instant::now()) {
            continue;
        }
        let at = SystemClock.now().micros() % DAY_MICROS;
        // `["s-1/m0","2026-…Z",123.0],…`: the value stands before each closing bracket.
        let sent = list.split(']').filter_map(|head| head.rsplit(',').next()?.parse::<f64>().ok());
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a day")]
        latencies.extend(sent.map(|sent| (at as f64 - sent) / 1_000.0));
    }
    Ok(latencies)
}
