//! The last player: a camera's own still pictures, where the browser can play nothing else of it.
//!
//! The page asks for one every few seconds (`GET /v1/cameras/{id}/still.jpg`), and says of each how old it is: it is
//! never a live one. A camera that gives none is asked again rarely.

use pantau_schemas::time::Timestamp;

/// Between two pictures, ms.
const EVERY_MS: u64 = 5_000;
/// After a failure: the camera may have none at all.
const REST_MS: u64 = 60_000;
/// An answer that takes longer is none. The server itself waits 5 s for the camera.
const WITHIN_MS: u64 = 10_000;
/// The server passes on what is at most so old, ms.
const SERVED_MS: i64 = 1_000;

/// The still pictures of one tile. Times are the server's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stills {
    /// Asked for, and not answered.
    asked: Option<Timestamp>,
    /// Of the picture that is there: when it was taken, at the earliest.
    taken: Option<Timestamp>,
    /// Not to ask before.
    next: Option<Timestamp>,
}

impl Stills {
    /// Looks at the clock; `true` when a picture is to be asked for. While none is wanted there is none.
    pub fn look(&mut self, wanted: bool, now: Timestamp) -> bool {
        if !wanted {
            *self = Self::default();
            return false;
        }
        if self.asked.is_some_and(|asked| now.millis_since(asked).unsigned_abs() > WITHIN_MS) {
            self.failed(now);
        }
        let due = self.asked.is_none() && self.next.is_none_or(|next| now >= next);
        if due {
            self.asked = Some(now);
        }
        due
    }

    /// The picture is there. It counts as taken a second before it was asked for: no tile says that it is younger than it is.
    pub fn came(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.taken = Some(asked.plus_millis(-SERVED_MS));
            self.next = Some(asked.plus_millis(EVERY_MS.cast_signed()));
        }
    }

    /// There is none, and the one before is no longer shown: a picture of unknown age helps nobody.
    pub fn failed(&mut self, now: Timestamp) {
        *self = Self { next: Some(now.plus_millis(REST_MS.cast_signed())), ..Self::default() };
    }

    /// When the picture that is there was taken, at the earliest.
    #[must_use]
    pub const fn taken(&self) -> Option<Timestamp> {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_000 + seconds)
    }

    #[test]
    fn one_is_asked_for_at_a_time_and_every_few_seconds() {
        let mut stills = Stills::default();
        assert!(!stills.look(false, at(0)), "nobody wants one");
        assert!(stills.look(true, at(0)));
        assert!(!stills.look(true, at(1)), "it is under way");
        assert_eq!(stills.taken(), None);
        stills.came();
        assert_eq!(stills.taken(), Some(at(-1)));
        assert!(!stills.look(true, at(4)));
        assert!(stills.look(true, at(5)));
        assert_eq!(stills.taken(), Some(at(-1)), "the one before stays while the next is under way");
        stills.came();
        assert_eq!(stills.taken(), Some(at(4)));
        assert!(!stills.look(false, at(6)));
        assert_eq!(stills.taken(), None, "the camera plays again");
    }

    #[test]
    fn a_camera_without_one_is_asked_rarely_and_shows_none() {
        let mut stills = Stills::default();
        assert!(stills.look(true, at(0)));
        stills.failed(at(1));
        assert!(!stills.look(true, at(60)));
        assert!(stills.look(true, at(61)));
        stills.came();
        assert!(stills.look(true, at(66)));
        // No answer at all is an answer.
        assert!(!stills.look(true, at(76)));
        assert!(!stills.look(true, at(77)));
        assert_eq!(stills.taken(), None);
        assert!(stills.look(true, at(137)));
    }
}
