//! The dead letters: how many of each reason, and the newest in full.

use leptos::prelude::*;

use crate::browser::{every, get_json};
use crate::format::{count, moment};
use crate::live::city::City;
use crate::view::status::{DeadLetterItem, DeadLetters};

/// How often they are read again, ms.
const READ_MS: u32 = 5_000;
/// Where from.
const PATH: &str = "/v1/dead-letters?limit=50";

#[component]
pub(crate) fn DeadLetterList(city: City) -> impl IntoView {
    let text = city.text;
    let letters = RwSignal::new(None::<DeadLetters>);
    let read = move || {
        leptos::task::spawn_local(async move {
            let new = get_json::<DeadLetters>(PATH).await;
            // The same letters leave the page alone, so that an opened one stays open.
            if letters.with_untracked(|old| *old != new) {
                letters.set(new);
            }
        });
    };
    read();
    every(READ_MS, read);
    let counts = move || {
        let counts = letters.with(|l| l.as_ref().map(|l| l.counts.clone()).unwrap_or_default());
        let item = |(reason, n)| {
            view! { <li><span>{(text.dead_letter_reason)(reason)}</span> " " <b class="value">{count(text, n)}</b></li> }
        };
        counts.into_iter().map(item).collect_view()
    };
    let items = move || letters.with(|l| l.as_ref().map(|l| l.items.clone()).unwrap_or_default());
    let none = move || letters.with(|l| l.as_ref().is_some_and(|l| l.items.is_empty()));
    let unread = move || letters.with(Option::is_none);
    view! {
        <section aria-labelledby="dead-letters">
            <h2 id="dead-letters">{text.dead_letters}</h2>
            <p class="hint">{text.dead_letters_hint}</p>
            <ul class="counts">{counts}</ul>
            <p class="nothing" hidden=move || !none()>{text.dead_letters_none}</p>
            <p class="nothing" hidden=move || !unread()>{text.status_failed}</p>
            <ol class="letters">
                <For each=items key=|item| item.id.to_string() let:item>
                    <Letter city item/>
                </For>
            </ol>
        </section>
    }
}

#[component]
fn Letter(city: City, item: DeadLetterItem) -> impl IntoView {
    let text = city.text;
    let at = move || item.received.map(|at| moment(text, city.zone.get(), at, city.now.get()));
    let source = (text.source_name)(&item.source).map_or_else(|| item.source.clone(), str::to_owned);
    view! {
        <li>
            <details>
                <summary>
                    <time>{at}</time>
                    <span class="source"><bdi>{source}</bdi></span>
                    <strong>{item.reason.map(text.dead_letter_reason)}</strong>
                    <span class="topic"><bdi>{item.topic}</bdi></span>
                    <span class="detail"><bdi>{item.detail}</bdi> " " <code>{item.pointer}</code></span>
                </summary>
                <h3>{text.raw}</h3>
                <pre dir="ltr"><bdi>{item.raw}</bdi></pre>
            </details>
        </li>
    }
}
