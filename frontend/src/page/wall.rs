//! `/wall/{screen}`: what hangs on that screen, and every camera where nobody has hung anything.
//!
//! Nobody touches it for a month: no cursor, no scrolling, no meaning in hovering. `?player=webcodecs` or `?player=mse`
//! says what is to play the pictures ([`crate::media::choice`]).

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
use crate::component::wall_grid::WallGrid;
use crate::live::city::City;
use crate::live::heart;
use crate::live::renewal::moment;
use crate::media::choice::Missing;
use crate::media::screen::Screen;
use crate::text::Text;
use crate::view::walls::{Grid, Hanging, hanging, name};

/// How often the sources are asked for, ms.
const STATUS_MS: u32 = 5_000;

/// What the wall keeps for its column of figures, in hundredths of the height (see `wall.css`).
const COLUMN: f64 = 57.8;
/// What it keeps for head, domains and feed.
const BANDS: f64 = 27.6;

#[component]
pub(crate) fn Wall(text: &'static Text, name_in_path: String) -> impl IntoView {
    let city = City::connect(text);
    city.follow_status(STATUS_MS);
    let screen = Screen::start(super::asked("player").as_deref());
    super::debug::publish(city, Some(screen));
    heart::start(city, &name_in_path, screen);
    let (here, mut before) = (name_in_path.clone(), None);
    city.reloads_in(move || city.read(|r| moment(r.world(), &here, &mut before)));
    let path = name_in_path.clone();
    let hung = Memo::new(move |_| city.of_walls(|r| hanging(&r.world().walls, &path)));
    let laid_out = Memo::new(move |_| hung.with(|hung| matches!(hung, Hanging::Grid(_))));
    let grid = Memo::new(move |before: Option<&Grid>| match hung.get() {
        Hanging::Grid(grid) => grid,
        // For the moment in which the grid is taken down.
        Hanging::Auto => before.cloned().unwrap_or(Grid { columns: 1, rows: 1, cells: Vec::new() }),
    });
    let on = Signal::stored(name_in_path.clone());
    let screen_name = Memo::new(move |_| city.of_walls(|r| name(&r.world().walls, &name_in_path)));
    let body = move || {
        if laid_out.get() {
            view! { <WallGrid city screen grid=grid.into() on/> }.into_any()
        } else {
            view! { <Everything city screen on/> }.into_any()
        }
    };
    view! {
        <div
            class="wall"
            class:laid-out=laid_out
            class:silent=move || city.silent.get().is_some()
        >
            <WallHeader city screen_name=screen_name.into()/>
            <Banner city/>
            {body}
        </div>
    }
}

/// Every camera, grouped by category, beside the city's figures.
#[component]
fn Everything(city: City, screen: Result<Screen, Missing>, on: Signal<String>) -> impl IntoView {
    let aspect = RwSignal::new(camera_aspect());
    let resized = window_event_listener(ev::resize, move |_| aspect.set(camera_aspect()));
    on_cleanup(move || resized.remove());
    view! {
        <main>
            <CameraGrid city screen aspect=aspect.into() on/>
            <aside>
                <Figures city/>
                <Readings city/>
                <TroubleList city/>
            </aside>
        </main>
        <DomainStrip city/>
        <FeedLine city/>
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
