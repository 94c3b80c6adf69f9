//! The wall of a screen, in small: what hangs there, and above it the cells as things to choose and to drop on.
//!
//! Pictures and cells are two layers: a cell keeps the focus while another camera comes into it, and a picture goes on
//! while its cell moves.

use leptos::prelude::*;
use pantau_schemas::command::Command;
use pantau_schemas::entry::DeviceState;
use pantau_schemas::wall::{AlarmUse, Area, At, Layout, MOVING_WARN, Rank, Tile};

use super::camera_list::state_word;
use super::measures::Measures;
use crate::component::camera_tile::CameraTile;
use crate::component::each::Each;
use crate::component::follow::follow;
use crate::desk::office::Office;
use crate::format::moment;
use crate::media::choice::Missing;
use crate::media::screen::Screen;
use crate::view::walls::{Hung, lines, named};

/// Grids to begin with.
const GRIDS: [(u8, u8); 4] = [(2, 2), (3, 2), (3, 3), (4, 4)];

#[component]
pub(crate) fn Miniature(office: Office, screen: Result<Screen, Missing>) -> impl IntoView {
    let (city, text, words) = (office.city, office.city.text, office.words());
    let screens = Memo::new(move |_| {
        city.of_walls(|r| {
            let screens = r.world().walls.screens.values();
            screens.map(|screen| (screen.id.to_string(), screen.name.to_string())).collect::<Vec<_>>()
        })
    });
    let here = move || office.screen.with(|id| id.as_ref().map(ToString::to_string).unwrap_or_default());
    let names_only = Memo::new(move |_| {
        office.layout.with(|layout| layout.as_ref().is_some_and(|layout| !is_cheap(&named(layout.cells()))))
    });
    let auto = move || city.known.get() && office.layout.with(Option::is_none);
    let option = move |(id, name): (String, String)| {
        let value = id.clone();
        view! { <option value=id selected=move || here() == value>{name}</option> }
    };
    let grid = move |(columns, rows): (u8, u8)| {
        view! {
            <button
                type="button"
                aria-disabled=move || office.blocked().is_some().to_string()
                on:click=move |_| office.lay_out(columns, rows)
            >
                {(words.grid)(columns, rows)}
            </button>
        }
    };
    view! {
        <section class="miniature" aria-labelledby="wall-title">
            <div class="title">
                <h2 id="wall-title">{words.wall}</h2>
                <label>
                    <span class="hidden">{words.screen}</span>
                    <select prop:value=here on:change=move |event| office.to_screen(&event_target_value(&event))>
                        <Each each=move || screens.get() key=Clone::clone children=option/>
                    </select>
                </label>
                <a href=move || format!("/wall/{}", here()) target="_blank" rel="noopener">{words.open_screen}</a>
                <Measures office/>
                <button
                    type="button"
                    class="last"
                    aria-disabled=move || (office.blocked().is_some() || office.layout.with(Option::is_none)).to_string()
                    on:click=move |_| {
                        office.give(words.to_auto.to_owned(), None, |screen| Command::WallAuto { screen });
                    }
                >
                    {words.to_auto}
                </button>
            </div>
            <div class="screen">
                <Cells office screen/>
                <div class="nothing" hidden=move || !auto()>
                    <strong>{words.auto}</strong>
                    <span>{words.auto_hint}</span>
                    <p class="bar">{GRIDS.map(grid).collect_view()}</p>
                </div>
                <p class="nothing" hidden=move || city.known.get()>{text.loading}</p>
            </div>
            <p class="hint" hidden=move || !names_only.get()>{words.names_only}</p>
            <Silent office/>
        </section>
    }
}

