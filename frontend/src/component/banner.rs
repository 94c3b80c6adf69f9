//! What concerns the whole page, over its full width: the link is down, history is not being saved.

use leptos::prelude::*;

use crate::format::{moment, span};
use crate::live::city::City;

/// A difference of clocks that people would notice, ms.
const CLOCK_OFF_MS: i64 = 2_000;

/// At most one banner: the worst.
#[component]
pub(crate) fn Banner(city: City) -> impl IntoView {
    let text = city.text;
    let words = Memo::new(move |_| {
        let now = city.now.get();
        let at = |time| moment(text, city.zone(), time, now);
        if let Some(since) = city.silent.get() {
            return Some(("lost", (text.link_lost)(&at(since))));
        }
        if let Some(since) = city.store_down() {
            let words =
                since.map_or_else(|| text.store_down.to_owned(), |since| (text.store_down_since)(&at(since)));
            return Some(("store", words));
        }
        if city.caught_up.get() {
            return Some(("again", text.caught_up.to_owned()));
        }
        let skew = city.skew_ms.get().abs();
        (skew >= CLOCK_OFF_MS).then(|| ("clock", (text.clock_off)(&span(text, skew))))
    });
    view! {
        <div
            class="banner"
            role="status"
            data-kind=move || words.get().map(|(kind, _)| kind)
            hidden=move || words.get().is_none()
        >
            {move || words.get().map(|(_, words)| words)}
        </div>
    }
}
