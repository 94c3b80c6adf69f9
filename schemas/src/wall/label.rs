//! Names that people give: one short line, safe to look at.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::clean;

/// Longest label in characters: what fits on a wall at the size it is read from.
pub const MAX_LABEL: usize = 80;

/// A line for people: trimmed, without control and invisible characters, 1 to [`MAX_LABEL`] characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Nothing is left of it that could be seen.
    #[error("has nothing to read")]
    Empty,
    /// It does not fit.
    #[error("is longer than {MAX_LABEL} characters")]
    TooLong,
}

impl Label {
    /// Cleans and takes the text.
    ///
    /// # Errors
    /// [`LabelError`] says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, LabelError> {
        let cleaned = clean(text, MAX_LABEL + 1);
        match cleaned.chars().count() {
            0 => Err(LabelError::Empty),
            1..=MAX_LABEL => Ok(Self(cleaned)),
            _ => Err(LabelError::TooLong),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Label {
    type Error = LabelError;
    fn try_from(text: String) -> Result<Self, LabelError> {
        Self::new(&text)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_that_can_be_read() {
        assert_eq!(Label::new("  Pagi\u{202E} \n hari ").unwrap().as_str(), "Pagi hari");
        assert_eq!(Label::new(" \u{200B}\0 "), Err(LabelError::Empty));
        assert!(Label::new(&"x".repeat(MAX_LABEL)).is_ok());
        assert_eq!(Label::new(&"x".repeat(MAX_LABEL + 1)), Err(LabelError::TooLong));
    }
}
