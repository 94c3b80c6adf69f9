//! One camera: its picture, its name, and what may be said of the picture.

use leptos::html;
use leptos::prelude::*;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::media::Priority;
use pantau_schemas::registry::Level;
use pantau_schemas::stream::StreamState;

use crate::browser::now;
use crate::component::follow::follow;
use crate::live::city::City;
use crate::live::replica::Replica;
use crate::media::choice::{Missing, PlayerKind};
use crate::media::message::Said;
use crate::media::screen::{Place, Screen, TileSignal};
use crate::media::verdict::{Verdict, judge};
use crate::view::alarm::{Ringing, ringing};
use crate::view::caption::{caption, face_word, rung_word};
use crate::view::detail::detail;

use super::masks::Masks;
use super::still::Still;

/// A time that moves less than this, ms, is the same time measured again.
const SAME_TIME_MS: u64 = 2_000;

/// `place` is the tile's `grid-column` and `grid-row`; `rank` how firmly it hangs there, for the style sheet; `on` the
/// screen whose alarms it shows; `focus` that somebody looks at this one tile: the server gives it the large stream.
/// With `eye` it says what can be told from the picture: how many device pixels the reader has within a minute of arc,
/// where that is known.
#[component]
pub(crate) fn CameraTile(
    city: City,
    screen: Result<Screen, Missing>,
    camera: DeviceId,
    place: Signal<(String, String)>,
    #[prop(optional)] rank: Option<Signal<&'static str>>,
    #[prop(optional)] on: Option<Signal<String>>,
    #[prop(optional)] eye: Option<Signal<Option<f64>>>,
    #[prop(optional)] focus: bool,
) -> impl IntoView {
    let text = city.text;
    let id = camera.clone();
    let alarm = follow(move |_| {
        let on = on?;
        city.of_devices(|_| ());
        city.of_walls(|r| on.with(|screen| ringing(r.world(), screen, &id)))
    });
    // On a screen that arranges itself the camera's own tile is the alarm's.
    let rank = follow(move |_| match rank.map(|rank| rank.get()) {
        None if alarm.with(Option::is_some) => Some("alarm"),
        rank => rank,
    });
    let rings = follow(move |_| alarm.get().filter(|_| rank.get() == Some("alarm")));

    let (canvas, video) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Video>::new());
    let report: TileSignal = RwSignal::new(None);
    let number = StoredValue::new(None::<u16>);
    let shown = camera.clone();
    Effect::new(move |_| {
        let place = canvas.get().map(Place::Canvas).or_else(|| video.get().map(Place::Video));
        let priority = match rank.get() {
            _ if focus => Priority::Focus,
            Some("alarm") => Priority::Alarm,
            _ => Priority::Visible,
        };
        if let (Some(place), Ok(screen), None) = (place, screen, number.get_value()) {
            number.set_value(screen.add(shown.clone(), place, report));
        }
        if let (Ok(screen), Some(number)) = (screen, number.get_value()) {
            screen.rank(number, priority);
        }
    });
    on_cleanup(move || {
        if let (Ok(screen), Some(number)) = (screen, number.try_get_value().flatten()) {
            screen.remove(number);
        }
    });

    let id = camera.clone();
    let name = follow(move |_| {
        city.of_registry(|r| r.world().registry.devices.get(&id).map(|d| d.name.clone()).unwrap_or_default())
    });
    let id = camera.clone();
    let played = follow(move |before: Option<&Verdict>| {
        let said = city.of_devices(|r| said(r, &id));
        let report = report.get().map(|mut report| {
            if let Ok(screen) = screen {
                screen.doubt(&mut report, city.offset_ms());
            }
            report
        });
        // Looked at once a second even when the worker has nothing to say.
        city.now.track();
        let verdict = judge(report.as_ref(), said, screen.err(), city.offset_ms());
        steady(before, verdict)
    });
    // The last resort, as old as it says it is.
    let taken = RwSignal::new(None);
    let wants_still = follow(move |_| played.get().wants_still());
    let verdict = follow(move |_| played.get().with_still(taken.get()));
    let words = follow(move |_| {
        let verdict = verdict.get();
        caption(city.text, city.zone(), &verdict, now().plus_millis(city.offset_ms()))
    });
    let face = follow(move |_| face_word(verdict.get().face));
    let part = move |pick: fn(&crate::view::caption::Caption) -> &String| {
        follow(move |_| words.with(|w| pick(w).clone()))
    };
    let (chip, word, since, why) =
        (part(|w| &w.chip), part(|w| &w.word), part(|w| &w.since), part(|w| &w.why));
    let id = camera.clone();
    let masks = follow(move |_| {
        city.of_registry(|r| {
            let facts = r.world().registry.devices.get(&id).and_then(|device| device.camera.as_ref());
            facts.map(|facts| facts.masks.clone()).unwrap_or_default()
        })
    });
    let size = follow(move |_| report.with(|report| report.as_ref().map_or((0, 0), |report| report.size)));
    let id = camera.clone();
    let level = follow(move |_| {
        // A tile changes its size without a word; it is looked at once a second.
        city.now.track();
        let canvas = canvas.get().map(|element| device_size(&element));
        let shown = canvas.or_else(|| video.get().map(|element| device_size(&element)));
        city.of_registry(|r| detail(&r.world().registry, &id, size.get(), shown?, eye?.get()))
    });
    let covered = move || focus && masks.with(|masks| !masks.is_empty());
    let band = move |alarm: Ringing| {
        let word = if alarm.over { text.alarm_over } else { text.alarm };
        let more = (alarm.more > 0).then(|| (text.more_alarms)(alarm.more));
        view! { <p class="ringing"><strong>{word}</strong> <bdi>{alarm.name}</bdi> <span>{more}</span></p> }
    };
    let own = camera.clone();
    let pinned = move || rank.get() == Some("pinned");
    let picture = match screen.map(|screen| screen.player) {
        Ok(PlayerKind::MediaSource) => {
            view! { <video node_ref=video playsinline disablepictureinpicture aria-hidden="true"></video> }
                .into_any()
        }
        Ok(PlayerKind::WebCodecs) | Err(_) => {
            view! { <canvas node_ref=canvas aria-hidden="true"></canvas> }.into_any()
        }
    };
    view! {
        <article
            class="tile"
            data-camera=camera.as_str().to_owned()
            data-face=face
            data-rung=move || rung_word(verdict.get().rung)
            data-rank=rank
            data-alarm=move || rings.with(|alarm| alarm.as_ref().map(|alarm| if alarm.over { "over" } else { "rings" }))
            style:grid-column=move || place.get().0
            style:grid-row=move || place.get().1
        >
            <div class="picture">
                {picture}
                <Still city camera=own wanted=wants_still taken/>
                <Masks masks picture=size />
                {move || rings.get().map(band)}
                <p class="verdict">
                    <strong>{word}</strong>
                    <span>{since}</span>
                    <span>{why}</span>
                </p>
                <p class="chip">{chip}</p>
            </div>
            <h3>
                <span class="name">
                    <bdi>{name}</bdi>
                    {move || pinned().then(|| view! { " " <span class="mark">{city.text.pinned}</span> })}
                    {move || covered().then(|| view! { " " <span class="mark">{city.text.partly_covered}</span> })}
                </span>
                " "
                <span class="level" data-level=move || level.get().map(level_word)>{move || level.get().map(city.text.level)}</span>
            </h3>
        </article>
    }
}

/// What the journal says of a camera: its best open stream.
fn said(replica: &Replica, id: &DeviceId) -> Option<Said> {
    let streams = replica.world().streams.get(id)?;
    let best = streams.values().filter(|s| s.state != StreamState::Closed).min_by_key(|s| s.state)?;
    Some(Said { state: best.state, since: best.since, cause: best.cause })
}

/// The size of an element, device pixels.
fn device_size(element: &web_sys::Element) -> (f64, f64) {
    let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
    (f64::from(element.client_width()) * ratio, f64::from(element.client_height()) * ratio)
}

/// A level as the style sheet knows it.
fn level_word(level: Option<Level>) -> &'static str {
    level.map_or("overview", Level::as_str)
}

/// Keeps a time that was only measured again, so that a caption does not flicker by a second.
fn steady(before: Option<&Verdict>, mut verdict: Verdict) -> Verdict {
    if let Some(before) = before.filter(|before| before.face == verdict.face)
        && let (Some(old), Some(new)) = (before.since, verdict.since)
        && new.millis_since(old).unsigned_abs() < SAME_TIME_MS
    {
        verdict.since = Some(old);
    }
    verdict
}
