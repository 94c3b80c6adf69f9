//! Signals that forget whom they told.
//!
//! Leptos keeps every reader of a signal in its list, also one that ended: rows and tiles that come and go would fill the
//! list, and every second would walk along all of them. Whoever is still there reads again once told, and is in the list again.

use leptos::prelude::*;
use leptos::reactive::graph::Source;

/// Tells everybody who reads this, and forgets them.
pub(super) fn tell(source: impl Notify + Source) {
    source.notify();
    source.clear_subscribers();
}

/// Sets a signal, tells everybody who reads it, and forgets them.
pub(super) fn put<T: Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    signal.update_untracked(|now| *now = value);
    tell(signal);
}
