//! How long to wait before the next attempt: doubling, bounded, jittered.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(500);
/// The longest; a broker that is back is found within it.
const LONGEST: Duration = Duration::from_secs(10);
/// The wait after a refusal that no retry mends: a person has to.
const STUBBORN: Duration = Duration::from_secs(30);
/// A connection that lived this long clears the failures before it.
pub(crate) const SUSTAINED: Duration = Duration::from_secs(30);
/// Doublings after which `LONGEST` is reached.
const MAX_DOUBLINGS: u32 = 5;

/// The wait after `failures` in a row (1 for the first), between half and the whole of its bound; `dice` lies
/// in 0..1. Jitter keeps a city's servers from coming back in the same moment.
pub(crate) fn wait(failures: u32, stubborn: bool, dice: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(MAX_DOUBLINGS));
    let bound = if stubborn { STUBBORN } else { doubled.min(LONGEST) };
    bound.mul_f64(0.5 + 0.5 * dice.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_bound_and_are_never_nothing() {
        assert_eq!(wait(1, false, 0.0), Duration::from_millis(250));
        assert_eq!(wait(1, false, 1.0), Duration::from_millis(500));
        assert_eq!(wait(3, false, 1.0), Duration::from_secs(2));
        for failures in [6, 7, 1000, u32::MAX] {
            assert_eq!(wait(failures, false, 1.0), Duration::from_secs(10));
        }
        assert_eq!(wait(1, true, 1.0), Duration::from_secs(30));
    }
}
