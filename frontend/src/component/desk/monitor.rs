//! The spot monitor: one camera, large, with what is known of it.

use leptos::prelude::*;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::wall::Rank;

use super::toolbar::Button;
use crate::component::camera_tile::CameraTile;
use crate::component::each::Each;
use crate::desk::facts::{Facts, facts};
use crate::desk::office::Office;
use crate::format::{moment, span};
use crate::media::choice::Missing;
use crate::media::screen::Screen;

/// Where the picture is, for the full screen.
pub(crate) const PICTURE: &str = "monitor-picture";

#[component]
pub(crate) fn Monitor(office: Office, screen: Result<Screen, Missing>) -> impl IntoView {
    let (city, words) = (office.city, office.words());
    let over = RwSignal::new(false);
    let known = Memo::new(move |_| {
        let camera = office.spot.get()?;
        city.of_devices(|r| facts(r.world(), &camera))
    });
    let called = move || office.spot.get().into_iter().collect::<Vec<DeviceId>>();
    // A camera of its own tile: the next one begins while the old one ends.
    let picture = move |camera: DeviceId| {
        view! { <CameraTile city screen camera place=Signal::stored(Default::default()) eye=Signal::stored(None) focus=true/> }
    };
    let number = Memo::new(move |_| {
        let camera = office.spot.get()?;
        office.numbers.with(|all| all.iter().find(|(_, id)| **id == camera).map(|(number, _)| *number))
    });
    let empty = move || office.spot.with(Option::is_none);
    let gone = move || !empty() && known.with(Option::is_none);
    view! {
        <section
            class="monitor"
            aria-labelledby="monitor-title"
            class:drop=move || over.get() && office.dragged.with(Option::is_some)
            on:dragover=move |event| {
                if office.dragged.with_untracked(Option::is_some) {
                    event.prevent_default();
                    over.set(true);
                }
            }
            on:dragleave=move |_| over.set(false)
            on:drop=move |event| {
                event.prevent_default();
                over.set(false);
                if let Some(camera) = office.dragged.get_untracked() {
                    office.spot.set(Some(camera));
                }
            }
        >
            <h2 id="monitor-title">
                {words.monitor}
                <span class="count">
                    {move || number.get().map(|number| format!("{number} · "))}
                    <bdi>{move || known.with(|facts| facts.as_ref().map(|facts| facts.name.clone()))}</bdi>
                </span>
            </h2>
            <div class="screen" id=PICTURE>
                <Each each=called key=|camera| camera.clone() children=picture/>
                <p class="nothing" hidden=move || !empty()>
                    <strong>{words.monitor_empty}</strong>
                    <span>{words.monitor_hint}</span>
                </p>
                <p class="nothing" hidden=move || !gone()>
                    <strong>{words.monitor_gone}</strong>
                    <span>{words.monitor_hint}</span>
                </p>
            </div>
            <Lines office known/>
            <div class="bar" role="group" aria-label=words.monitor>
                <Button
                    label=words.to_cell.into()
                    keys="*"
                    off=Signal::derive(move || empty() || office.blocked().is_some())
                    press=move || to_cell(office)
                />
                <Button
                    label=words.full_screen.into()
                    keys="F"
                    off=Signal::derive(empty)
                    press=full_screen
                />
            </div>
        </section>
    }
}

/// What the monitor shows into the selected cell.
pub(crate) fn to_cell(office: Office) {
    match office.spot.get_untracked() {
        Some(camera) => office.put(camera, None, Rank::Watched),
        None => office.say(office.words().monitor_empty),
    }
}

/// The picture over the whole screen, or back.
pub(crate) fn full_screen() {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(picture) = document.get_element_by_id(PICTURE) {
        // The browser may refuse; the picture is then as large as it was.
        crate::browser::best_effort(picture.request_fullscreen());
    }
}

/// Place, state, since when, why.
#[component]
fn Lines(office: Office, known: Memo<Option<Facts>>) -> impl IntoView {
    let (city, text, words) = (office.city, office.city.text, office.words());
    let of = move |pick: fn(&Facts) -> Option<String>| {
        move || known.with(|facts| facts.as_ref().and_then(pick)).unwrap_or_else(|| text.nothing.to_owned())
    };
    let state = move || {
        known.with(|facts| {
            facts.as_ref().map_or_else(
                || text.nothing.to_owned(),
                |facts| facts.stream.map_or(words.no_stream, text.stream_state).to_owned(),
            )
        })
    };
    let since = move || {
        let now = city.now.get();
        let since = known.with(|facts| facts.as_ref()?.since);
        since.map_or_else(
            || text.nothing.to_owned(),
            |since| {
                let age = (text.ago)(&span(text, now.millis_since(since)));
                format!("{} ({age})", moment(text, city.zone(), since, now))
            },
        )
    };
    let cause = move || {
        let cause = known.with(|facts| facts.as_ref()?.cause);
        cause.map_or_else(|| text.nothing.to_owned(), |cause| (text.stream_cause)(cause).to_owned())
    };
    view! {
        <dl class="lines">
            <div><dt>{words.site}</dt><dd><bdi>{of(|facts| Some(facts.site.clone()))}</bdi></dd></div>
            <div><dt>{words.agency}</dt><dd><bdi>{of(|facts| facts.agency.clone())}</bdi></dd></div>
            <div><dt>{text.state}</dt><dd class="value">{state}</dd></div>
            <div><dt>{text.since_column}</dt><dd class="value">{since}</dd></div>
            <div><dt>{text.cause}</dt><dd class="value">{cause}</dd></div>
        </dl>
    }
}
