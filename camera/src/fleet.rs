//! All cameras: what is configured runs, what is not does not, and what did not change is not touched.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use pantau_schemas::ids::DeviceId;
use pantau_schemas::stream::{StreamKind, StreamState};
use pantau_schemas::time::Clock;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{CameraConfig, StreamUrl};
use crate::detect::pace::UNKNOWN;
use crate::gate::Gate;
use crate::health::Meter;
use crate::interrupt::{Interrupts, Refusals, Target};
use crate::low_delay::LowDelay;
use crate::report::{CameraReport, Outbox};
use crate::ring::Bounds;
use crate::session::Desk;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::source::CameraSource;
use crate::stream::{Stream, StreamStatus};
use crate::supervisor::Supervisor;
use crate::watch::Watch;

/// A handle on all cameras; clones are the same fleet. Dropping the last one stops them.
#[derive(Clone)]
pub struct Fleet {
    shared: Arc<Shared>,
}

struct Shared {
    cameras: Mutex<BTreeMap<DeviceId, Camera>>,
    launch: Box<Launch>,
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    outbox: Arc<Outbox>,
    cancel: CancellationToken,
}

/// Starts the task of a stream; knows the source, so that the fleet need not.
type Launch = dyn Fn(Desk, Interrupts, CancellationToken) + Send + Sync;

struct Camera {
    config: CameraConfig,
    main: Running,
    sub: Option<Running>,
}

/// A stream with its task.
struct Running {
    stream: Arc<Stream>,
    target: watch::Sender<Target>,
    cancel: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Fleet {
    /// A fleet without cameras. Tasks run on `tracker` until `cancel`; reports go to `reports`: states are
    /// conflated to the newest per stream while nobody takes them, health is dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start<S: CameraSource>(
        settings: Settings,
        source: S,
        clock: Arc<dyn Clock>,
        reports: mpsc::Sender<CameraReport>,
        tracker: TaskTracker,
        cancel: CancellationToken,
    ) -> Self {
        let (source, runtime) = (Arc::new(source), tokio::runtime::Handle::current());
        let gate = Arc::new(Gate::new(settings.attempts_per_second));
        let outbox = Outbox::new(reports);
        let posting = (Arc::clone(&outbox), cancel.clone());
        tracker.spawn(async move { posting.0.run(posting.1).await });
        let all = cancel.clone();
        let launch = Box::new(move |desk: Desk, interrupts, own: CancellationToken| {
            let stream = Arc::clone(&desk.stream);
            let supervisor = Supervisor::new(Arc::clone(&source), Arc::clone(&gate), desk, interrupts);
            let all = all.clone();
            let task = async move {
                supervisor.run().await;
                // A camera that was taken out is closed; the end of the process says nothing about cameras.
                if own.is_cancelled() && !all.is_cancelled() {
                    stream.set(StreamState::Closed, None);
                }
                stream.clear();
            };
            tracker.spawn_on(task, &runtime);
        });
        let (cameras, settings) = (Mutex::default(), Arc::new(settings));
        Self { shared: Arc::new(Shared { cameras, launch, settings, clock, outbox, cancel }) }
    }

