//! A list of things that come and go, each with a key, on a page that is never loaded again.
//!
//! **Invariant:** what is gone is forgotten. Leptos' own `<For>` makes every row a child of the list's owner, and an owner
//! keeps a place for each child that it ever had, about a hundred bytes: a feed of a thousand lines a minute would fill a
//! browser's memory within weeks (`tests/tests/it/soak.rs` watches it). Here a row has an owner of its own, which ends with it.
//!
//! What finds out which rows came, went and moved is there once for all lists, whatever they list: compiled for every
//! type of thing and key it was a tenth of the desk.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

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
    key: impl Fn(&T) -> K + Send + 'static,
    /// Its view.
    children: impl Fn(T) -> N + Send + Sync + 'static,
) -> impl IntoView
where
    I: IntoIterator<Item = T>,
    T: Send + 'static,
    N: IntoView + 'static,
    K: Eq + Hash + Send + Sync + 'static,
{
    let children = Arc::new(children);
    let row = move |thing: T| {
        let key = Key(Arc::new(key(&thing)));
        let children = Arc::clone(&children);
        Row { key, view: Box::new(move || children(thing).into_any()) }
    };
    list(Box::new(move || each().into_iter().map(&row).collect()))
}

/// One thing of any list: how it is drawn, should it be new.
struct Row {
    key: Key,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

fn list(rows: Box<dyn Fn() -> Vec<Row> + Send>) -> AnyView {
    let view = |_place: usize, row: Row| {
        let owner = Owner::default();
        let view = owner.with(row.view);
        (drop, OwnedView::new_with_owner(view, owner))
    };
    (move || keyed(rows(), |row: &Row| row.key.clone(), view)).into_any()
}

/// A key of any type.
#[derive(Clone)]
struct Key(Arc<dyn Same>);

/// What a list asks of a key.
trait Same: Any + Send + Sync {
    fn is(&self, other: &dyn Any) -> bool;
    fn mix(&self, hasher: &mut dyn Hasher);
}

impl<K: Eq + Hash + Send + Sync + 'static> Same for K {
    fn is(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
    fn mix(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        let other: &dyn Any = &*other.0;
        self.0.is(other)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.mix(hasher);
    }
}
