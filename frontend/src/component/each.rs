//! A list of things that come and go, each with a key, on a page that is never loaded again.
//!
//! **Invariant:** what is gone is forgotten. Leptos' own `<For>` makes every row a child of the list's owner, and an owner
//! keeps a place for each child that it ever had, about a hundred bytes: a feed of a thousand lines a minute would fill a
//! browser's memory within weeks (`tests/tests/it/soak.rs` watches it). Here a row has an owner of its own, which ends with it.

use std::hash::Hash;

use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::view::keyed::keyed;

/// The same as `<For>`, but rows see no context of the page's.
#[component]
pub(crate) fn Each<I, T, N, K>(
    /// The things.
    each: impl Fn() -> I + Send + 'static,
    /// What makes one of them the same as before.
    key: impl Fn(&T) -> K + Send + Clone + 'static,
    /// Its view.
    children: impl Fn(T) -> N + Send + Clone + 'static,
) -> impl IntoView
where
    I: IntoIterator<Item = T> + Send + 'static,
    T: Send + 'static,
    N: IntoView + 'static,
    K: Eq + Hash + 'static,
{
    let row = move |_place: usize, thing: T| {
        let owner = Owner::default();
        let view = owner.with(|| children(thing));
        (drop, OwnedView::new_with_owner(view, owner))
    };
    move || keyed(each(), key.clone(), row.clone())
}
