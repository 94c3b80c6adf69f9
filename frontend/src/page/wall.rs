//! `/wall/{screen}`: what hangs on that screen, and every camera where nobody has hung anything.
//!
//! Nobody touches it for a month: no cursor, no scrolling, no meaning in hovering. `?player=webcodecs` or `?player=mse`
//! says what is to play the pictures ([`crate::media::choice`]).

use leptos::ev;
use leptos::prelude::*;

use crate::browser::face;
use crate::component::banner::Banner;
use crate::component::camera_grid::CameraGrid;
use crate::component::domain_strip::DomainStrip;
use crate::component::feed_line::FeedLine;
use crate::component::figures::Figures;
use crate::component::header::WallHeader;
use crate::component::readings::Readings;
use crate::component::trouble_list::{TroubleCount, TroubleList};
use crate::component::wall_grid::WallGrid;
use crate::digits::{fixed, shortest};
use crate::live::city::City;
use crate::live::heart;
use crate::live::renewal::moment;
use crate::media::choice::Missing;
use crate::media::screen::Screen;
use crate::text::Text;
use crate::view::burn_in;
use crate::view::legible::{Reader, Scale};
use crate::view::room::{Plan, Room, Window, plan};
use crate::view::walls::{Grid, Hanging, hanging, name};

/// How often the sources are asked for, ms.
const STATUS_MS: u32 = 5_000;

#[component]
pub(crate) fn Wall(text: &'static Text, name_in_path: String) -> impl IntoView {
    let city = City::connect(text);
    city.follow_ways(STATUS_MS);
    let screen = Screen::start(super::asked);
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

    let window = RwSignal::new(window_now());
    let resized = window_event_listener(ev::resize, move |_| window.set(window_now()));
    on_cleanup(move || resized.remove());
    let path = name_in_path.clone();
    let reader = Memo::new(move |_| city.of_walls(|r| Reader::of(&r.world().walls, &path)));
    let scale =
        Memo::new(move |_| reader.get().map(|reader| Scale::of(reader, window.get().1, face::capital)));
    let letters = text.largest_word();
    let plan = Memo::new(move |_| plan(window.get().0, scale.get().as_ref(), letters));
    let eye = Signal::derive(move || reader.get().map(Reader::px_per_arcmin));
    let size =
        move |pick: fn(Scale) -> f64| move || scale.get().map(|scale| format!("{}px", fixed(pick(scale), 3)));
    let place = Memo::new(move |_| burn_in::offset(city.now.get()));
    let shift = move |pixels: u8| format!("{}px", shortest(f64::from(pixels) / window.get().1));
    // Other letters leave other room: the server is told how large the pictures are now.
    Effect::new(move |_| {
        plan.track();
        if let Ok(screen) = screen {
            screen.resized();
        }
    });

    let on = Signal::stored(name_in_path.clone());
    let screen_name = Memo::new(move |_| city.of_walls(|r| name(&r.world().walls, &name_in_path)));
    let body = move || {
        if laid_out.get() {
            view! { <WallGrid city screen eye grid=grid.into() on/> }.into_any()
        } else {
            view! { <Everything city screen eye plan=plan.into() on/> }.into_any()
        }
    };
    view! {
        <div
            class="wall"
            class:laid-out=laid_out
            class:scaled=move || scale.get().is_some()
            class:silent=move || city.silent.get().is_some()
            data-room=move || plan.get().room.as_str()
            data-letters=letters.clamp(5, 7).to_string()
            style:--t-label=size(|scale| scale.label)
            style:--t-body=size(|scale| scale.body)
            style:--t-alarm=size(|scale| scale.alarm)
            style:--shift-x=move || shift(place.get().0)
            style:--shift-y=move || shift(place.get().1)
        >
            <WallHeader city screen_name=screen_name.into()/>
            <Banner city/>
            {body}
        </div>
    }
}

/// Every camera that there is room for, grouped by category, beside as much of the city's figures.
#[component]
fn Everything(
    city: City,
    screen: Result<Screen, Missing>,
    eye: Signal<Option<f64>>,
    plan: Signal<Plan>,
    on: Signal<String>,
) -> impl IntoView {
    let room = Memo::new(move |_| plan.get().room);
    let beside = move || match room.get() {
        Room::Full => {
            let figures = view! { <aside><Figures city/><Readings city/><TroubleList city/></aside> };
            figures.into_any()
        }
        Room::Some => view! { <aside><TroubleList city/><Readings city/></aside> }.into_any(),
        Room::Little => ().into_any(),
    };
    let below = move || match room.get() {
        Room::Full => view! { <DomainStrip city/><FeedLine city/> }.into_any(),
        Room::Some => ().into_any(),
        Room::Little => view! { <TroubleCount city/> }.into_any(),
    };
    view! {
        <main>
            <CameraGrid city screen eye room=plan on/>
            {beside}
        </main>
        {below}
    }
}

/// The window, CSS pixels, and how many device pixels make one of them.
fn window_now() -> (Window, f64) {
    let size = |value: Option<wasm_bindgen::JsValue>| value.and_then(|v| v.as_f64()).unwrap_or(0.0).max(1.0);
    let Some(window) = web_sys::window() else { return (Window { width: 1.0, height: 1.0 }, 1.0) };
    let (width, height) = (size(window.inner_width().ok()), size(window.inner_height().ok()));
    let ratio = window.device_pixel_ratio();
    (Window { width, height }, if ratio > 0.0 { ratio } else { 1.0 })
}
