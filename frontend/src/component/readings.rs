//! A few values of sensors and how old they are.

use leptos::prelude::*;

use crate::format::{measure, span};
use crate::live::city::City;
use crate::view::readings::{Reading, readings};
use crate::view::trouble::troubles;

/// Values on the wall while all is well.
const CALM: usize = 6;
/// Values on the wall while there is trouble, which needs the room.
const TROUBLED: usize = 3;

#[component]
pub(crate) fn Readings(city: City) -> impl IntoView {
    let text = city.text;
    let limit = Memo::new(move |_| {
        let calm = city.of_devices(|r| troubles(r.world(), 0).total == 0);
        if calm { CALM } else { TROUBLED }
    });
    let all = Memo::new(move |_| city.of_heads(|r| readings(r, limit.get())));
    let row = move |reading: Reading| {
        let age = Memo::new(move |_| city.now.get().millis_since(reading.time));
        let old = Memo::new(move |_| age.get() > reading.old_after_ms);
        let value = measure(text, reading.value, reading.decimals);
        view! {
            <li data-series=format!("{}/{}", reading.device, reading.metric) class:old=old>
                <span class="what"><bdi>{reading.name}</bdi></span>
                <span class="age">{move || old.get().then(|| span(text, age.get()))}</span>
                <span class="value">{value} " " {reading.unit}</span>
            </li>
        }
    };
    // One age for all that are fresh keeps the list calm; what is old says so beside its value.
    let oldest = Memo::new(move |_| {
        let now = city.now.get();
        let ages = all.with(|all| {
            all.iter()
                .map(|r| (now.millis_since(r.time), r.old_after_ms))
                .filter(|(age, old)| age <= old)
                .max()
        });
        ages.map(|(age, _)| (text.oldest)(&span(text, age)))
    });
    view! {
        <section class="readings">
            <h2>{text.readings} <span class="age">{oldest}</span></h2>
            <ul>{move || all.get().into_iter().map(row).collect_view()}</ul>
            <p class="nothing" hidden=move || !all.with(Vec::is_empty)>{text.no_readings}</p>
        </section>
    }
}
