//! How long commits take and how long sources wait for theirs, for `/metrics`: histograms with fixed bounds.
//!
//! A histogram of the metrics library takes its lock for every value; here a whole commit is noted at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds, seconds: dense around what is promised (a commit within 20 ms, an acknowledgement within 50 ms), and as
/// far as a store may take to answer. `f64::MAX` stands for infinity, as the metrics library has it.
const BOUNDS: [f64; 20] = [
    0.001,
    0.002,
    0.003,
    0.005,
    0.0075,
    0.01,
    0.015,
    0.02,
    0.025,
    0.03,
    0.04,
    0.05,
    0.075,
    0.1,
    0.2,
    0.5,
    1.0,
    5.0,
    30.0,
    f64::MAX,
];

/// Shared with the page that shows them; clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    commits: Durations,
    waits: Durations,
}

/// A histogram.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Durations {
    counts: [u64; BOUNDS.len()],
    sum: f64,
}

impl Durations {
    fn note(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = BOUNDS.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.sum += seconds;
    }

    /// All of them, seconds.
    pub(crate) const fn sum(&self) -> f64 {
        self.sum
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each bound with how many lie between it and the one before.
    pub(crate) fn buckets(&self) -> [(f64, u64); BOUNDS.len()] {
        let mut counts = self.counts.iter();
        BOUNDS.map(|bound| (bound, counts.next().copied().unwrap_or_default()))
    }
}

impl Pace {
    /// A commit took so long, and its messages had waited so long when it was durable.
    pub(super) fn note(&self, commit: Duration, waits: impl Iterator<Item = Duration>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.commits.note(commit);
        waits.for_each(|wait| inner.waits.note(wait));
    }

    /// From the hand-over to the store until a batch was durable, retries included.
    pub(crate) fn commits(&self) -> Durations {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).commits
    }

    /// From the core's taking a message in until its acknowledgement, of messages that somebody waits for.
    pub(crate) fn waits(&self) -> Durations {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_once_at_the_first_bound_that_it_does_not_exceed() {
        let pace = Pace::default();
        pace.note(Duration::from_millis(20), [1, 1, 120_000].map(Duration::from_millis).into_iter());
        let commits: Vec<_> = pace.commits().buckets().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(commits, [(0.02, 1)]);
        let waits: Vec<_> = pace.waits().buckets().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(waits, [(0.001, 2), (f64::MAX, 1)]);
        assert_eq!((pace.waits().count(), pace.waits().sum()), (3, 120.002));
    }
}
