//! Reading JSON in a page, for little weight.
//!
//! Everything that a page is told is JSON text. `serde_json` reads it well, but compiled into a page it
//! makes up a good part of what a wall has to load: for every type it can read a struct from a list too, keep strings
//! by reference or by copy, and put every mistake into words with a line and a column. A page needs none of that: what
//! it cannot read is something that a newer server says, and is passed over. So this reader knows one way to read
//! each type, and one mistake; and it has no tables of powers, which do not compress.
//!
//! **Invariant:** [`read`] takes the texts that `serde_json` takes, and reads the same from them; the exceptions are
//! structs written as lists, and mistakes inside of what nobody asked for. What a page says is written by `serde_json`.

mod access;
mod cursor;
mod number;
mod reader;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use serde::de::{DeserializeOwned, Error, Expected, Unexpected};

/// A text is no JSON, or not of the shape that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not JSON of the expected shape")]
pub struct NotJson;

/// Reads a whole text.
///
/// # Errors
/// [`NotJson`], also when something else than white space follows the value.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, NotJson> {
    let mut reader = reader::Reader::new(text);
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// None of these says what was wrong: with the words would come the code that puts them together.
impl Error for NotJson {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn missing_field(_: &'static str) -> Self {
        Self
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}
