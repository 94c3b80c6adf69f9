//! F38: somebody who may speak speaks far too much. Signed well, and limited by what is its own: it is told to come again
//! later, and nobody else is.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::history::{History, What};
use crate::dice::Dice;
use crate::webhook::{OTHER_KEY, Post, complaint};

/// The source that floods; the others' is [`crate::webhook::SOURCE`].
pub(super) const SOURCE: &str = "/metro/pupr/";
/// Events in a request, whose body stays below the server's limit.
const BATCH: usize = 300;
/// Requests at once: together more than twice what a sender may have at once, so that a slow machine stops it, too.
const AT_ONCE: usize = 8;
/// How long a server that cannot take anything is given to say that this is too much.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
/// What a sender may have at once, and a second: `server/src/senders.rs`.
const BURST: f64 = 1_000.0;
const RATE: f64 = 500.0;

/// What became of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flood {
    pub(super) taken: usize,
    pub(super) refused: usize,
}

/// Floods for a while, and longer until it was told to stop.
///
/// # Errors
/// More was taken than one sender may send, or it was not told when to come again.
pub(super) async fn flood(
    server: SocketAddr,
    held: Duration,
    history: &History,
    dice: &mut Dice,
) -> anyhow::Result<Flood> {
    let began = Instant::now();
    let mut flood = Flood::default();
    while began.elapsed() < held || (flood.refused == 0 && began.elapsed() < STOPPED_WITHIN) {
        let mut waves = JoinSet::new();
        for _ in 0..AT_ONCE {
            waves.spawn(wave(server, history.clone(), dice.roll()));
        }
        while let Some(done) = waves.join_next().await {
            let done = done.context("a wave broke")??;
            flood.taken += done.taken;
            flood.refused += done.refused;
        }
    }
    let most = BURST + RATE * began.elapsed().as_secs_f64();
    ensure!(flood.taken as f64 <= most, "a flood of {} was let in, at most {most:.0} may be", flood.taken);
    Ok(flood)
}

/// One request, and what became of it.
async fn wave(server: SocketAddr, history: History, number: u64) -> anyhow::Result<Flood> {
    let tickets: Vec<String> = (0..BATCH).map(|event| format!("LPR-{number:016x}-{event:03}")).collect();
    let events: Vec<_> = tickets
        .iter()
        .map(|ticket| {
            let mut event = complaint(ticket, "Banjir");
            event["source"] = json!(format!("{SOURCE}banjir"));
            event
        })
        .collect();
    let ops: Vec<_> = tickets.into_iter().map(|ticket| history.invoke(What::Flood { ticket })).collect();
    let post = Post { key: OTHER_KEY.to_vec(), ..Post::batch(&events) };
    let answer = post.send(server).await;
    match answer.as_ref().map(|answer| answer.status.as_u16()) {
        Ok(202) => {
            ops.iter().for_each(|op| history.ok(*op));
            return Ok(Flood { taken: BATCH, refused: 0 });
        }
        Ok(429) => {
            ops.iter().for_each(|op| history.failed(*op, "429"));
            let after = answer.as_ref().ok().and_then(|answer| answer.headers.get("retry-after"));
            after.context("the flood was not told when to come again")?;
            return Ok(Flood { taken: 0, refused: BATCH });
        }
        Ok(other) => ops.iter().for_each(|op| history.unknown(*op, &other.to_string())),
        Err(error) => ops.iter().for_each(|op| history.unknown(*op, &format!("{error:#}"))),
    }
    Ok(Flood::default())
}
