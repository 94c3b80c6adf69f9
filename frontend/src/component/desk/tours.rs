//! The tours: which one runs here, and starting and stopping them.

use leptos::prelude::*;
use pantau_schemas::command::Command;
use pantau_schemas::ids::TourId;

use super::tour_editor::{Sheet, TourEditor};
use crate::component::each::Each;
use crate::component::follow::follow;
use crate::desk::office::Office;

#[component]
pub(crate) fn Tours(office: Office) -> impl IntoView {
    let (city, words) = (office.city, office.words());
    let sheet = Sheet::new(office);
    let tours = Memo::new(move |_| {
        city.of_walls(|r| {
            let tours = r.world().walls.tours.values();
            let tour = |tour: &pantau_schemas::wall::Tour| {
                (tour.id().clone(), tour.name().to_string(), tour.steps().len())
            };
            tours.map(tour).collect::<Vec<_>>()
        })
    });
    let runs = Memo::new(move |_| office.wall().and_then(|wall| wall.tour));
    let waits = Memo::new(move |_| {
        let screen = office.screen.get();
        city.of_devices(|_| ());
        city.of_walls(|r| screen.is_some_and(|screen| r.world().tour_waits(&screen)))
    });
    let line = move |(id, name, steps): (TourId, String, usize)| {
        let key = id.clone();
        let here = follow(move |_| runs.with(|runs| runs.as_ref().filter(|runs| runs.tour == key).cloned()));
        let change = (words.change_tour_named)(&name);
        let (edited, key) = (id.clone(), id.clone());
        // On any screen: what runs is not changed under anybody's eyes.
        let anywhere = follow(move |_| {
            city.of_walls(|r| {
                let mut running =
                    r.world().walls.screens.values().filter_map(|screen| screen.wall.tour.as_ref());
                running.any(|touring| touring.tour == key)
            })
        });
        let waiting = follow(move |_| waits.get());
        let at = move || {
            here.get().map(|touring| {
                let step = (words.step)(&(touring.step.saturating_add(1)).to_string(), &steps.to_string());
                if waiting.get() { format!("{step}, {}", words.waits) } else { step }
            })
        };
        let press = {
            let name = name.clone();
            move || {
                if here.with_untracked(Option::is_some) {
                    office.give((words.stop)(&name), None, |screen| Command::WallTourStop { screen });
                } else {
                    let tour = id.clone();
                    office.give((words.start)(&name), None, |screen| Command::WallTourStart { screen, tour });
                }
            }
        };
        let label = {
            let name = name.clone();
            move || if here.with(Option::is_some) { (words.stop)(&name) } else { (words.start)(&name) }
        };
        let off = follow(move |_| office.blocked().is_some() || office.layout.with(Option::is_none));
        view! {
            <li>
                <button
                    type="button"
                    aria-disabled=move || off.get().to_string()
                    on:click=move |_| {
                        if !off.get_untracked() {
                            press();
                        }
                    }
                >
                    {label}
                </button>
                <button
                    type="button"
                    aria-label=change.clone()
                    title=change
                    aria-disabled=move || anywhere.get().to_string()
                    on:click=move |_| {
                        if anywhere.get_untracked() {
                            office.say(words.tour_runs);
                        } else {
                            sheet.open_tour(&edited);
                        }
                    }
                >
                    "✎"
                </button>
                <span>{at}</span>
            </li>
        }
    };
    view! {
        <section class="tours" aria-labelledby="tours-title">
            <div class="title">
                <h2 id="tours-title">{words.tours}</h2>
                <button type="button" class="last" on:click=move |_| sheet.open_new()>{words.new_tour} "…"</button>
            </div>
            <ul><Each each=move || tours.get() key=Clone::clone children=line/></ul>
            <p class="nothing" hidden=move || tours.with(|tours| !tours.is_empty())>{words.no_tours}</p>
            <TourEditor sheet/>
        </section>
    }
}
