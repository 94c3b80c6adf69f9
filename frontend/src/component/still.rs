//! A camera's own still picture over a tile that can play nothing of it.

use leptos::prelude::*;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::Timestamp;

use crate::component::follow::follow;
use crate::live::city::City;
use crate::media::screen::is_hidden;
use crate::media::still::Stills;

/// `wanted` while there is nothing better; `taken` is when the picture that is there was taken, for the tile's verdict. A
/// page that nobody sees asks for none.
#[component]
pub(super) fn Still(
    city: City,
    camera: DeviceId,
    wanted: Memo<bool>,
    taken: RwSignal<Option<Timestamp>>,
) -> impl IntoView {
    let stills = StoredValue::new(Stills::default());
    let source = RwSignal::new(None::<String>);
    let show = move || {
        let now = stills.with_value(Stills::taken);
        if taken.get_untracked() != now {
            taken.set(now);
        }
    };
    Effect::new(move |_| {
        let (now, wanted) = (city.now.get(), wanted.get());
        if wanted && is_hidden() {
            return;
        }
        if stills.try_update_value(|stills| stills.look(wanted, now)) == Some(true) {
            source.set(Some(format!("/v1/cameras/{camera}/still.jpg?at={}", now.millis())));
        }
        if !wanted && source.with_untracked(Option::is_some) {
            source.set(None);
        }
        show();
    });
    let came = move |_| {
        stills.update_value(Stills::came);
        show();
    };
    let failed = move |_| {
        stills.update_value(|stills| stills.failed(city.now.get_untracked()));
        show();
    };
    let asks = follow(move |_| source.with(Option::is_some));
    let image = move || {
        view! { <img class="own" src=move || source.get() alt="" hidden=move || taken.get().is_none() on:load=came on:error=failed/> }
    };
    move || asks.get().then(image)
}
