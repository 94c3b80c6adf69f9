//! Which events are known: the identities of the inbox, in memory.
//!
//! The core is the only writer, so its memory is complete for the newest [`MAX_SEEN`] events; the unique key
//! of the inbox stands behind it. What is older than a million events is taken for new.

use std::collections::{HashMap, VecDeque};

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::EventKey;

/// Identities kept: at 10,000 events a day, a hundred days.
pub(super) const MAX_SEEN: usize = 1_000_000;

/// Digest of an identity, and the first bytes of the body's digest.
#[derive(Debug, Default)]
pub(super) struct Seen {
    bodies: HashMap<u128, u64>,
    order: VecDeque<u128>,
}

/// What an arriving event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Familiarity {
    New,
    Same,
    OtherBody,
}

impl Seen {
    pub(super) fn new(recovered: impl IntoIterator<Item = (u128, u64)>) -> Self {
        let mut seen = Self::default();
        for (key, body) in recovered {
            seen.insert(key, body);
        }
        seen
    }

    /// Whether the event is known.
    pub(super) fn look(&self, key: &EventKey, body: &Hash) -> Familiarity {
        match self.bodies.get(&pantau_store::key_digest(key)) {
            Some(known) if *known == pantau_store::body_digest(body) => Familiarity::Same,
            Some(_) => Familiarity::OtherBody,
            None => Familiarity::New,
        }
    }

    /// Whether the event is known; if it is new, it is known from now on.
    pub(super) fn meet(&mut self, key: &EventKey, body: &Hash) -> Familiarity {
        let familiarity = self.look(key, body);
        if familiarity == Familiarity::New {
            self.insert(pantau_store::key_digest(key), pantau_store::body_digest(body));
        }
        familiarity
    }

    fn insert(&mut self, key: u128, body: u64) {
        if self.bodies.insert(key, body).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MAX_SEEN {
            if let Some(oldest) = self.order.pop_front() {
                self.bodies.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_identity_is_a_duplicate_or_a_conflict() {
        let mut seen = Seen::default();
        let key = EventKey::new("/metro/lapor", "1").unwrap();
        assert_eq!(seen.meet(&key, &Hash::of(b"a")), Familiarity::New);
        assert_eq!(seen.meet(&key, &Hash::of(b"a")), Familiarity::Same);
        assert_eq!(seen.meet(&key, &Hash::of(b"b")), Familiarity::OtherBody);
        let other = EventKey::new("/metro/lapor/1", "").is_err();
        assert!(other, "an empty id is no identity");
    }
}
