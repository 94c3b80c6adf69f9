//! The last group of pictures, shared by everyone who looks.
//!
//! Holds everything from the newest key frame on, and what came before it for as long as a viewer may lag.
//! **Invariant:** bounded in bytes and in frames; the oldest go first. A viewer keeps no place here: it brings
//! its position and is told what to do, so a viewer costs the ring nothing. Policy of the edge: `SkipToKeyFrame`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::frame::{AccessUnit, StreamParameters};

/// An access unit with what it needs to be decoded.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) unit: Arc<AccessUnit>,
    pub(crate) parameters: Arc<StreamParameters>,
    pub(crate) arrived: Instant,
}

/// Bounds of a ring.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) frames: usize,
    pub(crate) lag: Duration,
}

/// Where a viewer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// Nowhere yet: it begins at the newest key frame.
    Start,
    /// It wants the frame of this index next.
    At(u64),
}

/// What a viewer gets.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) entry: Entry,
    /// Where this frame stands.
    pub(crate) index: u64,
    /// Frames between the viewer's position and this frame.
    pub(crate) skipped: u64,
    /// Nothing comes after it yet.
    pub(crate) newest: bool,
}

/// The frames of one stream.
#[derive(Debug)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    /// Index of the front entry.
    first: u64,
    newest_key: Option<u64>,
    bytes: usize,
    bounds: Bounds,
}

impl Ring {
    pub(crate) const fn new(bounds: Bounds) -> Self {
        Self { entries: VecDeque::new(), first: 0, newest_key: None, bytes: 0, bounds }
    }

    /// Index that the next frame will have.
    pub(crate) fn end(&self) -> u64 {
        self.first + u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        let (index, now) = (self.end(), entry.arrived);
        if entry.unit.key {
            self.newest_key = Some(index);
        }
        self.bytes += entry.unit.data.len();
        self.entries.push_back(entry);
        while self.first_is_spent(now) {
            self.pop();
        }
    }

    /// The stream ended: what is here is no longer "now", and a new viewer must not take it for that.
    pub(crate) fn clear(&mut self) {
        self.first = self.end();
        self.entries = VecDeque::new();
        self.newest_key = None;
        self.bytes = 0;
    }

    /// The frame for a viewer at `position`, if there is one.
    pub(crate) fn take(&self, position: Position) -> Option<Taken> {
        let Position::At(wanted) = position else {
            return self.taken(self.newest_key?, 0);
        };
        if wanted >= self.end() {
            return None;
        }
        let at_position = self.get(wanted);
        let behind = at_position.is_none_or(|entry| self.is_late(entry));
        match self.newest_key.filter(|key| behind && *key > wanted) {
            Some(index) => self.taken(index, index - wanted),
            // Overwritten, and the key frame after it too: nothing can be decoded until the next one.
            None => self.taken(wanted, 0),
        }
    }

    fn taken(&self, index: u64, skipped: u64) -> Option<Taken> {
        let entry = self.get(index)?.clone();
        Some(Taken { entry, index, skipped, newest: index + 1 == self.end() })
    }

    fn get(&self, index: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }

    fn is_late(&self, entry: &Entry) -> bool {
        let newest = self.entries.back().map_or(entry.arrived, |newest| newest.arrived);
        newest.saturating_duration_since(entry.arrived) > self.bounds.lag
    }

    fn first_is_spent(&self, now: Instant) -> bool {
        let Some(front) = self.entries.front() else { return false };
        let over = self.bytes > self.bounds.bytes || self.entries.len() > self.bounds.frames;
        let old = self.newest_key.is_none_or(|key| self.first < key)
            && now.saturating_duration_since(front.arrived) > self.bounds.lag;
        over || old
    }

    fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes = self.bytes.saturating_sub(entry.unit.data.len());
            if self.newest_key == Some(self.first) {
                self.newest_key = None;
            }
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pantau_schemas::time::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { bytes: 1_000, frames: 50, lag: Duration::from_millis(1_500) };

    fn parameters() -> Arc<StreamParameters> {
        Arc::new(StreamParameters {
            codec: "avc1.4d401e".into(),
            description: Bytes::new(),
            width: 16,
            height: 16,
        })
    }

