//! What can be done with the selected cell and with the whole wall.

use leptos::prelude::*;
use pantau_schemas::command::Command;
use pantau_schemas::wall::{Area, Load, Rank, Tile};

use crate::desk::cells::Direction;
use crate::desk::merge::merged;
use crate::desk::office::Office;
use crate::desk::zones::next_use;
use crate::format::count;

/// A button that says which key does the same. While it is off it keeps the focus and does nothing: what it lacks is
/// said elsewhere.
#[component]
pub(crate) fn Button(
    label: Signal<&'static str>,
    #[prop(optional)] keys: Option<&'static str>,
    off: Signal<bool>,
    press: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <button
            type="button"
            aria-disabled=move || off.get().to_string()
            on:click=move |_| {
                if !off.get_untracked() {
                    press();
                }
            }
        >
            {move || label.get()}
            {keys.map(|keys| view! { <kbd>{keys}</kbd> })}
        </button>
    }
}

#[component]
pub(crate) fn Toolbar(office: Office) -> impl IntoView {
    let words = office.words();
    let blocked = Memo::new(move |_| office.blocked().is_some());
    let cell = office.cell;
    let no_cell = Signal::derive(move || blocked.get() || cell.with(Option::is_none));
    let of_cell = move |test: fn(&Tile, Rank) -> bool| {
        Signal::derive(move || {
            blocked.get() || !cell.with(|cell| cell.as_ref().is_some_and(|cell| test(&cell.tile, cell.rank)))
        })
    };
    let pinned = Memo::new(move |_| cell.with(|cell| cell.as_ref().is_some_and(|c| c.rank == Rank::Pinned)));
    let context = Memo::new(move |_| {
        cell.with(|cell| cell.as_ref().is_some_and(|c| c.tile.camera().is_some() && c.rank == Rank::Context))
    });
    let merged = Memo::new(move |_| {
        cell.with(|cell| cell.as_ref().is_some_and(|cell| cell.area != Area::single(cell.area.at())))
    });
    let rank = move || {
        let camera = cell.with_untracked(|cell| cell.as_ref()?.tile.camera().cloned());
        let rank = if context.get_untracked() { Rank::Watched } else { Rank::Context };
        match camera {
            Some(camera) => office.put(camera, None, rank),
            None => office.say(words.no_camera_in_cell),
        }
    };
    let next_alarm_use =
        Memo::new(move |_| next_use(cell.get().and_then(|cell| office.alarm_use(cell.area.at()))));
    let what = move || cell.with(|cell| cell.as_ref().map(|cell| office.place(cell.area.at())));
    let (city, text) = (office.city, office.city.text);
    let moving = Memo::new(move |_| {
        let wall = office.wall();
        wall.map_or(0, |wall| city.read(|r| r.world().walls.moving(&wall)))
    });
    let heavy = move || Load::of(moving.get()) != Load::Fine;
    view! {
            <div class="bars">
                <div class="bar" role="group" aria-label=words.cell_actions>
                    <h3>{words.cell_actions} " " <span>{what}</span></h3>
                    <Button
                        label=Signal::derive(move || if pinned.get() { words.unpin } else { words.pin })
                        keys="P"
                        off=of_cell(|tile, _| !matches!(tile, Tile::Empty | Tile::Unknown))
                        press=move || office.pin()
                    />
                    <Button
                        label=Signal::derive(move || if context.get() { words.as_watched } else { words.as_context })
                        off=of_cell(|tile, rank| tile.camera().is_some() && rank != Rank::Pinned)
                        press=rank
                    />
                    <Button
                        label=Signal::derive(move || (words.alarm_use)(next_alarm_use.get()))
                        keys="Shift A"
                        off=no_cell
                        press=move || office.next_alarm_use()
                    />
                    <Button
                        label=words.clear_cell.into()
                        off=of_cell(|tile, rank| *tile != Tile::Empty && rank != Rank::Pinned)
                        press=move || clear_cell(office)
                    />
                </div>
                <div class="bar" role="group" aria-label=words.merge>
                    <h3>{words.merge} " " <kbd>"Shift ← ↑ → ↓"</kbd></h3>
                    <Arrow office direction=Direction::Left sign="←" label=words.merge_left/>
                    <Arrow office direction=Direction::Up sign="↑" label=words.merge_up/>
                    <Arrow office direction=Direction::Right sign="→" label=words.merge_right/>
                    <Arrow office direction=Direction::Down sign="↓" label=words.merge_down/>
                    <Button
                        label=words.split.into()
                        keys="Shift B"
                        off=Signal::derive(move || blocked.get() || !merged.get())
                        press=move || office.split()
                    />
                </div>
                <div class="bar" role="group" aria-label=words.wall_actions>
                    <h3>
                        {words.wall_actions} " "
                        <span class:heavy=heavy>
                            {move || (words.moving)(&count(text, i64::try_from(moving.get()).unwrap_or(i64::MAX)))}
                            {move || heavy().then(|| format!(" – {}", words.heavy))}
                        </span>
                    </h3>
                    <Button
                        label=words.undo.into()
                        keys="Ctrl Z"
                        off=blocked.into()
                        press=move || undo(office)
                    />
                    <Button
                        label=words.clear_wall.into()
                        keys="Shift Esc"
                        off=no_cell
                        press=move || clear_wall(office)
                    />
    </div>
            </div>
        }
}

/// The selected cell takes what lies beside it in that direction.
#[component]
fn Arrow(office: Office, direction: Direction, sign: &'static str, label: &'static str) -> impl IntoView {
    let off = move || {
        let there = office.layout.with(|layout| {
            let layout = layout.as_ref()?;
            office.cell.with(|cell| Some(merged(layout, cell.as_ref()?.area.at(), direction).is_ok()))
        });
        office.blocked().is_some() || there != Some(true)
    };
    view! {
        <button
            type="button"
            class="arrow"
            aria-label=label
            title=label
            aria-disabled=move || off().to_string()
            on:click=move |_| {
                if !untrack(off) {
                    office.merge(direction);
                }
            }
        >
            {sign}
        </button>
    }
}

pub(crate) fn clear_cell(office: Office) {
    office.with_cell(office.words().clear_cell, |screen, at| Command::WallClear { screen, at });
}

pub(crate) fn clear_wall(office: Office) {
    office.give(office.words().clear_wall.to_owned(), None, |screen| Command::WallClearAll { screen });
}

pub(crate) fn undo(office: Office) {
    office.give(office.words().undo.to_owned(), None, |screen| Command::WallUndo { screen });
}
