//! Every camera, found by what people call it. A click or Space takes it to the monitor, Enter or a drag to the wall.

use leptos::prelude::*;
use pantau_schemas::entry::DeviceState;
use pantau_schemas::ids::DeviceId;

use crate::component::each::Each;
use crate::component::follow::follow;
use crate::desk::office::Office;
use crate::desk::search::Card;
use crate::format::count;

/// The element of a camera's line.
pub(crate) fn element_id(camera: &str) -> String {
    format!("item-{camera}")
}

#[component]
pub(crate) fn CameraList(office: Office) -> impl IntoView {
    let (text, words) = (office.city.text, office.words());
    let shown = move || office.hits.with(|(hits, _)| hits.clone());
    let left_out = Memo::new(move |_| office.hits.with(|(hits, all)| all - hits.len()));
    let none = Memo::new(move |_| office.hits.with(|(_, all)| *all == 0));
    let searched = Memo::new(move |_| office.typed.with(|typed| !typed.trim().is_empty()));
    // One line is in the tab order: the one that had the focus, else the first.
    let current = Memo::new(move |_| {
        let item = office.item.get();
        office.hits.with(|(hits, _)| {
            let there = hits.iter().find(|card| Some(&card.id) == item.as_ref()).or_else(|| hits.first());
            there.map(|card| card.id.clone())
        })
    });
    let line = move |card: Card| view! { <CameraLine office card current/> };
    view! {
        <section class="list" aria-labelledby="list-title">
            <h2 id="list-title">
                {words.cameras}
                <span class="count">{move || office.hits.with(|(_, all)| (words.hits)(&count(text, *all)))}</span>
            </h2>
            <input
                id="search"
                type="search"
                data-place="search"
                autocomplete="off"
                spellcheck="false"
                aria-label=words.search
                aria-keyshortcuts="/"
                placeholder=format!("/ {}", words.search_hint)
                prop:value=move || office.typed.get()
                on:input=move |event| office.typed.set(event_target_value(&event))
            />
            <ul role="listbox" aria-labelledby="list-title" data-place="list" hidden=move || none.get()>
                <Each each=shown key=|card| (card.id.clone(), card.number, card.name.clone(), card.site.clone()) children=line/>
            </ul>
            <p class="nothing" hidden=move || left_out.get() == 0>
                {move || (words.more_hits)(&count(text, left_out.get()))}
            </p>
            <p class="nothing" hidden=move || !(none.get() && searched.get())>
                <strong>{words.no_hits}</strong> " " <span>{words.no_hits_hint}</span>
            </p>
            <p class="nothing" hidden=move || !(none.get() && !searched.get() && office.city.known.get())>
                <strong>{text.no_cameras}</strong> " " <span>{text.no_cameras_hint}</span>
            </p>
            <p class="nothing" hidden=move || office.city.known.get()>{text.loading}</p>
        </section>
    }
}

/// One camera.
#[component]
fn CameraLine(office: Office, card: Card, current: Memo<Option<DeviceId>>) -> impl IntoView {
    let text = office.city.text;
    let Card { id, number, name, site, .. } = card;
    let key = id.clone();
    let state = follow(move |_| office.city.of_devices(|r| r.world().device_state(&key)));
    let key = id.clone();
    let first = follow(move |_| current.with(|current| current.as_ref() == Some(&key)));
    let tab = move || if first.get() { "0" } else { "-1" };
    let key = id.clone();
    let on_monitor = follow(move |_| office.spot.with(|spot| spot.as_ref() == Some(&key)));
    let (focused, clicked, dragged) = (id.clone(), id.clone(), id.clone());
    view! {
        <li
            id=element_id(id.as_str())
            role="option"
            tabindex=tab
            aria-selected=move || on_monitor.get().to_string()
            draggable="true"
            data-item=id.to_string()
            data-state=move || state_word(state.get())
            on:focus=move |_| office.item.set(Some(focused.clone()))
            on:click=move |_| office.spot.set(Some(clicked.clone()))
            on:dragstart=move |_| office.dragged.set(Some(dragged.clone()))
            on:dragend=move |_| office.dragged.set(None)
        >
            <span class="number">{number.map(|number| number.to_string())}</span>
            <bdi class="name">{name}</bdi>
            <bdi class="site">{site}</bdi>
            <span class="state value">{move || (text.device_state)(state.get())}</span>
        </li>
    }
}

/// A state as the style sheet knows it.
pub(crate) const fn state_word(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Up => "up",
        DeviceState::Alert => "alert",
        DeviceState::Down => "down",
        DeviceState::Sleeping | DeviceState::Unknown | DeviceState::Other => "unknown",
    }
}
