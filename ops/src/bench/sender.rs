//! A device that publishes, as cheaply as can be: it shares the processors with the server that is measured.
//!
//! Packets are made ready once and written in packs, each with an identifier and a time of its own; acknowledgements are
//! counted, not read.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;
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

    let message = Message::of(sensor, load.samples)?;
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
                message.write(number, newest, &mut out)?;
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

/// A PUBLISH with a pack of SenML, all of one moment; only its packet identifier and that moment change.
#[derive(Debug)]
struct Message {
    packet: BytesMut,
    /// Where the identifier is.
    number: usize,
    /// Where the time is.
    time: usize,
}

/// What the payload begins with.
const BEGIN: &str = "[{\"bt\":";
/// What the time takes, seconds with six decimals, from 2001 to 2286.
const TIME: usize = 10 + 1 + 6;

impl Message {
    fn of(sensor: usize, samples: u32) -> anyhow::Result<Self> {
        let mut text = format!("{BEGIN}{:0>TIME$},\"n\":\"m\",\"v\":{sensor}}}", "");
        for number in 1..samples {
            write!(text, ",{{\"n\":\"m{number}\",\"v\":{sensor}}}")?;
        }
        text.push(']');
        let length = text.len();
        let topic = format!("pantau/1/bench/sensor/s-{sensor}/tele/senml");
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, text);
        publish.pkid = 1;
        let mut packet = BytesMut::new();
        publish.write(&mut packet)?;
        let payload = packet.len() - length;
        Ok(Self { packet, number: payload - 2, time: payload + BEGIN.len() })
    }

    fn write(&self, number: u16, at: i64, out: &mut BytesMut) -> anyhow::Result<()> {
        let begin = out.len();
        out.extend_from_slice(&self.packet);
        let packet = out.get_mut(begin..).unwrap_or_default();
        let place = packet.get_mut(self.number..self.number + 2);
        place.context("no place for the identifier")?.copy_from_slice(&number.to_be_bytes());
        let mut place = packet.get_mut(self.time..self.time + TIME).context("no place for the time")?;
        write!(place, "{:010}.{:06}", at / 1_000_000, at % 1_000_000).context("a time of another length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_one_of_its_own() {
        let message = Message::of(7, 2).unwrap();
        let mut out = BytesMut::new();
        message.write(1, 1_764_135_211_000_042, &mut out).unwrap();
        message.write(513, 1_764_135_212_999_999, &mut out).unwrap();
        for (number, time) in [(1, "1764135211.000042"), (513, "1764135212.999999")] {
            let Packet::Publish(publish) = Packet::read(&mut out, 10_000).unwrap() else {
                panic!("not a PUBLISH")
            };
            assert_eq!((publish.pkid, publish.qos), (number, QoS::AtLeastOnce));
            assert_eq!(publish.topic, "pantau/1/bench/sensor/s-7/tele/senml");
            let payload = format!("[{{\"bt\":{time},\"n\":\"m\",\"v\":7}},{{\"n\":\"m1\",\"v\":7}}]");
            assert_eq!(publish.payload, payload);
        }
        assert!(out.is_empty());
    }
}
