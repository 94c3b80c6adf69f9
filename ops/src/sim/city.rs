//! The whole simulated city: one thing to start, to break, and to stop.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::registry::{DeviceClass, Registry};
use pantau_schemas::time::Clock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::camera::{Camera, CameraFault, CameraOptions};
use super::clock::SystemClock;
use super::command::{Command, CommandError};
use super::config::{self, CAMERA_USER, Secrets};
use super::device::Network;
use super::error::SimError;
use super::feed::{self, Feed, Secret};
use super::fleet::Fleet;
use super::library::Library;
use super::ports;
use super::registry::{Plan, Size};
use super::rtsp::{Access, Login};
use super::stats::{Counters, Stats};
use super::storm::Storm;

/// How long a device is gone when it boots again.
const DEVICE_REBOOT: Duration = Duration::from_secs(3);
/// Bursts that may wait for the feed.
const BURSTS: usize = 8;
/// How long the city may take to end; what has not ended then is left to the runtime.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Where a city lives.
#[derive(Debug, Clone)]
pub struct CityOptions {
    /// A folder for `pantau.toml`, the registry and the secrets; the server's data goes there too.
    pub dir: PathBuf,
    /// Where the server will listen.
    pub server: SocketAddr,
    /// The same seed makes the same city do the same things.
    pub seed: u64,
}

/// How fast a city lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Time between two readings of a device; whole seconds.
    pub reading: Duration,
    /// Time between two agency events.
    pub event: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { reading: Duration::from_secs(10), event: Duration::from_secs(3) }
    }
}

/// A running city.
#[derive(Debug)]
pub struct City {
    plan: Plan,
    config: PathBuf,
    cameras: BTreeMap<DeviceId, Camera>,
    intake: SocketAddr,
    fleet: Fleet,
    bursts: mpsc::Sender<u32>,
    counters: Arc<Counters>,
    tasks: TaskTracker,
    token: CancellationToken,
}

impl City {
    /// Starts Kota Metro as it is, at its usual pace. To be called within a runtime.
    ///
    /// # Errors
    /// [`SimError`].
    pub fn start(options: CityOptions) -> Result<Self, SimError> {
        Self::start_with(options, Size::default(), Pace::default())
    }

    /// Starts a city of another size or pace. When it answers, the folder is written, every camera's port is
    /// open and the devices are trying to connect; the server may be started. To be called within a runtime.
    ///
    /// # Errors
    /// [`SimError`].
    pub fn start_with(options: CityOptions, size: Size, pace: Pace) -> Result<Self, SimError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let counters = Arc::new(Counters::default());
        let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
        let plan = Plan::new(size)?;
        let secrets = Secrets::new();

        let cameras = cameras(&plan, &secrets, &clock, &tasks, &token)?;
        // Free now, and the server's as soon as it starts; until then the devices try again and again.
        let intake = ports::free().map_err(SimError::Listen)?;

        let dir = &options.dir;
        fs::create_dir_all(dir).map_err(|source| SimError::Write { path: dir.clone(), source })?;
        secrets.write(dir)?;
        let addresses = cameras.iter().map(|(id, camera)| (id.to_string(), camera.address())).collect();
        plan.write(&dir.join("city"), &addresses)?;
        let config = config::write(dir, options.server, intake)?;

