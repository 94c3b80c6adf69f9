//! One dead letter: its line, and opened what is wrong, where, what to do, and the bytes as they came.

use leptos::task::spawn_local;
use leptos::{html, prelude::*};

use super::tray::Tray;
use crate::browser::get_json;
use crate::component::follow::follow;
use crate::format::{count, moment};
use crate::view::letters::{Letter, culprit, dump, visible};

#[component]
pub(crate) fn LetterLine(tray: Tray, id: u64) -> impl IntoView {
    let (text, words) = (tray.city.text, tray.words());
    // What the list says; one that left it is shown as it was until its line is gone, too.
    let chosen = follow(move |_| tray.chosen.with(|chosen| chosen.contains(&id)));
    let letter = follow(move |old: Option<&Letter>| {
        let known = tray.letters.with(|letters| letters.iter().find(|letter| letter.id == id).cloned());
        known.or_else(|| old.cloned()).unwrap_or_default()
    });
    let details = NodeRef::<html::Details>::new();
    let whole = RwSignal::new(None::<Letter>);
    let opened = move |_| {
        let open = details.get_untracked().is_some_and(|details| details.has_attribute("open"));
        if open && whole.with_untracked(Option::is_none) {
            spawn_local(async move { whole.set(get_json(&format!("/v1/dead-letters/{id}")).await) });
        }
    };
    let at = move || {
        letter.with(|letter| letter.last.map(|at| moment(text, tray.city.zone(), at, tray.city.now.get())))
    };
    let source = move || {
        letter.with(|letter| {
            (text.source_name)(&letter.source).map_or_else(|| letter.source.clone(), str::to_owned)
        })
    };
    let reason = move || letter.with(|letter| letter.reason.map(text.dead_letter_reason));
    let times =
        move || letter.with(|letter| (letter.count > 1).then(|| format!("× {}", count(text, letter.count))));
    let name = move || letter.with(|letter| (words.choose)(&letter.topic));
    let waits = move || letter.with(|letter| letter.replayed.is_none());
    view! {
        <li data-letter=id>
            <input
                type="checkbox"
                aria-label=name
                hidden=move || !waits()
                prop:checked=chosen
                on:change=move |_| tray.choose(id)
            />
            <details node_ref=details on:toggle=opened>
                <summary>
                    <time>{at}</time>
                    <span class="source"><bdi>{source}</bdi></span>
                    <strong>{reason} " " <span class="value">{times}</span></strong>
                    <span class="topic"><bdi>{move || letter.with(|letter| letter.topic.clone())}</bdi></span>
                    <span class="detail">
                        <bdi>{move || letter.with(|letter| letter.detail.clone())}</bdi>
                        " "
                        <code>{move || letter.with(|letter| letter.pointer.clone())}</code>
                    </span>
                </summary>
                {move || whole.get().map(|whole| view! { <Opened tray letter whole/> })}
            </details>
        </li>
    }
}

/// What is wrong, where, what to do, and the bytes.
#[component]
fn Opened(tray: Tray, letter: Memo<Letter>, whole: Letter) -> impl IntoView {
    let (text, words, city, now) = (tray.city.text, tray.words(), tray.city, tray.city.now);
    let at = move |at| moment(text, city.zone(), at, now.get());
    let place = {
        let raw = whole.raw.clone();
        move || {
            letter.with(|letter| {
                let stands = culprit(&raw, &letter.pointer)
                    .map_or_else(|| words.stands_nothing.to_owned(), |what| (words.stands)(&what));
                (!letter.pointer.is_empty()).then(|| (letter.pointer.clone(), stands))
            })
        }
    };
    let came = move || {
        letter.with(|letter| {
            let (first, last) = (letter.received?, letter.last?);
            let span = if first == last { at(first) } else { (words.from_to)(&at(first), &at(last)) };
            let times = (letter.count > 1).then(|| (words.times)(&count(text, letter.count)));
            Some(times.map_or_else(|| span.clone(), |times| format!("{times}, {span}")))
        })
    };
    let tries = move || {
        letter.with(|letter| {
            if let Some(replayed) = letter.replayed {
                return Some((words.understood)(&at(replayed)));
            }
            letter.tried.map(|tried| (words.tried)(&count(text, letter.tries), &at(tried)))
        })
    };
    let size = {
        let bytes = (words.bytes)(&count(text, whole.size));
        if whole.truncated { format!("{bytes}: {}", words.cut) } else { bytes }
    };
    let to_do = move || letter.with(|letter| letter.reason.map(words.to_do));
    let fact = |label: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <div><dt>{label}</dt><dd><bdi>{value}</bdi></dd></div> })
    };
    let id = whole.id;
    let off = move || whole.truncated || tray.is_busy();
    let gone = move || letter.with(|letter| letter.replayed.is_some());
    let bytes = whole.raw_hex.as_deref().map(dump);
    view! {
        <div class="opened">
            <h3>{words.to_do_title}</h3>
            <p>{to_do}</p>
            <p hidden=gone>
                <button type="button" disabled=off on:click=move |_| tray.replay_one(id)>{words.replay}</button>
            </p>
            <dl class="facts">
                {move || place().map(|(pointer, stands)| view! {
                    <div><dt>{words.place}</dt><dd><code>{pointer}</code> " " <bdi>{stands}</bdi></dd></div>
                })}
                <div><dt>{words.came}</dt><dd>{came}</dd></div>
                {fact(words.device, whole.device.clone().unwrap_or_default())}
                {fact(words.speaker, whole.speaker.clone())}
                {fact(words.size, size)}
                <div hidden=move || tries().is_none()><dt>{words.tries}</dt><dd>{tries}</dd></div>
            </dl>
            <div hidden=whole.raw.is_empty()>
                <h3>{if bytes.is_some() { words.no_text } else { text.raw }}</h3>
                <pre dir="ltr" tabindex="0"><bdi>{bytes.unwrap_or_else(|| visible(&whole.raw))}</bdi></pre>
            </div>
        </div>
    }
}
