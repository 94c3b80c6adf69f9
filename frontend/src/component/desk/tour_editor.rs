//! The sheet on which a tour is written: its steps, how long each stays, and which camera is in which cell.

use leptos::{ev, html, prelude::*};
use pantau_schemas::command::Command;
use pantau_schemas::ids::TourId;
use pantau_schemas::wall::{At, MAX_SHOTS, MAX_STEPS, Tour};

use super::order_lines::outcome;
use crate::browser::best_effort;
use crate::desk::office::Office;
use crate::desk::round::{Editor, Fault, Field, Place};
use crate::desk::search::one;
use crate::text::desk::Desk;

/// The sheet, shared with whoever opens it. Copies are the same sheet.
#[derive(Clone, Copy)]
pub(crate) struct Sheet {
    office: Office,
    dialog: NodeRef<html::Dialog>,
    editor: RwSignal<Editor>,
    fault: RwSignal<Option<Fault>>,
    /// The tour as it was sent: the sheet closes when the city has it.
    sent: RwSignal<Option<Tour>>,
}

impl Sheet {
    pub(crate) fn new(office: Office) -> Self {
        let sheet = Self {
            office,
            dialog: NodeRef::new(),
            editor: RwSignal::default(),
            fault: RwSignal::new(None),
            sent: RwSignal::new(None),
        };
        Effect::new(move |_| {
            let there = sheet.sent.with(|sent| {
                sent.as_ref().is_some_and(|sent| {
                    office.city.of_walls(|r| r.world().walls.tours.get(sent.id()) == Some(sent))
                })
            });
            if there {
                sheet.close();
            }
        });
        sheet
    }

    /// Opens it for a new tour.
    pub(crate) fn open_new(self) {
        let at = self.office.cell.with_untracked(|cell| Some(cell.as_ref()?.area.at()));
        self.open(Editor::new(at));
    }

    /// Opens it for a tour that is there.
    pub(crate) fn open_tour(self, id: &TourId) {
        let tour = self.office.city.read(|r| r.world().walls.tours.get(id).cloned());
        if let Some(tour) = tour {
            self.open(Editor::of(&tour, |camera| self.office.name(camera)));
        }
    }

    fn open(self, editor: Editor) {
        self.editor.set(editor);
        self.fault.set(None);
        self.sent.set(None);
        if let Some(dialog) = self.dialog.get_untracked().filter(|dialog| !dialog.open()) {
            best_effort(dialog.show_modal());
        }
    }

