//! Segments that wait for a source buffer, which takes one at a time.
//!
//! **Bound and policy:** [`MAX_BYTES`] and [`MAX_SEGMENTS`], `SkipToKeyFrame`: a full backlog is emptied, and
//! nothing is taken before the next key frame. An initialisation segment is never lost: the newest one is kept and
//! comes again before that key frame.

use std::collections::VecDeque;

/// Most bytes that wait.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most segments that wait: four seconds at 30 a second.
pub const MAX_SEGMENTS: usize = 120;

/// What the next piece to append is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<T> {
    /// An initialisation segment: what it is, and its bytes.
    Init(String, T),
    /// A media segment.
    Segment(T),
}

#[derive(Debug)]
struct Media<T> {
    bytes: usize,
    data: T,
    /// The initialisation segment that goes before it.
    init: Option<(String, T)>,
}

/// The backlog of one tile.
#[derive(Debug)]
pub struct Backlog<T> {
    waiting: VecDeque<Media<T>>,
    bytes: usize,
    wants_key: bool,
    /// The stream's own, for every new beginning.
    init: Option<(String, T)>,
    /// It was not appended since the last new beginning or change of stream.
    unsaid: bool,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, wants_key: true, init: None, unsaid: false }
    }
}

impl<T: Clone> Backlog<T> {
    /// Another stream follows, of this type and with this initialisation segment.
    pub fn stream(&mut self, mime: String, data: T) {
        self.init = Some((mime, data));
        self.unsaid = true;
        self.wants_key = true;
    }

    /// Takes a media segment. Gives how many were lost by it: those that waited when there was no room, or itself
    /// when a key frame is needed first.
    pub fn push(&mut self, data: T, bytes: usize, key: bool) -> u64 {
        let mut lost = 0;
        if self.waiting.len() >= MAX_SEGMENTS || self.bytes.saturating_add(bytes) > MAX_BYTES {
            lost = self.clear();
        }
        if self.init.is_none() || (self.wants_key && !key) {
            return lost + 1;
        }
        self.wants_key = false;
        let init = if self.unsaid { self.init.clone() } else { None };
        self.unsaid = false;
        self.bytes = self.bytes.saturating_add(bytes);
        self.waiting.push_back(Media { bytes, data, init });
        lost
    }

    /// How many segments wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What to append next.
    pub fn take_next(&mut self) -> Option<Piece<T>> {
        if let Some((mime, data)) = self.waiting.front_mut()?.init.take() {
            return Some(Piece::Init(mime, data));
        }
        let next = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(next.bytes);
        Some(Piece::Segment(next.data))
    }

    /// The source buffer had no room for this one: it comes again.
    pub fn put_back(&mut self, data: T, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.waiting.push_front(Media { bytes, data, init: None });
    }

    /// Forgets what waits, up to the next key frame that comes. Gives how many were lost.
    pub fn clear(&mut self) -> u64 {
        self.unsaid |= self.waiting.iter().any(|media| media.init.is_some());
        let lost = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        self.waiting.clear();
        self.bytes = 0;
        self.wants_key = true;
        lost
    }

    /// A new source buffer, which knows nothing of the stream yet. Gives how many segments were lost.
    pub fn anew(&mut self) -> u64 {
        let lost = self.clear();
        self.unsaid = true;
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn init(name: &str) -> Piece<u32> {
        Piece::Init(name.to_owned(), 0)
    }

    fn all(backlog: &mut Backlog<u32>) -> Vec<Piece<u32>> {
        std::iter::from_fn(|| backlog.take_next()).collect()
    }

    #[test]
    fn a_stream_begins_with_its_header_and_a_key_frame() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.push(1, 10, true), 1, "of what stream?");
        backlog.stream("a".into(), 0);
        assert_eq!(backlog.push(2, 10, false), 1);
        assert_eq!(backlog.push(3, 10, true) + backlog.push(4, 10, false), 0);
        assert_eq!(all(&mut backlog), [init("a"), Piece::Segment(3), Piece::Segment(4)]);
    }

    #[test]
    fn another_stream_waits_for_its_turn() {
        let mut backlog = Backlog::default();
        backlog.stream("a".into(), 0);
        backlog.push(1, 10, true);
        backlog.stream("b".into(), 0);
        assert_eq!(backlog.push(2, 10, false), 1, "of the new stream, and no beginning");
        backlog.push(3, 10, true);
        assert_eq!(all(&mut backlog), [init("a"), Piece::Segment(1), init("b"), Piece::Segment(3)]);
    }

    #[test]
    fn a_full_backlog_goes_on_at_a_key_frame_and_keeps_the_header() {
        let mut backlog = Backlog::default();
        backlog.stream("a".into(), 0);
        let fits = u32::try_from(MAX_SEGMENTS).unwrap();
        assert_eq!((0..fits).map(|n| backlog.push(n, 1, n == 0)).sum::<u64>(), 0);
        assert_eq!(backlog.waiting(), MAX_SEGMENTS);
        assert_eq!(backlog.push(fits, 1, false), u64::from(fits) + 1);
        assert_eq!(backlog.push(fits + 1, 1, false), 1);
        assert_eq!(backlog.push(fits + 2, 1, true), 0);
        assert_eq!(all(&mut backlog), [init("a"), Piece::Segment(fits + 2)]);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut backlog = Backlog::default();
        backlog.stream("a".into(), 0);
        assert_eq!(backlog.push(1, MAX_BYTES, true), 0);
        assert_eq!(backlog.push(2, 1, true), 1, "the first one makes room");
        assert_eq!(all(&mut backlog), [init("a"), Piece::Segment(2)]);
        assert_eq!(backlog.push(3, MAX_BYTES, false), 0, "what was taken out does not count");
        assert_eq!(all(&mut backlog), [Piece::Segment(3)]);
    }

    #[test]
    fn a_new_source_buffer_is_told_everything_again() {
        let mut backlog = Backlog::default();
        backlog.stream("a".into(), 0);
        backlog.push(1, 1, true);
        assert_eq!(all(&mut backlog).len(), 2);
        assert_eq!(backlog.push(2, 1, false), 0);
        assert_eq!(backlog.anew(), 1);
        assert_eq!((backlog.push(3, 1, false), backlog.push(4, 1, true)), (1, 0));
        assert_eq!(all(&mut backlog), [init("a"), Piece::Segment(4)]);
    }

    #[test]
    fn what_was_put_back_comes_first() {
        let mut backlog = Backlog::default();
        backlog.stream("a".into(), 0);
        backlog.push(1, 1, true);
        backlog.push(2, 1, false);
        assert_eq!(all(&mut backlog).len(), 3);
        backlog.push(3, 1, false);
        backlog.put_back(2, 1);
        assert_eq!(backlog.waiting(), 2);
        assert_eq!(all(&mut backlog), [Piece::Segment(2), Piece::Segment(3)]);
    }
}
