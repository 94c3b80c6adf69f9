//! A camera's own still pictures, for windows that cannot play its stream.
//!
//! Most cameras give one JPEG for one GET. We ask for it, never the page: the address, the user and the password stay
//! here. The bytes are passed on as they came; nothing is decoded or encoded.
//!
//! **Invariant:** however many look, a camera is asked by one of them at a time and once in [`FRESH`]; what came is for
//! everybody who asks meanwhile. After a failure it is left alone for [`PAUSE`]. No error and no log holds an address,
//! a user or a password.

mod address;
mod exchange;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::{Clock, Timestamp};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use address::StillUrl;

use crate::config::Credentials;

/// A picture is passed on for so long before the camera is asked again.
pub const FRESH: Duration = Duration::from_secs(1);
/// A camera that gave none is left alone for so long.
pub const PAUSE: Duration = Duration::from_secs(5);
/// Longest wait for a camera, from the connection to the last byte, with the second request that a password needs.
pub const WITHIN: Duration = Duration::from_secs(5);
/// Largest picture, bytes: eight megapixels at good quality.
pub const MAX_STILL: usize = 4 * 1024 * 1024;
/// Cameras that are asked at once; others wait their turn. Bounds memory, together with [`MAX_STILL`].
const AT_ONCE: usize = 8;

/// Where a camera gives still pictures. Equal ones are the same: what is known of it stays.
#[derive(Clone, PartialEq, Eq)]
pub struct StillConfig {
    /// Which device it is.
    pub id: DeviceId,
    /// What to ask.
    pub url: StillUrl,
    /// User and password, those of its streams.
    pub credentials: Option<Credentials>,
}

impl fmt::Debug for StillConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StillConfig").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// When its first byte was asked for: it is not younger than the answer, and not older than the wait.
    pub taken: Timestamp,
    /// As the camera made it.
    pub jpeg: Bytes,
}

/// Why there is no picture. Says nothing of where the camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StillError {
    /// The registry gives no address of one.
    #[error("the camera has no still pictures")]
    None,
    /// No connection.
    #[error("the camera does not answer")]
    Unreachable,
    /// Longer than [`WITHIN`].
    #[error("the camera did not answer in time")]
    Late,
    /// User and password are wrong, or are missing.
    #[error("the camera refuses user and password")]
    Refused,
    /// Another answer than 200. Redirections are not followed: they could lead anywhere.
    #[error("the camera answers {0}")]
    Status(u16),
    /// What came is no JPEG.
    #[error("the camera gives something that is no JPEG")]
    NoPicture,
    /// Larger than [`MAX_STILL`].
    #[error("the camera's picture is too large")]
    TooLarge,
    /// The answer cannot be read, or breaks off.
    #[error("the camera's answer breaks off")]
    Broken,
    /// The server stops.
    #[error("the server stops")]
    Stopping,
}

/// What a camera last gave.
#[derive(Debug)]
struct Given {
    at: Instant,
    what: Result<Still, StillError>,
}

impl Given {
    fn holds(&self) -> bool {
        let holds = if self.what.is_ok() { FRESH } else { PAUSE };
        self.at.elapsed() < holds
    }
}

/// One camera.
struct Place {
    config: StillConfig,
    /// Held while it is asked: who waits for it finds what came.
    last: Arc<Mutex<Option<Given>>>,
}

/// The still pictures of all cameras. Clones are the same.
#[derive(Clone)]
pub struct Stills(Arc<Inner>);

struct Inner {
    places: RwLock<BTreeMap<DeviceId, Place>>,
    turns: Semaphore,
    clock: Arc<dyn Clock>,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

impl fmt::Debug for Stills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stills(…)")
    }
}

impl Stills {
    /// None yet. What is under way is given up when `cancel` says so.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, tracker: TaskTracker, cancel: CancellationToken) -> Self {
        let turns = Semaphore::new(AT_ONCE);
        Self(Arc::new(Inner { places: RwLock::default(), turns, clock, tracker, cancel }))
    }

    /// These cameras give still pictures from now on, and no others.
    pub fn configure(&self, configs: Vec<StillConfig>) {
        let mut places = self.0.places.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *places);
        for config in configs {
            let same = before.remove(&config.id).filter(|place| place.config == config);
            let place = same.unwrap_or_else(|| Place { config: config.clone(), last: Arc::default() });
            places.insert(config.id, place);
        }
    }

    /// A camera's newest still picture.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn of(&self, camera: &DeviceId) -> Result<Still, StillError> {
        let (config, last) = {
            let places = self.0.places.read().unwrap_or_else(PoisonError::into_inner);
            let place = places.get(camera).ok_or(StillError::None)?;
            (place.config.clone(), Arc::clone(&place.last))
        };
        let mut held = last.lock_owned().await;
        if let Some(given) = held.as_ref().filter(|given| given.holds()) {
            return given.what.clone();
        }
        // A task of its own, which keeps the lock: a viewer that leaves stops nothing, and nobody asks beside it.
        let inner = Arc::clone(&self.0);
        let asked = self.0.tracker.spawn(async move {
            let what = inner.ask(&config).await;
            if let Err(error) = &what {
                tracing::debug!(camera = %config.id, %error, "no still picture");
            }
            *held = Some(Given { at: Instant::now(), what: what.clone() });
            what
        });
        asked.await.unwrap_or(Err(StillError::Stopping))
    }
}

impl Inner {
    async fn ask(&self, config: &StillConfig) -> Result<Still, StillError> {
        let asking = async {
            let _turn = self.turns.acquire().await.map_err(|_closed| StillError::Stopping)?;
            let taken = self.clock.now();
            let jpeg = exchange::get(&config.url, config.credentials.as_ref()).await?;
            Ok(Still { taken, jpeg })
        };
        let within = timeout(WITHIN, asking);
        match self.cancel.run_until_cancelled(within).await {
            Some(Ok(done)) => done,
            Some(Err(_elapsed)) => Err(StillError::Late),
            None => Err(StillError::Stopping),
        }
    }
}