/// The screen that is worked on beats no more: since when, and what to do when nobody expects it to.
#[component]
fn Silent(office: Office) -> impl IntoView {
    let (city, text, words) = (office.city, office.city.text, office.words());
    let since = Memo::new(move |_| {
        let screen = office.screen.get()?;
        city.of_walls(|r| {
            let screen = r.world().walls.screens.get(&screen)?;
            let down = screen.status.filter(|status| status.state == DeviceState::Down)?;
            Some((screen.name.to_string(), down.since))
        })
    });
    let line = move || {
        since.get().map(|(name, at)| {
            let since = (text.since)(&moment(text, city.zone(), at, city.now.get()));
            format!("{} {name} {} {since}", text.screen, text.screen_silent)
        })
    };
    view! {
        <p class="silent-screen" role="status" hidden=move || since.with(Option::is_none)>
            <strong>{line}</strong>
            <button
                type="button"
                aria-disabled=move || office.blocked().is_some().to_string()
                on:click=move |_| {
                    office.give(words.forget_screen.to_owned(), None, |screen| Command::ScreenForget { screen });
                }
            >
                {words.forget_screen}
            </button>
        </p>
    }
}

#[component]
fn Cells(office: Office, screen: Result<Screen, Missing>) -> impl IntoView {
    let all = Memo::new(move |_| {
        office.layout.with(|layout| layout.as_ref().map(Layout::every_cell).unwrap_or_default())
    });
    let hung = Memo::new(move |_| all.with(|all| named(all)));
    let side = move |pick: fn(&Layout) -> u8| {
        move || office.layout.with(|layout| layout.as_ref().map_or(1, pick)).to_string()
    };
    let keyed =
        move || hung.with(|hung| hung.iter().map(|cell| (cell.clone(), is_cheap(hung))).collect::<Vec<_>>());
    let areas = move || all.with(|all| all.iter().map(|cell| cell.area).collect::<Vec<_>>());
    let content = move |(first, cheap): (Hung, bool)| {
        let key = first.key.clone();
        let now = follow(move |before: Option<&Hung>| {
            let found = hung.with(|hung| hung.iter().find(|cell| cell.key == key).cloned());
            found.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
        });
        let place = follow(move |_| now.with(|cell| lines(&cell.area)));
        let rank = follow(move |_| now.with(|cell| cell.rank));
        let word = move || match rank.get() {
            Rank::Pinned => "pinned",
            Rank::Alarm => "alarm",
            Rank::Watched | Rank::Context => "",
        };
        let on = follow(move |_| office.screen.get().map(|screen| screen.to_string()).unwrap_or_default());
        match now.with_untracked(|cell| cell.tile.clone()) {
            Tile::Camera { camera } if cheap => view! {
                <CameraTile
                    city=office.city
                    screen
                    camera
                    place=place.into()
                    rank=Signal::derive(word)
                    on=on.into()
                />
            }
            .into_any(),
            tile => view! {
                <div
                    class="plain"
                    style:grid-column=move || place.get().0
                    style:grid-row=move || place.get().1
                >
                    <Plain office tile/>
                    {move || (rank.get() == Rank::Alarm).then(|| view! { <strong class="ringing">{office.city.text.alarm}</strong> })}
                </div>
            }
            .into_any(),
        }
    };
    view! {
        <div
            class="cells"
            hidden=move || office.layout.with(Option::is_none)
            style:--columns=side(Layout::columns)
            style:--rows=side(Layout::rows)
        >
            <div class="layer hung" aria-hidden="true">
                <Each each=keyed key=|(cell, cheap)| (cell.key.clone(), *cheap) children=content/>
            </div>
            <div class="layer" role="group" aria-labelledby="wall-title" data-place="cell">
                <Each each=areas key=|area| *area children=move |area| view! { <Pick office area/> }/>
            </div>
        </div>
    }
}

/// Whether the pictures of so many cameras cost little: no more than people can watch.
fn is_cheap(hung: &[Hung]) -> bool {
    hung.iter().filter(|cell| cell.tile.camera().is_some()).count() <= MOVING_WARN
}

/// A tile without its picture.
#[component]
fn Plain(office: Office, tile: Tile) -> impl IntoView {
    let state = tile.camera().cloned().map(|camera| {
        let text = office.city.text;
        let state = follow(move |_| office.city.of_devices(|r| r.world().device_state(&camera)));
        view! { <span class="value" data-state=move || state_word(state.get())>{move || (text.device_state)(state.get())}</span> }
    });
    view! { <bdi>{name(office, &tile)}</bdi> {state} }
}

