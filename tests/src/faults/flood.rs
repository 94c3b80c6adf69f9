//! F38: somebody who may speak speaks far too much. Signed well, and limited by what is its own: it is told to come again
//! later, and nobody else is.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::time::Instant;

use super::history::{History, What};
use crate::dice::Dice;
use crate::webhook::{OTHER_KEY, Post, complaint};

/// The source that floods; the others' is [`crate::webhook::SOURCE`].
pub(super) const SOURCE: &str = "/metro/pupr/";
/// Events in a request: its body stays below the server's limit, and four of them are more than a sender may have at once.
const BATCH: usize = 300;
/// A flood that nobody stops by then is let in.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);

/// What became of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flood {
    pub(super) taken: usize,
    pub(super) refused: usize,
}

/// Floods for a while, and longer until it was told to stop.
///
/// # Errors
/// Nobody told it to stop, or not when to come again.
pub(super) async fn flood(
    server: SocketAddr,
    held: Duration,
    history: &History,
    dice: &mut Dice,
) -> anyhow::Result<Flood> {
    let began = Instant::now();
    let mut flood = Flood::default();
    while began.elapsed() < held || flood.refused == 0 {
        ensure!(began.elapsed() < STOPPED_WITHIN + held, "nobody stopped the flood: {flood:?}");
        let wave = dice.roll();
        let tickets: Vec<String> = (0..BATCH).map(|number| format!("LPR-{wave:016x}-{number:03}")).collect();
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
                flood.taken += BATCH;
                ops.iter().for_each(|op| history.ok(*op));
            }
            Ok(429) => {
                flood.refused += BATCH;
                let after = answer.as_ref().ok().and_then(|answer| answer.headers.get("retry-after"));
                after.context("the flood was not told when to come again")?;
                ops.iter().for_each(|op| history.failed(*op, "429"));
            }
            Ok(other) => ops.iter().for_each(|op| history.unknown(*op, &other.to_string())),
            Err(error) => ops.iter().for_each(|op| history.unknown(*op, &format!("{error:#}"))),
        }
    }
    Ok(flood)
}
