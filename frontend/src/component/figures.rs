//! The key figures.

use leptos::prelude::*;

use crate::format::count;
use crate::live::city::City;
use crate::view::figures::{Share, city as city_figures, clients, devices, open_complaints};

#[component]
pub(crate) fn Figures(city: City) -> impl IntoView {
    let text = city.text;
    let known = move || city.known.get();
    let of_devices = Memo::new(move |_| city.of_devices(|r| devices(r.world())));
    let of_city = Memo::new(move |_| city.of_registry(|r| city_figures(&r.world().registry)));
    let complaints = Memo::new(move |_| city.of_feed(|r| open_complaints(r.world())));
    let people = Memo::new(move |_| city.of_heads(clients));
    let share = move |pick: fn(Share) -> usize, figure: Memo<Share>| {
        move || if known() { count(text, pick(figure.get())) } else { text.nothing.to_owned() }
    };
    let number = move |value: Memo<Option<u64>>| {
        move || {
            value
                .get()
                .filter(|_| known())
                .map_or_else(|| text.nothing.to_owned(), |value| count(text, value))
        }
    };
    let shares = [
        ("cameras", text.figure_cameras, Memo::new(move |_| of_devices.get().cameras)),
        ("aps", text.figure_aps, Memo::new(move |_| of_devices.get().aps)),
        ("sensors", text.figure_sensors, Memo::new(move |_| of_devices.get().sensors)),
        ("agencies", text.figure_agencies, Memo::new(move |_| of_city.get().agencies)),
    ];
    let numbers = [
        ("clients", text.figure_clients, people),
        ("complaints", text.figure_complaints, Memo::new(move |_| u64::try_from(complaints.get()).ok())),
    ];
    let shares = shares.map(|(key, label, figure)| {
        // Agencies are linked one after the other, for years: not all of them is no trouble.
        let partial = move || known() && key != "agencies" && figure.get().part < figure.get().total;
        view! {
            <div class="figure" data-figure=key class:partial=partial>
                <dt>{label}</dt>
                <dd class="value">
                    {share(|s| s.part, figure)}
                    <span>"/" {share(|s| s.total, figure)}</span>
                </dd>
            </div>
        }
    });
    let numbers = numbers.map(|(key, label, figure)| {
        view! {
            <div class="figure" data-figure=key>
                <dt>{label}</dt>
                <dd class="value">{number(figure)}</dd>
            </div>
        }
    });
    let apps = move || {
        let figures = of_city.get();
        let classes = [
            (figures.ministry, text.apps_ministry),
            (figures.online, text.apps_online),
            (figures.local, text.apps_local),
        ];
        classes
            .map(|(value, word)| view! { <span><b>{count(text, value)}</b> " " {word}</span> })
            .collect_view()
    };
    view! {
        <section class="figures" aria-label=text.key_figures>
            <dl>
                {shares.collect_view()}
                {numbers.collect_view()}
                <div class="figure wide" data-figure="apps">
                    <dt>{text.figure_apps}</dt>
                    <dd class="value">
                        {move || if known() { count(text, of_city.get().apps()) } else { text.nothing.to_owned() }}
                    </dd>
                    <dd class="classes value">{apps}</dd>
                </div>
            </dl>
        </section>
    }
}
