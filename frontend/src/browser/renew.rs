//! A page that loads itself anew. Kept in the session, so that the new page knows of the old one's haste.

use super::{best_effort, monotonic_ms, now};
use crate::live::renewal::APART_MS;

/// Where the time of the last reload is kept.
const KEY: &str = "pantau.reloaded";

/// How long ago this window reloaded itself last, ms; `None` when it never did. Where a session keeps nothing, the
/// page's own age is the answer: then no page reloads itself in its first minute.
pub(crate) fn since_reload_ms() -> Option<f64> {
    let Some(storage) = storage() else { return Some(monotonic_ms()) };
    let last = storage.get_item(KEY).ok().flatten()?.parse::<i64>().ok()?;
    let since = now().millis() - last;
    // A clock that was set back proves nothing.
    if since < 0 { None } else { u32::try_from(since).map_or(Some(f64::MAX), |since| Some(f64::from(since))) }
}

/// Loads the page anew.
pub(crate) fn reload() {
    if let Some(storage) = storage() {
        best_effort(storage.set_item(KEY, &now().millis().to_string()));
    }
    if let Some(window) = web_sys::window() {
        best_effort(window.location().reload());
    }
}

/// Loads the page anew, unless it did a moment ago: what a reload did not repair is not repaired by the next one.
pub(crate) fn reload_at_most_once_a_minute() {
    if since_reload_ms().is_none_or(|since| since >= APART_MS) {
        reload();
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
