//! What may hang on a screen as a whole, and what is kept of it under a name.

use serde::{Deserialize, Serialize};

use super::label::Label;
use super::layout::Layout;
use crate::ids::PresetId;
use crate::tagged::tagged;

/// What hangs on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Content {
    /// Cells that somebody laid out.
    Layout(Layout),
    /// Every camera, grouped by category, beside the city's figures: the page arranges it by itself. Also what a
    /// reader of an older version makes of a kind that it does not know.
    #[default]
    #[serde(other)]
    Auto,
}

tagged!(Content, "kind");

impl Content {
    /// The layout, where there is one.
    #[must_use]
    pub const fn layout(&self) -> Option<&Layout> {
        match self {
            Self::Layout(layout) => Some(layout),
            Self::Auto => None,
        }
    }

    /// Moving tiles that somebody chose. What a page arranges by itself is context.
    #[must_use]
    pub fn moving(&self) -> usize {
        self.layout().map_or(0, Layout::moving)
    }
}

/// The key that calls a preset up, 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PresetNumber(u8);

/// A number without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and 9")]
pub struct NumberError;

impl PresetNumber {
    /// Checks and takes the number.
    ///
    /// # Errors
    /// [`NumberError`] when no key has it.
    pub const fn new(number: u8) -> Result<Self, NumberError> {
        if matches!(number, 1..=9) { Ok(Self(number)) } else { Err(NumberError) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for PresetNumber {
    type Error = NumberError;
    fn try_from(number: u8) -> Result<Self, NumberError> {
        Self::new(number)
    }
}

impl From<PresetNumber> for u8 {
    fn from(number: PresetNumber) -> Self {
        number.0
    }
}

/// A content with a name, for any screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// Its identity.
    pub id: PresetId,
    /// Its name.
    pub name: Label,
    /// Its key, if it has one; no two presets have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PresetNumber>,
    /// What it hangs.
    pub content: Content,
}
