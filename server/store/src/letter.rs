//! Dead letters on their way in, and what becomes of them later.

use std::collections::HashMap;

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::hash::Hash;
use pantau_schemas::observation::Source;
use pantau_schemas::time::Timestamp;

/// How many dead letters may wait; the oldest of whoever has more go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterQuota {
    /// Of one way in. As many that were replayed are remembered.
    pub per_source: u32,
    /// Of one device, so that one that babbles costs nobody else's letters.
    pub per_device: u32,
}

impl Default for LetterQuota {
    /// No limit.
    fn default() -> Self {
        Self { per_source: u32::MAX, per_device: u32::MAX }
    }
}

/// A dead letter that was read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Its number.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Why it still is one; `None` when it was understood.
    pub still: Option<Still>,
}

/// Why a letter still is one: takes the place of what it said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// The kind of fault.
    pub reason: Reason,
    /// JSON pointer to the culprit.
    pub pointer: String,
    /// What is wrong, for a person.
    pub detail: String,
}

/// Messages of one way in that were dead letters once, since the journal began. With those that wait they make up all
/// that were dead-lettered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterTotals {
    /// The way in by which they came.
    pub source: Source,
    /// Replayed and understood.
    pub replayed: u64,
    /// Gone because there were too many, or because their time was over.
    pub dropped: u64,
}

/// A letter of a batch, with those of the batch that are equal to it.
pub(crate) struct Folded<'a> {
    pub(crate) letter: &'a DeadLetter,
    /// What makes it equal to others; `None` if it is like no other.
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) count: i64,
    pub(crate) last: Timestamp,
}

/// Folds equal letters of a batch, so that no statement meets one row twice. The first of each stays in its place.
pub(crate) fn fold(letters: &[DeadLetter]) -> Vec<Folded<'_>> {
    let mut folded: Vec<Folded<'_>> = Vec::with_capacity(letters.len());
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for letter in letters {
        let key = letter.folds().then(|| key(letter));
        let known = key.as_ref().and_then(|key| places.get(key)).and_then(|place| folded.get_mut(*place));
        match known {
            Some(known) => {
                known.count += 1;
                known.last = known.last.max(letter.received);
            }
            None => {
                if let Some(key) = &key {
                    places.insert(key.clone(), folded.len());
                }
                folded.push(Folded { letter, key, count: 1, last: letter.received });
            }
        }
    }
    folded
}

/// Sixteen bytes that stand for everything that makes a letter equal to another.
fn key(letter: &DeadLetter) -> Vec<u8> {
    let mut text = Vec::with_capacity(letter.raw.len() + 256);
    let reason = letter.reason.as_str();
    for part in [&letter.source, &letter.topic, &letter.speaker, reason, &letter.pointer] {
        text.extend_from_slice(part.as_bytes());
        // None of them can hold a control character.
        text.push(0);
    }
    text.extend_from_slice(&letter.size.to_be_bytes());
    text.extend_from_slice(&letter.raw);
    let hash = Hash::of(&text);
    hash.bytes().first_chunk::<16>().map_or_else(Vec::new, |first| first.to_vec())
}

/// Devices and ways in of a batch's letters, each once, in order: where the quota is to be looked at.
pub(crate) fn touched(letters: &[Folded<'_>]) -> (Vec<String>, Vec<(String, String)>) {
    let mut devices: Vec<(String, String)> = letters
        .iter()
        .filter_map(|folded| Some((folded.letter.source.clone(), folded.letter.device.as_ref()?.to_string())))
        .collect();
    devices.sort_unstable();
    devices.dedup();
    let mut sources: Vec<String> = letters.iter().map(|folded| folded.letter.source.clone()).collect();
    sources.sort_unstable();
    sources.dedup();
    (sources, devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(second: i64, topic: &str, raw: &[u8]) -> DeadLetter {
        DeadLetter::new(Timestamp::from_secs(second), "mqtt", topic, Reason::UnknownDevice, "", "", raw)
    }

    #[test]
    fn equal_letters_of_a_batch_are_one_and_others_stay_apart() {
        let letters = [
            letter(1, "a/state", b"ready"),
            letter(3, "a/state", b"ready"),
            letter(2, "a/state", b"ready"),
            letter(4, "b/state", b"ready"),
            letter(5, "a/state", b"lost"),
            letter(6, "a/tele/senml", b"[]"),
            letter(7, "a/tele/senml", b"[]"),
        ];
        let folded: Vec<_> =
            fold(&letters).iter().map(|f| (f.letter.received, f.count, f.last, f.key.is_some())).collect();
        let at = Timestamp::from_secs;
        assert_eq!(
            folded,
            [
                (at(1), 3, at(3), true),
                (at(4), 1, at(4), true),
                (at(5), 1, at(5), true),
                (at(6), 1, at(6), false),
                (at(7), 1, at(7), false),
            ]
        );
    }
}
