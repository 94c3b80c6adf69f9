//! Devices in trouble, newest first.

use leptos::prelude::*;
use pantau_schemas::entry::DeviceState;
use pantau_schemas::stream::StreamState;

use crate::format::{count, moment};
use crate::live::city::City;
use crate::text::Text;
use crate::view::trouble::{Fault, Trouble, troubles};

/// Troubles on the wall; the others are counted.
const LIMIT: usize = 3;

/// At most `limit` lines; the others are counted.
#[component]
pub(crate) fn TroubleList(city: City, #[prop(default = LIMIT)] limit: usize) -> impl IntoView {
    let text = city.text;
    let all = Memo::new(move |_| city.of_devices(|r| troubles(r.world(), limit)));
    let total = Memo::new(move |_| all.with(|all| all.total));
    let more = Memo::new(move |_| all.with(|all| all.total - all.newest.len()));
    let calm = Memo::new(move |_| city.known.get() && total.get() == 0);
    let row = move |trouble: Trouble| {
        let since = move || (text.since)(&moment(text, city.zone(), trouble.since, city.now.get()));
        view! {
            <li data-device=trouble.id.clone() data-state=severity(trouble.fault)>
                <span class="name">{(trouble.fault == Fault::Screen).then(|| format!("{} ", text.screen))} <bdi>{trouble.name}</bdi></span>
                <strong>{word(text, trouble.fault)}</strong>
                <p class="why">
                    <span class="cause">{cause(text, trouble.fault)}</span>
                    <time>{since}</time>
                </p>
            </li>
        }
    };
    view! {
        <section class="trouble" aria-live="polite">
            <h2>{text.trouble} <span class="value">{move || (total.get() > 0).then(|| count(text, total.get()))}</span></h2>
            <ul>
                {move || all.with(|all| all.newest.clone()).into_iter().map(row).collect_view()}
                <li class="more" hidden=move || more.get() == 0>{move || (text.more)(&count(text, more.get()))}</li>
            </ul>
            <p class="nothing" hidden=move || !calm.get()>{text.trouble_none}</p>
        </section>
    }
}

/// How many devices are in trouble, where there is no room for more.
#[component]
pub(crate) fn TroubleCount(city: City) -> impl IntoView {
    let text = city.text;
    let total = Memo::new(move |_| city.of_devices(|r| troubles(r.world(), 0).total));
    let (state, words) = (
        move || if total.get() > 0 { "down" } else { "normal" },
        move || if total.get() > 0 { text.trouble } else { text.trouble_none },
    );
    view! {
        <footer class="trouble-count" data-state=state>
            <span>{words}</span>
            <b class="value">{move || (total.get() > 0).then(|| count(text, total.get()))}</b>
        </footer>
    }
}

fn severity(fault: Fault) -> &'static str {
    match fault {
        Fault::Stream(StreamState::Frozen, _) | Fault::Device(DeviceState::Alert, _) => "alert",
        _ => "down",
    }
}

fn word(text: &Text, fault: Fault) -> &'static str {
    match fault {
        Fault::Stream(state, _) => (text.stream_state)(state),
        Fault::Device(state, _) => (text.device_state)(state),
        Fault::Screen => text.screen_silent,
    }
}

fn cause(text: &Text, fault: Fault) -> &'static str {
    match fault {
        Fault::Stream(_, cause) => cause.map_or("", text.stream_cause),
        Fault::Device(_, reason) => reason.map_or("", text.device_reason),
        Fault::Screen => text.screen_silent_why,
    }
}
