//! One bell per viewer with up to 128 buttons: which of its streams have something new.
//!
//! The cost is on the side that waits: ringing is one atomic "or", and only the first ring since the viewer
//! last looked wakes it. A viewer of twelve tiles has one bell, not twelve channels.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Slots of one signal.
pub const MAX_SLOTS: u16 = 128;

/// A viewer's bell.
#[derive(Debug, Default)]
pub struct Signal {
    slots: [AtomicU64; 2],
    waker: Notify,
}

impl Signal {
    /// A bell that has not rung.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Marks a slot and wakes who waits. A slot from [`MAX_SLOTS`] on is ignored.
    pub fn ring(&self, slot: u16) {
        let Some(word) = self.slots.get(usize::from(slot >> 6)) else { return };
        // Who finds bits in the word knows that its first ringer has woken the viewer already.
        if word.fetch_or(1 << (slot & 63), Ordering::AcqRel) == 0 {
            self.waker.notify_one();
        }
    }

    /// Waits until a slot is marked, then takes and clears all marks. For one waiter.
    pub async fn wait(&self) -> Ready {
        loop {
            let ready = self.take();
            if !ready.is_empty() {
                return ready;
            }
            self.waker.notified().await;
        }
    }

    /// Takes and clears all marks without waiting.
    pub fn take(&self) -> Ready {
        let [low, high] = &self.slots;
        let take = |word: &AtomicU64| match word.load(Ordering::Acquire) {
            0 => 0,
            _ => word.swap(0, Ordering::AcqRel),
        };
        Ready { words: [take(low), take(high)] }
    }
}

/// The slots that rang; an iterator over them, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ready {
    words: [u64; 2],
}

impl Ready {
    /// No slot rang.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let [low, high] = self.words;
        low == 0 && high == 0
    }
    /// This slot rang.
    #[must_use]
    pub fn contains(&self, slot: u16) -> bool {
        self.words.get(usize::from(slot >> 6)).is_some_and(|word| word & (1 << (slot & 63)) != 0)
    }
}

impl Iterator for Ready {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let (base, word) = match &mut self.words {
            [0, 0] => return None,
            [0, high] => (64, high),
            [low, _] => (0, low),
        };
        let bit = word.trailing_zeros();
        *word &= *word - 1;
        u16::try_from(bit).ok().map(|bit| base + bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_slot_that_rang_is_told_once() {
        let signal = Signal::new();
        for slot in [0, 63, 64, 127, 64] {
            signal.ring(slot);
        }
        let ready = signal.wait().await;
        assert!(ready.contains(64) && !ready.contains(65));
        assert_eq!(ready.collect::<Vec<_>>(), [0, 63, 64, 127]);
        assert!(signal.take().is_empty());
    }

    #[tokio::test]
    async fn a_slot_out_of_range_harms_nobody() {
        let signal = Signal::new();
        signal.ring(MAX_SLOTS);
        signal.ring(u16::MAX);
        assert!(signal.take().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_ring_is_lost_between_two_waits() {
        let signal = Signal::new();
        let bell = Arc::clone(&signal);
        let mut ringer = tokio::task::JoinSet::new();
        ringer.spawn(async move {
            for turn in 0..20_000_u16 {
                bell.ring(turn % 100);
                if turn % 7 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            bell.ring(127);
        });
        let all = async { while !signal.wait().await.contains(127) {} };
        tokio::time::timeout(std::time::Duration::from_secs(10), all).await.expect("a ring was lost");
    }
}
