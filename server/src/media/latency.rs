//! How old pictures are when people see them, as their browsers report: over all, and for each camera.
//!
//! **Invariant:** bounded. Only a tile of a window's own set is counted, so every camera here is or was one of the
//! registry; of more than [`MAX_CAMERAS`] the sum alone is kept.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::Timestamp;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use serde::Serialize;

/// Cameras with a histogram of their own; each is ten lines of `/metrics`.
const MAX_CAMERAS: usize = 2_048;
/// Reports of a camera that its quantiles are of: about a minute of one window.
const RECENT: usize = 64;
/// A camera of which nobody reported for so long is not shown by anybody, ms.
const FORGET_MS: i64 = 60_000;
/// Older is nonsense, µs: a clock that is wrong by hours.
const NONSENSE_US: i64 = 3_600_000_000;

type OfCamera = Family<[(&'static str, String); 1], Histogram, fn() -> Histogram>;

/// Glass to glass: from the camera's capture time to the screen. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Latency {
    all: Histogram,
    cameras: OfCamera,
    recent: Arc<Mutex<BTreeMap<DeviceId, Recent>>>,
}

#[derive(Debug)]
struct Recent {
    at: Timestamp,
    micros: VecDeque<i64>,
}

/// A camera's latency of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Seen {
    /// Median, ms.
    p50_ms: i64,
    /// 95 of 100 are at most this, ms.
    p95_ms: i64,
}

impl Default for Latency {
    fn default() -> Self {
        let of_camera = || Histogram::new(exponential_buckets(0.025, 2.0, 8));
        Self {
            all: Histogram::new(exponential_buckets(0.01, 2.0, 12)),
            cameras: Family::new_with_constructor(of_camera),
            recent: Arc::default(),
        }
    }
}

impl Latency {
    /// A frame of this camera, taken at `capture`, is on a screen now.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of an hour: far below 2^52")]
    pub(crate) fn shown(&self, camera: &DeviceId, capture: Timestamp, now: Timestamp) {
        let micros = now.micros().saturating_sub(capture.micros());
        if !(0..NONSENSE_US).contains(&micros) {
            return;
        }
        let seconds = micros as f64 / 1e6;
        self.all.observe(seconds);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let room = recent.len() < MAX_CAMERAS;
        let known = match recent.get_mut(camera) {
            Some(known) => known,
            None if room => recent
                .entry(camera.clone())
                .or_insert_with(|| Recent { at: now, micros: VecDeque::with_capacity(RECENT) }),
            None => return,
        };
        known.at = now;
        while known.micros.len() >= RECENT {
            known.micros.pop_front();
        }
        known.micros.push_back(micros);
        drop(recent);
        self.cameras.get_or_create(&[("camera", camera.to_string())]).observe(seconds);
    }

    /// Every camera that is on a screen, by its identity.
    pub(crate) fn of_late(&self, now: Timestamp) -> BTreeMap<DeviceId, Seen> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = recent.iter().filter(|(_, recent)| now.millis_since(recent.at) < FORGET_MS);
        fresh.map(|(camera, recent)| (camera.clone(), recent.seen())).collect()
    }

    /// Puts the histograms where `/metrics` is written from.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "pantau_media_glass_to_glass_seconds",
            "Age of pictures when they are shown, as browsers report",
            self.all.clone(),
        );
        registry.register(
            "pantau_camera_glass_to_glass_seconds",
            "Age of a camera's pictures when they are shown, as browsers report",
            self.cameras.clone(),
        );
    }
}

impl Recent {
    fn seen(&self) -> Seen {
        let mut sorted: Vec<i64> = self.micros.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied();
        let millis = |micros: Option<i64>| micros.unwrap_or_default() / 1_000;
        Seen { p50_ms: millis(at(50)), p95_ms: millis(at(95)) }
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    fn camera(number: usize) -> DeviceId {
        DeviceId::new(&format!("cam-{number}")).unwrap()
    }

    #[test]
    fn each_camera_has_its_own_age_as_long_as_somebody_looks() {
        let latency = Latency::default();
        let taken = Timestamp::from_secs(1_000);
        for ms in 1..=64 {
            latency.shown(&camera(1), taken, taken.plus_millis(ms));
        }
        latency.shown(&camera(2), taken, taken.plus_millis(900));
        // Clocks that are wrong say nothing of pictures.
        latency.shown(&camera(3), taken, taken.plus_millis(-5));
        latency.shown(&camera(3), taken, taken.plus_millis(86_400_000));
        let now = taken.plus_millis(1_000);
        let seen = latency.of_late(now);
        assert_eq!(seen.get(&camera(1)), Some(&Seen { p50_ms: 32, p95_ms: 60 }));
        assert_eq!(seen.get(&camera(2)), Some(&Seen { p50_ms: 900, p95_ms: 900 }));
        assert_eq!(seen.len(), 2);
        assert!(latency.of_late(now.plus_millis(FORGET_MS)).is_empty());
    }

    #[test]
    fn the_number_of_cameras_is_bounded() {
        let (latency, now) = (Latency::default(), Timestamp::from_secs(1));
        for number in 0..MAX_CAMERAS + 10 {
            latency.shown(&camera(number), now, now.plus_millis(40));
        }
        let (mut registry, mut text) = (Registry::default(), String::new());
        latency.register(&mut registry);
        encode(&mut text, &registry).unwrap();
        let cameras = text
            .lines()
            .filter(|line| line.starts_with("pantau_camera_glass_to_glass_seconds_count{camera=\"cam-"));
        assert_eq!(cameras.count(), MAX_CAMERAS);
        let all = format!("pantau_media_glass_to_glass_seconds_count {}", MAX_CAMERAS + 10);
        assert!(text.contains(&all), "the sum counts them all");
    }
}
