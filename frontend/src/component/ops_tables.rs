//! The operations page's tables over `/v1/status`: the sum of every source, the server, its queues.

use leptos::prelude::*;

use crate::format::{count, moment};
use crate::live::city::City;
use crate::view::status::{ListenerStatus, QueueStatus, SourceStatus, Status, is_well};

/// The sum: received = stored + duplicate + dead letters, for every source and for all.
#[component]
pub(crate) fn SumTable(city: City) -> impl IntoView {
    let text = city.text;
    let sources =
        Memo::new(move |_| city.status.with(|s| s.as_ref().map(|s| s.sources.clone()).unwrap_or_default()));
    let row = move |source: SourceStatus| {
        let name = (text.source_name)(&source.source).map_or_else(|| source.source.clone(), str::to_owned);
        let since = move || source.since.map(|at| moment(text, city.zone(), at, city.now.get()));
        let state = source.state.as_deref().map_or_else(
            || text.nothing.to_owned(),
            |word| (text.status_word)(word).unwrap_or(word).to_owned(),
        );
        let well = if source.is_well() { "ok" } else { "bad" };
        view! {
            <tr data-source=source.source.clone()>
                <th scope="row"><bdi>{name}</bdi></th>
                <Counts city source=source.clone()/>
                <td data-state=well><bdi>{state}</bdi></td>
                <td>{since}</td>
                <td class="error"><bdi>{source.error.clone()}</bdi></td>
            </tr>
        }
    };
    let total = move || {
        let mut all = SourceStatus::default();
        for source in sources.get() {
            all.received += source.received;
            all.stored += source.stored;
            all.duplicate += source.duplicate;
            all.dead_lettered += source.dead_lettered;
        }
        view! { <Counts city source=all/> }
    };
    view! {
        <section aria-labelledby="sum">
            <h2 id="sum">{text.sum}</h2>
            <p class="hint">{text.sum_hint}</p>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{text.source}</th>
                        <th scope="col" class="number">{text.received}</th>
                        <th scope="col" class="number">{text.stored}</th>
                        <th scope="col" class="number">{text.duplicate}</th>
                        <th scope="col" class="number">{text.dead_lettered}</th>
                        <th scope="col">"="</th>
                        <th scope="col">{text.state}</th>
                        <th scope="col">{text.since_column}</th>
                        <th scope="col">{text.detail}</th>
                    </tr>
                </thead>
                <tbody>{move || sources.get().into_iter().map(row).collect_view()}</tbody>
                <tfoot>
                    <tr data-source="all">
                        <th scope="row">{text.total}</th>
                        {total}
                        <td colspan="3"></td>
                    </tr>
                </tfoot>
            </table>
        </section>
    }
}

/// The four counts of a source and whether they agree.
#[component]
fn Counts(city: City, source: SourceStatus) -> impl IntoView {
    let text = city.text;
    let missing = source.missing();
    let verdict = if missing == 0 {
        format!("✓ {}", text.sum_holds)
    } else {
        format!("✗ {}", (text.sum_broken)(&count(text, i64::try_from(missing).unwrap_or(i64::MAX))))
    };
    view! {
        <td class="number value">{count(text, source.received)}</td>
        <td class="number value">{count(text, source.stored)}</td>
        <td class="number value">{count(text, source.duplicate)}</td>
        <td class="number value">{count(text, source.dead_lettered)}</td>
        <td class="sum" data-state=if missing == 0 { "ok" } else { "bad" }>{verdict}</td>
    }
}

