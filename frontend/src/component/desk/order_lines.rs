//! The digits of a call-up, why nothing can be changed, and what became of the last commands.

use leptos::prelude::*;
use pantau_schemas::ids::Seq;

use crate::component::each::Each;
use crate::desk::office::Office;
use crate::desk::order::{Line, Outcome, State};
use crate::text::desk::Desk;

/// Lines that are shown.
const SHOWN: usize = 5;

/// The digits.
#[component]
pub(crate) fn CallUpField(office: Office) -> impl IntoView {
    let words = office.words();
    let digits = move || office.call_up.with(|call_up| call_up.digits().to_owned());
    let name = move || {
        let called = office.numbers.with(|numbers| office.call_up.with(|call_up| call_up.camera(numbers)));
        match called? {
            crate::desk::call_up::Called::Camera(camera) => Some(office.name(&camera)),
            crate::desk::call_up::Called::Nobody(digits) => Some((words.nobody)(&digits)),
        }
    };
    view! {
        <section class="call-up" aria-labelledby="call-title">
            <h2 id="call-title">{words.call_up}</h2>
            <output aria-labelledby="call-title">
                <b>{digits}</b>
                <bdi>{name}</bdi>
            </output>
            <p class="hint">{words.call_up_hint}</p>
        </section>
    }
}

/// What became of the last commands, newest first.
#[component]
pub(crate) fn OrderLines(office: Office) -> impl IntoView {
    let words = office.words();
    let lines = Memo::new(move |_| {
        let settled = office.settled();
        office.orders.with(|orders| {
            let newest = orders.lines().rev().take(SHOWN);
            newest
                .map(|line| (line.number, line.words.clone(), outcome(words, line, settled)))
                .collect::<Vec<_>>()
        })
    });
    let newest = move || {
        lines.with(|lines| {
            let line = lines.first();
            line.map(
                |(_, what, (_, became))| {
                    if became.is_empty() { what.clone() } else { format!("{what}: {became}") }
                },
            )
        })
    };
    let line = move |(_, what, (kind, became)): (u32, String, (&'static str, String))| {
        view! { <li data-kind=kind><bdi>{what}</bdi> " " <strong>{became}</strong></li> }
    };
    view! {
        <section class="orders" aria-labelledby="orders-title">
            <h2 id="orders-title">{words.orders}</h2>
            <p class="hidden" role="status">{newest}</p>
            <p class="blocked" role="status" hidden=move || office.blocked().is_none()>{move || office.blocked()}</p>
            <ol><Each each=move || lines.get() key=Clone::clone children=line/></ol>
            <p class="nothing" hidden=move || lines.with(|lines| !lines.is_empty())>{words.no_orders}</p>
        </section>
    }
}

/// A line's state: for the style sheet, and in words.
pub(crate) fn outcome(words: &Desk, line: &Line, settled: Seq) -> (&'static str, String) {
    match &line.state {
        _ if line.is_open(settled) => ("open", words.saving.to_owned()),
        State::Over(Outcome::Done { seq: Some(_), warnings }) if warnings.is_empty() => {
            ("saved", words.saved.to_owned())
        }
        State::Over(Outcome::Done { seq: Some(_), warnings }) => {
            ("warned", format!("{} – {}", words.saved, warnings.join("; ")))
        }
        State::Over(Outcome::Done { seq: None, .. }) => ("saved", words.same.to_owned()),
        State::Over(Outcome::Refused(detail)) => ("refused", (words.refused)(detail)),
        State::Over(Outcome::Unanswered) => ("refused", words.unanswered.to_owned()),
        State::Note | State::Waiting | State::Sent(_) => ("note", String::new()),
    }
}
