//! A fleet of fake cameras, its reports, and viewers.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use pantau_camera::{
    AccessUnit, CameraConfig, CameraReport, Credentials, Fleet, Settings, Signal, Step, StreamUrl, Watch,
};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::StreamReport;
use pantau_schemas::stream::{StreamCause, StreamHealth, StreamKind, StreamState};
use pantau_schemas::time::{Clock, Timestamp};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fake::FakeSource;

/// Wall time at the start of every test, seconds since 1970.
pub(crate) const BASE_S: i64 = 1_795_320_669;

thread_local! { static START: Cell<Option<Instant>> = const { Cell::new(None) }; }

/// Microseconds of test time since the rig was made.
pub(crate) fn micros_since_start() -> i64 {
    START.with(|start| i64::try_from(start.get().map_or(0, |start| start.elapsed().as_micros())).unwrap())
}

struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(BASE_S * 1_000_000 + micros_since_start())
    }
}

pub(crate) struct Rig {
    pub(crate) fleet: Fleet,
    pub(crate) source: FakeSource,
    pub(crate) reports: mpsc::Receiver<CameraReport>,
    pub(crate) health: Vec<StreamHealth>,
}

pub(crate) fn id(text: &str) -> DeviceId {
    DeviceId::new(text).unwrap()
}

/// A camera `name` at host `name`, with both streams.
pub(crate) fn camera(name: &str) -> CameraConfig {
    CameraConfig {
        id: id(name),
        main: StreamUrl::parse(&format!("rtsp://{name}/main")).unwrap(),
        sub: Some(StreamUrl::parse(&format!("rtsp://{name}/sub")).unwrap()),
        credentials: Some(Credentials { user: "viewer".into(), password: "hunter2".into() }),
        covered: false,
    }
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default(), 1_024)
    }

    pub(crate) fn with(settings: Settings, reports: usize) -> Self {
        crate::logged::start();
        START.with(|start| start.set(Some(Instant::now())));
        let (sender, receiver) = mpsc::channel(reports);
        let source = FakeSource::default();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let fleet = Fleet::start(settings, source.clone(), Arc::new(TestClock), sender, tracker, cancel);
        Self { fleet, source, reports: receiver, health: Vec::new() }
    }

    /// A rig with one live camera `cam`.
    pub(crate) async fn live() -> Self {
        let mut rig = Self::new();
        rig.fleet.configure(vec![camera("cam")]);
        rig.until("cam", StreamState::Live).await;
        rig
    }

    /// The next report about a state.
    pub(crate) async fn state(&mut self) -> StreamReport {
        loop {
            match self.reports.recv().await.expect("the fleet is gone") {
                CameraReport::State(report) => return report,
                CameraReport::Health { health, .. } => self.health.push(health),
            }
        }
    }

    /// Takes reports until a stream of the camera is in this state.
    pub(crate) async fn until(&mut self, camera: &str, state: StreamState) -> StreamReport {
        let found = async {
            loop {
                let report = self.state().await;
                if report.device == id(camera) && report.state == state {
                    return report;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(600), found).await.expect("the state never came")
    }

    pub(crate) async fn until_lost(&mut self, camera: &str, cause: StreamCause) -> StreamReport {
        loop {
            let report = self.until(camera, StreamState::Lost).await;
            if report.cause == Some(cause) {
                return report;
            }
        }
    }

    /// Lets time pass, reports taken.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(report) = tokio::time::timeout_at(end, self.reports.recv()).await {
            if let Some(CameraReport::Health { health, .. }) = report {
                self.health.push(health);
            }
        }
    }

    pub(crate) fn viewer(&self, camera: &str, kind: StreamKind) -> Viewer {
        let signal = Signal::new();
        let watch = self.fleet.watch(&id(camera), kind, &signal, 3).expect("no such camera");
        Viewer { signal, watch }
    }
}

pub(crate) struct Viewer {
    pub(crate) signal: Arc<Signal>,
    pub(crate) watch: Watch,
}

impl Viewer {
    pub(crate) async fn step(&mut self) -> Step {
        loop {
            if let Some(step) = self.watch.next() {
                return step;
            }
            let wait = tokio::time::timeout(Duration::from_secs(600), self.signal.wait());
            assert!(wait.await.expect("the signal never rang").contains(3));
        }
    }

    pub(crate) async fn frame(&mut self) -> Arc<AccessUnit> {
        loop {
            if let Step::Frame(frame) = self.step().await {
                return frame;
            }
        }
    }

    /// Everything that can be had without waiting.
    pub(crate) fn drain(&mut self) -> Vec<Step> {
        std::iter::from_fn(|| self.watch.next()).collect()
    }
}
