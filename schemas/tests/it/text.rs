//! Strangers' text before it is shown, and strangers' addresses before anything is stored.

use pantau_schemas::dead_letter::{DeadLetter, MAX_RAW, Reason};
use pantau_schemas::text::{clean, mask_macs};
use pantau_schemas::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::draw;

/// Letters, marks, spaces and what must not be seen, mixed densely.
fn hostile() -> impl Strategy<Value = String> {
    let special: Vec<char> = "\0\u{7}\u{1B}\u{7F}\u{85}\u{AD}\u{34F}\u{61C}\u{180E}\u{200B}\u{200C}\u{200D}\
         \u{200E}\u{200F}\u{2028}\u{2029}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2060}\u{2066}\u{2067}\
         \u{2068}\u{2069}\u{3164}\u{FEFF}\u{FE0F}\u{1BCA0}\u{E0041}\u{FDD0}\u{FFFF}\u{1FFFE}"
        .chars()
        .collect();
    let marks = vec!['\u{301}', '\u{489}', '\u{64B}', '\u{E47}', '\u{20DD}'];
    let c = prop_oneof![
        3 => select(vec!['a', 'é', 'ก', '<', '…', '本', '😀']),
        3 => select(marks),
        2 => select(vec![' ', '\n', '\t', '\u{A0}', '\u{3000}']),
        3 => select(special),
        1 => any::<char>(),
    ];
    vec(c, 0..60).prop_map(|chars| chars.into_iter().collect())
}

/// Controls, bidi controls and zero-width characters, by the Unicode Character Database.
fn forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{00AD}' | '\u{034F}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{FEFF}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}')
}

const SEPARATORS: [&str; 5] = [":", "-", ".", "", "::"];

fn mac() -> impl Strategy<Value = String> {
    (any::<[u8; 6]>(), select(SEPARATORS.to_vec()), any::<[bool; 12]>()).prop_map(
        |(bytes, separator, upper)| {
            let digits: Vec<char> = bytes
                .iter()
                .flat_map(|byte| format!("{byte:02x}").chars().collect::<Vec<char>>())
                .zip(upper)
                .map(|(digit, upper)| if upper { digit.to_ascii_uppercase() } else { digit })
                .collect();
            let size = if separator == "." { 4 } else { 2 };
            digits.chunks(size).map(String::from_iter).collect::<Vec<String>>().join(separator)
        },
    )
}

/// Bytes with MAC addresses in them, also glued to each other and to other digits.
fn with_macs() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => mac().prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..4),
        1 => "[0-9a-fA-F]{1,14}".prop_map(String::into_bytes),
        1 => "[:.\"xg -]{1,2}".prop_map(String::into_bytes),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Where a MAC address begins, found the slow way.
fn mac_at(bytes: &[u8]) -> Option<usize> {
    let shape = |window: &[u8]| -> String {
        window.iter().map(|b| if b.is_ascii_hexdigit() { 'h' } else { char::from(*b) }).collect()
    };
    let separated = |at: usize| {
        let rest = &bytes[at..];
        let is = |len: usize, shapes: &[&str]| {
            rest.get(..len).is_some_and(|w| shapes.contains(&shape(w).as_str()))
        };
        is(17, &["hh:hh:hh:hh:hh:hh", "hh-hh-hh-hh-hh-hh"]) || is(14, &["hhhh.hhhh.hhhh"])
    };
    let bare = |at: usize| {
        let run = bytes[at..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let begins = at == 0 || !bytes[at - 1].is_ascii_hexdigit();
        let letter = bytes[at..].iter().take(run).any(u8::is_ascii_alphabetic);
        let quoted = at > 0 && bytes[at - 1] == b'"' && bytes.get(at + run) == Some(&b'"');
        begins && run == 12 && (letter || quoted)
    };
    (0..bytes.len()).find(|at| separated(*at) || bare(*at))
}

proptest! {
    #![proptest_config(draw::cases(1_000))]

    #[test]
    fn what_is_shown_holds_nothing_that_deceives(text in hostile(), max in 0usize..50) {
        let shown = clean(&text, max);
        prop_assert!(!shown.chars().any(forbidden), "{:?}", shown);
        prop_assert!(shown.chars().count() <= max);
        prop_assert_eq!(shown.trim(), shown.as_str());
        prop_assert_eq!(clean(&shown, max), shown.as_str(), "cleaning twice is cleaning once");
    }

    #[test]
    fn plain_text_is_shown_as_it_is(text in "[!-~]{1,9}( [!-~]{1,9}){0,4}") {
        prop_assert_eq!(clean(&text, 60), text);
    }

    #[test]
    fn no_mac_address_is_left_and_nothing_moves(bytes in with_macs()) {
        let masked = mask_macs(&bytes);
        prop_assert_eq!(masked.len(), bytes.len());
        prop_assert_eq!(mac_at(&masked), None, "{:?}", masked.escape_ascii().to_string());
        for (before, after) in bytes.iter().zip(&masked) {
            prop_assert!(before == after || (before.is_ascii_hexdigit() && *after == b'x'));
        }
        if mac_at(&bytes).is_none() {
            prop_assert_eq!(&masked, &bytes, "bytes without a MAC address stay as they came");
        }
        prop_assert_eq!(mask_macs(&masked), masked);
    }

    #[test]
    fn numbers_of_a_message_stay_numbers(whole in any::<u64>(), real in any::<f64>(), time in draw::moment()) {
        let text = format!(r#"{{"a":{whole},"b":{real},"c":["{time}",{whole}]}}"#);
        prop_assert_eq!(mask_macs(text.as_bytes()), text.as_bytes());
    }
}

proptest! {
    // Each of these letters is as long as one may be.
    #![proptest_config(draw::cases(40))]

    #[test]
    fn a_dead_letter_keeps_no_mac_address_wherever_it_stood(mac in mac(), at in 0usize..40) {
        prop_assume!(mac_at(mac.as_bytes()).is_some());
        let mut raw = vec![b' '; MAX_RAW - at];
        raw.extend(mac.as_bytes());
        let quoted = format!("\"{mac}\" is no text");
        let pointer = format!("/clients/{mac}/signal");
        let letter = DeadLetter::new(Timestamp::EPOCH, "mqtt", "t", Reason::Schema, &pointer, &quoted, &raw);
        prop_assert!(letter.raw.len() <= MAX_RAW);
        let digits = letter.raw.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
        prop_assert_eq!(digits, 0, "a piece of a MAC address is left at the edge");
        prop_assert_eq!(mac_at(letter.detail.as_bytes()), None);
        prop_assert_eq!(mac_at(letter.pointer.as_bytes()), None);
    }
}
