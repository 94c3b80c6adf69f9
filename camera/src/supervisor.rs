//! One task per stream: opens it while it is wanted, reads it, and opens it again when it ends.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use pantau_schemas::stream::{StreamCause, StreamState};
use tokio::time::Instant;

use crate::backoff::{Backoff, doubled};
use crate::gate::{Gate, Permit};
use crate::interrupt::{Interrupt, Interrupts};
use crate::session::{Desk, End, Reader, Reason};
use crate::settings::Settings;
use crate::source::{CameraSource, OpenRequest, Phase, Progress, SourceError};

/// The task of one stream.
pub(crate) struct Supervisor<S: CameraSource> {
    source: Arc<S>,
    memory: Arc<S::Memory>,
    gate: Arc<Gate>,
    desk: Desk,
    interrupts: Interrupts,
    backoff: Backoff,
}

impl<S: CameraSource> Supervisor<S> {
    pub(crate) fn new(source: Arc<S>, gate: Arc<Gate>, desk: Desk, interrupts: Interrupts) -> Self {
        let mut hasher = DefaultHasher::new();
        (&desk.stream.device, desk.stream.kind).hash(&mut hasher);
        let backoff = Backoff::new(&desk.settings, hasher.finish(), Instant::now());
        Self { source, memory: Arc::default(), gate, desk, interrupts, backoff }
    }

    /// Runs until the stream is cancelled.
    pub(crate) async fn run(mut self) {
        while self.interrupts.wanted().await {
            self.desk.meter.restart(Instant::now());
            if self.while_wanted().await == Interrupt::Cancelled {
                break;
            }
            self.desk.stream.set(StreamState::Closed, None);
        }
    }

    /// Tries, reads, and tries again; ends with `Unwanted` or `Cancelled`.
    async fn while_wanted(&mut self) -> Interrupt {
        loop {
            if self.interrupts.target().covered {
                // The last picture went with its session: nobody sees what was there before.
                self.desk.stream.set(StreamState::Masked, None);
                match attended(&mut self.desk, self.interrupts.next(), std::future::pending::<()>()).await {
                    Err(Interrupt::Moved) => self.backoff.reset(Instant::now()),
                    Err(interrupt) => return interrupt,
                    Ok(()) => {}
                }
                continue;
            }
            if matches!(self.desk.stream.status().state, StreamState::Closed | StreamState::Masked) {
                self.desk.stream.set(StreamState::Connecting, None);
            }
            // A packet that makes the parser panic must cost this session and not the supervision: a task that is
            // gone would leave the last state standing for ever.
            let End { reason, live_for } =
                AssertUnwindSafe(self.once()).catch_unwind().await.unwrap_or_else(|_panic| End {
                    reason: SourceError::new(StreamCause::Protocol, "the session panicked").into(),
                    live_for: Some(Duration::ZERO),
                });
            self.desk.stream.clear();
            let interrupt = match reason {
                Reason::Interrupted(interrupt) => interrupt,
                Reason::Failed(error) => {
                    if let Some(live_for) = live_for {
                        self.backoff.ended(live_for, Instant::now());
                    }
                    match self.after(error).await {
                        Some(interrupt) => interrupt,
                        None => continue,
                    }
                }
            };
            match interrupt {
                Interrupt::Moved => {
                    self.backoff.reset(Instant::now());
                    if !self.interrupts.target().covered {
                        self.desk.stream.set(StreamState::Connecting, None);
                    }
                }
                Interrupt::Cancelled | Interrupt::Unwanted => return interrupt,
            }
        }
    }

    /// Says what failed, and waits as long as that is worth.
    async fn after(&mut self, error: SourceError) -> Option<Interrupt> {
        let (now, settings) = (Instant::now(), Arc::clone(&self.desk.settings));
        let refusals = Arc::clone(&self.interrupts.target().refusals);
        let (cause, pause) = match error.cause {
            StreamCause::Unauthorized => match refusals.add() {
                times if times >= settings.unauthorized => (StreamCause::Quarantined, None),
                times => {
                    let pause = doubled(settings.retry_unauthorized, times - 1);
                    (error.cause, Some(self.backoff.fixed(pause, now)))
                }
            },
            StreamCause::Quarantined => (error.cause, None),
            StreamCause::UnsupportedCodec | StreamCause::Configuration => {
                (error.cause, Some(self.backoff.fixed(settings.retry_cap_old, now)))
            }
            cause => (cause, Some(self.backoff.pause(now))),
        };
        let (camera, stream) = (&self.desk.stream.device, self.desk.stream.kind);
        if self.desk.stream.set(StreamState::Lost, Some(cause)) {
            tracing::info!(%camera, ?stream, ?cause, retry_in = ?pause, detail = %error.detail, "stream lost");
        } else {
            tracing::debug!(%camera, ?stream, ?cause, retry_in = ?pause, detail = %error.detail, "still lost");
        }
        match pause {
            Some(pause) => {
                attended(&mut self.desk, self.interrupts.next(), tokio::time::sleep(pause)).await.err()
            }
            None => {
                let never = std::future::pending::<()>();
                attended(&mut self.desk, self.interrupts.reconfigured(), never).await.err()
            }
        }
    }

