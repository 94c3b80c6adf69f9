//! What a row or a tile reads of things that outlive it.
//!
//! **Invariant:** what is gone is forgotten. In Leptos a reader that ends stays in the list of whatever it read, a few
//! hundred bytes each: a wall whose tours go on for a month would fill a browser's memory. What the city tells forgets its
//! readers whenever it tells them (`live::tell`). Everything else that is older than its reader, a list's memo or a desk's
//! signal, is read through [`follow`].

use leptos::prelude::*;
use leptos::reactive::graph::{Subscriber, ToAnySubscriber};

/// A memo that lets go of what it follows when its owner ends.
pub(crate) fn follow<T: PartialEq + Send + Sync + 'static>(
    value: impl Fn(Option<&T>) -> T + Send + Sync + 'static,
) -> Memo<T> {
    let memo = ArcMemo::new(value);
    let reader = memo.to_any_subscriber();
    on_cleanup(move || reader.clear_sources(&reader));
    memo.into()
}