    fn close(self) {
        self.sent.set(None);
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    fn change(self, change: impl FnOnce(&mut Editor)) {
        self.fault.set(None);
        self.sent.set(None);
        self.editor.update(change);
    }

    fn camera(self, text: &str) -> Option<pantau_schemas::ids::DeviceId> {
        self.office.cards.with(|cards| one(cards, text).map(|card| card.id.clone()))
    }

    fn save(self) {
        let walls = |id: &TourId| self.office.city.read(|r| r.world().walls.tours.contains_key(id));
        let fresh = (1..).filter_map(|n: u32| TourId::new(&format!("tour-{n}")).ok()).find(|id| !walls(id));
        let Some(fresh) = fresh else { return };
        let finished =
            self.editor.with_untracked(|editor| editor.finish(fresh, |text| untrack(|| self.camera(text))));
        match finished {
            Ok(draft) => {
                let words = (self.office.words().save_tour)(draft.name.as_str());
                self.fault.set(None);
                self.sent.set(Tour::try_from(draft.clone()).ok());
                self.office.give(words, None, |_| Command::WallTourSave { tour: draft });
            }
            Err(fault) => self.fault.set(Some(fault)),
        }
    }

    fn delete(self) {
        let round = self.editor.with_untracked(|editor| editor.round().clone());
        if let Some(tour) = round.id {
            let words = (self.office.words().delete_tour_named)(&round.name);
            self.office.give(words, None, |_| Command::WallTourDelete { tour });
            self.close();
        }
    }
}

/// What is wrong, in words.
fn said(words: &Desk, fault: &Fault) -> String {
    let step = |leg: usize| (words.leg)(leg + 1);
    match fault {
        Fault::Name => words.bad_name.to_owned(),
        Fault::NoLegs => words.fault_no_legs.to_owned(),
        Fault::TooManyLegs => (words.fault_many_legs)(MAX_STEPS),
        Fault::Dwell(leg) => format!("{}: {}", step(*leg), words.fault_dwell),
        Fault::NoPlaces(leg) => format!("{}: {}", step(*leg), words.fault_no_places),
        Fault::TooManyPlaces(leg) => format!("{}: {}", step(*leg), (words.fault_many_places)(MAX_SHOTS)),
        Fault::NoCell(leg) => format!("{}: {}", step(*leg), words.fault_no_cell),
        Fault::Camera(leg, text) => format!("{}: {}", step(*leg), (words.fault_camera)(text)),
        Fault::SameCell(leg) => format!("{}: {}", step(*leg), words.fault_same_cell),
    }
}

/// `column,row`, as the value of a choice.
fn written(at: At) -> String {
    format!("{},{}", at.column, at.row)
}

fn read(text: &str) -> Option<At> {
    let (column, row) = text.split_once(',')?;
    At::new(column.parse().ok()?, row.parse().ok()?)
}

#[component]
pub(crate) fn TourEditor(sheet: Sheet) -> impl IntoView {
    let (office, editor) = (sheet.office, sheet.editor);
    let words = office.words();
    let legs = Memo::new(move |_| editor.with(|editor| editor.round().legs.len()));
    let is_new = Memo::new(move |_| editor.with(|editor| editor.round().id.is_none()));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        sheet.save();
    };
    let from_wall = move |_| {
        // What people hung: a tour and alarms only lie over it.
        let wall = untrack(|| office.wall());
        if let Some(layout) = wall.as_ref().and_then(|wall| wall.content.layout()) {
            sheet.change(|editor| editor.add_leg_of(layout, |camera| office.name(camera)));
        }
    };
    // What the server says to the tour that was sent: the lines of the desk lie behind this sheet.
    let answer = move || {
        sheet.sent.with(Option::is_some).then(|| {
            let settled = office.settled();
            office
                .orders
                .with(|orders| orders.lines().next_back().map(|line| outcome(words, line, settled).1))
        })
    };
    view! {
        <dialog node_ref=sheet.dialog class="sheet tour" id="tour" aria-labelledby="tour-title">
            <form on:submit=submit novalidate>
                <h2 id="tour-title">{move || if is_new.get() { words.new_tour } else { words.change_tour }}</h2>
                <p class="hint">{words.tour_hint}</p>
                <label>
                    {words.name}
                    <input
                        type="text"
                        id="tour-name"
                        autofocus
                        autocomplete="off"
                        prop:value=move || editor.with(|editor| editor.round().name.clone())
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            sheet.change(|editor| editor.write(Field::Name, &text));
                        }
                    />
                </label>
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || editor.with(|editor| editor.round().waits)
                        on:change=move |event| {
                            let waits = event_target_checked(&event);
                            sheet.change(|editor| editor.change(|round| round.waits = waits));
                        }
                    />
                    {words.tour_waits}
                </label>
                <datalist id="tour-cameras">
                    <For each=move || office.cards.get() key=|card| (card.id.clone(), card.name.clone()) let:card>
                        <option value=card.name.clone()>{card.number.map(|number| number.to_string())}</option>
                    </For>
                </datalist>
                <ol class="legs">
                    <For each=move || 0..legs.get() key=|leg| *leg let:leg>
                        <LegForm sheet leg legs/>
                    </For>
                </ol>
                <p class="bar">
                    <button
                        type="button"
                        aria-disabled=move || (legs.get() >= MAX_STEPS).to_string()
                        on:click=move |_| {
                            if legs.get_untracked() < MAX_STEPS {
                                sheet.change(Editor::add_leg);
                            }
                        }
                    >
                        {words.add_leg}
                    </button>
                    <button
                        type="button"
                        aria-disabled=move || (legs.get() >= MAX_STEPS || office.layout.with(Option::is_none)).to_string()
                        on:click=from_wall
                    >
                        {words.leg_from_wall}
                    </button>
                    <button
                        type="button"
                        aria-disabled=move || (!editor.with(Editor::has_past)).to_string()
                        on:click=move |_| sheet.change(Editor::undo)
                    >
                        {words.undo}
                    </button>
                </p>
                <p class="bad" role="alert">
                    {move || sheet.fault.with(|fault| fault.as_ref().map(|fault| said(words, fault)))}
                </p>
                <p class="hint" role="status">{answer}</p>
                <p class="bar">
                    <button type="submit" aria-disabled=move || office.blocked().is_some().to_string()>{words.save}</button>
                    <button type="button" on:click=move |_| sheet.close()>{words.cancel}</button>
                    <button type="button" class="last" hidden=is_new on:click=move |_| sheet.delete()>
                        {words.delete_tour}
                    </button>
                </p>
            </form>
        </dialog>
    }
}

/// One step.
#[component]
fn LegForm(sheet: Sheet, leg: usize, legs: Memo<usize>) -> impl IntoView {
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
                <For each=move || 0..places.get() key=|place| *place let:place>
                    <PlaceForm sheet leg place/>
                </For>
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
            let cells = layout.as_ref().map(pantau_schemas::wall::Layout::every_cell).unwrap_or_default();
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
                <For each=move || cells.get() key=|cell| *cell let:cell>
                    <option value=written(cell) selected=move || at.get() == Some(cell)>{office.place(cell)}</option>
                </For>
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
