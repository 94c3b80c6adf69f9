//! What supervisors tell the rest of the house.
//!
//! Two edges, two policies. States: `LatestPerKey`; a reader that is slow gets the newest state of every
//! stream, never an old one, and never none. Health: dropped when the queue is full; the next is a second away.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::StreamReport;
use pantau_schemas::stream::{StreamHealth, StreamKind};
use pantau_schemas::time::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// One report.
#[derive(Debug, Clone, PartialEq)]
pub enum CameraReport {
    /// A stream's state or its cause changed.
    State(StreamReport),
    /// What was measured in the last second, while the stream is wanted.
    Health {
        /// The camera.
        device: DeviceId,
        /// Which stream.
        stream: StreamKind,
        /// When it was measured.
        time: Timestamp,
        /// The measurements.
        health: StreamHealth,
    },
}

type Key = (DeviceId, StreamKind);

/// Reports on their way out.
#[derive(Debug)]
pub(crate) struct Outbox {
    reports: mpsc::Sender<CameraReport>,
    /// Newest unsent state of each stream, and in which order the streams asked.
    pending: Mutex<(BTreeMap<Key, StreamReport>, VecDeque<Key>)>,
    filled: Notify,
}

impl Outbox {
    pub(crate) fn new(reports: mpsc::Sender<CameraReport>) -> Arc<Self> {
        Arc::new(Self { reports, pending: Mutex::default(), filled: Notify::new() })
    }

    /// Puts a state where [`Outbox::run`] finds it. Never waits.
    pub(crate) fn state(&self, report: StreamReport) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (report.device.clone(), report.stream);
        if pending.0.insert(key.clone(), report).is_none() {
            pending.1.push_back(key);
        }
        drop(pending);
        self.filled.notify_one();
    }

    /// Sends health, or drops it.
    pub(crate) fn health(
        &self,
        device: &DeviceId,
        stream: StreamKind,
        time: Timestamp,
        health: StreamHealth,
    ) {
        let report = CameraReport::Health { device: device.clone(), stream, time, health };
        if self.reports.try_send(report).is_err() {
            tracing::debug!(%device, "nobody takes health reports; one is dropped");
        }
    }

    /// Sends states as fast as they are taken, until the reader is gone or `cancel`; what waits then is
    /// sent if there is room.
    pub(crate) async fn run(&self, cancel: CancellationToken) {
        loop {
            let Some(report) = self.pop() else {
                tokio::select! {
                    () = self.filled.notified() => continue,
                    () = cancel.cancelled() => break,
                }
            };
            tokio::select! {
                sent = self.reports.send(CameraReport::State(report)) => if sent.is_err() { return },
                () = cancel.cancelled() => break,
            }
        }
        while let Some(report) = self.pop() {
            if self.reports.try_send(CameraReport::State(report)).is_err() {
                return;
            }
        }
    }

    fn pop(&self) -> Option<StreamReport> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let key = pending.1.pop_front()?;
        pending.0.remove(&key)
    }
}
