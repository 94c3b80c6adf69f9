//! The six infrastructure domains, grey while all is well.

use leptos::prelude::*;
use pantau_schemas::registry::Domain;

use crate::format::count;
use crate::live::city::City;
use crate::text::Text;
use crate::view::domains::{DomainView, domains};

#[component]
pub(crate) fn DomainStrip(city: City) -> impl IntoView {
    let text = city.text;
    let all = Memo::new(move |_| city.of_devices(|r| domains(r.world())));
    let cells = Domain::WORDS
        .iter()
        .map(|(word, domain)| {
            let view =
                Memo::new(move |_| all.with(|all| all.iter().find(|view| view.domain == *domain).copied()));
            view! { <DomainCell text word domain=*domain view/> }
        })
        .collect_view();
    view! { <section class="domains" aria-label=text.infrastructure>{cells}</section> }
}

#[component]
fn DomainCell(
    text: &'static Text,
    word: &'static str,
    domain: Domain,
    view: Memo<Option<DomainView>>,
) -> impl IntoView {
    let share = move || view.get().map(|view| view.devices).filter(|devices| devices.total > 0);
    view! {
        <article
            class="domain"
            data-domain=word
            data-state=move || view.get().map_or("empty", |view| state(&view))
        >
            <h2>{(text.domain)(domain)}</h2>
            <p class="share value">
                {move || share().map(|share| count(text, share.part))}
                <span>{move || share().map(|share| format!("/{}", count(text, share.total)))}</span>
            </p>
            <p class="words">{move || view.get().map(|view| words(text, &view))}</p>
        </article>
    }
}

fn state(view: &DomainView) -> &'static str {
    match view {
        DomainView { devices, .. } if devices.total == 0 => "empty",
        DomainView { down: 1.., .. } => "down",
        DomainView { alert: 1.., .. } => "alert",
        DomainView { unheard: 1.., .. } => "unheard",
        _ => "normal",
    }
}

/// The worst thing that can be said, and the next one when there is room for it.
fn words(text: &Text, view: &DomainView) -> String {
    match state(view) {
        "empty" => text.domain_empty.to_owned(),
        "down" => (text.domain_down)(&count(text, view.down)),
        "alert" => (text.domain_alert)(&count(text, view.alert)),
        "unheard" => (text.domain_unheard)(&count(text, view.unheard)),
        _ => text.domain_normal.to_owned(),
    }
}
