//! Typed access to the fields of a JSON object that knows where it is, so that every fault names its place.
//!
//! `null` counts as absent, and unknown fields are nobody's business: newer senders may say more.

use std::borrow::Cow;

use pantau_schemas::ids::IdError;
use pantau_schemas::text::clean;
use pantau_schemas::time::Timestamp;

use crate::fault::Fault;
use crate::json;
use crate::tree::{Object, Tree};

/// The empty Braille cell: a letter to Unicode, nothing to the eye.
const BLANK: char = '\u{2800}';

/// The fields of one object.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    map: &'a Object<'a>,
    at: Place,
}

/// Where an object stands: put into words only for a fault.
#[derive(Debug)]
enum Place {
    /// At this JSON pointer.
    At(String),
    /// In the list that is the whole text, so many after the first.
    Item(usize),
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which stands at the JSON pointer `at`.
    pub(crate) fn of(value: &'a Tree<'a>, at: &str) -> Result<Self, Fault> {
        Self::at(value, Place::At(at.to_owned()))
    }

    /// The fields of an item of the list that is the whole text.
    pub(crate) fn of_item(value: &'a Tree<'a>, index: usize) -> Result<Self, Fault> {
        Self::at(value, Place::Item(index))
    }

    fn at(value: &'a Tree<'a>, at: Place) -> Result<Self, Fault> {
        match value.as_object() {
            Some(map) => Ok(Self { map, at }),
            None => Err(Fault::schema(at.pointer(), "must be an object")),
        }
    }

    /// The JSON pointer of a field.
    pub(crate) fn pointer(&self, key: &str) -> String {
        json::pointer(&self.at.pointer(), key)
    }

    /// The names of the fields.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.map.keys().map(AsRef::as_ref)
    }

    /// A schema fault at a field.
    pub(crate) fn fault(&self, key: &str, detail: impl Into<String>) -> Fault {
        Fault::schema(self.pointer(key), detail)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Tree<'a>> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        key: &str,
        what: &str,
        take: impl FnOnce(&'a Tree<'a>) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        take(value).map(Some).ok_or_else(|| self.fault(key, format!("must be {what}")))
    }

    /// The value, or the fault that it is missing.
    pub(crate) fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| self.fault(key, "is missing"))
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>, Fault> {
        self.typed(key, "a text", Tree::as_str)
    }

    /// A text for the eye, cleaned; `None` when nothing of it can be seen.
    pub(crate) fn shown(&self, key: &str, max_chars: usize) -> Result<Option<String>, Fault> {
        let text = self.text(key)?.map(|text| clean(text, max_chars));
        Ok(text.filter(|text| text.chars().any(|c| !c.is_whitespace() && c != BLANK)))
    }

    /// A text for the eye that must be there and be visible.
    pub(crate) fn required_shown(&self, key: &str, max_chars: usize) -> Result<String, Fault> {
        let shown = self.shown(key, max_chars)?;
        if shown.is_none() && self.get(key).is_some() {
            return Err(self.fault(key, "holds nothing that can be seen"));
        }
        self.required(key, shown)
    }

    /// A finite number.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>, Fault> {
        self.typed(key, "a number", Tree::as_f64)
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, Fault> {
        self.typed(key, "true or false", Tree::as_bool)
    }

    pub(crate) fn unsigned(&self, key: &str) -> Result<Option<u64>, Fault> {
        self.typed(key, "a whole number from 0 on", Tree::as_u64)
    }

    pub(crate) fn signed(&self, key: &str) -> Result<Option<i64>, Fault> {
        self.typed(key, "a whole number", Tree::as_i64)
    }

    pub(crate) fn time(&self, key: &str) -> Result<Option<Timestamp>, Fault> {
        self.typed(key, "a time as RFC 3339 writes it", |value| value.as_str()?.parse().ok())
    }

    pub(crate) fn object(&self, key: &str) -> Result<Option<Self>, Fault> {
        self.get(key).map(|value| Self::of(value, &self.pointer(key))).transpose()
    }

    pub(crate) fn list(&self, key: &str) -> Result<Option<&'a Vec<Tree<'a>>>, Fault> {
        self.typed(key, "a list", Tree::as_list)
    }

    /// An identity.
    pub(crate) fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, IdError>,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        parse(text).map(Some).map_err(|error| self.fault(key, error.to_string()))
    }
}

impl Place {
    fn pointer(&self) -> Cow<'_, str> {
        match self {
            Self::At(at) => Cow::Borrowed(at),
            Self::Item(index) => Cow::Owned(format!("/{index}")),
        }
    }
}
