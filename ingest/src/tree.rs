//! What a JSON text says, as a tree. Keys and texts are those of the message where no escape changes them: a pack of
//! fifty measurements is read without a copy of its words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Number, Value};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number of at most 64 bits.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Tree<'a>>),
    /// An object; no key twice.
    Object(Object<'a>),
}

/// The fields of an object.
pub type Object<'a> = BTreeMap<Cow<'a, str>, Tree<'a>>;

impl<'a> Tree<'a> {
    /// It is `null`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Its truth, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(yes) = self { Some(*yes) } else { None }
    }

    /// Its text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Its number, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.number()?.as_f64()
    }

    /// Its number, if it is a whole one from 0 on.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.number()?.as_u64()
    }

    /// Its number, if it is a whole one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.number()?.as_i64()
    }

    fn number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// Its items, if it is a list.
    #[must_use]
    pub const fn as_list(&self) -> Option<&Vec<Self>> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// Its fields, if it is an object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

/// A copy that owns its words, to be changed and written.
impl From<&Tree<'_>> for Value {
    fn from(tree: &Tree<'_>) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(yes) => Self::Bool(*yes),
            Tree::Number(number) => Self::Number(number.clone()),
            Tree::Text(text) => Self::String(text.as_ref().to_owned()),
            Tree::List(list) => Self::Array(list.iter().map(Self::from).collect()),
            Tree::Object(object) => Self::Object(
                object.iter().map(|(key, value)| (key.as_ref().to_owned(), value.into())).collect(),
            ),
        }
    }
}
