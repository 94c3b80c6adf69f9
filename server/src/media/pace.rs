//! What a window's socket takes: how long writes waited for it, and whether frames had to be skipped.

use std::time::Duration;

use pantau_schemas::ladder::Pressure;
use tokio::time::Instant;

/// How often it is judged. Shorter, and one burst of key frames would look like a slow socket.
const LOOK: Duration = Duration::from_secs(1);
/// A socket for which writes waited this share of the time, percent, takes less than it is given.
const HIGH: u128 = 50;
/// One that was waited for less than this, percent, would take more.
const CALM: u128 = 5;

/// Watches one socket.
#[derive(Debug)]
pub(super) struct Pace {
    looked: Instant,
    /// All waiting until then.
    waited: Duration,
    skipped: bool,
}

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self { looked: now, waited: Duration::ZERO, skipped: false }
    }

    /// Frames were skipped because the window was behind.
    pub(super) const fn skipped(&mut self) {
        self.skipped = true;
    }

    /// What may be said since the last look; `None` while that is too short ago. `waited` is how long all writes of
    /// this socket have waited for it so far.
    pub(super) fn look(&mut self, now: Instant, waited: Duration) -> Option<Pressure> {
        let passed = now.saturating_duration_since(self.looked);
        if passed < LOOK {
            return None;
        }
        let new = waited.saturating_sub(self.waited);
        let share = new.as_micros() * 100 / passed.as_micros().max(1);
        (self.looked, self.waited) = (now, waited);
        Some(match share {
            _ if std::mem::take(&mut self.skipped) => Pressure::High,
            HIGH.. => Pressure::High,
            CALM.. => Pressure::Even,
            _ => Pressure::Calm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_socket_is_judged_by_how_long_it_was_waited_for() {
        let mut now = Instant::now();
        let (mut pace, mut waited) = (Pace::new(now), Duration::ZERO);
        let mut look = |pace: &mut Pace, passed, more| {
            now += Duration::from_millis(passed);
            waited += Duration::from_millis(more);
            pace.look(now, waited)
        };
        assert_eq!(look(&mut pace, 900, 900), None, "too short to judge");
        assert_eq!(look(&mut pace, 100, 0), Some(Pressure::High), "what was before counts");
        assert_eq!(look(&mut pace, 1_000, 0), Some(Pressure::Calm));
        assert_eq!(look(&mut pace, 1_000, 200), Some(Pressure::Even));
        pace.skipped();
        assert_eq!(look(&mut pace, 1_000, 0), Some(Pressure::High));
        assert_eq!(look(&mut pace, 1_000, 0), Some(Pressure::Calm), "once told, once heeded");
        assert_eq!(look(&mut pace, 20_000, 19_000), Some(Pressure::High));
    }
}
