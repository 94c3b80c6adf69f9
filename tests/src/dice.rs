//! Chance that can be repeated: the same seed rolls the same, in every build.

use std::time::Duration;

/// `SplitMix64` (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for a part of a run, so that one part's rolls do not move another's.
    #[must_use]
    pub fn of(seed: u64, part: &str) -> Self {
        let mixed = part.bytes().fold(seed, |sum, byte| Self(sum ^ u64::from(byte)).roll());
        Self(mixed)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// A time from `shortest` to `longest`.
    pub fn time(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let span = u64::try_from(longest.saturating_sub(shortest).as_micros()).unwrap_or(u64::MAX);
        shortest + Duration::from_micros(self.below(span.saturating_add(1)))
    }

    /// Puts these into another order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, cards: &mut [T]) {
        for last in (1..cards.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(0);
            cards.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_rolls_the_same_everywhere_and_parts_do_not_disturb_each_other() {
        let mut dice = Dice::new(1);
        assert_eq!([dice.roll(), dice.roll()], [0x910A_2DEC_8902_5CC1, 0xBEEB_8DA1_658E_EC67]);
        let (mut one, mut other) = (Dice::of(7, "a"), Dice::of(7, "b"));
        assert_ne!(one.roll(), other.roll());
        let span = (Duration::from_millis(3), Duration::from_millis(9));
        assert!((0..1_000).all(|_| (span.0..=span.1).contains(&dice.time(span.0, span.1))));
    }
}
