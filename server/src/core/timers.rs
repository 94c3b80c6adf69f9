//! When to wake the engine: at most one armed time per timer, checked against the truth when it runs out.
//!
//! A sign of life moves the deadline later without touching the heap; the timer that runs out too early is
//! simply armed anew. So a device costs one heap operation per interval, not one per message. A deadline that
//! moves nearer is armed beside the old one, which is then passed over.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use pantau_engine::Timer;
use pantau_schemas::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, Timer)>>,
    armed: HashMap<Timer, Timestamp>,
}

impl Timers {
    /// Makes sure that the timer is looked at by `deadline`.
    pub(super) fn arm(&mut self, timer: &Timer, deadline: Timestamp) {
        if self.armed.get(timer).is_none_or(|armed| deadline < *armed) {
            self.armed.insert(timer.clone(), deadline);
            self.heap.push(Reverse((deadline, timer.clone())));
        }
    }

    /// The next timer that ran out by `now`; it is disarmed.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Timer> {
        loop {
            let Reverse((deadline, _)) = self.heap.peek()?;
            if *deadline > now {
                return None;
            }
            let Reverse((deadline, timer)) = self.heap.pop()?;
            if self.armed.get(&timer) == Some(&deadline) {
                self.armed.remove(&timer);
                return Some(timer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::ids::ScreenId;

    #[test]
    fn a_deadline_that_moves_nearer_is_kept_and_fires_once() {
        let at = Timestamp::from_secs;
        let tour = Timer::Tour(ScreenId::new("main").unwrap());
        let mut timers = Timers::default();
        timers.arm(&tour, at(3_600));
        timers.arm(&tour, at(3));
        timers.arm(&tour, at(60));
        assert_eq!(timers.due(at(2)), None);
        assert_eq!(timers.due(at(4)), Some(tour.clone()));
        assert_eq!(timers.due(at(9_999)), None, "the older time was passed over");
        timers.arm(&tour, at(10_000));
        assert_eq!(timers.due(at(10_000)), Some(tour));
    }
}
