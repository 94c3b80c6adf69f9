//! `/wall/{screen}`: the default wall, on every screen until layouts are configured.
//!
//! Nobody touches it for a month: no cursor, no scrolling, no meaning in hovering.

use leptos::ev;
use leptos::prelude::*;

use crate::component::banner::Banner;
use crate::component::camera_grid::CameraGrid;
use crate::component::domain_strip::DomainStrip;
use crate::component::feed_line::FeedLine;
use crate::component::figures::Figures;
use crate::component::header::WallHeader;
use crate::component::readings::Readings;
use crate::component::trouble_list::TroubleList;
use crate::live::city::City;
use crate::media::screen::Screen;
use crate::text::Text;

/// How often the sources are asked for, ms.
const STATUS_MS: u32 = 5_000;

/// What the wall keeps for its column of figures, in hundredths of the height (see `wall.css`).
const COLUMN: f64 = 57.8;
/// What it keeps for head, domains and feed.
const BANDS: f64 = 27.6;

#[component]
pub(crate) fn Wall(text: &'static Text) -> impl IntoView {
    let city = City::connect(text);
    city.follow_status(STATUS_MS);
    let screen = Screen::start();
    super::debug::publish(city, screen);
    let aspect = RwSignal::new(camera_aspect());
    let resized = window_event_listener(ev::resize, move |_| aspect.set(camera_aspect()));
    on_cleanup(move || resized.remove());
    view! {
        <div class="wall" class:silent=move || city.silent.get().is_some()>
            <WallHeader city/>
            <Banner city/>
            <main>
                <CameraGrid city screen aspect=aspect.into()/>
                <aside>
                    <Figures city/>
                    <Readings city/>
                    <TroubleList city/>
                </aside>
            </main>
            <DomainStrip city/>
            <FeedLine city/>
        </div>
    }
}

/// Width by height of what the style sheet leaves for cameras.
fn camera_aspect() -> f64 {
    let size = |value: Option<wasm_bindgen::JsValue>| value.and_then(|v| v.as_f64()).unwrap_or(0.0);
    let Some(window) = web_sys::window() else { return 1.0 };
    let (width, height) = (size(window.inner_width().ok()), size(window.inner_height().ok()));
    let unit = (height / 100.0).min(width / 177.78);
    ((width - COLUMN * unit) / (height - BANDS * unit)).clamp(0.1, 20.0)
}
