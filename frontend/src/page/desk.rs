//! `/desk`: the operator's desk. The wall of a screen in small, a spot monitor, and every camera by name and number.
//!
//! Everything can be done by keyboard. Whatever changes a wall is a command to the server; the page shows what hangs
//! there when the World says so.

use leptos::{html, prelude::*};

use crate::component::banner::Banner;
use crate::component::desk::camera_list::CameraList;
use crate::component::desk::help::{self, Help};
use crate::component::desk::keyboard;
use crate::component::desk::miniature::Miniature;
use crate::component::desk::monitor::Monitor;
use crate::component::desk::order_lines::{CallUpField, OrderLines};
use crate::component::desk::presets::Presets;
use crate::component::desk::toolbar::Toolbar;
use crate::component::desk::tours::Tours;
use crate::component::header::Instruments;
use crate::component::trouble_list::TroubleList;
use crate::desk::office::Office;
use crate::format::clock;
use crate::live::city::City;
use crate::live::renewal::Moment;
use crate::media::screen::Screen;
use crate::text::Text;

/// Troubles that are listed; the others are counted.
const TROUBLES: usize = 4;

/// How often the sources are asked for, ms.
const STATUS_MS: u32 = 5_000;

#[component]
pub(crate) fn Desk(text: &'static Text) -> impl IntoView {
    let city = City::connect(text);
    city.follow_ways(STATUS_MS);
    let screen = Screen::start(super::asked);
    super::debug::publish(city, Some(screen));
    let office = Office::new(city);
    let sheet = NodeRef::<html::Dialog>::new();
    keyboard::listen(office, sheet);
    city.reloads_in(move || if keyboard::is_busy(office) { Moment::Busy } else { Moment::Calm });
    let words = office.words();
    let name = move || {
        city.of_registry(|r| {
            r.world().registry.city.as_ref().map(|city| city.name.clone()).unwrap_or_default()
        })
    };
    let time = move || format!("{} {}", clock(text, city.zone(), city.now.get()), city.zone().suffix);
    view! {
        <div class="desk" class:silent=move || city.silent.get().is_some()>
            <header class="desk-head">
                <h1>{words.title} " " <bdi>{name}</bdi></h1>
                <Instruments city/>
                <time>{time}</time>
                <nav>
                    <a href="/ops">{text.ops}</a>
                    <a href=format!("?lang={}", text.other_code) hreflang=text.other_code>{text.other_language}</a>
                    <button type="button" aria-keyshortcuts="?" on:click=move |_| help::open(sheet)>
                        {words.shortcuts} " " <kbd>"?"</kbd>
                    </button>
                </nav>
            </header>
            <Banner city/>
            <main>
                <div class="column">
                    <Miniature office screen/>
                    <Toolbar office/>
                    <Presets office/>
                    <Tours office/>
                </div>
                <div class="column">
                    <Monitor office screen/>
                    <div class="pair">
                        <CallUpField office/>
                        <OrderLines office/>
                    </div>
                    <TroubleList city limit=TROUBLES/>
                </div>
                <CameraList office/>
            </main>
            <Help words dialog=sheet/>
        </div>
    }
}
