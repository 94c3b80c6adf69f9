//! Text that strangers wrote, made safe to look at.
//!
//! Complaints, device names and SSIDs come from anybody. What is *kept* is kept as it came (raw bytes in the
//! inbox and the dead letters); what is *shown* goes through [`clean`] first, so that no bidi override turns
//! a line round, no zero-width letter hides a word, and no 10 kB word reaches a layout. Markup needs no care
//! here: pages only ever create text nodes.

/// Combining marks allowed on one letter; Vietnamese needs two, Arabic with vowels three.
const MAX_MARKS: usize = 3;

/// `text` for the eye: controls, bidi controls and invisible characters removed, white space folded, stacks
/// of combining marks cut to three, at most `max_chars` characters (the last then is `…`).
#[must_use]
pub fn clean(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut chars = 0usize;
    let mut marks = 0usize;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if c.is_control() || is_invisible(c) {
            continue;
        }
        if is_mark(c) {
            marks += 1;
            if marks > MAX_MARKS || out.is_empty() {
                continue;
            }
        } else {
            marks = 0;
        }
        let needed = usize::from(gap) + 1;
        if chars + needed > max_chars {
            while chars + 1 > max_chars && out.pop().is_some() {
                chars -= 1;
            }
            if max_chars > 0 {
                out.push('…');
            }
            return out;
        }
        if gap {
            out.push(' ');
            gap = false;
        }
        out.push(c);
        chars += needed;
    }
    out
}

/// Characters that have no ink and can change how others are read: bidi controls, zero-width characters,
/// variation selectors, tags, fillers, private use and non-characters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FDD0}'..='\u{FDEF}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        | '\u{F0000}'..='\u{10FFFF}')
        // The last two of each plane are no characters.
        || u32::from(c) & 0xFFFE == 0xFFFE
}

fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}'
        | '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}'
        | '\u{06DF}'..='\u{06E4}' | '\u{0E31}' | '\u{0E34}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}'
        | '\u{0EB1}' | '\u{0EB4}'..='\u{0EBC}' | '\u{0EC8}'..='\u{0ECE}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Masks what looks like a MAC address with `x`, in any bytes; the length stays.
///
/// A MAC is six pairs of hex digits with `:` or `-`, three groups of four with `.`, or twelve hex digits that
/// stand alone and are no decimal number (a quoted one is no number). Client MACs are personal data and are
/// not stored, not even in the raw bytes of a dead letter; so what is glued to other digits is masked too.
#[must_use]
pub fn mask_macs(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    // The separated spellings first: what they leave is then seen with its new neighbours.
    let mut at = 0;
    while at < out.len() {
        at += mask(&mut out, at, separated);
    }
    let mut at = 0;
    while at < out.len() {
        at += mask(&mut out, at, bare);
    }
    out
}

/// Masks what `find` measures at `at`; how far to go on.
fn mask(bytes: &mut [u8], at: usize, find: impl Fn(&[u8], usize) -> Option<usize>) -> usize {
    let Some(len) = find(bytes, at) else { return 1 };
    for byte in bytes.iter_mut().skip(at).take(len).filter(|byte| byte.is_ascii_hexdigit()) {
        *byte = b'x';
    }
    len
}

fn hex(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_hexdigit)
}

/// Length of the separated MAC address that begins at `at`.
fn separated(bytes: &[u8], at: usize) -> Option<usize> {
    let groups = |count: usize, digits: usize, separators: &[u8]| {
        let separator = bytes.get(at + digits).filter(|byte| separators.contains(byte))?;
        let fits = (0..count).all(|group| {
            let start = at + group * (digits + 1);
            (0..digits).all(|digit| hex(bytes, start + digit))
                && (group + 1 == count || bytes.get(start + digits) == Some(separator))
        });
        fits.then_some(count * (digits + 1) - 1)
    };
    groups(6, 2, b":-").or_else(|| groups(3, 4, b"."))
}

/// Length of the MAC address without separators that begins at `at`.
fn bare(bytes: &[u8], at: usize) -> Option<usize> {
    const LEN: usize = 12;
    let before = at.checked_sub(1);
    let alone = (0..LEN).all(|digit| hex(bytes, at + digit))
        && !hex(bytes, at + LEN)
        && before.is_none_or(|before| !hex(bytes, before));
    let quoted =
        before.and_then(|before| bytes.get(before)) == Some(&b'"') && bytes.get(at + LEN) == Some(&b'"');
    let letter = bytes.iter().skip(at).take(LEN).any(u8::is_ascii_alphabetic);
    (alone && (letter || quoted)).then_some(LEN)
}

/// [`mask_macs`] for text.
#[must_use]
pub fn mask_macs_text(text: &str) -> String {
    // Only ASCII letters and digits are replaced, by ASCII, so this is UTF-8 as before.
    String::from_utf8(mask_macs(text.as_bytes())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bidi_zero_width_and_controls_leave_no_trace() {
        assert_eq!(clean("a\u{202E}b\u{200B}c\0d\u{2066}e", 99), "abcde");
        assert_eq!(clean("  a \n\t b  ", 99), "a b");
    }

    #[test]
    fn a_ten_kilobyte_word_is_cut_and_says_so() {
        let cut = clean(&"x".repeat(10_000), 80);
        assert_eq!(cut.chars().count(), 80);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn stacked_marks_stop_at_three() {
        let zalgo = format!("e{}", "\u{0301}".repeat(50));
        assert_eq!(clean(&zalgo, 99).chars().count(), 4);
    }

    #[test]
    fn markup_is_text_and_stays() {
        assert_eq!(clean("<script>alert(1)</script>", 99), "<script>alert(1)</script>");
    }

    #[test]
    fn macs_are_masked_in_every_spelling() {
        let masked = |text: &str| String::from_utf8(mask_macs(text.as_bytes())).unwrap();
        assert_eq!(masked("\"AC:84:C6:00:11:22\""), "\"xx:xx:xx:xx:xx:xx\"");
        assert_eq!(masked("mac=ac-84-c6-00-11-22;"), "mac=xx-xx-xx-xx-xx-xx;");
        assert_eq!(masked("ac84c6001122"), "xxxxxxxxxxxx");
        assert_eq!(masked("1795320669000"), "1795320669000");
        assert_eq!(masked("ac84.c600.1122"), "xxxx.xxxx.xxxx");
        assert_eq!(masked("MACAC:84:C6:00:11:22AC:84:C6:00:11:22"), "MACxx:xx:xx:xx:xx:xxxx:xx:xx:xx:xx:xx");
        assert_eq!(
            masked(r#"{"mac":"001122334455","rx":001122334455}"#),
            r#"{"mac":"xxxxxxxxxxxx","rx":001122334455}"#
        );
    }

    #[test]
    fn stacks_stop_at_three_in_thai_too() {
        let tower = format!("ก{}", "\u{0E47}".repeat(50));
        assert_eq!(clean(&tower, 99).chars().count(), 4);
    }
}
