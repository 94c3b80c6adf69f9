//! Messages that a device sent and that never came, by the device's own count.
//!
//! A hole in the count is not our loss: what we acknowledged is stored. It was lost before us, by a broker that died
//! or a device that had no memory left, and a page that did not show it would lie. What comes late closes it.

use serde::{Deserialize, Serialize};

use crate::ids::DeviceId;
use crate::order;
use crate::time::Timestamp;

/// Holes kept of one device, the newest. The journal keeps all.
pub const MAX_MISSING: usize = 32;

/// A hole in a device's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The first number that did not come.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Measured then, by the device's clock: the newest message before the hole.
    pub after: Timestamp,
    /// And the one that showed it.
    pub before: Timestamp,
}

impl Missing {
    /// How many messages.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// Whether a number is in it.
    #[must_use]
    pub const fn has(&self, number: u64) -> bool {
        self.first <= number && number <= self.last
    }
}

/// A device missed some messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingChange {
    /// Whose.
    pub device: DeviceId,
    /// Which.
    pub missing: Missing,
}

/// Notes a hole; the oldest of too many is forgotten.
pub(crate) fn note(holes: &mut Vec<Missing>, missing: Missing) {
    holes.push(missing);
    order::sort_by_key(holes, |hole| (hole.before, hole.first));
    let over = holes.len().saturating_sub(MAX_MISSING);
    holes.drain(..over);
}

/// A message came after all: its hole closes, or is two.
pub(crate) fn found(holes: &mut Vec<Missing>, number: u64) {
    let Some(at) = holes.iter().position(|hole| hole.has(number)) else { return };
    let hole = holes.remove(at);
    if hole.first < number {
        note(holes, Missing { last: number - 1, ..hole });
    }
    if number < hole.last {
        note(holes, Missing { first: number + 1, ..hole });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hole(first: u64, last: u64) -> Missing {
        Missing { first, last, after: Timestamp::from_secs(1), before: Timestamp::from_secs(2) }
    }

    #[test]
    fn what_comes_late_closes_the_hole_from_whichever_end() {
        let mut holes = vec![hole(3, 6)];
        found(&mut holes, 4);
        assert_eq!(holes, [hole(3, 3), hole(5, 6)]);
        found(&mut holes, 9);
        found(&mut holes, 3);
        found(&mut holes, 6);
        found(&mut holes, 5);
        assert_eq!(holes, []);
    }

    #[test]
    fn a_device_that_never_stops_losing_costs_a_page_and_no_more() {
        let mut holes = Vec::new();
        for number in 0..1_000 {
            let before = Timestamp::from_secs(i64::try_from(number).unwrap());
            note(&mut holes, Missing { before, ..hole(number * 2, number * 2) });
        }
        assert_eq!(holes.len(), MAX_MISSING);
        assert_eq!(holes.last().unwrap().first, 1_998);
    }

    proptest! {
        #[test]
        fn no_number_is_lost_or_invented(last in 0_u64..40, found_numbers in proptest::collection::vec(0_u64..50, 0..60)) {
            let mut holes = vec![hole(0, last)];
            let mut expected: std::collections::BTreeSet<u64> = (0..=last).collect();
            for number in found_numbers {
                // Fewer holes than are forgotten.
                if holes.len() < MAX_MISSING {
                    found(&mut holes, number);
                    expected.remove(&number);
                }
            }
            let left: std::collections::BTreeSet<u64> = holes.iter().flat_map(|hole| hole.first..=hole.last).collect();
            prop_assert_eq!(left, expected);
        }
    }
}