    /// One attempt, and all of the session if it succeeds.
    async fn once(&mut self) -> End {
        match self.open().await {
            Ok(session) => {
                self.interrupts.target().refusals.forget();
                Reader::new(&mut self.desk).run(session, &mut self.interrupts).await
            }
            Err(reason) => End { reason, live_for: None },
        }
    }

    async fn open(&mut self) -> Result<S::Session, Reason> {
        let target = self.interrupts.target().clone();
        if target.refusals.count() >= self.desk.settings.unauthorized {
            let detail = "another stream of the camera was refused";
            return Err(SourceError::new(StreamCause::Quarantined, detail).into());
        }
        let _permit = self.permit(target.url.authority()).await?;
        let (progress, mut phases) = Progress::new();
        let request = OpenRequest { url: target.url, credentials: target.credentials, progress };
        let open = self.source.open(request, Arc::clone(&self.memory));
        let settings = Arc::clone(&self.desk.settings);
        let in_time = async {
            tokio::pin!(open);
            loop {
                let phase = *phases.borrow_and_update();
                tokio::select! {
                    biased;
                    result = &mut open => return result,
                    // An error means that the source dropped its progress; the last phase goes on.
                    Ok(()) = phases.changed() => {}
                    () = tokio::time::sleep(limit(&settings, phase)) => return Err(too_late(&settings, phase)),
                }
            }
        };
        match attended(&mut self.desk, self.interrupts.next(), in_time).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(error.into()),
            Err(interrupt) => Err(Reason::Interrupted(interrupt)),
        }
    }

    /// Waits for the turn of this host, and says so if it takes a while.
    async fn permit(&mut self, authority: &str) -> Result<Permit, Reason> {
        let enter = self.gate.enter(authority);
        tokio::pin!(enter);
        let soon = tokio::time::timeout(QUEUE_UNSAID, &mut enter);
        let permit = match attended(&mut self.desk, self.interrupts.next(), soon).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_elapsed)) => {
                if self.desk.stream.status().state == StreamState::Connecting {
                    self.desk.stream.set(StreamState::Connecting, Some(StreamCause::Queued));
                }
                attended(&mut self.desk, self.interrupts.next(), enter).await
            }
            Err(interrupt) => Err(interrupt),
        };
        let permit = permit.map_err(Reason::Interrupted)?;
        if self.desk.stream.status().state == StreamState::Connecting {
            self.desk.stream.set(StreamState::Connecting, None);
        }
        permit.ok_or(Reason::Interrupted(Interrupt::Cancelled))
    }
}

/// A wait for one's turn that is too short to be worth saying.
const QUEUE_UNSAID: Duration = Duration::from_millis(250);

/// Runs `work` until it is done or interrupted, and keeps reporting health meanwhile.
async fn attended<T>(
    desk: &mut Desk,
    interrupt: impl Future<Output = Interrupt>,
    work: impl Future<Output = T>,
) -> Result<T, Interrupt> {
    tokio::pin!(interrupt, work);
    loop {
        tokio::select! {
            biased;
            interrupt = &mut interrupt => return Err(interrupt),
            output = &mut work => return Ok(output),
            () = tokio::time::sleep_until(desk.meter.due()) => { desk.report(Instant::now(), None); }
        }
    }
}

const fn limit(settings: &Settings, phase: Phase) -> Duration {
    match phase {
        Phase::Settle => settings.settle,
        Phase::Connect => settings.connect,
        Phase::Describe => settings.describe,
        Phase::Setup => settings.setup,
        Phase::Play => settings.play,
    }
}

fn too_late(settings: &Settings, phase: Phase) -> SourceError {
    let cause = match phase {
        Phase::Connect => StreamCause::ConnectTimeout,
        Phase::Settle | Phase::Describe | Phase::Setup | Phase::Play => StreamCause::HandshakeTimeout,
    };
    SourceError::new(cause, format!("{phase:?} took longer than {:?}", limit(settings, phase)))
}
