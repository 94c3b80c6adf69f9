//! A layout: pictures and panels in the cells that somebody gave them.
//!
//! Cells are placed, not nested: when one moves or a tour goes on, the pictures that stay are not interrupted.

use leptos::prelude::*;
use pantau_schemas::ids::SeriesId;
use pantau_schemas::wall::{Rank, Tile};

use super::camera_tile::CameraTile;
use super::domain_strip::DomainStrip;
use super::feed_line::FeedLine;
use super::figures::Figures;
use super::trouble_list::TroubleList;
use crate::component::each::Each;
use crate::component::follow::follow;
use crate::format::{clock, date, measure, span};
use crate::live::city::City;
use crate::media::choice::Missing;
use crate::media::screen::Screen;
use crate::view::readings::reading;
use crate::view::walls::{Grid, Hung, lines};

#[component]
pub(crate) fn WallGrid(
    city: City,
    screen: Result<Screen, Missing>,
    eye: Signal<Option<f64>>,
    grid: Signal<Grid>,
    on: Signal<String>,
) -> impl IntoView {
    let cell = move |first: Hung| {
        let key = first.key.clone();
        // Where the cell is now; while it goes away, where it was.
        let now = follow(move |before: Option<&Hung>| {
            let found = grid.with(|grid| grid.cells.iter().find(|cell| cell.key == key).cloned());
            found.or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
        });
        let place = follow(move |_| now.with(|cell| lines(&cell.area)));
        let rank = follow(move |_| now.with(|cell| word(cell.rank)));
        let tile = now.with_untracked(|cell| cell.tile.clone());
        match tile {
            Tile::Camera { camera } => {
                view! { <CameraTile city screen camera place=place.into() rank=rank.into() on eye/> }
                    .into_any()
            }
            tile => {
                let word = kind(&tile);
                view! {
                    <article
                        class="panel"
                        data-panel=word
                        data-rank=rank
                        style:grid-column=move || place.get().0
                        style:grid-row=move || place.get().1
                    >
                        {panel(city, tile)}
                    </article>
                }
                .into_any()
            }
        }
    };
    view! {
        <main
            class="hung"
            style:--columns=move || grid.with(|grid| grid.columns.to_string())
            style:--rows=move || grid.with(|grid| grid.rows.to_string())
        >
            <Each each=move || grid.with(|grid| grid.cells.clone()) key=|cell| cell.key.clone() children=cell/>
        </main>
    }
}

/// The rank as the style sheet knows it.
const fn word(rank: Rank) -> &'static str {
    match rank {
        Rank::Pinned => "pinned",
        Rank::Alarm => "alarm",
        Rank::Watched => "watched",
        Rank::Context => "context",
    }
}

const fn kind(tile: &Tile) -> &'static str {
    match tile {
        Tile::Camera { .. } => "camera",
        Tile::Trouble => "trouble",
        Tile::Domains => "domains",
        Tile::Figures => "figures",
        Tile::Feed => "feed",
        Tile::Clock => "clock",
        Tile::Text { .. } => "text",
        Tile::Series { .. } => "series",
        Tile::Empty | Tile::Unknown => "empty",
    }
}

fn panel(city: City, tile: Tile) -> AnyView {
    match tile {
        Tile::Trouble => view! { <TroubleList city/> }.into_any(),
        Tile::Domains => view! { <DomainStrip city/> }.into_any(),
        Tile::Figures => view! { <Figures city/> }.into_any(),
        Tile::Feed => view! { <FeedLine city/> }.into_any(),
        Tile::Clock => view! { <Clock city/> }.into_any(),
        Tile::Series { series } => view! { <Number city series/> }.into_any(),
        Tile::Text { text } => {
            let text = text.to_string();
            view! { <p class="line"><bdi>{text}</bdi></p> }.into_any()
        }
        Tile::Camera { .. } | Tile::Empty | Tile::Unknown => ().into_any(),
    }
}

/// The city's time.
#[component]
fn Clock(city: City) -> impl IntoView {
    let text = city.text;
    view! {
        <p class="time">
            <time>{move || clock(text, city.zone(), city.now.get())}</time>
            <span>{move || city.zone().suffix}</span>
        </p>
        <p class="date">{move || date(text, city.zone(), city.now.get())}</p>
    }
}

/// The newest value of a series, and how old it is.
#[component]
fn Number(city: City, series: SeriesId) -> impl IntoView {
    let text = city.text;
    let id = series.clone();
    let newest = Memo::new(move |_| city.of_heads(|replica| reading(replica, &id)));
    let age = Memo::new(move |_| {
        newest.with(|newest| {
            let newest = newest.as_ref()?;
            let age = city.now.get().millis_since(newest.time);
            Some((age, age > newest.old_after_ms))
        })
    });
    let old = move || age.get().is_none_or(|(_, old)| old);
    let value = move || {
        newest.with(|newest| {
            newest.as_ref().map_or_else(
                || text.nothing.to_owned(),
                |newest| format!("{} {}", measure(text, newest.value, newest.decimals), newest.unit),
            )
        })
    };
    let name = move || {
        let known = newest.with(|newest| newest.as_ref().map(|newest| newest.name.clone()));
        known.unwrap_or_else(|| series.to_string())
    };
    view! {
        <h2><bdi>{name}</bdi></h2>
        <p class="number value" class:old=old>{value}</p>
        <p class="age">{move || age.get().map(|(age, _)| (text.ago)(&span(text, age)))}</p>
    }
}