        let network = Network {
            intake,
            interval: pace.reading.max(Duration::from_secs(1)),
            seed: options.seed,
            counters: Arc::clone(&counters),
            token: token.clone(),
        };
        let fleet = Fleet::start(&plan.registry, &network, &clock, &tasks);
        let (bursts, burst_queue) = mpsc::channel(BURSTS);
        let parts = feed::Parts {
            server: options.server,
            secret: Secret::parse(&secrets.feed).map_err(|error| SimError::Options(error.to_string()))?,
            registry: Arc::new(plan.registry.clone()),
            seed: options.seed,
            every: pace.event.max(Duration::from_millis(1)),
            bursts: burst_queue,
            clock: Arc::clone(&clock),
            counters: Arc::clone(&counters),
            token: token.clone(),
        };
        tasks.spawn(Feed::new(parts).run());
        Ok(Self { plan, config, cameras, intake, fleet, bursts, counters, tasks, token })
    }

    /// The configuration file that was written.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The registry, as the server will read it.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.plan.registry
    }

    /// Where the server is to listen for devices.
    #[must_use]
    pub const fn intake(&self) -> SocketAddr {
        self.intake
    }

    /// A camera, by its identity.
    #[must_use]
    pub fn camera(&self, id: &str) -> Option<&Camera> {
        self.cameras.get(id)
    }

    /// Breaks or repairs something; [`FAULTS`](super::FAULTS) lists what there is.
    ///
    /// # Errors
    /// [`CommandError`] says what would have been right.
    pub fn fault(&self, line: &str) -> Result<(), CommandError> {
        match Command::parse(line, &self.plan.registry)? {
            Command::Camera { id, fault, lasts } => {
                self.with_camera(&id, |camera| camera.fault(fault, lasts))
            }
            Command::Down { id, lasts } => self.cut(&id, lasts),
            Command::HubDown { id, lasts } => {
                for behind in self.plan.behind(&id) {
                    self.cut(&behind, lasts);
                }
                self.cut(&id, lasts);
            }
            Command::Reboot { id } => match self.cameras.get(&id) {
                Some(camera) => camera.fault(CameraFault::Reboot, None),
                None => self.cut(&id, Some(DEVICE_REBOOT)),
            },
            Command::Storm { seconds, rate } => self.storm(seconds, rate),
            Command::Burst { events } => self.bursts.try_send(events).map_err(|_full| CommandError::Busy)?,
            Command::Clear { id } => {
                for id in self.plan.behind(&id).iter().chain([&id]) {
                    self.fleet.restore(id);
                    self.with_camera(id, Camera::clear);
                }
            }
            Command::ClearAll => {
                self.fleet.restore_all();
                self.cameras.values().for_each(Camera::clear);
            }
        }
        Ok(())
    }

    fn with_camera(&self, id: &DeviceId, act: impl FnOnce(&Camera)) {
        if let Some(camera) = self.cameras.get(id) {
            act(camera);
        }
    }

    /// No power: a device's socket closes, a camera is gone.
    fn cut(&self, id: &DeviceId, lasts: Option<Duration>) {
        if !self.fleet.cut(id, lasts) {
            self.with_camera(id, |camera| camera.fault(CameraFault::Drop, lasts));
        }
    }

    fn storm(&self, seconds: u32, rate: u32) {
        let storm = Storm {
            intake: self.intake,
            sensors: self.plan.of_class(DeviceClass::Sensor).cloned().collect(),
            rate,
            seconds,
            counters: Arc::clone(&self.counters),
            token: self.token.clone(),
        };
        self.tasks.spawn(storm.run(Arc::new(SystemClock)));
    }

    /// What was sent so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.read()
    }

    /// Ends everything: devices say good-bye, cameras close. Answers the final numbers.
    pub async fn stop(self) -> Stats {
        self.token.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "parts of the city did not end in time");
        }
        self.counters.read()
    }
}

impl Drop for City {
    /// A city that nobody stopped ends too, without waiting.
    fn drop(&mut self) {
        self.token.cancel();
    }
}

fn cameras(
    plan: &Plan,
    secrets: &Secrets,
    clock: &Arc<dyn Clock>,
    tasks: &TaskTracker,
    token: &CancellationToken,
) -> Result<BTreeMap<DeviceId, Camera>, SimError> {
    let library = Library::open()?;
    let login = Login { user: CAMERA_USER.to_owned(), password: secrets.cameras.clone() };
    plan.of_class(DeviceClass::Camera)
        .map(|id| {
            let (sub, main) = library
                .of(id.as_str())
                .ok_or_else(|| SimError::Options(format!("there is no clip for {id}")))?;
            let access = Access::Either(login.clone());
            let options = CameraOptions { id: id.to_string(), access, sub, main };
            Ok((id.clone(), Camera::start(options, Arc::clone(clock), tasks, token)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_city_starts_breaks_and_ends_without_a_trace_in_the_process() {
        let folder = tempfile::tempdir().unwrap();
        // Nobody listens there: the feed waits for its server, as it must.
        let server = "127.0.0.1:1".parse().unwrap();
        let options = CityOptions { dir: folder.path().to_owned(), server, seed: 1 };
        let size = Size { cameras: 2, access_points: 3, sensors: 1 };
        let city = City::start_with(options, size, Pace::default()).unwrap();
        let text = fs::read_to_string(city.config()).unwrap();
        assert!(text.contains(&format!("listen = \"{}\"", city.intake())));
        let secret = fs::read_to_string(folder.path().join("secrets/feed")).unwrap();
        assert!(Secret::parse(&secret).is_ok());
        let camera = city.camera("cam-alun-01").unwrap();
        let written = fs::read_to_string(folder.path().join("city/cameras.toml")).unwrap();
        assert!(written.contains(&format!("rtsp://{}/", camera.address())));

        city.fault("hub-down sw-alun-01").unwrap();
        assert_eq!(camera.trouble(), Some(CameraFault::Drop), "a camera behind a dead switch is gone");
        city.fault("clear sw-alun-01").unwrap();
        assert_eq!(camera.trouble(), None);
        assert!(city.fault("freeze cam-lain-01").is_err());

        let address = camera.address();
        let tasks = city.tasks.clone();
        let stats = tokio::time::timeout(DEADLINE, city.stop()).await.unwrap();
        assert!(tasks.is_empty());
        assert_eq!(stats.events, stats.events_unsent, "what was not sent is counted");
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
}
