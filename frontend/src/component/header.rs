//! The head of the wall: whose city, what time it is there, and whether the room's own instruments work.

use leptos::prelude::*;

use crate::format::{clock, date, span};
use crate::live::city::{City, Link};

/// A lag that is worth a word, ms.
const BEHIND_MS: u64 = 2_000;

#[component]
pub(crate) fn WallHeader(city: City, screen_name: Signal<Option<String>>) -> impl IntoView {
    let text = city.text;
    let name = Memo::new(move |_| {
        city.of_registry(|r| {
            r.world().registry.city.as_ref().map(|city| city.name.clone()).unwrap_or_default()
        })
    });
    view! {
        <header class="head">
            <h1><bdi>{name}</bdi></h1>
            <p class="screen-name">
                <bdi>{move || screen_name.get().unwrap_or_else(|| text.wall.to_owned())}</bdi>
            </p>
            <Instruments city/>
            <p class="clock">
                <span class="date">{move || date(text, city.zone(), city.now.get())}</span>
                <time>{move || clock(text, city.zone(), city.now.get())}</time>
                <span class="zone">{move || city.zone().suffix}</span>
            </p>
        </header>
    }
}

/// Connection, history, sources: grey while they work.
#[component]
pub(crate) fn Instruments(city: City) -> impl IntoView {
    let text = city.text;
    let link = Memo::new(move |_| {
        let behind = city.of_server(|r| r.server.behind_ms);
        if city.silent.get().is_some() {
            ("bad", text.disconnected.to_owned())
        } else if city.link.get() == Link::Down {
            ("wait", text.connecting.to_owned())
        } else if behind >= BEHIND_MS {
            ("warn", (text.behind)(&span(text, i64::try_from(behind).unwrap_or(i64::MAX))))
        } else {
            ("ok", text.connected.to_owned())
        }
    });
    let store = Memo::new(move |_| {
        if city.store_down().is_some() {
            ("bad", text.store_down)
        } else if city.of_server(|r| r.server.store.is_none()) {
            ("wait", text.store_ok)
        } else {
            ("ok", text.store_ok)
        }
    });
    let ways = Memo::new(move |_| match city.ways.get() {
        Some(share) if share.part == share.total => {
            ("ok", format!("{} {}/{}", text.sources, share.part, share.total))
        }
        Some(share) => ("bad", format!("{} {}/{}", text.sources, share.part, share.total)),
        None => ("wait", format!("{} {}", text.sources, text.nothing)),
    });
    view! {
        <ul class="instruments">
            <li data-state=move || link.get().0>{move || link.get().1}</li>
            <li data-state=move || store.get().0>{move || store.get().1}</li>
            <li data-state=move || ways.get().0>{move || ways.get().1}</li>
        </ul>
    }
}
