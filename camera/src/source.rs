//! Where streams come from: the outside world as a supervisor sees it.
//!
//! A source knows a protocol; deadlines, retries and judgement are the supervisor's. Everything it gives is
//! plain data, so a test can be a camera.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use pantau_schemas::stream::StreamCause;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::{Credentials, StreamUrl};
use crate::frame::StreamParameters;

/// Opens streams.
pub trait CameraSource: Send + Sync + 'static {
    /// An open stream.
    type Session: CameraSession;
    /// What the source remembers of one stream between its sessions (sessions not yet torn down).
    type Memory: Default + Send + Sync + 'static;

    /// Opens a stream up to "playing". Tells `request.progress` which phase it is in; the supervisor drops
    /// the future when a phase takes too long.
    ///
    /// # Errors
    /// [`SourceError`] with the cause to show.
    fn open(
        &self,
        request: OpenRequest,
        memory: Arc<Self::Memory>,
    ) -> impl Future<Output = Result<Self::Session, SourceError>> + Send;
}

/// An open stream. Dropping it ends the session on the camera, in the background.
pub trait CameraSession: Send + 'static {
    /// The next thing, `None` when the camera closed. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`SourceError`]; the session is over.
    fn next(&mut self) -> impl Future<Output = Result<Option<Item>, SourceError>> + Send;
}

/// What to open.
pub struct OpenRequest {
    /// Where.
    pub url: StreamUrl,
    /// As whom.
    pub credentials: Option<Credentials>,
    /// Where to say how far it is.
    pub progress: Progress,
}

impl fmt::Debug for OpenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRequest").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The phases of opening a stream; each has its own deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Waiting for the stream's old sessions to be torn down.
    Settle,
    /// Making the TCP connection.
    Connect,
    /// DESCRIBE.
    Describe,
    /// SETUP.
    Setup,
    /// PLAY.
    Play,
}

/// Where a source says which phase it is in.
#[derive(Debug, Clone)]
pub struct Progress(Arc<watch::Sender<Phase>>);

impl Progress {
    pub(crate) fn new() -> (Self, watch::Receiver<Phase>) {
        let (sender, receiver) = watch::channel(Phase::Settle);
        (Self(Arc::new(sender)), receiver)
    }
    /// A phase begins, and with it its deadline.
    pub fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }
}

/// What an open stream gives.
#[derive(Debug, Clone)]
pub enum Item {
    /// What the following frames are. Comes before the first frame and on every change.
    Parameters(StreamParameters),
    /// One access unit.
    Frame(SourceFrame),
    /// The camera's clock beside its RTP clock.
    SenderReport(SenderReport),
}

/// One access unit as it came.
#[derive(Debug, Clone)]
pub struct SourceFrame {
    /// RTP time, in units of [`SourceFrame::clock_rate`], without the wrap of 32 bits.
    pub rtp: i64,
    /// Units of RTP time in a second.
    pub clock_rate: u32,
    /// Decoding can begin here.
    pub key: bool,
    /// No other access unit depends on it.
    pub disposable: bool,
    /// RTP packets missing before or in it.
    pub packets_lost: u32,
    /// When its first packet was here.
    pub started: Instant,
    /// NAL units, each behind its length in four bytes.
    pub data: Bytes,
}

/// An RTCP sender report, RFC 3550 section 6.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// The camera's wall clock, 32.32 fixed point seconds since 1900.
    pub ntp: u64,
    /// The same moment in RTP time, on the line of [`SourceFrame::rtp`].
    pub rtp: i64,
}

/// Why a stream could not be opened or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct SourceError {
    /// The cause to show.
    pub cause: StreamCause,
    /// For the log; holds no secret.
    pub detail: String,
}

impl SourceError {
    /// A failure with its cause.
    #[must_use]
    pub fn new(cause: StreamCause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }
}
