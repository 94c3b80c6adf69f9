//! What a start brings back.

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{DeviceId, EventKey};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::Head;
use pantau_schemas::world::World;

use crate::batch::SourceTotals;
use crate::letter::LetterTotals;

/// Events whose identities a start brings back to memory, the newest. Older ones are asked for by key.
pub const INBOX_REMEMBERED: u32 = 1_000_000;

/// What the core needs to go on where it stopped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recovered {
    /// The newest snapshot with every later entry applied, their chain verified.
    pub world: World,
    /// The newest sample of every series.
    pub heads: Vec<Head>,
    /// The newest sign of life of every device.
    pub heard: Vec<(DeviceId, Timestamp)>,
    /// [`key_digest`] and [`body_digest`] of the newest [`INBOX_REMEMBERED`] events, oldest first.
    pub inbox: Vec<(u128, u64)>,
    /// The conservation sum.
    pub totals: Vec<SourceTotals>,
    /// What became of dead letters that wait no longer.
    pub letters: Vec<LetterTotals>,
    /// How many entries were applied on top of the snapshot.
    pub entries_replayed: u64,
}

/// Sixteen bytes that stand for an event's identity: a million of them collide with odds of one to 10²⁶.
#[must_use]
pub fn key_digest(key: &EventKey) -> u128 {
    // Neither part can hold a control character, so NUL keeps ("ab", "c") and ("a", "bc") apart.
    let hash = Hash::of(&[key.source.as_bytes(), key.id.as_bytes()].join(&0));
    hash.bytes().first_chunk().map_or(0, |first| u128::from_be_bytes(*first))
}

/// Eight bytes that stand for an event's body, to tell a duplicate from a conflict.
#[must_use]
pub fn body_digest(hash: &Hash) -> u64 {
    hash.bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_differ_only_in_where_the_source_ends_stay_apart() {
        let one = EventKey::new("/metro/a", "b").unwrap();
        let other = EventKey::new("/metro/", "ab").unwrap();
        assert_ne!(key_digest(&one), key_digest(&other));
    }
}
