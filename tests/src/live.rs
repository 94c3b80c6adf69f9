//! A reader of `/v1/live` that believes nothing: it applies every entry, and checks the chain while it reads.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{Epoch, Seq};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::{LiveMessage, LiveRequest, PROTOCOL, StoreState};
use pantau_schemas::world::World;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use crate::socket::{self, Socket};

/// Longest wait for the first snapshot.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);

/// What a reader knows.
#[derive(Debug)]
pub struct Live<S = TcpStream> {
    socket: Socket<S>,
    /// The life of the server that it reads.
    pub epoch: Epoch,
    /// The server took up what the reader already had.
    pub resumed: bool,
    /// The state, from the snapshot and every entry since.
    pub world: World,
    /// Whether it keeps digests; each is a walk over the whole World.
    pub remembers: bool,
    /// [`World::digest`] at every entry that it saw, while it remembers.
    pub digests: BTreeMap<Seq, Hash>,
    /// The hash of every entry that it saw in this epoch.
    pub hashes: BTreeMap<Seq, Hash>,
    /// Newest values.
    pub heads: BTreeMap<String, (Timestamp, f64)>,
    /// Durable up to here.
    pub settled: Seq,
    /// Whether history is being saved.
    pub store: StoreState,
    /// Since when it is not.
    pub since: Option<Timestamp>,
    /// Snapshots that came.
    pub snapshots: usize,
    /// The longest silence between two messages.
    pub silence: Duration,
    heard: Instant,
}

/// What a reader had before, and wants to go on from.
#[derive(Debug, Clone)]
pub struct Before {
    epoch: Epoch,
    world: World,
}

impl Live {
    /// Opens a reader, and waits for its first snapshot.
    ///
    /// # Errors
    /// Refused, or no snapshot.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        Self::over(socket::line(address).await?, address, None).await
    }

    /// Opens a reader that says what it had before.
    ///
    /// # Errors
    /// As [`Live::open`].
    pub async fn resume(address: SocketAddr, before: Before) -> anyhow::Result<Self> {
        Self::over(socket::line(address).await?, address, Some(before)).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Live<S> {
    /// Opens a reader over any line, and waits until it knows a World.
    ///
    /// # Errors
    /// As [`Live::open`].
    pub async fn over(stream: S, address: SocketAddr, before: Option<Before>) -> anyhow::Result<Self> {
        let mut live = Self::greet(stream, address, before).await?;
        if !live.resumed {
            live.until("a snapshot", BEGIN_WITHIN, |live| live.snapshots > 0).await?;
        }
        Ok(live)
    }

    /// Opens a reader, and waits only for the welcome: a thin line needs long for a snapshot.
    ///
    /// # Errors
    /// Refused, or no welcome.
    pub async fn greet(stream: S, address: SocketAddr, before: Option<Before>) -> anyhow::Result<Self> {
        let mut socket = socket::open(stream, address, "/v1/live", PROTOCOL).await?;
        let (epoch, seq) = match &before {
            Some(before) => (Some(before.epoch.clone()), Some(before.world.seq)),
            None => (None, None),
        };
        let hello = serde_json::to_string(&LiveRequest::Hello { epoch, seq })?;
        socket.send(Message::text(hello)).await?;
        let first = timeout(BEGIN_WITHIN, read(&mut socket)).await.context("no welcome")??;
        let Some(LiveMessage::Welcome { epoch, resumed, .. }) = first else {
            bail!("the first message is {first:?}");
        };
        Ok(Self {
            socket,
            epoch,
            resumed,
            world: before.map(|before| before.world).unwrap_or_default(),
            remembers: true,
            digests: BTreeMap::new(),
            hashes: BTreeMap::new(),
            heads: BTreeMap::new(),
            settled: Seq(0),
            store: StoreState::Unknown,
            since: None,
            snapshots: 0,
            silence: Duration::ZERO,
            heard: Instant::now(),
        })
    }

    /// Reads one message; `false` when the server is gone.
    ///
    /// # Errors
    /// The server broke a promise: a hole in the entries, a hash that does not fit.
    pub async fn step(&mut self) -> anyhow::Result<bool> {
        let Some(message) = read(&mut self.socket).await? else { return Ok(false) };
        let now = Instant::now();
        self.silence = self.silence.max(now - self.heard);
        self.heard = now;
        match message {
            LiveMessage::Snapshot { seq, world } => {
                ensure!(seq == world.seq, "a snapshot of {} says {seq}", world.seq);
                self.world = *world;
                self.snapshots += 1;
                self.remember();
            }
            LiveMessage::Entries { entries } => {
                for entry in entries {
                    let chained = Hash::chain(&self.world.hash, entry.canonical()?.as_bytes());
                    ensure!(chained == entry.hash, "the hash of entry {} does not fit what came", entry.seq);
                    self.world.apply(&entry)?;
                    self.hashes.insert(entry.seq, entry.hash);
                    self.remember();
                }
            }
            LiveMessage::Heads { heads } => {
                for head in heads {
                    self.heads.insert(head.series.to_string(), (head.time, head.value));
                }
            }
            LiveMessage::Settled { seq, store, since } => {
                self.settled = seq;
                self.store = store;
                self.since = since;
            }
            LiveMessage::Welcome { .. } => bail!("a second welcome"),
            LiveMessage::Tick { .. } | LiveMessage::Notice { .. } | LiveMessage::Unknown => {}
        }
        Ok(true)
    }

    fn remember(&mut self) {
        if self.remembers {
            self.digests.insert(self.world.seq, self.world.digest());
        }
    }

    /// Reads until `done`; gives how long it took.
    ///
    /// # Errors
    /// The server is gone, broke a promise, or the deadline passed.
    pub async fn until(
        &mut self,
        what: &str,
        within: Duration,
        done: impl Fn(&Self) -> bool,
    ) -> anyhow::Result<Duration> {
        let started = Instant::now();
        while !done(self) {
            match timeout_at(started + within, self.step()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => bail!("the server went away before {what}"),
                Ok(Err(error)) => return Err(error),
                Err(_) => bail!("waited {within:?} in vain for {what}, at entry {}", self.world.seq),
            }
        }
        Ok(started.elapsed())
    }

    /// Reads what comes until the server is gone.
    ///
    /// # Errors
    /// It is not gone in time, or broke a promise.
    pub async fn until_gone(&mut self, within: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + within;
        while timeout_at(deadline, self.step()).await.context("the server did not go away")?? {}
        Ok(())
    }

    /// What a page would say when it comes back.
    #[must_use]
    pub fn before(&self) -> Before {
        Before { epoch: self.epoch.clone(), world: self.world.clone() }
    }
}

/// The next message; `None` when the connection ended, in whatever way.
async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
) -> anyhow::Result<Option<LiveMessage>> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return Ok(Some(serde_json::from_str(&text).context("a message cannot be read")?));
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
            Some(Ok(_)) => {}
        }
    }
}
