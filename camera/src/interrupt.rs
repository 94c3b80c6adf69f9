//! What makes a supervisor let go of what it is doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::{Credentials, StreamUrl};
use crate::stream::Stream;

/// What one stream's supervisor is to do.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) url: StreamUrl,
    pub(crate) credentials: Option<Credentials>,
    /// Not to be fetched at all.
    pub(crate) covered: bool,
    /// Always open: the stream whose health is the camera's health.
    pub(crate) pinned: bool,
    /// Shared by both streams of the camera, new with every configuration of it.
    pub(crate) refusals: Arc<Refusals>,
}

impl Target {
    /// The same place as the same user, and as covered.
    fn is_same_place(&self, other: &Self) -> bool {
        self.url == other.url && self.credentials == other.credentials && self.covered == other.covered
    }
}

/// How often in a row a camera refused the password, over all its streams: the account that would be locked
/// is one.
#[derive(Debug, Default)]
pub(crate) struct Refusals(AtomicU32);

impl Refusals {
    /// One more; how many that makes.
    pub(crate) fn add(&self) -> u32 {
        self.0.fetch_add(1, Ordering::AcqRel) + 1
    }
    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
    pub(crate) fn forget(&self) {
        self.0.store(0, Ordering::Release);
    }
}

/// Why to let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// The stream or the process is over.
    Cancelled,
    /// Nobody looks any more.
    Unwanted,
    /// It is somewhere else now, to be reached as somebody else, or covered, or no longer.
    Moved,
}

/// Waits for a reason to let go.
pub(crate) struct Interrupts {
    stream: Arc<Stream>,
    targets: watch::Receiver<Target>,
    target: Target,
    cancel: CancellationToken,
    keep_warm: Duration,
}

impl Interrupts {
    pub(crate) fn new(
        stream: Arc<Stream>,
        mut targets: watch::Receiver<Target>,
        cancel: CancellationToken,
        keep_warm: Duration,
    ) -> Self {
        let target = targets.borrow_and_update().clone();
        Self { stream, targets, target, cancel, keep_warm }
    }

    /// What to do now.
    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }

    /// Waits until the stream is wanted; `false` when it never will be.
    pub(crate) async fn wanted(&mut self) -> bool {
        loop {
            if self.target.pinned || self.stream.idle_since().is_none() {
                return !self.cancel.is_cancelled();
            }
            tokio::select! {
                () = self.cancel.cancelled() => return false,
                () = self.stream.demand_changed() => {}
                changed = self.targets.changed() => {
                    if changed.is_err() { return false }
                    self.target = self.targets.borrow_and_update().clone();
                }
            }
        }
    }

    /// Waits for a reason to let go. Dropping the future forgets none.
    pub(crate) async fn next(&mut self) -> Interrupt {
        self.heeding(|before, now| !now.is_same_place(before)).await
    }

    /// The same in quarantine, where every change of the camera's configuration is a reason.
    pub(crate) async fn reconfigured(&mut self) -> Interrupt {
        self.heeding(|_before, _now| true).await
    }

    async fn heeding(&mut self, moved: impl Fn(&Target, &Target) -> bool) -> Interrupt {
        loop {
            let until = match self.stream.idle_since() {
                Some(since) if !self.target.pinned => Some(since + self.keep_warm),
                _ => None,
            };
            if until.is_some_and(|until| until <= Instant::now()) {
                return Interrupt::Unwanted;
            }
            let cold = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.cancel.cancelled() => return Interrupt::Cancelled,
                changed = self.targets.changed() => {
                    if changed.is_err() { return Interrupt::Cancelled }
                    let new = self.targets.borrow_and_update().clone();
                    let moved = moved(&self.target, &new);
                    self.target = new;
                    if moved { return Interrupt::Moved }
                }
                () = self.stream.demand_changed() => {}
                () = cold => {}
            }
        }
    }
}
