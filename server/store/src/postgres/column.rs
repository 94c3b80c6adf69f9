//! Rows as columns: one statement with an array for each column writes any number of rows.

use std::borrow::Cow;

/// One column of many rows.
pub(super) fn column<'a, T, V>(rows: &'a [T], of: impl Fn(&'a T) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

/// PostgreSQL's text cannot hold NUL, and a batch that is refused for ever would hold up all others.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}
