//! The dead letters: what became of all of them, those that wait, and once more.
//!
//! - [`tray`]: which letters are looked at, which are chosen, and the replay that goes on
//! - [`bar`]: the filter, the buttons, how far a replay is
//! - [`letter`]: one of them, opened

pub(crate) mod bar;
pub(crate) mod letter;
pub(crate) mod tray;

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::browser::{best_effort, every};
use crate::component::each::Each;
use crate::format::count;
use crate::live::city::City;
use crate::view::letters::Account;
use bar::{Filters, Replays};
use letter::LetterLine;
use tray::Tray;

/// How often they are read again, ms.
const READ_MS: u32 = 5_000;

#[component]
pub(crate) fn DeadLetterList(city: City) -> impl IntoView {
    let tray = Tray::new(city);
    let words = tray.words();
    every(READ_MS, move || tray.read());
    // A filter is looked through at once.
    Effect::new(move |_| {
        tray.filter.track();
        tray.limit.track();
        tray.read();
    });
    let ids = move || tray.letters.with(|letters| letters.iter().map(|letter| letter.id).collect::<Vec<_>>());
    let nothing = move || {
        if tray.trouble.get().is_some() || !tray.letters.with(Vec::is_empty) || !tray.was_read.get() {
            return None;
        }
        Some(if tray.filter.with(|filter| *filter == Default::default()) {
            words.none
        } else {
            words.none_found
        })
    };
    view! {
        <section aria-labelledby="dead-letters" class="dead-letters">
            <h2 id="dead-letters">{words.title}</h2>
            <p class="hint">{words.hint}</p>
            <Accounts tray/>
            <Filters tray/>
            <Replays tray/>
            <p class="nothing failed" role="alert">{move || tray.trouble.get()}</p>
            <p class="nothing" hidden=move || nothing().is_none()>{nothing}</p>
            <p class="hint" hidden=move || tray.letters.with(Vec::is_empty)>{words.keys}</p>
            <ol class="letters" on:keydown=move |event| press(tray, &event)>
                <Each each=ids key=|id| *id let:id>
                    <LetterLine tray id/>
                </Each>
            </ol>
            <p hidden=move || !tray.has_more.get()>
                <button type="button" on:click=move |_| tray.more()>{words.more}</button>
            </p>
        </section>
    }
}

/// What became of every dead letter, by way in, and how many may wait.
#[component]
fn Accounts(tray: Tray) -> impl IntoView {
    let (text, words) = (tray.city.text, tray.words());
    let row = move |account: Account| {
        let name = (text.source_name)(&account.source).map_or_else(|| account.source.clone(), str::to_owned);
        let state = if account.dropped > 0 { "warn" } else { "ok" };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="number value">{count(text, account.waiting)}</td>
                <td class="number value">{count(text, account.replayed)}</td>
                <td class="number value" data-state=state>{count(text, account.dropped)}</td>
            </tr>
        }
    };
    let quota = move || {
        let quota = tray.quota.get();
        (words.quota)(&count(text, quota.per_source), &count(text, quota.per_device))
    };
    let dropped = move || {
        let all = tray.accounts.with(|accounts| accounts.iter().map(|account| account.dropped).sum::<u64>());
        (all > 0).then(|| (words.dropped_some)(&count(text, all)))
    };
    view! {
        <div hidden=move || tray.accounts.with(Vec::is_empty)>
            <table class="narrow">
                <thead>
                    <tr>
                        <th scope="col">{text.source}</th>
                        <th scope="col" class="number">{words.waiting}</th>
                        <th scope="col" class="number">{words.replayed}</th>
                        <th scope="col" class="number">{words.dropped}</th>
                    </tr>
                </thead>
                <tbody>{move || tray.accounts.get().into_iter().map(row).collect_view()}</tbody>
            </table>
            <p class="hint">{quota}</p>
            <p data-state="warn" hidden=move || dropped().is_none()>{dropped}</p>
        </div>
    }
}

/// Keys on a letter's line: to the next, choose, replay. Everything else has a control of its own.
fn press(tray: Tray, event: &ev::KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(target) = target.filter(|target| target.tag_name() == "SUMMARY") else { return };
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let Some(line) = target.closest("li[data-letter]").ok().flatten() else { return };
    let id = line.get_attribute("data-letter").and_then(|id| id.parse::<u64>().ok());
    match (event.key().as_str(), id) {
        ("ArrowDown", _) => focus_in(line.next_element_sibling()),
        ("ArrowUp", _) => focus_in(line.previous_element_sibling()),
        ("x" | "X", Some(id)) => tray.choose(id),
        ("r" | "R", Some(id)) if !event.repeat() => tray.replay_one(id),
        _ => return,
    }
    event.prevent_default();
}

fn focus_in(line: Option<Element>) {
    let summary = line.and_then(|line| line.query_selector("summary").ok().flatten());
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        best_effort(summary.focus());
    }
}