    /// Makes these the cameras. Streams whose address and credentials did not change go on without losing a
    /// frame; a changed one connects anew and keeps its viewers; one that is gone closes, and its viewers
    /// see that state and then nothing.
    pub fn configure(&self, cameras: Vec<CameraConfig>) {
        let mut running = self.shared.cameras.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *running);
        for config in cameras {
            let camera = match before.remove(&config.id) {
                Some(camera) if camera.config == config => camera,
                Some(camera) => self.shared.change(camera, config),
                None => self.shared.add(config),
            };
            running.insert(camera.config.id.clone(), camera);
        }
        // What is left in `before` is dropped, and with it cancelled.
    }

    /// A viewer's place in a stream, which rings `slot` of `signal` when there is something to take. `None`
    /// when there is no such camera. A camera without a small stream shows its large one.
    #[must_use]
    pub fn watch(
        &self,
        camera: &DeviceId,
        kind: StreamKind,
        signal: &Arc<Signal>,
        slot: u16,
    ) -> Option<Watch> {
        let stream = self.shared.stream(camera, kind)?;
        Some(Watch::new(stream, signal, slot))
    }

    /// Width and height of a stream's pictures, once it was open; `None` for a stream that the camera does not have.
    #[must_use]
    pub fn size(&self, camera: &DeviceId, kind: StreamKind) -> Option<(u32, u32)> {
        let stream = self.shared.stream(camera, kind).filter(|stream| stream.kind == kind)?;
        stream.parameters().map(|parameters| (parameters.width, parameters.height))
    }

    /// What may be said of a stream now; of the large one when the camera has no small one.
    #[must_use]
    pub fn state(&self, camera: &DeviceId, kind: StreamKind) -> Option<StreamStatus> {
        self.shared.stream(camera, kind).map(|stream| stream.status())
    }
}

impl Shared {
    fn stream(&self, camera: &DeviceId, kind: StreamKind) -> Option<Arc<Stream>> {
        let cameras = self.cameras.lock().unwrap_or_else(PoisonError::into_inner);
        let camera = cameras.get(camera)?;
        let running = match (kind, &camera.sub) {
            (StreamKind::Sub, Some(sub)) => sub,
            _ => &camera.main,
        };
        Some(Arc::clone(&running.stream))
    }

    fn add(&self, config: CameraConfig) -> Camera {
        let refusals = Arc::new(Refusals::default());
        let main = self.run(
            &config,
            StreamKind::Main,
            target(&config, &config.main, config.sub.is_none(), &refusals),
        );
        let sub = config
            .sub
            .as_ref()
            .map(|url| self.run(&config, StreamKind::Sub, target(&config, url, true, &refusals)));
        Camera { config, main, sub }
    }

    fn change(&self, mut camera: Camera, config: CameraConfig) -> Camera {
        let refusals = Arc::new(Refusals::default());
        camera.main.target.send_replace(target(&config, &config.main, config.sub.is_none(), &refusals));
        camera.sub = config.sub.as_ref().map(|url| {
            let target = target(&config, url, true, &refusals);
            match camera.sub.take() {
                Some(sub) => {
                    sub.target.send_replace(target);
                    sub
                }
                None => self.run(&config, StreamKind::Sub, target),
            }
        });
        camera.config = config;
        camera
    }

    fn run(&self, config: &CameraConfig, kind: StreamKind, target: Target) -> Running {
        let settings = Arc::clone(&self.settings);
        let bounds = Bounds { bytes: settings.ring_bytes, frames: settings.ring_frames, lag: settings.lag };
        let (clock, outbox) = (Arc::clone(&self.clock), Arc::clone(&self.outbox));
        let stream = Stream::new(config.id.clone(), kind, bounds, Arc::clone(&clock), Arc::clone(&outbox));
        let (sender, targets) = watch::channel(target);
        let cancel = self.cancel.child_token();
        let meter = Meter::new(settings.health);
        let interrupts = Interrupts::new(Arc::clone(&stream), targets, cancel.clone(), settings.keep_warm);
        let desk = Desk {
            stream: Arc::clone(&stream),
            settings,
            clock,
            outbox,
            meter,
            next: 0,
            interval: UNKNOWN,
            low_delay: LowDelay::default(),
        };
        (self.launch)(desk, interrupts, cancel.clone());
        Running { stream, target: sender, cancel }
    }
}

fn target(config: &CameraConfig, url: &StreamUrl, pinned: bool, refusals: &Arc<Refusals>) -> Target {
    let (url, credentials, refusals) = (url.clone(), config.credentials.clone(), Arc::clone(refusals));
    Target { url, credentials, covered: config.covered, pinned, refusals }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cameras = self.shared.cameras.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Fleet").field("cameras", &cameras).finish_non_exhaustive()
    }
}
