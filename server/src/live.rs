//! One reader of `/v1/live`.
//!
//! The session holds a cursor into the hub and nothing else: while its socket is full it waits, and nothing
//! piles up for it. When the socket has room again it is told what is new by then.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use pantau_schemas::wire::{LiveMessage, LiveRequest, MAX_WATCHED};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::beats::Beats;
use crate::hub::{Cursor, Hub};
use crate::ws::{Ended, Socket, goodbye, send_all, text};

/// How long the first message of a client is waited for; after that it gets everything from the start.
const HELLO_WITHIN: Duration = Duration::from_secs(2);
/// A reader that needed longer than this to take the last news is told how far behind it is.
const BEHIND: Duration = Duration::from_millis(100);

/// Serves one reader until it goes, dies, or the server stops.
pub(crate) async fn session(
    mut socket: Socket,
    hub: Hub,
    beats: Beats,
    build: String,
    cancel: CancellationToken,
) {
    if let Err(ended) = serve(&mut socket, &hub, &beats, build, &cancel).await {
        tracing::debug!(%ended, "a live reader left");
    }
    goodbye(&mut socket).await;
}

async fn serve(
    socket: &mut Socket,
    hub: &Hub,
    beats: &Beats,
    build: String,
    cancel: &CancellationToken,
) -> Result<(), Ended> {
    let first = match tokio::time::timeout(HELLO_WITHIN, request(socket)).await {
        Ok(request) => Some(request?),
        Err(_) => None,
    };
    let (epoch, seq) = match &first {
        Some(LiveRequest::Hello { epoch, seq }) => (epoch.as_ref(), *seq),
        _ => (None, None),
    };
    let mut cursor = hub.reader(epoch, seq);
    let world = hub.world();
    let welcome = LiveMessage::Welcome {
        epoch: hub.epoch().clone(),
        seq: world.seq,
        city: hub.city(),
        build,
        now: hub.now(),
        resumed: cursor.resumed(),
    };
    drop(world);
    send_all(socket, [text(&welcome)]).await?;
    if let Some(request) = first {
        obey(socket, hub, beats, &mut cursor, request).await?;
    }
    let mut took = tell(socket, hub, &mut cursor).await?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut cancelled = pin!(cancel.cancelled());
    loop {
        tokio::select! {
            biased;
            () = &mut cancelled => return Ok(()),
            request = request(socket) => obey(socket, hub, beats, &mut cursor, request?).await?,
            _ = tick.tick() => {
                let behind = if took > BEHIND { took } else { Duration::ZERO };
                let behind_ms = u64::try_from(behind.as_millis()).unwrap_or(u64::MAX);
                send_all(socket, [text(&LiveMessage::Tick { now: hub.now(), behind_ms })]).await?;
            }
            () = hub.changed(&mut cursor) => took = tell(socket, hub, &mut cursor).await?,
        }
    }
}

/// Sends what is new; returns how long the socket needed to take it.
async fn tell(socket: &mut Socket, hub: &Hub, cursor: &mut Cursor) -> Result<Duration, Ended> {
    let news = hub.news(cursor).await;
    let started = Instant::now();
    let settled = news.settled.map(|settled| {
        text(&LiveMessage::Settled { seq: settled.seq, store: settled.state, since: settled.since })
    });
    send_all(socket, news.texts.into_iter().map(Message::Text).chain(settled)).await?;
    Ok(started.elapsed())
}

/// The next request; control frames are tungstenite's business.
async fn request(socket: &mut Socket) -> Result<LiveRequest, Ended> {
    loop {
        match socket.next().await.ok_or(Ended::Gone)?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap_or(LiveRequest::Unknown)),
            Message::Close(_) => return Err(Ended::Gone),
            _ => {}
        }
    }
}

async fn obey(
    socket: &mut Socket,
    hub: &Hub,
    beats: &Beats,
    cursor: &mut Cursor,
    request: LiveRequest,
) -> Result<(), Ended> {
    let series = match request {
        LiveRequest::Watch { series } => series,
        LiveRequest::Screen(beat) => {
            beats.take(&hub.world().walls, beat, hub.now());
            return Ok(());
        }
        LiveRequest::Hello { .. } | LiveRequest::Pong | LiveRequest::Unknown => return Ok(()),
    };
    if series.len() > MAX_WATCHED {
        let notice = LiveMessage::Notice {
            code: "too_many_series".to_owned(),
            text: format!("at most {MAX_WATCHED} series can be watched by name; the watch before stays"),
        };
        return send_all(socket, [text(&notice)]).await;
    }
    hub.watch(cursor, Some(series.into_iter().collect()));
    tell(socket, hub, cursor).await.map(drop)
}
