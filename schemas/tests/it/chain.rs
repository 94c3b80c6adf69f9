//! The hash chain: whoever changes the past is found out.

use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Number, Value};

use crate::draw;
use crate::samples::entries;

/// The first entry that does not follow from the ones before.
fn broken(journal: &[Entry]) -> Option<usize> {
    let mut previous = Hash::ZERO;
    journal.iter().position(|entry| {
        let link = Hash::chain(&previous, entry.canonical().unwrap().as_bytes());
        previous = entry.hash;
        link != entry.hash
    })
}

/// Pointers to every leaf.
fn leaves(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| leaves(inner, &format!("{at}/{key}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| leaves(inner, &format!("{at}/{index}"), out));
        }
        _ => out.push(at.to_owned()),
    }
}

/// Another value of the same type, as near as can be.
fn tamper(leaf: &mut Value) {
    *leaf = match &*leaf {
        Value::Null => Value::Bool(false),
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => Value::from(whole ^ 1),
            None => {
                let bits = number.as_f64().unwrap().to_bits() ^ 1;
                Number::from_f64(f64::from_bits(bits)).map_or(Value::from(0.5), Value::Number)
            }
        },
        // The last digit of a hash, the last letter of a word; of a time, the second.
        Value::String(text) => match text.strip_suffix('Z').map(|time| time.replace("1.", "2.")) {
            Some(time) if time.len() > 18 => Value::String(format!("{time}1Z")),
            _ if text.ends_with('0') => Value::String(format!("{}1", text.trim_end_matches('0'))),
            _ => {
                let mut text = text.clone();
                let last = text.pop();
                text.push(if last == Some('1') { '2' } else { '1' });
                Value::String(text)
            }
        },
        Value::Array(_) | Value::Object(_) => unreachable!("a leaf"),
    };
}

proptest! {
    #![proptest_config(draw::cases(256))]

    #[test]
    fn a_sealed_journal_verifies_also_after_a_journey_as_json(journal in draw::journal(12)) {
        prop_assert_eq!(broken(&journal), None);
        let text = serde_json::to_string(&journal).unwrap();
        let read: Vec<Entry> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(broken(&read), None);
        prop_assert_eq!(read, journal);
    }

    #[test]
    fn a_change_to_any_field_is_found_at_its_entry(journal in draw::journal(6), which in any::<Index>(), field in any::<Index>()) {
        let at = which.index(journal.len());
        let mut value = serde_json::to_value(&journal[at]).unwrap();
        let mut pointers = Vec::new();
        leaves(&value, "", &mut pointers);
        let pointer = &pointers[field.index(pointers.len())];
        tamper(value.pointer_mut(pointer).unwrap());
        // What cannot be read any more is found out as well.
        if let Ok(entry) = serde_json::from_value::<Entry>(value) {
            prop_assume!(entry != journal[at]);
            let mut journal = journal;
            journal[at] = entry;
            prop_assert_eq!(broken(&journal), Some(at), "{} was changed unseen", pointer);
        }
    }

    #[test]
    fn a_missing_a_doubled_and_a_swapped_entry_are_found(journal in draw::journal(8), which in any::<Index>()) {
        prop_assume!(journal.len() >= 2);
        let at = which.index(journal.len() - 1);
        let mut missing = journal.clone();
        missing.remove(at);
        prop_assert_eq!(broken(&missing), Some(at));
        let mut doubled = journal.clone();
        doubled.insert(at, journal[at].clone());
        prop_assert_eq!(broken(&doubled), Some(at + 1));
        let mut swapped = journal;
        swapped.swap(at, at + 1);
        prop_assert_eq!(broken(&swapped), Some(at));
    }
}

#[test]
fn every_single_field_of_every_kind_of_entry_is_covered_by_the_hash() {
    let journal: Vec<Entry> = entries().into_iter().map(|(_, entry)| entry).collect();
    let mut changed = 0;
    for (at, entry) in journal.iter().enumerate() {
        let value = serde_json::to_value(entry).unwrap();
        let mut pointers = Vec::new();
        leaves(&value, "", &mut pointers);
        for pointer in pointers {
            let mut value = value.clone();
            tamper(value.pointer_mut(&pointer).unwrap());
            let Ok(entry) = serde_json::from_value::<Entry>(value) else { continue };
            let mut journal = journal.clone();
            journal[at] = entry;
            assert_eq!(broken(&journal), Some(at), "{pointer} of entry {at} was changed unseen");
            changed += 1;
        }
    }
    assert!(changed > 80, "only {changed} fields could be changed");
}

#[test]
fn a_position_that_json_cannot_hold_is_no_entry() {
    let (_, sample) = entries().into_iter().find(|(name, _)| *name == "complaint_received").unwrap();
    for wrong in [f64::NAN, f64::INFINITY] {
        let mut change = sample.change.clone();
        if let Change::ComplaintReceived { complaint, .. } = &mut change {
            complaint.position = Some([wrong, 0.0]);
        }
        let sealed =
            Entry::seal(Seq(1), Timestamp::EPOCH, Actor::system(), Cause::Timer, change, &Hash::ZERO);
        assert!(sealed.is_err(), "{wrong} would be written as null and never be read again");
    }
}
