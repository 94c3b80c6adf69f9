//! The sheet on which a screen gets its measures: how fine its panel is, how far away its reader sits.

use leptos::{ev, html, prelude::*};
use pantau_schemas::command::Command;
use pantau_schemas::measure::MeasureError;

use crate::desk::measures::Form;
use crate::desk::office::Office;
use crate::format::measure;

/// The button that opens it, and the sheet.
#[component]
pub(crate) fn Measures(office: Office) -> impl IntoView {
    let (text, words) = (office.city.text, office.words());
    let dialog = NodeRef::<html::Dialog>::new();
    let form = RwSignal::new(Form::default());
    // Faults are told once somebody has asked to save, and then until they are repaired.
    let asked = RwSignal::new(false);
    let known = Memo::new(move |_| {
        let id = office.screen.get()?;
        let read = |walls: &pantau_schemas::wall::Walls| {
            let screen = walls.screens.get(&id)?;
            Some((screen.panel_pitch_mm, screen.viewing_distance_m))
        };
        office.city.of_walls(|r| read(&r.world().walls))
    });
    let measured = move || known.get().is_some_and(|(pitch, distance)| pitch.is_some() || distance.is_some());
    let open = move |_: ev::MouseEvent| {
        let (pitch, distance) = known.get_untracked().unwrap_or_default();
        form.set(Form::of(pitch, distance, text.decimal));
        asked.set(false);
        super::help::open(dialog);
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let name =
        move || (words.measure)(&office.screen.get_untracked().map(|id| id.to_string()).unwrap_or_default());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (pitch, distance) = form.with_untracked(|form| (form.pitch(), form.distance()));
        let (Ok(pitch), Ok(distance)) = (pitch, distance) else {
            asked.set(true);
            return;
        };
        office.give(name(), None, |screen| Command::ScreenChange {
            screen,
            name: None,
            panel_pitch_mm: Some(pitch),
            viewing_distance_m: Some(distance),
        });
        close();
    };
    let forget = move |_: ev::MouseEvent| {
        if untrack(measured) {
            let words = format!("{}: {}", words.unmeasure, name());
            office.give(words, None, |screen| Command::ScreenUnmeasure { screen });
            close();
        }
    };
    let say = move |limits: MeasureError| {
        (words.bad_measure)(&measure(text, limits.least, 2), &measure(text, limits.most, 0))
    };
    let bad_pitch = move || asked.get().then(|| form.with(|form| form.pitch().err().map(say))).flatten();
    let bad_distance =
        move || asked.get().then(|| form.with(|form| form.distance().err().map(say))).flatten();
    let letters = move || {
        let scale = form.with(Form::scale)?;
        Some((words.letters)(&measure(text, scale.label, 0), &measure(text, scale.alarm, 0)))
    };
    view! {
        <button type="button" data-open="measures" on:click=open>{words.measures}</button>
        <dialog node_ref=dialog class="sheet" id="measures" aria-labelledby="measures-title">
            <form on:submit=submit novalidate>
                <h2 id="measures-title">{words.measures}</h2>
                <p class="hint">{words.measures_hint}</p>
                <label>
                    {words.panel_pitch}
                    <input
                        type="text"
                        name="pitch"
                        inputmode="decimal"
                        autocomplete="off"
                        prop:value=move || form.with(|form| form.pitch.clone())
                        aria-describedby="pitch-hint pitch-bad"
                        aria-invalid=move || bad_pitch().is_some().to_string()
                        on:input=move |event| form.update(|form| form.pitch = event_target_value(&event))
                    />
                </label>
                <p id="pitch-hint" class="hint">{words.panel_pitch_hint}</p>
                <p id="pitch-bad" class="bad" role="alert">{bad_pitch}</p>
                <label>
                    {words.viewing_distance}
                    <input
                        type="text"
                        name="distance"
                        inputmode="decimal"
                        autocomplete="off"
                        prop:value=move || form.with(|form| form.distance.clone())
                        aria-describedby="distance-hint distance-bad"
                        aria-invalid=move || bad_distance().is_some().to_string()
                        on:input=move |event| form.update(|form| form.distance = event_target_value(&event))
                    />
                </label>
                <p id="distance-hint" class="hint">{words.viewing_distance_hint}</p>
                <p id="distance-bad" class="bad" role="alert">{bad_distance}</p>
                <p class="letters" role="status">{letters}</p>
                <p class="bar">
                    <button type="submit">{words.save}</button>
                    <button type="button" aria-disabled=move || (!measured()).to_string() on:click=forget>
                        {words.unmeasure}
                    </button>
                    <button type="button" on:click=move |_| close()>{words.cancel}</button>
                </p>
            </form>
        </dialog>
    }
}
