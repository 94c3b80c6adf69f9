//! A window on `/v1/media` that checks every header while it reads.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::ladder::Rung;
use pantau_schemas::media::{Header, MediaNotice, MediaRequest, PROTOCOL, Priority, Tile};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use crate::socket::{self, Socket};

/// A window of tiles, numbered from 0 in the order they were asked for.
#[derive(Debug)]
pub struct Media<S = TcpStream> {
    socket: Socket<S>,
    /// What is known of each tile.
    pub tiles: HashMap<u16, Shown>,
}

/// One tile.
#[derive(Debug, Default)]
pub struct Shown {
    /// Codec and description, once told.
    pub codec: Option<String>,
    /// Which stream, and its width and height.
    pub stream: Option<(StreamKind, u32, u32)>,
    /// How often the stream changed under the picture.
    pub changes: u64,
    /// What the server says of the picture, and why.
    pub state: Option<(StreamState, Option<StreamCause>)>,
    /// When that was heard.
    pub state_at: Option<Instant>,
    /// Whole frames that came.
    pub frames: u64,
    /// Whole frames that were key frames.
    pub key_frames: u64,
    /// Payload bytes that came.
    pub bytes: u64,
    /// Frames that the server says it left out.
    pub skipped: u64,
    /// How much of the stream the server sends, by its word.
    pub rung: Rung,
    /// How much of it the window itself said it can use.
    pub limit: Rung,
    /// Whole frames that no other one refers to.
    pub disposable: u64,
    /// Frames that are missing and were not told as skipped, nor marked as a discontinuity.
    pub holes: u64,
    /// The first frame was a key frame.
    pub began_with_key: bool,
    /// The newest frame.
    pub newest: Option<Header>,
    /// When it came.
    pub newest_at: Option<Instant>,
    /// Frames that nobody refers to are left out, or were until just now.
    thinned: bool,
    open: Option<(u32, u32)>,
    forgiven: bool,
}

impl Media {
    /// Opens a window with a tile for each camera.
    ///
    /// # Errors
    /// Refused.
    pub async fn open(address: SocketAddr, cameras: &[&str]) -> anyhow::Result<Self> {
        Self::over(socket::line(address).await?, address, cameras).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Media<S> {
    /// Opens a window over any line.
    ///
    /// # Errors
    /// Refused.
    pub async fn over(stream: S, address: SocketAddr, cameras: &[&str]) -> anyhow::Result<Self> {
        let socket = socket::open(stream, address, "/v1/media", PROTOCOL).await?;
        let tiles = (0u16..).zip(cameras).map(|(tile, _)| (tile, Shown::default())).collect();
        let mut media = Self { socket, tiles };
        media.ask(cameras, (640, 360)).await?;
        Ok(media)
    }

    /// Asks for the cameras' tiles, each of so many pixels, in the place of those before.
    ///
    /// # Errors
    /// The server is gone.
    pub async fn ask<'a>(&mut self, cameras: &[&'a str], (width, height): (u32, u32)) -> anyhow::Result<()> {
        let visible = |camera: &&'a str| (*camera, Priority::Visible);
        self.ask_ranked(&cameras.iter().map(visible).collect::<Vec<_>>(), (width, height)).await
    }

    /// [`Media::ask`], with how much each tile matters.
    ///
    /// # Errors
    /// The server is gone.
    pub async fn ask_ranked(
        &mut self,
        cameras: &[(&str, Priority)],
        (width, height): (u32, u32),
    ) -> anyhow::Result<()> {
        let tile = |(tile, (camera, priority)): (u16, &(&str, Priority))| {
            anyhow::Ok(Tile { tile, camera: DeviceId::new(camera)?, width, height, priority: *priority })
        };
        let tiles: anyhow::Result<Vec<Tile>> = (0u16..).zip(cameras).map(tile).collect();
        self.request(&MediaRequest::Tiles { tiles: tiles? }).await
    }

    /// Says that no more than this of a tile can be used.
    ///
    /// # Errors
    /// The server is gone.
    pub async fn limit(&mut self, tile: u16, rung: Rung) -> anyhow::Result<()> {
        let shown = self.shown(tile)?;
        shown.limit = rung;
        shown.thinned |= rung == Rung::Reference;
        self.request(&MediaRequest::Limit { tile, rung }).await
    }

    async fn request(&mut self, request: &MediaRequest) -> anyhow::Result<()> {
        Ok(self.socket.send(Message::text(serde_json::to_string(request)?)).await?)
    }

    /// A tile.
    ///
    /// # Panics
    /// There is no such tile: the test is wrong.
    #[must_use]
    #[expect(clippy::expect_used, reason = "an index into what the test itself asked for")]
    pub fn tile(&self, tile: u16) -> &Shown {
        self.tiles.get(&tile).expect("a tile that was asked for")
    }

