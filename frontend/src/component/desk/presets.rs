//! The presets with a number, and keeping what hangs there as one.

use leptos::{ev, html, prelude::*};
use pantau_schemas::wall::{Label, PresetNumber};

use crate::desk::office::Office;

#[component]
pub(crate) fn Presets(office: Office) -> impl IntoView {
    let (text, words) = (office.city.text, office.words());
    let dialog = NodeRef::<html::Dialog>::new();
    let hung = Memo::new(move |_| office.wall().and_then(|wall| wall.preset));
    let slot = move |number: PresetNumber| {
        let known = Memo::new(move |_| office.preset(number));
        let press = move |_| match known.get_untracked() {
            Some((preset, name)) => office.hang(preset, name),
            None => office.say((words.no_preset)(&number.get().to_string())),
        };
        let off = move || office.blocked().is_some() || known.with(Option::is_none);
        let pressed = move || {
            known.with(|known| {
                known.as_ref().is_some_and(|(id, _)| hung.with(|hung| hung.as_ref() == Some(id)))
            })
        };
        view! {
            <button
                type="button"
                data-preset=number.get()
                aria-disabled=move || off().to_string()
                aria-pressed=move || pressed().to_string()
                aria-label=move || {
                    let name = known.get().map_or_else(|| words.free.to_owned(), |(_, name)| name.to_string());
                    (words.preset)(&number.get().to_string(), &name)
                }
                on:click=press
            >
                <kbd>{number.get()}</kbd>
                " "
                <bdi>{move || known.get().map_or_else(|| text.nothing.to_owned(), |(_, name)| name.to_string())}</bdi>
            </button>
        }
    };
    let open = move |_: ev::MouseEvent| {
        if let Some(dialog) = dialog.get_untracked() {
            crate::browser::best_effort(dialog.show_modal());
        }
    };
    view! {
        <section class="presets" aria-labelledby="presets-title">
            <div class="title">
                <h2 id="presets-title">{words.presets}</h2>
                <button type="button" class="last" on:click=open>{words.save_preset}</button>
            </div>
            <div class="slots">
                {(1..=9).filter_map(|number| PresetNumber::new(number).ok()).map(slot).collect_view()}
            </div>
            <Keep office dialog/>
        </section>
    }
}

/// The sheet on which a preset gets its number and its name.
#[component]
fn Keep(office: Office, dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let words = office.words();
    let (number, name, bad) = (RwSignal::new(1_u8), RwSignal::new(String::new()), RwSignal::new(false));
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let named = name.with_untracked(|name| Label::new(name));
        if let (Ok(name), Ok(number)) = (named, PresetNumber::new(number.get_untracked())) {
            office.keep(number, name);
            bad.set(false);
            close();
        } else {
            bad.set(true);
        }
    };
    view! {
        <dialog node_ref=dialog class="sheet" aria-labelledby="keep-title">
            <form on:submit=submit>
                <h2 id="keep-title">{words.save_preset}</h2>
                <p class="hint">{words.save_preset_hint}</p>
                <label>
                    {words.number}
                    <select
                        prop:value=move || number.get().to_string()
                        on:change=move |event| number.set(event_target_value(&event).parse().unwrap_or(1))
                    >
                        {(1..=9_u8).map(|n| view! { <option value=n.to_string()>{n}</option> }).collect_view()}
                    </select>
                </label>
                <label>
                    {words.name}
                    <input
                        type="text"
                        autocomplete="off"
                        prop:value=move || name.get()
                        aria-describedby="keep-bad"
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </label>
                <p id="keep-bad" class="bad" role="alert">{move || bad.get().then_some(words.bad_name)}</p>
                <p class="bar">
                    <button type="submit">{words.save}</button>
                    <button type="button" on:click=move |_| close()>{words.cancel}</button>
                </p>
            </form>
        </dialog>
    }
}
