//! The sheet on which a tour is written: its steps, how long each stays, and which camera is in which cell.

use leptos::{ev, html, prelude::*};
use pantau_schemas::command::Command;
use pantau_schemas::ids::TourId;
use pantau_schemas::wall::{MAX_SHOTS, MAX_STEPS, Tour};

use super::order_lines::outcome;
use super::tour_step::LegForm;
use crate::browser::best_effort;
use crate::component::each::Each;
use crate::desk::office::Office;
use crate::desk::round::{Editor, Fault, Field};
use crate::desk::search::one;
use crate::text::desk::Desk;

/// The sheet, shared with whoever opens it. Copies are the same sheet.
#[derive(Clone, Copy)]
pub(crate) struct Sheet {
    pub(super) office: Office,
    dialog: NodeRef<html::Dialog>,
    pub(super) editor: RwSignal<Editor>,
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

    pub(super) fn change(self, change: impl FnOnce(&mut Editor)) {
        self.fault.set(None);
        self.sent.set(None);
        self.editor.update(change);
    }

    pub(super) fn camera(self, text: &str) -> Option<pantau_schemas::ids::DeviceId> {
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
                    <Each each=move || office.cards.get() key=|card| (card.id.clone(), card.name.clone()) let:card>
                        <option value=card.name.clone()>{card.number.map(|number| number.to_string())}</option>
                    </Each>
                </datalist>
                <ol class="legs">
                    <Each each=move || 0..legs.get() key=|leg| *leg let:leg>
                        <LegForm sheet leg legs/>
                    </Each>
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