    /// Reads one message.
    ///
    /// # Errors
    /// The server is gone or broke a promise.
    pub async fn step(&mut self) -> anyhow::Result<()> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return self.notice(serde_json::from_str(&text).context("a notice cannot be read")?);
                }
                Some(Ok(Message::Binary(bytes))) => return self.piece(&bytes),
                Some(Ok(Message::Close(_))) | None => bail!("the server closed the window"),
                Some(Err(error)) => return Err(error).context("the window broke"),
                Some(Ok(_)) => {}
            }
        }
    }

    /// Reads until `done`; gives how long it took.
    ///
    /// # Errors
    /// As [`Media::step`], or the deadline passed.
    pub async fn until(
        &mut self,
        what: &str,
        within: Duration,
        done: impl Fn(&Self) -> bool,
    ) -> anyhow::Result<Duration> {
        let started = Instant::now();
        while !done(self) {
            match timeout_at(started + within, self.step()).await {
                Ok(step) => step?,
                Err(_) => bail!("waited {within:?} in vain for {what}; {:?}", self.tiles),
            }
        }
        Ok(started.elapsed())
    }

    /// Reads until the server says one of `states` of a tile.
    ///
    /// # Errors
    /// As [`Media::until`].
    pub async fn until_state(
        &mut self,
        tile: u16,
        state: StreamState,
        within: Duration,
    ) -> anyhow::Result<Duration> {
        let what = format!("tile {tile} to be {state:?}");
        self.until(&what, within, |media| media.tile(tile).state.is_some_and(|(is, _)| is == state)).await
    }

    fn notice(&mut self, notice: MediaNotice) -> anyhow::Result<()> {
        match notice {
            MediaNotice::Stream { tile, quality, codec, width, height, .. } => {
                ensure!(width > 0 && height > 0, "a stream of {width}×{height}");
                let shown = self.shown(tile)?;
                shown.codec = Some(codec);
                if shown
                    .stream
                    .replace((quality, width, height))
                    .is_some_and(|(before, ..)| before != quality)
                {
                    // Another stream counts its own frames, and begins with a key frame.
                    ensure!(shown.open.is_none(), "a frame was cut by another stream");
                    shown.newest = None;
                    shown.changes += 1;
                }
            }
            MediaNotice::State { tile, state, cause, .. } => {
                let shown = self.shown(tile)?;
                shown.state = Some((state, cause));
                shown.state_at = Some(Instant::now());
            }
            MediaNotice::Skipped { tile, frames } => {
                let shown = self.shown(tile)?;
                shown.skipped += frames;
                shown.forgiven = true;
            }
            MediaNotice::Rung { tile, rung } => {
                let shown = self.shown(tile)?;
                shown.rung = rung;
                shown.thinned |= rung == Rung::Reference;
            }
            MediaNotice::Notice { code, text } => bail!("the server objects: {code}: {text}"),
            MediaNotice::Unknown => {}
        }
        Ok(())
    }

    fn piece(&mut self, message: &Bytes) -> anyhow::Result<()> {
        let (header, payload) = Header::decode(message)?;
        let shown = self.shown(header.tile)?;
        ensure!(shown.codec.is_some(), "a frame before its stream was described");
        let (sequence, at) = shown.open.take().unwrap_or((header.sequence, 0));
        ensure!(sequence == header.sequence, "frame {sequence} is not whole, and {} begins", header.sequence);
        ensure!(at == header.offset, "frame {sequence} goes on at {}, not at {at}", header.offset);
        let end = at + u32::try_from(payload.len())?;
        shown.bytes += u64::try_from(payload.len())?;
        if header.flags.more {
            shown.open = Some((sequence, end));
            return Ok(());
        }
        match shown.newest {
            None if shown.changes > 0 => {
                ensure!(header.flags.key, "another stream begins with frame {sequence}, no key frame");
            }
            None => shown.began_with_key = header.flags.key,
            Some(newest) => {
                let follows = header.sequence == newest.sequence.wrapping_add(1) || shown.thinned;
                ensure!(header.sequence > newest.sequence, "frame {sequence} came after {}", newest.sequence);
                if !follows && !shown.forgiven && !header.flags.discontinuity {
                    shown.holes += 1;
                }
                ensure!(
                    follows || header.flags.key,
                    "frame {sequence} follows {} and is no key frame",
                    newest.sequence
                );
            }
        }
        // The first one that is not left out ends it: what was under way before it has come.
        shown.thinned &= shown.rung.max(shown.limit) == Rung::Reference || !header.flags.disposable;
        shown.forgiven = false;
        shown.frames += 1;
        shown.key_frames += u64::from(header.flags.key);
        shown.disposable += u64::from(header.flags.disposable);
        shown.newest = Some(header);
        shown.newest_at = Some(Instant::now());
        Ok(())
    }

    fn shown(&mut self, tile: u16) -> anyhow::Result<&mut Shown> {
        self.tiles.get_mut(&tile).with_context(|| format!("tile {tile} was not asked for"))
    }
}
