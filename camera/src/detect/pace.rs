//! How often frames come, so that "late" means late for this camera.

use std::time::Duration;

use tokio::time::Instant;

/// Taken for one frame interval until two frames were seen, in the first session of a stream.
pub(crate) const UNKNOWN: Duration = Duration::from_secs(1);
/// A camera slower than this is treated as if it were this fast: somebody waits for its silence to be noticed.
const SLOWEST: Duration = Duration::from_secs(10);
/// Weight of the newest interval is one in so many: quick enough for cameras that lower their rate at night.
const WEIGHT: u32 = 8;

/// The smoothed interval between frames.
#[derive(Debug)]
pub(crate) struct Pace {
    last: Option<Instant>,
    mean: Option<Duration>,
    guess: Duration,
}

impl Pace {
    /// Until two frames were seen, `guess` is taken for one interval.
    pub(crate) const fn new(guess: Duration) -> Self {
        Self { last: None, mean: None, guess }
    }

    pub(crate) fn frame(&mut self, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let interval = now.saturating_duration_since(last).min(SLOWEST);
            let mean = self.mean.unwrap_or(interval);
            self.mean = Some((mean * (WEIGHT - 1) + interval) / WEIGHT);
        }
    }

    /// One frame interval, as far as it is known.
    pub(crate) fn interval(&self) -> Duration {
        self.mean.unwrap_or(self.guess)
    }

    /// The guess for the next session. One that ended without a second frame may have been too eager: a camera
    /// with a frame every few seconds must be found out, or it would be given up again and again.
    pub(crate) fn lesson(&self) -> Duration {
        self.mean.unwrap_or_else(|| (self.guess * 2).min(SLOWEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_cameras_own() {
        let (mut pace, mut now) = (Pace::new(UNKNOWN), Instant::now());
        assert_eq!(pace.interval(), UNKNOWN);
        for _ in 0..50 {
            pace.frame(now);
            now += Duration::from_millis(40);
        }
        assert_eq!(pace.interval(), Duration::from_millis(40));
        for _ in 0..50 {
            pace.frame(now);
            now += Duration::from_secs(1);
        }
        assert!(pace.interval() > Duration::from_millis(950), "{:?}", pace.interval());
    }
}