    fn entry(index: u64, key: bool, size: usize, arrived: Instant) -> Entry {
        let unit = AccessUnit {
            sequence: u32::try_from(index).unwrap(),
            key,
            disposable: false,
            discontinuity: false,
            capture: Timestamp::EPOCH,
            received: Timestamp::EPOCH,
            data: Bytes::from(vec![0; size]),
        };
        Entry { unit: Arc::new(unit), parameters: parameters(), arrived }
    }

    /// Ten frames a second, a key frame every `gop`.
    fn filled(bounds: Bounds, frames: u64, gop: u64, size: usize) -> Ring {
        let (mut ring, start) = (Ring::new(bounds), Instant::now());
        for index in 0..frames {
            ring.push(entry(index, index % gop == 0, size, start + Duration::from_millis(100 * index)));
        }
        ring
    }

    #[test]
    fn a_new_viewer_begins_at_the_newest_key_frame() {
        let ring = filled(BOUNDS, 25, 10, 1);
        let first = ring.take(Position::Start).unwrap();
        assert_eq!((first.index, first.skipped, first.entry.unit.key), (20, 0, true));
    }

    #[test]
    fn a_viewer_that_is_a_little_late_loses_nothing() {
        let ring = filled(BOUNDS, 25, 10, 1);
        let taken = ring.take(Position::At(15)).unwrap();
        assert_eq!((taken.index, taken.skipped), (15, 0));
    }

    #[test]
    fn a_viewer_that_lags_skips_to_the_newest_key_frame_and_knows_how_many_it_lost() {
        let ring = filled(BOUNDS, 25, 10, 1);
        let taken = ring.take(Position::At(4)).unwrap();
        assert_eq!((taken.index, taken.skipped, taken.entry.unit.key), (20, 16, true));
    }

    #[test]
    fn a_late_viewer_without_a_newer_key_frame_goes_on_in_its_own_group() {
        let ring = filled(BOUNDS, 40, 40, 1);
        assert_eq!(ring.take(Position::At(3)).map(|taken| (taken.index, taken.skipped)), Some((3, 0)));
    }

    #[test]
    fn a_group_larger_than_the_ring_starts_nobody_but_keeps_those_who_follow() {
        let ring = filled(BOUNDS, 30, 1_000, 100);
        assert!(ring.take(Position::Start).is_none());
        assert!(ring.take(Position::At(2)).is_none());
        assert_eq!(ring.take(Position::At(29)).map(|taken| taken.index), Some(29));
    }

    #[test]
    fn what_was_before_the_end_of_the_stream_is_gone_and_counted() {
        let mut ring = filled(BOUNDS, 12, 10, 1);
        ring.clear();
        assert!(ring.take(Position::Start).is_none() && ring.take(Position::At(5)).is_none());
        ring.push(entry(12, true, 1, Instant::now() + Duration::from_secs(60)));
        assert_eq!(ring.take(Position::At(5)).map(|taken| (taken.index, taken.skipped)), Some((12, 7)));
    }

    proptest! {
        /// Whatever comes, and however slowly a viewer takes it: the bounds hold, every frame is either
        /// given or counted as skipped, order is kept, and after a gap comes a key frame.
        #[test]
        fn nothing_is_lost_uncounted(
            frames in prop::collection::vec((any::<bool>(), 0usize..400, 0u64..900, 0usize..4), 1..200),
        ) {
            let mut ring = Ring::new(BOUNDS);
            let mut now = Instant::now();
            let (mut position, mut given, mut skipped) = (Position::Start, 0u64, 0u64);
            let mut began = None;
            for (index, (key, size, pause, takes)) in frames.into_iter().enumerate() {
                now += Duration::from_millis(pause);
                ring.push(entry(u64::try_from(index).unwrap(), key, size, now));
                prop_assert!(ring.bytes <= BOUNDS.bytes && ring.entries.len() <= BOUNDS.frames);
                prop_assert_eq!(ring.bytes, ring.entries.iter().map(|entry| entry.unit.data.len()).sum::<usize>());
                for _ in 0..takes {
                    let Some(taken) = ring.take(position) else { break };
                    let begin = *began.get_or_insert(taken.index);
                    prop_assert_eq!(u64::from(taken.entry.unit.sequence), taken.index);
                    prop_assert!(taken.entry.unit.key || (taken.skipped == 0 && position != Position::Start));
                    given += 1;
                    skipped += taken.skipped;
                    prop_assert_eq!(begin + given + skipped, taken.index + 1);
                    position = Position::At(taken.index + 1);
                }
            }
        }
    }
}
