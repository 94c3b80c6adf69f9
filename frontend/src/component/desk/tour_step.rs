//! One step of a tour in the sheet on which it is written, and the cameras in it.

use leptos::prelude::*;
use pantau_schemas::wall::{At, Layout, MAX_SHOTS};

use super::tour_editor::Sheet;
use crate::component::each::Each;
use crate::desk::round::{Field, Place};

/// `column,row`, as the value of a choice.
fn written(at: At) -> String {
    format!("{},{}", at.column, at.row)
}

fn read(text: &str) -> Option<At> {
    let (column, row) = text.split_once(',')?;
    At::new(column.parse().ok()?, row.parse().ok()?)
}

/// One step.
#[component]
pub(crate) fn LegForm(sheet: Sheet, leg: usize, legs: Memo<usize>) -> impl IntoView {
    let (office, editor) = (sheet.office, sheet.editor);
    let words = office.words();
    let title = (words.leg)(leg + 1);
    let places = Memo::new(move |_| {
        editor.with(|editor| editor.round().legs.get(leg).map_or(0, |leg| leg.places.len()))
    });
    let dwell = move || {
        editor.with(|editor| editor.round().legs.get(leg).map(|leg| leg.dwell.clone())).unwrap_or_default()
    };
    let add = move |_| {
        if places.get_untracked() < MAX_SHOTS {
            sheet.change(|editor| {
                editor.change(|round| {
                    round.legs.get_mut(leg).into_iter().for_each(|leg| leg.places.push(Place::default()));
                });
            });
        }
    };
    let remove = move |_| {
        sheet.change(|editor| {
            editor.change(|round| {
                if leg < round.legs.len() {
                    round.legs.remove(leg);
                }
            });
        });
    };
    let named = move |what: &str| format!("{what}: {}", (words.leg)(leg + 1));
    view! {
        <li>
            <fieldset>
                <legend>{title}</legend>
                <div class="bar">
                    <label class="seconds">
                        <input
                            type="number"
                            min="3"
                            max="3600"
                            aria-label=named(words.seconds)
                            prop:value=dwell
                            on:input=move |event| {
                                let text = event_target_value(&event);
                                sheet.change(|editor| editor.write(Field::Dwell(leg), &text));
                            }
                        />
                        {words.seconds}
                    </label>
                    <button type="button" aria-label=named(words.add_place) on:click=add>{words.add_place}</button>
                    <button
                        type="button"
                        class="last"
                        aria-label=named(words.leg_earlier)
                        aria-disabled=(leg == 0).to_string()
                        on:click=move |_| sheet.change(|editor| editor.move_leg(leg, true))
                    >
                        "↑"
                    </button>
                    <button
                        type="button"
                        aria-label=named(words.leg_later)
                        aria-disabled=move || (leg + 1 >= legs.get()).to_string()
                        on:click=move |_| sheet.change(|editor| editor.move_leg(leg, false))
                    >
                        "↓"
                    </button>
                    <button type="button" aria-label=named(words.remove_leg) on:click=remove>"×"</button>
                </div>
                <Each each=move || 0..places.get() key=|place| *place let:place>
                    <PlaceForm sheet leg place/>
                </Each>
            </fieldset>
        </li>
    }
}

/// One camera in one cell.
#[component]
fn PlaceForm(sheet: Sheet, leg: usize, place: usize) -> impl IntoView {
    let (office, editor) = (sheet.office, sheet.editor);
    let words = office.words();
    let now = Memo::new(move |_| {
        editor.with(|editor| editor.round().legs.get(leg).and_then(|leg| leg.places.get(place)).cloned())
    });
    let at = Memo::new(move |_| now.with(|now| now.as_ref().and_then(|now| now.at)));
    // The cells of the layout, and the one that was written, wherever it is.
    let cells = Memo::new(move |_| {
        let mut cells: Vec<At> = office.layout.with(|layout| {
            let cells = layout.as_ref().map(Layout::every_cell).unwrap_or_default();
            cells.into_iter().map(|cell| cell.area.at()).collect()
        });
        cells.extend(at.get().filter(|at| !cells.contains(at)));
        cells
    });
    let text = move || now.with(|now| now.as_ref().map(|now| now.text.clone())).unwrap_or_default();
    let found = move || {
        now.with(|now| {
            let now = now.as_ref().filter(|now| !now.text.trim().is_empty())?;
            let camera = now.known.clone().or_else(|| sheet.camera(now.text.trim()));
            let name = camera.map(|camera| office.name(&camera));
            Some(name.unwrap_or_else(|| (words.fault_camera)(&now.text)))
        })
    };
    let edit = move |edit: fn(&mut Vec<Place>, usize, Option<At>), to: Option<At>| {
        sheet.change(|editor| {
            editor.change(|round| {
                round.legs.get_mut(leg).into_iter().for_each(|leg| edit(&mut leg.places, place, to));
            });
        });
    };
    let to_cell = move |event| {
        let set = |places: &mut Vec<Place>, place: usize, to: Option<At>| {
            places.get_mut(place).into_iter().for_each(|place| place.at = to);
        };
        edit(set, read(&event_target_value(&event)));
    };
    let remove = move |_| {
        let remove = |places: &mut Vec<Place>, place: usize, _: Option<At>| {
            if place < places.len() {
                places.remove(place);
            }
        };
        edit(remove, None);
    };
    let named = move |what: &str| format!("{what}: {}", (words.leg)(leg + 1));
    view! {
        <div class="place">
            <select aria-label=named(words.cell_field) on:change=to_cell>
                <option value="" selected=move || at.get().is_none()>{words.choose_cell}</option>
                <Each each=move || cells.get() key=|cell| *cell let:cell>
                    <option value=written(cell) selected=move || at.get() == Some(cell)>{office.place(cell)}</option>
                </Each>
            </select>
            <input
                type="text"
                list="tour-cameras"
                autocomplete="off"
                spellcheck="false"
                aria-label=named(words.camera_field)
                placeholder=words.camera_field
                data-leg=leg
                prop:value=text
                on:input=move |event| {
                    let text = event_target_value(&event);
                    sheet.change(|editor| editor.write(Field::Camera(leg, place), &text));
                }
            />
            <bdi class="found">{found}</bdi>
            <button type="button" aria-label=named(words.remove_place) on:click=remove>"×"</button>
        </div>
    }
}
