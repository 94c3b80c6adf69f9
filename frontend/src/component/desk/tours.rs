//! The tours: which one runs here, and starting and stopping them.

use leptos::prelude::*;
use pantau_schemas::command::Command;
use pantau_schemas::ids::TourId;

use crate::desk::office::Office;

#[component]
pub(crate) fn Tours(office: Office) -> impl IntoView {
    let (city, words) = (office.city, office.words());
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
        let here =
            Memo::new(move |_| runs.with(|runs| runs.as_ref().filter(|runs| runs.tour == key).cloned()));
        let at = move || {
            here.get().map(|touring| {
                let step = (words.step)(&(touring.step.saturating_add(1)).to_string(), &steps.to_string());
                if waits.get() { format!("{step}, {}", words.waits) } else { step }
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
        let off = move || office.blocked().is_some() || office.layout.with(Option::is_none);
        view! {
            <li>
                <button
                    type="button"
                    aria-disabled=move || off().to_string()
                    on:click=move |_| {
                        if !untrack(off) {
                            press();
                        }
                    }
                >
                    {label}
                </button>
                <span>{at}</span>
            </li>
        }
    };
    view! {
        <section class="tours" aria-labelledby="tours-title">
            <h2 id="tours-title">{words.tours}</h2>
            <ul><For each=move || tours.get() key=Clone::clone children=line/></ul>
            <p class="nothing" hidden=move || tours.with(|tours| !tours.is_empty())>{words.no_tours}</p>
        </section>
    }
}
