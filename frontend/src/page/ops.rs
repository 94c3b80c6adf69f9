//! `/ops`: whether every message is accounted for, and how every source is.

use leptos::prelude::*;

use crate::component::banner::Banner;
use crate::component::dead_letters::DeadLetterList;
use crate::component::header::Instruments;
use crate::component::missing_table::MissingTable;
use crate::component::ops_tables::{ListenerFacts, QueueTable, ServerFacts, SumTable};
use crate::component::screens_table::ScreensTable;
use crate::component::streams_table::StreamsTable;
use crate::format::clock;
use crate::live::city::City;
use crate::text::Text;

/// How often the status is read, ms.
const STATUS_MS: u32 = 2_000;

#[component]
pub(crate) fn Ops(text: &'static Text) -> impl IntoView {
    let city = City::connect(text);
    city.follow_status(STATUS_MS);
    super::debug::publish(city, None);
    let name = move || {
        city.of_registry(|r| {
            r.world().registry.city.as_ref().map(|city| city.name.clone()).unwrap_or_default()
        })
    };
    let time = move || format!("{} {}", clock(text, city.zone(), city.now.get()), city.zone().suffix);
    view! {
        <div class="ops" class:silent=move || city.silent.get().is_some()>
            <header class="ops-head">
                <h1>{text.ops} " " <bdi>{name}</bdi></h1>
                <Instruments city/>
                <time>{time}</time>
                <nav>
                    <a href="/wall/main">{text.open_wall}</a>
                    <a href=format!("?lang={}", text.other_code) hreflang=text.other_code>{text.other_language}</a>
                </nav>
            </header>
            <Banner city/>
            <main>
                <p class="nothing failed" hidden=move || city.status.with(Option::is_some)>{text.status_failed}</p>
                <SumTable city/>
                <ServerFacts city/>
                <ListenerFacts city/>
                <QueueTable city/>
                <ScreensTable city/>
                <MissingTable city/>
                <StreamsTable city/>
                <DeadLetterList city/>
            </main>
        </div>
    }
}
