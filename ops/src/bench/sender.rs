//! A device that publishes, as cheaply as can be: it shares the processors with the server that is measured.
//!
//! Packets are written in packs, and acknowledgements are counted, not read.

use std::collections::VecDeque;
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
use tokio::time::{Instant, sleep_until};

use crate::sim::clock::SystemClock;

/// A PUBACK and a CONNACK of MQTT 3.1.1 are this long.
const ACK: usize = 4;
/// How long a sender may say nothing, seconds.
const KEEP_ALIVE_S: u16 = 600;
/// When a sender that is far enough ahead looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What one connection sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Samples of one message, each of a series of its own.
    pub(super) samples: u32,
    /// Messages that are written at once.
    pub(super) pack: usize,
    /// Messages without PUBACK.
    pub(super) window: usize,
    /// From one pack to the next; `None` for as many as are acknowledged.
    pub(super) every: Option<Duration>,
}

/// What all senders of a measurement have come to.
#[derive(Debug)]
pub(super) struct Flow {
    /// Messages with PUBACK.
    pub(super) acknowledged: AtomicU64,
    /// Messages that the server is known to have stored.
    pub(super) stored: AtomicU64,
    /// How many more than those may be acknowledged: by a broker, which acknowledges what it has not handed on.
    pub(super) ahead: u64,
}

impl Flow {
    /// Senders that may be so many messages ahead of the store.
    pub(super) fn new(ahead: u64) -> Arc<Self> {
        Arc::new(Self { acknowledged: AtomicU64::new(0), stored: AtomicU64::new(0), ahead })
    }

    fn is_open(&self) -> bool {
        let stored = self.stored.load(Ordering::Relaxed);
        self.acknowledged.load(Ordering::Relaxed) < stored.saturating_add(self.ahead)
    }
}

/// Sends as the sensor of this number until the span's end; gives how long the last message of each pack waited for its
/// acknowledgement, milliseconds, of those packs that were written within the span.
///
/// # Errors
/// The other end refused, or hung up.
pub(super) async fn send(
    to: SocketAddr,
    sensor: usize,
    load: Load,
    flow: Arc<Flow>,
    span: std::ops::Range<Instant>,
) -> anyhow::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let mut out = BytesMut::new();
    let mut connect = Connect::new(format!("bench-{sensor}"));
    // A sender whose window is full says nothing for as long as a commit takes.
    connect.keep_alive = KEEP_ALIVE_S;
    Packet::Connect(connect).write(&mut out, usize::MAX)?;
    stream.write_all_buf(&mut out).await?;
    let mut welcome = [0; ACK];
    stream.read_exact(&mut welcome).await?;
    ensure!(welcome == [0x20, 2, 0, 0], "the other end refused: {welcome:?}");

    let topic = format!("pantau/1/bench/sensor/s-{sensor}/tele/senml");
    let mut packs = VecDeque::new();
    let (mut number, mut on_the_way, mut rest) = (0u16, 0usize, 0usize);
    let mut latencies = Vec::new();
    let mut newest = 0;
    let mut read = vec![0; ACK * load.window];
    // Devices do not keep step with each other.
    let mut next = Instant::now() + load.every.unwrap_or_default() * u32::try_from(sensor % 100)? / 100;
    loop {
        let now = Instant::now();
        let sends = now < span.end;
        while sends && on_the_way + load.pack <= load.window && flow.is_open() && next <= now {
            // Every sample of a series has a time of its own.
            newest = SystemClock.now().micros().max(newest);
            for _ in 0..load.pack {
                newest += 1;
                number = number.checked_add(1).unwrap_or(1);
                let mut publish =
                    Publish::new(topic.as_str(), QoS::AtLeastOnce, payload(newest, load.samples, number)?);
                publish.pkid = number;
                publish.write(&mut out)?;
            }
            on_the_way += load.pack;
            packs.push_back(now);
            stream.write_all_buf(&mut out).await?;
            next = load.every.map_or(now, |every| next + every);
        }
        if !sends && on_the_way == 0 {
            return Ok(latencies);
        }
        let has_room = sends && on_the_way + load.pack <= load.window;
        let again = if next > now { next } else { now + LOOK_AGAIN };
        let count = tokio::select! {
            biased;
            count = stream.read(&mut read) => count?,
            () = sleep_until(again), if has_room => continue,
        };
        ensure!(count > 0, "the other end closed the connection");
        rest += count;
        let acks = rest / ACK;
        rest %= ACK;
        flow.acknowledged.fetch_add(u64::try_from(acks)?, Ordering::Relaxed);
        let before = on_the_way.div_ceil(load.pack);
        on_the_way = on_the_way.checked_sub(acks).context("more acknowledgements than messages")?;
        for _ in on_the_way.div_ceil(load.pack)..before {
            let sent = packs.pop_front().context("an acknowledgement of nothing")?;
            if span.contains(&sent) {
                latencies.push(sent.elapsed().as_secs_f64() * 1_000.0);
            }
        }
    }
}

/// A pack of SenML, all of one moment.
fn payload(at: i64, samples: u32, value: u16) -> anyhow::Result<String> {
    let mut text = String::with_capacity(64 + 16 * usize::try_from(samples)?);
    write!(text, "[{{\"bt\":{}.{:06},\"n\":\"m\",\"v\":{value}}}", at / 1_000_000, at % 1_000_000)?;
    for number in 1..samples {
        write!(text, ",{{\"n\":\"m{number}\",\"v\":{value}}}")?;
    }
    text.push(']');
    Ok(text)
}
