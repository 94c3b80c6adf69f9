//! The text and how far it is read: white space, words, strings, and whole values that nobody wants.

use std::borrow::Cow;

use super::NotJson;
use super::number::Number;

/// Most lists and objects inside each other, and one; as `serde_json` has it.
const DEPTH: u8 = 128;

/// A place in a text.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// How many more lists and objects may be opened.
    room: u8,
}

impl<'t> Cursor<'t> {
    /// The beginning of a text.
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0, room: DEPTH }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space; it stays.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Passes over this byte, which must be the next.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.peek() != Some(byte) {
            return Err(NotJson);
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over this word, which must be the next.
    pub(super) fn word(&mut self, word: &str) -> Result<(), NotJson> {
        let _there = self.peek();
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(NotJson);
        }
        self.at += word.len();
        Ok(())
    }

    /// Opens a list or an object.
    pub(super) fn open(&mut self, bracket: u8) -> Result<(), NotJson> {
        self.expect(bracket)?;
        self.room -= 1;
        if self.room == 0 { Err(NotJson) } else { Ok(()) }
    }

    /// Whether something stands before the closing bracket; passes over the comma before it.
    pub(super) fn more(&mut self, bracket: u8, first: bool) -> Result<bool, NotJson> {
        if self.peek() == Some(bracket) {
            return Ok(false);
        }
        if !first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Closes what was opened.
    pub(super) fn close(&mut self, bracket: u8) -> Result<(), NotJson> {
        self.expect(bracket)?;
        self.room += 1;
        Ok(())
    }

    /// The number that comes next.
    pub(super) fn number(&mut self) -> Result<Number, NotJson> {
        let _there = self.peek();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (number, length) = Number::first_in(rest)?;
        self.at += length;
        Ok(number)
    }

    /// The string that comes next.
    pub(super) fn string(&mut self) -> Result<Cow<'t, str>, NotJson> {
        self.expect(b'"')?;
        let text = self.text;
        let mut whole = Cow::Borrowed("");
        loop {
            let rest = text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).ok_or(NotJson)?;
            let end = self.at + plain;
            let run = text.get(self.at..end).ok_or(NotJson)?;
            if whole.is_empty() {
                whole = Cow::Borrowed(run);
            } else {
                whole.to_mut().push_str(run);
            }
            self.at = end + 1;
            match rest.get(plain) {
                Some(b'"') => return Ok(whole),
                Some(b'\\') => whole.to_mut().push(self.escaped()?),
                _ => return Err(NotJson),
            }
        }
    }

    /// The character that stands behind a backslash.
    fn escaped(&mut self) -> Result<char, NotJson> {
        let byte = self.byte().ok_or(NotJson)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                // A character beyond the first 65,536 is written as two halves, and never as one.
                let Some(high) = unit.checked_sub(0xD800).filter(|high| *high < 0x400) else {
                    return char::from_u32(unit).ok_or(NotJson);
                };
                if self.byte() != Some(b'\\') {
                    return Err(NotJson);
                }
                self.at += 1;
                if self.byte() != Some(b'u') {
                    return Err(NotJson);
                }
                self.at += 1;
                let low = self.unit()?.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(NotJson)?;
                char::from_u32(0x1_0000 + (high << 10) + low).ok_or(NotJson)?
            }
            _ => return Err(NotJson),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, NotJson> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16)).ok_or(NotJson)?;
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// Passes over a whole value.
    pub(super) fn skip(&mut self) -> Result<(), NotJson> {
        match self.peek().ok_or(NotJson)? {
            b'"' => drop(self.string()?),
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            open @ (b'{' | b'[') => {
                // Both brackets close two places behind where they open.
                let close = open + 2;
                self.open(open)?;
                let mut first = true;
                while self.more(close, first)? {
                    first = false;
                    if open == b'{' {
                        drop(self.string()?);
                        self.expect(b':')?;
                    }
                    self.skip()?;
                }
                self.close(close)?;
            }
            _ => drop(self.number()?),
        }
        Ok(())
    }

    /// Nothing may follow but white space.
    pub(super) fn end(&mut self) -> Result<(), NotJson> {
        if self.peek().is_none() { Ok(()) } else { Err(NotJson) }
    }
}
