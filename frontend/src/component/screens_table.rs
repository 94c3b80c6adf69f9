//! The operations page's table of screens: each is a device with a heartbeat.

use leptos::prelude::*;

use crate::format::{count, moment};
use crate::live::city::City;
use crate::view::status::ScreenLine;

#[component]
pub(crate) fn ScreensTable(city: City) -> impl IntoView {
    let text = city.text;
    let screens =
        Memo::new(move |_| city.status.with(|s| s.as_ref().map(|s| s.screens.clone()).unwrap_or_default()));
    let at = move |at: Option<pantau_schemas::time::Timestamp>| {
        at.map(|at| moment(text, city.zone(), at, city.now.get()))
    };
    let row = move |screen: ScreenLine| {
        let (state, well) = match screen.state.as_deref() {
            None => (text.screen_unseen.to_owned(), "ok"),
            Some("down") => (text.screen_silent.to_owned(), "bad"),
            Some(word) => ((text.status_word)(word).unwrap_or(word).to_owned(), "ok"),
        };
        let number = |value: Option<u64>| value.map(|value| count(text, value));
        let pictures = screen
            .live
            .zip(screen.tiles)
            .map(|(live, tiles)| format!("{}/{}", count(text, live), count(text, tiles)));
        view! {
            <tr data-screen=screen.screen.clone()>
                <th scope="row"><bdi>{screen.name.clone()}</bdi></th>
                <td data-state=well>{state}</td>
                <td>{move || at(screen.since)}</td>
                <td>{move || at(screen.heard)}</td>
                <td class="number value">{pictures}</td>
                <td class="number value">{number(screen.drawn_per_s)}</td>
                <td><bdi>{screen.build.clone()}</bdi></td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="screens" hidden=move || screens.with(Vec::is_empty)>
            <h2 id="screens">{text.screens}</h2>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{text.screen}</th>
                        <th scope="col">{text.state}</th>
                        <th scope="col">{text.since_column}</th>
                        <th scope="col">{text.heard}</th>
                        <th scope="col" class="number">{text.moving_pictures}</th>
                        <th scope="col" class="number">{text.drawn}</th>
                        <th scope="col">{text.build}</th>
                    </tr>
                </thead>
                <tbody>{move || screens.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}
