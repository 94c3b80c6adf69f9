//! Above the letters: what is looked at, what is to be replayed, and how far that is.

use leptos::prelude::*;

use super::tray::Tray;
use crate::format::count;
use crate::view::letters::Going;

/// The reasons with their counts, a device, and whether those that were replayed are looked at.
#[component]
pub(crate) fn Filters(tray: Tray) -> impl IntoView {
    let (text, words) = (tray.city.text, tray.words());
    let reason = move |(reason, number)| {
        let is_chosen = move || tray.filter.with(|filter| filter.reason == Some(reason));
        view! {
            <button
                type="button"
                data-reason=reason.as_str()
                aria-pressed=move || is_chosen().to_string()
                on:click=move |_| {
                    let wanted = (!untrack(is_chosen)).then_some(reason);
                    tray.look(|filter| filter.reason = wanted);
                }
            >
                {(text.dead_letter_reason)(reason)} " " <b class="value">{count(text, number)}</b>
            </button>
        }
    };
    let every_reason = move || tray.filter.with(|filter| filter.reason.is_none());
    view! {
        <div class="counts" role="group" aria-label=words.reasons>
            <button
                type="button"
                aria-pressed=move || every_reason().to_string()
                on:click=move |_| tray.look(|filter| filter.reason = None)
            >
                {words.all_reasons}
            </button>
            {move || tray.counts.get().into_iter().map(reason).collect_view()}
            <label>
                {words.device} " "
                <input
                    type="search"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || tray.filter.with(|filter| filter.device.clone())
                    on:change=move |event| {
                        let device = event_target_value(&event);
                        tray.look(|filter| filter.device = device);
                    }
                />
            </label>
            <label>
                <input
                    type="checkbox"
                    prop:checked=move || tray.filter.with(|filter| filter.replayed)
                    on:change=move |event| {
                        let replayed = event_target_checked(&event);
                        tray.look(|filter| filter.replayed = replayed);
                    }
                />
                " " {words.show_replayed}
            </label>
        </div>
    }
}

/// The buttons, and how far a replay is.
#[component]
pub(crate) fn Replays(tray: Tray) -> impl IntoView {
    let (text, words) = (tray.city.text, tray.words());
    let chosen = move || tray.chosen.with(|chosen| u64::try_from(chosen.len()).unwrap_or(u64::MAX));
    let all_chosen = move || {
        let all = tray.letters.with(Vec::len);
        all > 0 && tray.chosen.with(|chosen| chosen.len() == all)
    };
    let choose_all = move |_| {
        let all = tray.letters.with_untracked(|letters| letters.iter().map(|letter| letter.id).collect());
        tray.chosen.set(if untrack(all_chosen) { Default::default() } else { all });
    };
    let is_idle = move || tray.letters.with(Vec::is_empty) || tray.is_busy();
    let all = move || match tray.filter.with(|filter| filter.reason) {
        Some(reason) => (words.replay_reason)((text.dead_letter_reason)(reason)),
        None => words.replay_all.to_owned(),
    };
    let hidden = move || {
        tray.filter.with(|filter| filter.replayed)
            || (tray.letters.with(Vec::is_empty) && tray.progress.with(Option::is_none))
    };
    let said = move || {
        tray.progress.with(|progress| {
            let progress = progress.as_ref()?;
            let read = count(text, progress.read());
            let total = progress.total.map(|total| count(text, total));
            let head = match &progress.going {
                Going::On => (words.going)(&read, total.as_deref()),
                Going::Stopped => words.stopped.to_owned(),
                Going::Over => words.over.to_owned(),
                Going::Failed(why) => (words.failed)(why),
            };
            let number = |number: u64| count(text, number);
            let sum = &progress.sum;
            let sum = (words.sum)(&number(sum.stored), &number(sum.duplicate), &number(sum.dead_lettered));
            Some(format!("{head} · {sum}"))
        })
    };
    let bad = move || {
        let failed = |progress: &crate::view::letters::Progress| matches!(progress.going, Going::Failed(_));
        tray.progress.with(|progress| progress.as_ref().is_some_and(failed)).then_some("bad")
    };
    view! {
        <div class="replays" hidden=hidden>
            <label>
                <input type="checkbox" prop:checked=all_chosen on:change=choose_all/>
                " " {words.choose_all}
            </label>
            <button
                type="button"
                disabled=move || is_idle() || chosen() == 0
                on:click=move |_| tray.replay_chosen()
            >
                {move || (words.replay_chosen)(&count(text, chosen()))}
            </button>
            <button type="button" data-act="replay-all" disabled=is_idle on:click=move |_| tray.replay_all()>
                {all}
            </button>
            <button type="button" hidden=move || !tray.is_busy() on:click=move |_| tray.stop()>{words.stop}</button>
            <progress
                hidden=move || !tray.is_busy()
                max=move || tray.progress.with(|p| p.as_ref().and_then(|p| p.total)).map(|n| n.to_string())
                value=move || {
                    tray.progress.with(|p| p.as_ref().filter(|p| p.total.is_some()).map(|p| p.read().to_string()))
                }
            ></progress>
            <p role="status" data-state=bad>{said}</p>
        </div>
    }
}
