//! Messages that devices sent and that never came, by their own count: losses that are not ours, and are not hidden.

use leptos::prelude::*;
use pantau_schemas::missing::Missing;
use pantau_schemas::order;

use crate::format::{count, moment};
use crate::live::city::City;
use crate::live::replica::Replica;

/// Holes that are listed, the newest; the others are in each device's own page.
const LIMIT: usize = 20;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    device: String,
    name: String,
    missing: Missing,
}

#[component]
pub(crate) fn MissingTable(city: City) -> impl IntoView {
    let text = city.text;
    let rows = Memo::new(move |_| city.of_devices(rows));
    let row = move |row: Row| {
        let Missing { first, last, after, before } = row.missing;
        let at = move |time| moment(text, city.zone(), time, city.now.get());
        view! {
            <tr data-device=row.device>
                <th scope="row"><bdi>{row.name}</bdi></th>
                <td class="number value">{count(text, i64::try_from(row.missing.count()).unwrap_or(i64::MAX))}</td>
                <td class="number value">{format!("{first}–{last}")}</td>
                <td>{move || at(after)}</td>
                <td>{move || at(before)}</td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="missing" hidden=move || rows.with(Vec::is_empty)>
            <h2 id="missing">{text.missing}</h2>
            <p class="hint">{text.missing_hint}</p>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{text.missing_device}</th>
                        <th scope="col" class="number">{text.missing_count}</th>
                        <th scope="col" class="number">{text.missing_numbers}</th>
                        <th scope="col">{text.missing_after}</th>
                        <th scope="col">{text.missing_before}</th>
                    </tr>
                </thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}

fn rows(replica: &Replica) -> Vec<Row> {
    let world = replica.world();
    let holes = world.missing.iter().flat_map(|(id, holes)| holes.iter().map(move |hole| (id, *hole)));
    let mut rows: Vec<Row> = holes
        .map(|(id, missing)| Row {
            device: id.as_str().to_owned(),
            name: world
                .registry
                .devices
                .get(id)
                .map_or_else(|| id.as_str().to_owned(), |device| device.name.clone()),
            missing,
        })
        .collect();
    order::sort_by_key(&mut rows, |row| std::cmp::Reverse(row.missing.before));
    rows.truncate(LIMIT);
    rows
}