/// What the server says of itself.
#[component]
pub(crate) fn ServerFacts(city: City) -> impl IntoView {
    let text = city.text;
    let fact = move |label: &'static str, value: fn(&Status) -> String| {
        let value = move || city.status.with(|s| s.as_ref().map_or_else(|| text.nothing.to_owned(), value));
        view! { <div><dt>{label}</dt><dd class="value"><bdi>{value}</bdi></dd></div> }
    };
    let number = move |label: &'static str, value: fn(&Status) -> u64| {
        let value = move || {
            city.status
                .with(|s| s.as_ref().map_or_else(|| text.nothing.to_owned(), |s| count(text, value(s))))
        };
        view! { <div><dt>{label}</dt><dd class="value">{value}</dd></div> }
    };
    let store = move || {
        city.status.with(|status| {
            let Some(store) = status.as_ref().map(|s| &s.store) else { return text.nothing.to_owned() };
            let word = (text.status_word)(&store.state).map_or_else(|| store.state.clone(), str::to_owned);
            let since = store.since.map(|at| (text.since)(&moment(text, city.zone(), at, city.now.get())));
            [Some(word), since, store.error.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ")
        })
    };
    let store_state = move || {
        city.status.with(|s| s.as_ref().map(|s| if is_well(Some(&s.store.state)) { "ok" } else { "bad" }))
    };
    view! {
        <section aria-labelledby="server">
            <h2 id="server">{text.server}</h2>
            <dl class="facts">
                {fact(text.build, |s| s.build.clone())}
                {fact(text.epoch, |s| s.epoch.clone())}
                {number(text.last_entry, |s| s.seq)}
                {number(text.last_durable, |s| s.settled)}
                <div><dt>{text.store}</dt><dd class="value" data-state=store_state><bdi>{store}</bdi></dd></div>
                {number(text.live_readers, |s| s.readers.live)}
                {number(text.media_readers, |s| s.readers.media)}
            </dl>
        </section>
    }
}

/// The port where devices publish to us directly; nothing where there is none.
#[component]
pub(crate) fn ListenerFacts(city: City) -> impl IntoView {
    let text = city.text;
    let listener = Memo::new(move |_| city.status.with(|s| s.as_ref().and_then(|s| s.listener.clone())));
    let number = move |label: &'static str, value: fn(&ListenerStatus) -> u64| {
        let value = move || listener.with(|l| l.as_ref().map(|l| count(text, value(l))));
        view! { <div><dt>{label}</dt><dd class="value">{value}</dd></div> }
    };
    let state = move || {
        listener.with(|l| {
            let l = l.as_ref()?;
            let word = (text.status_word)(&l.state).map_or_else(|| l.state.clone(), str::to_owned);
            Some([Some(word), l.address.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · "))
        })
    };
    let well =
        move || listener.with(|l| l.as_ref().map(|l| if is_well(Some(&l.state)) { "ok" } else { "bad" }));
    view! {
        <section aria-labelledby="listener" hidden=move || listener.with(Option::is_none)>
            <h2 id="listener">{text.listener}</h2>
            <dl class="facts">
                <div><dt>{text.state}</dt><dd class="value" data-state=well><bdi>{state}</bdi></dd></div>
                {number(text.connections, |l| l.open)}
                {number(text.received, |l| l.received)}
                {number(text.acknowledged, |l| l.acknowledged)}
                {number(text.refused_connections, |l| l.refused)}
                {number(text.unauthorized, |l| l.unauthorized)}
            </dl>
        </section>
    }
}

/// How full every queue is.
#[component]
pub(crate) fn QueueTable(city: City) -> impl IntoView {
    let text = city.text;
    let queues =
        Memo::new(move |_| city.status.with(|s| s.as_ref().map(|s| s.queues.clone()).unwrap_or_default()));
    let row = move |queue: QueueStatus| {
        let policy = (text.policy_word)(&queue.policy).map_or_else(|| queue.policy.clone(), str::to_owned);
        view! {
            <tr>
                <th scope="row"><bdi>{queue.name.clone()}</bdi></th>
                <td class="number value">{count(text, queue.len)} "/" {count(text, queue.bound)}</td>
                <td>
                    <meter min="0" max=queue.bound.to_string() value=queue.len.to_string()>
                        {count(text, queue.len)}
                    </meter>
                </td>
                <td><bdi>{policy}</bdi></td>
                <td class="number value">{count(text, queue.acted)}</td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="queues" hidden=move || queues.with(Vec::is_empty)>
            <h2 id="queues">{text.queues}</h2>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{text.queue}</th>
                        <th scope="col" class="number">{text.fill}</th>
                        <th scope="col"></th>
                        <th scope="col">{text.policy}</th>
                        <th scope="col" class="number">{text.acted}</th>
                    </tr>
                </thead>
                <tbody>{move || queues.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}
