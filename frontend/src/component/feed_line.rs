//! The bottom of the wall: the newest words of the agencies.

use leptos::prelude::*;

use crate::component::each::Each;
use crate::format::span;
use crate::live::city::City;
use crate::view::feed::{Item, feed};

/// Lines beside each other.
const LIMIT: usize = 2;

#[component]
pub(crate) fn FeedLine(city: City) -> impl IntoView {
    let text = city.text;
    let all = Memo::new(move |_| city.of_feed(|r| feed(r.world(), LIMIT)));
    let empty = Memo::new(move |_| city.known.get() && all.with(Vec::is_empty));
    let cell = move |item: Item| {
        let age = move || (text.ago)(&span(text, city.now.get().millis_since(item.at)));
        view! {
            <li>
                <p class="title"><bdi>{item.title}</bdi></p>
                <p class="from">
                    <span>{item.step.map(text.complaint_step)}</span>
                    <bdi>{item.agency}</bdi>
                    <time>{age}</time>
                </p>
            </li>
        }
    };
    view! {
        <footer class="feed" aria-label=text.feed>
            <ul>
                <Each each=move || all.get() key=|item| (item.key.clone(), item.step, item.at) children=cell/>
            </ul>
            <p class="nothing" hidden=move || !empty.get()>{text.feed_empty}</p>
        </footer>
    }
}
