//! One window of `/v1/media`: many tiles, one socket.
//!
//! The session holds a [`Watch`] per tile and one [`Signal`] for all of them. While the socket is full it
//! waits, and nothing piles up: a watch that was left behind goes on at a key frame and says how many frames
//! it skipped. Tiles take turns, frame by frame, the important ones first. A window whose socket stays behind is
//! given less of its tiles, the least important first, and is told of which (`schemas::ladder`).

mod choice;
mod figures;
mod latency;
mod pace;
mod tiles;

pub(crate) use figures::Figures;

use std::pin::pin;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use pantau_camera::{AccessUnit, Fleet, Signal, Step, StreamParameters};
use pantau_schemas::media::{Flags, Header, MAX_CHUNK, MAX_TILES, MediaNotice, MediaRequest};
use pantau_schemas::stream::StreamKind;
use pantau_schemas::time::{Clock, Timestamp};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::web::gate::Actor;
use crate::ws::raw::{RawMessage, write_all};
use crate::ws::{Ended, Socket, goodbye, send_all, text};
use pace::Pace;
use tiles::{Next, Tiles};

/// Messages collected before they are written; bounds what a window holds on to while its socket is full.
const MAX_GATHERED: usize = 64;
/// Bytes collected before they are written: a thin line is given its rung after these, not after megabytes.
const MAX_GATHERED_BYTES: usize = 128 * 1024;

/// Serves one window until it goes, dies, or the server stops.
pub(crate) async fn session(
    mut socket: Socket,
    fleet: Fleet,
    actor: Actor,
    clock: Arc<dyn Clock>,
    figures: Figures,
    cancel: CancellationToken,
) {
    let signal = Signal::new();
    let tiles = Tiles::new(fleet, actor, Arc::clone(&signal), figures.clone());
    let began = Instant::now();
    let mut window = Window {
        tiles,
        clock,
        figures,
        began,
        pace: Pace::new(began),
        gathered: Vec::new(),
        gathered_bytes: 0,
    };
    if let Err(ended) = window.serve(&mut socket, &signal, &cancel).await {
        tracing::debug!(%ended, "a media window left");
    }
    goodbye(&mut socket).await;
}

struct Window {
    tiles: Tiles,
    clock: Arc<dyn Clock>,
    figures: Figures,
    began: Instant,
    pace: Pace,
    gathered: Vec<RawMessage>,
    gathered_bytes: usize,
}

impl Window {
    async fn serve(
        &mut self,
        socket: &mut Socket,
        signal: &Signal,
        cancel: &CancellationToken,
    ) -> Result<(), Ended> {
        // Made once: every new one would queue at a lock that all windows share, once a frame.
        let mut cancelled = pin!(cancel.cancelled());
        loop {
            tokio::select! {
                biased;
                () = &mut cancelled => return Ok(()),
                message = socket.next() => match message.ok_or(Ended::Gone)?? {
                    Message::Text(text) => {
                        let request = serde_json::from_str(&text).unwrap_or(MediaRequest::Unknown);
                        self.obey(socket, request).await?;
                    }
                    Message::Close(_) => return Err(Ended::Gone),
                    _ => {}
                },
                ready = signal.wait() => {
                    self.tiles.ready(ready);
                    self.send(socket).await?;
                }
            }
        }
    }

    async fn obey(&mut self, socket: &mut Socket, request: MediaRequest) -> Result<(), Ended> {
        match request {
            MediaRequest::Tiles { tiles } if tiles.len() > MAX_TILES => {
                let notice = MediaNotice::Notice {
                    code: "too_many_tiles".to_owned(),
                    text: format!("a window has at most {MAX_TILES} tiles; the set before stays"),
                };
                send_all(socket, [text(&notice)]).await
            }
            MediaRequest::Tiles { tiles } => {
                let notices = self.tiles.replace(tiles, self.clock.now(), self.at());
                send_all(socket, notices.iter().map(text)).await?;
                self.send(socket).await
            }
            MediaRequest::Shown { tile, capture_us, .. } => {
                if let Some(camera) = self.tiles.camera(tile) {
                    let capture = Timestamp::from_micros(capture_us);
                    self.figures.latency.shown(camera, capture, self.clock.now());
                }
                Ok(())
            }
            MediaRequest::Limit { tile, rung } => {
                self.tiles.limit(tile, rung);
                Ok(())
            }
            MediaRequest::Unknown => Ok(()),
        }
    }

    /// Sends what the ready tiles have, until none has more.
    async fn send(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        let at = self.at();
        while let Some(Next { tile, kind, step, broken, left_out }) = self.tiles.next(at) {
            match step {
                Step::Frame(unit) => {
                    if left_out > 0 {
                        self.say(socket, &[MediaNotice::Skipped { tile, frames: left_out }]).await?;
                    }
                    self.gather(tile, &unit, broken);
                    if self.gathered.len() >= MAX_GATHERED || self.gathered_bytes >= MAX_GATHERED_BYTES {
                        self.write(socket).await?;
                    }
                }
                other => {
                    if matches!(other, Step::Skipped(_)) {
                        self.pace.skipped();
                    }
                    self.say(socket, notice(tile, kind, other).as_slice()).await?;
                }
            }
        }
        self.write(socket).await?;
        // After writing: only then is known how long the socket was waited for.
        let pressure = self.pace.look(Instant::now(), socket.get_ref().waited());
        let notices = pressure.map(|pressure| self.tiles.look(self.at(), pressure)).unwrap_or_default();
        send_all(socket, notices.iter().map(text)).await
    }

    /// Says something after the frames before it.
    async fn say(&mut self, socket: &mut Socket, notices: &[MediaNotice]) -> Result<(), Ended> {
        self.write(socket).await?;
        send_all(socket, notices.iter().map(text)).await
    }

    async fn write(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        self.gathered_bytes = 0;
        write_all(socket, &mut self.gathered).await
    }

    /// The window's own time, ms.
    fn at(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn gather(&mut self, tile: u16, unit: &AccessUnit, broken: bool) {
        let mut offset = 0;
        while offset < unit.data.len() {
            let end = (offset + MAX_CHUNK).min(unit.data.len());
            let payload = unit.data.slice(offset..end);
            let header = Header {
                flags: Flags {
                    key: unit.key,
                    disposable: unit.disposable,
                    discontinuity: unit.discontinuity || broken,
                    more: end < unit.data.len(),
                },
                tile,
                sequence: unit.sequence,
                capture: unit.capture,
                received: unit.received,
                payload_len: u32::try_from(payload.len()).unwrap_or(u32::MAX),
                offset: u32::try_from(offset).unwrap_or(u32::MAX),
            };
            self.gathered_bytes += payload.len();
            self.gathered.push(RawMessage::new(&header.encode(), payload));
            offset = end;
        }
    }
}

/// The text message of a step that is no frame.
fn notice(tile: u16, kind: StreamKind, step: Step) -> Option<MediaNotice> {
    Some(match step {
        Step::Frame(_) => return None,
        Step::Skipped(frames) => MediaNotice::Skipped { tile, frames },
        Step::State { state, cause, since } => MediaNotice::State { tile, state, since, cause },
        Step::Parameters(parameters) => {
            let StreamParameters { codec, description, width, height } = parameters.as_ref();
            MediaNotice::Stream {
                tile,
                quality: kind,
                codec: codec.clone(),
                description: STANDARD.encode(description),
                width: *width,
                height: *height,
            }
        }
    })
}
