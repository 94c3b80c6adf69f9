//! When views follow what came: states within two frames of a screen, values four times a second, however fast they come.
//!
//! **Invariant:** one timer counts at a time, so views are computed anew at most thirty times a second.

use super::replica::Touched;

/// States reach the screen within this, ms: two frames of a 60 Hz screen.
pub const STATES_MS: u32 = 33;
/// Values reach the screen within this, ms: nobody reads faster.
pub const VALUES_MS: u32 = 250;

/// What is newer than what is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repaint {
    waiting: Touched,
    soon: bool,
    turn: u32,
}

/// A timer to start: what it is to bring back, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// In how many ms.
    pub ms: u32,
    /// For [`Repaint::due`].
    pub turn: u32,
}

impl Repaint {
    /// Something came. The timer to start, where none that runs is as soon.
    #[must_use]
    pub fn touch(&mut self, touched: Touched) -> Option<Timer> {
        if touched.is_empty() {
            return None;
        }
        let first = self.waiting.is_empty();
        self.waiting = self.waiting.and(touched);
        let values = touched == Touched { heads: true, ..Touched::default() };
        let (new, ms) =
            if values { (first, VALUES_MS) } else { (!std::mem::replace(&mut self.soon, true), STATES_MS) };
        new.then(|| {
            self.turn = self.turn.wrapping_add(1);
            Timer { ms, turn: self.turn }
        })
    }

    /// A timer is over: what is to be shown now. Nothing where a sooner one took its place: else timers would pile up, and
    /// with them views.
    #[must_use]
    pub fn due(&mut self, turn: u32) -> Touched {
        if turn == self.turn { self.flush() } else { Touched::default() }
    }

    /// What is to be shown now, whatever timer runs.
    #[must_use]
    pub fn flush(&mut self) -> Touched {
        self.turn = self.turn.wrapping_add(1);
        self.soon = false;
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VALUES: Touched =
        Touched { registry: false, devices: false, feed: false, heads: true, walls: false, server: false };
    const STATES: Touched = Touched { devices: true, heads: false, ..VALUES };

    #[test]
    fn states_overtake_values() {
        let mut repaint = Repaint::default();
        assert_eq!(repaint.touch(Touched::default()), None);
        let slow = repaint.touch(VALUES).unwrap();
        let fast = repaint.touch(STATES).unwrap();
        assert_eq!((slow.ms, fast.ms), (VALUES_MS, STATES_MS));
        assert_eq!(repaint.touch(VALUES), None);
        assert_eq!(repaint.due(fast.turn), STATES.and(VALUES));
        assert_eq!(repaint.touch(STATES).map(|timer| timer.ms), Some(STATES_MS));
        assert_eq!(repaint.due(slow.turn), Touched::default(), "it was overtaken");
        assert_eq!(repaint.flush(), STATES);
    }

    proptest! {
        /// However fast what comes: it is shown in time, and views are computed at most thirty times a second.
        #[test]
        fn a_flood_costs_thirty_views_a_second(
            came in proptest::collection::vec((0u32..40, any::<bool>()), 1..400)
        ) {
            let (mut repaint, mut timers) = (Repaint::default(), Vec::<(u32, u32)>::new());
            let (mut now, mut oldest, mut last) = (0, None::<u32>, None::<u32>);
            for (later, state) in came {
                let next = now + later;
                timers.sort_unstable();
                while let Some((at, turn)) = timers.first().copied().filter(|&(at, _)| at <= next) {
                    timers.remove(0);
                    let shown = repaint.due(turn);
                    if shown.is_empty() {
                        continue;
                    }
                    prop_assert!(last.is_none_or(|last| at >= last + STATES_MS), "twice within two frames");
                    last = Some(at);
                    if let (true, Some(since)) = (shown.devices, oldest.take()) {
                        prop_assert!(at <= since + STATES_MS, "a state was late");
                    }
                }
                prop_assert!(timers.len() <= 2 + usize::try_from(VALUES_MS / STATES_MS).unwrap(), "timers pile up");
                now = next;
                let timer = repaint.touch(if state { STATES } else { VALUES });
                timers.extend(timer.map(|timer| (now + timer.ms, timer.turn)));
                if state {
                    oldest.get_or_insert(now);
                }
            }
        }
    }
}