/// What a tile is, in words.
fn name(office: Office, tile: &Tile) -> String {
    let (text, words) = (office.city.text, office.words());
    match tile {
        Tile::Empty => words.empty.to_owned(),
        Tile::Unknown => words.unknown_tile.to_owned(),
        Tile::Camera { camera } => office.name(camera),
        Tile::Trouble => text.trouble.to_owned(),
        Tile::Domains => text.infrastructure.to_owned(),
        Tile::Figures => text.key_figures.to_owned(),
        Tile::Feed => text.feed.to_owned(),
        Tile::Clock => words.clock.to_owned(),
        Tile::Text { text } => text.to_string(),
        Tile::Series { series } => series.to_string(),
    }
}

/// A cell as a thing to choose, to drag from and to drop on.
#[component]
fn Pick(office: Office, area: Area) -> impl IntoView {
    let (text, words) = (office.city.text, office.words());
    let at: At = area.at();
    let over = RwSignal::new(false);
    let now = follow(move |_| office.layout.with(|layout| layout.as_ref()?.cell(at)));
    let chosen =
        follow(move |_| office.cell.with(|cell| cell.as_ref().is_some_and(|cell| cell.area == area)));
    let camera = move || now.with_untracked(|cell| cell.as_ref()?.tile.camera().cloned());
    let state = follow(move |_| {
        let camera = now.with(|cell| cell.as_ref()?.tile.camera().cloned())?;
        Some(office.city.of_devices(|r| r.world().device_state(&camera)))
    });
    let zone = follow(move |_| {
        office.alarm_use(at).map(|alarms| match alarms {
            AlarmUse::May => ("may", words.zone_may),
            AlarmUse::MayNot => ("may_not", words.zone_may_not),
        })
    });
    let label = move || {
        let Some(cell) = now.get() else { return String::new() };
        let mut label = format!("{}: {}", office.place(at), name(office, &cell.tile));
        let state = state.get().map(text.device_state);
        let rank = match cell.rank {
            Rank::Pinned => Some(text.pinned),
            Rank::Alarm => Some(text.alarm),
            Rank::Context if cell.tile.camera().is_some() => Some(words.context),
            _ => None,
        };
        let zone = zone.get().map(|(_, word)| word);
        for word in state.into_iter().chain(rank).chain(zone) {
            label.push_str(", ");
            label.push_str(word);
        }
        label
    };
    let pending = follow(move |_| {
        let (screen, settled) = (office.screen.get(), office.settled());
        office.orders.with(|orders| {
            let mut about = orders.lines().filter(|line| {
                line.at.as_ref().is_some_and(|(on, place)| Some(on) == screen.as_ref() && area.covers(*place))
            });
            about.any(|line| line.is_open(settled))
        })
    });
    let (column, row) = lines(&area);
    view! {
        <div
            class="pick"
            role="button"
            tabindex=move || if chosen.get() { "0" } else { "-1" }
            aria-pressed=move || chosen.get().to_string()
            aria-label=label
            draggable=move || now.with(|cell| cell.as_ref().is_some_and(|c| c.tile.camera().is_some())).to_string()
            data-at=format!("{},{}", at.column, at.row)
            data-pinned=move || now.with(|cell| cell.as_ref().is_some_and(|c| c.rank == Rank::Pinned)).to_string()
            data-empty=move || now.with(|cell| cell.as_ref().is_none_or(|c| c.tile == Tile::Empty)).to_string()
            class:drop=move || over.get() && office.dragged.with(Option::is_some)
            style:grid-column=column
            style:grid-row=row
            on:focus=move |_| office.select(at)
            on:click=move |_| office.select(at)
            on:dblclick=move |_| {
                if let Some(camera) = camera() {
                    office.spot.set(Some(camera));
                }
            }
            on:dragstart=move |_| office.dragged.set(camera())
            on:dragend=move |_| office.dragged.set(None)
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
                    office.select(at);
                    office.put(camera, Some(at), Rank::Watched);
                }
            }
        >
            <span class="zone" data-alarms=move || zone.get().map(|(kind, _)| kind)>{move || zone.get().map(|(_, word)| word)}</span>
            <span class="pending" hidden=move || !pending.get()>{words.saving}</span>
        </div>
    }
}
