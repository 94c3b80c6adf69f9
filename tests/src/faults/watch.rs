//! What was seen from outside while the city was hurt: a screen that stays, and the counters.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{Epoch, Seq};
use pantau_schemas::world::World;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::http;
use crate::live::{Before, Live};
use crate::socket;

/// When a screen that lost the server comes again.
const COME_AGAIN: Duration = Duration::from_millis(100);
/// How long a screen waits for a message before it looks whether it may go.
const LOOK: Duration = Duration::from_millis(200);
/// How long a server may take to greet.
const GREET_WITHIN: Duration = Duration::from_secs(15);
/// How often the counters are read.
const COUNT_EVERY: Duration = Duration::from_millis(250);

/// What a screen saw of one life of the server.
#[derive(Debug, Clone)]
pub struct Life {
    /// Which life.
    pub epoch: Epoch,
    /// The hash of every entry that came.
    pub hashes: BTreeMap<Seq, Hash>,
    /// Said to be durable up to here.
    pub settled: Seq,
}

/// What a screen saw in all.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// Every life of the server that it met.
    pub lives: Vec<Life>,
    /// Promises of the stream that were broken: a hole, a hash that does not fit.
    pub broken: Vec<String>,
    /// Connections.
    pub connections: u32,
    /// Connections on which it went on where it was.
    pub resumed: u32,
    /// What it holds at the end.
    pub world: World,
}

/// Watches from a screen until told the last entry that it must have, and has it.
pub(super) async fn screen(
    near: SocketAddr,
    server: SocketAddr,
    until: watch::Receiver<Option<Seq>>,
) -> Screen {
    let mut screen = Screen::default();
    let mut before: Option<Before> = None;
    loop {
        let opened = async { Live::over(socket::line(near).await?, server, before.clone()).await };
        let mut live = match timeout(GREET_WITHIN, opened).await {
            Ok(Ok(live)) => live,
            _ => {
                sleep(COME_AGAIN).await;
                continue;
            }
        };
        live.remembers = false;
        screen.connections += 1;
        screen.resumed += u32::from(live.resumed);
        loop {
            let last = *until.borrow();
            if last.is_some_and(|last| live.world.seq >= last && live.settled >= last) {
                screen.keep(&live);
                screen.world = live.world;
                return screen;
            }
            match timeout(LOOK, live.step()).await {
                Err(_) | Ok(Ok(true)) => {}
                Ok(Ok(false)) => break,
                Ok(Err(error)) => {
                    screen.broken.push(format!("{error:#}"));
                    break;
                }
            }
        }
        screen.keep(&live);
        before = Some(live.before());
    }
}

impl Screen {
    fn keep(&mut self, live: &Live) {
        match self.lives.iter_mut().find(|life| life.epoch == live.epoch) {
            Some(life) => {
                life.hashes.extend(live.hashes.iter().map(|(seq, hash)| (*seq, *hash)));
                life.settled = life.settled.max(live.settled);
            }
            None => self.lives.push(Life {
                epoch: live.epoch.clone(),
                hashes: live.hashes.clone(),
                settled: live.settled,
            }),
        }
    }
}

/// What the counters did.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Readings of the counters.
    pub readings: u32,
    /// A sum that did not hold, a number that went back.
    pub broken: Vec<String>,
}

/// Reads the counters until told to stop.
pub(super) async fn counters(server: SocketAddr, stop: watch::Receiver<bool>) -> Counters {
    let mut counters = Counters::default();
    let mut known: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    while !*stop.borrow() {
        if let Ok(status) = http::get_json(server, "/v1/status").await {
            counters.readings += 1;
            for source in status["sources"].as_array().into_iter().flatten() {
                counters.look(source, &mut known);
            }
        }
        sleep(COUNT_EVERY).await;
    }
    counters
}

impl Counters {
    fn look(&mut self, source: &Value, known: &mut BTreeMap<(String, &'static str), u64>) {
        let name = source["source"].as_str().unwrap_or_default().to_owned();
        let number = |column: &str| source[column].as_u64().unwrap_or_default();
        let sum = number("stored") + number("duplicate") + number("dead_lettered");
        if number("received") != sum {
            self.broken.push(format!("{name}: received {} is not {sum}", number("received")));
        }
        for column in ["received", "stored", "duplicate", "dead_lettered"] {
            let now = number(column);
            let last = known.entry((name.clone(), column)).or_default();
            if now < *last {
                self.broken.push(format!("{name}.{column} went back from {last} to {now}"));
            }
            *last = now;
        }
    }
}
