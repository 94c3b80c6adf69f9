//! When to connect again: from a quarter of a second to four seconds, with jitter, for ever.

/// The first wait, ms.
const FIRST_MS: u32 = 250;
/// The longest wait, ms. Short, because a wall that is back two seconds after its server is the promise.
const LAST_MS: u32 = 4_000;

/// Counts failures in a row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait, ms: between half and all of the step, so that two hundred walls do not come back at
    /// once. `random` is in `0.0..1.0`.
    pub fn next_ms(&mut self, random: f64) -> u32 {
        let step = FIRST_MS.saturating_mul(1 << self.failures.min(8)).min(LAST_MS);
        self.failures = self.failures.saturating_add(1);
        let half = step / 2;
        // Thousandths keep the sum in whole numbers.
        let thousandths = (1..=1_000_u32).find(|n| random * 1_000.0 < f64::from(*n)).unwrap_or(1_000);
        half + half * thousandths / 1_000
    }

    /// A connection proved good: the next failure starts over.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_four_seconds_and_stay_there() {
        let mut backoff = Backoff::default();
        let waits: Vec<u32> = (0..8).map(|_| backoff.next_ms(0.999)).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000]);
        backoff.reset();
        assert!((125..=126).contains(&backoff.next_ms(0.0)));
    }
}
