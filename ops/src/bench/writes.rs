//! Direct intake: how many messages of one sample a second become durable, each with a PUBACK of its own.
//!
//! The senders are as cheap as can be, for they share the processors with the server: packets are written in
//! packs, and acknowledgements are counted, not read.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::BytesMut;
use pantau_schemas::time::Clock as _;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{Connect, Packet, Publish};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Figure;
use super::server::{Server, Setup};
use super::summary::Summary;
use super::telemetry::samples_stored;
use crate::sim::clock::SystemClock;

/// Connections that send, each for a sensor of its own.
const CONNECTIONS: usize = 100;
/// Messages of one connection without PUBACK.
const WINDOW: usize = 256;
/// Messages that are written at once.
const PACK: usize = 64;
/// A PUBACK and a CONNACK of MQTT 3.1.1 are this long.
const ACK: usize = 4;
/// Left out before measuring.
const SETTLE: Duration = Duration::from_secs(2);

/// Measures the line.
///
/// # Errors
/// The server could not be started, or a sender lost its connection.
pub(super) async fn measure(length: Duration) -> anyhow::Result<Figure> {
    let setup = Setup { sensors: CONNECTIONS, intake: true, ..Setup::default() };
    let server = Server::start(&setup).await?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let (begin, end) = (Instant::now() + SETTLE, Instant::now() + SETTLE + length);
    let mut senders = JoinSet::new();
    for sensor in 0..CONNECTIONS {
        senders.spawn(send(server.intake, sensor, Arc::clone(&acknowledged), begin, end));
    }
    tokio::time::sleep_until(begin).await;
    let (cpu, stored) = (server.cpu_seconds()?, samples_stored(&server).await?);
    let durable = acknowledged.load(Ordering::Relaxed);
    tokio::time::sleep_until(end).await;
    let durable = acknowledged.load(Ordering::Relaxed) - durable;
    let (cpu, stored) = (server.cpu_seconds()? - cpu, samples_stored(&server).await? - stored);
    let rss_mib = server.rss_mib()?;
    let mut latencies = Summary::default();
    while let Some(sent) = senders.join_next().await {
        latencies.extend(sent??);
    }
    drop(server);
    let seconds = length.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of messages")]
    let (durable, stored) = (durable as f64 / seconds, stored as f64 / seconds);
    Ok(Figure::new(
        "telemetry, direct intake, flood of single-sample messages, 100 connections",
        [
            ("durable_msg_per_s", durable),
            ("samples_stored_per_s", stored),
            ("cpu_percent", cpu / seconds * 100.0),
            ("ack_p50_ms", latencies.quantile(0.5)),
            ("ack_p99_ms", latencies.quantile(0.99)),
            ("rss_mib", rss_mib),
        ],
    ))
}

/// Sends until `end`; gives how long the last message of each pack waited for its acknowledgement.
async fn send(
    intake: SocketAddr,
    sensor: usize,
    acknowledged: Arc<AtomicU64>,
    begin: Instant,
    end: Instant,
) -> anyhow::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(intake).await?;
    stream.set_nodelay(true)?;
    let mut out = BytesMut::new();
    Packet::Connect(Connect::new(format!("bench-{sensor}"))).write(&mut out, usize::MAX)?;
    stream.write_all_buf(&mut out).await?;
    let mut welcome = [0; ACK];
    stream.read_exact(&mut welcome).await?;
    ensure!(welcome == [0x20, 2, 0, 0], "the server refused: {welcome:?}");

    let topic = format!("pantau/1/bench/sensor/s-{sensor}/tele/senml");
    let mut packs = std::collections::VecDeque::new();
    let (mut number, mut on_the_way, mut rest) = (0u16, 0usize, 0usize);
    let mut latencies = Vec::new();
    let mut newest = 0;
    let mut read = vec![0; ACK * WINDOW];
    loop {
        let now = Instant::now();
        while now < end && on_the_way + PACK <= WINDOW {
            // Every sample of a series has a time of its own.
            newest = SystemClock.now().micros().max(newest);
            for _ in 0..PACK {
                newest += 1;
                number = number.checked_add(1).unwrap_or(1);
                let mut payload = String::with_capacity(48);
                write!(
                    payload,
                    "[{{\"n\":\"m\",\"t\":{}.{:06},\"v\":{number}}}]",
                    newest / 1_000_000,
                    newest % 1_000_000
                )?;
                let mut publish = Publish::new(topic.as_str(), QoS::AtLeastOnce, payload);
                publish.pkid = number;
                publish.write(&mut out)?;
            }
            on_the_way += PACK;
            packs.push_back(now);
            stream.write_all_buf(&mut out).await?;
        }
        if on_the_way == 0 {
            return Ok(latencies);
        }
        let count = stream.read(&mut read).await?;
        ensure!(count > 0, "the server closed the connection");
        rest += count;
        let acks = rest / ACK;
        rest %= ACK;
        acknowledged.fetch_add(u64::try_from(acks)?, Ordering::Relaxed);
        let before = on_the_way.div_ceil(PACK);
        on_the_way = on_the_way.checked_sub(acks).context("more acknowledgements than messages")?;
        for _ in on_the_way.div_ceil(PACK)..before {
            let sent = packs.pop_front().context("an acknowledgement of nothing")?;
            if sent >= begin && sent < end {
                latencies.push(sent.elapsed().as_secs_f64() * 1_000.0);
            }
        }
    }
}
