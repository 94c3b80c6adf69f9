//! Every camera's streams with what their supervisor measured.

use leptos::prelude::*;
use pantau_schemas::registry::DeviceClass;
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;

use crate::format::{measure, moment};
use crate::live::city::City;
use crate::live::replica::Replica;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    camera: String,
    name: String,
    kind: Option<StreamKind>,
    state: StreamState,
    cause: Option<StreamCause>,
    since: Option<Timestamp>,
    fps: Option<f64>,
    bitrate: Option<f64>,
    loss: Option<f64>,
    jitter: Option<f64>,
    skew: Option<f64>,
    reconnects: Option<f64>,
}

#[component]
pub(crate) fn StreamsTable(city: City) -> impl IntoView {
    let text = city.text;
    let rows = Memo::new(move |_| city.of_heads(rows));
    let number = move |value: Option<f64>, decimals| {
        value.map_or_else(|| text.nothing.to_owned(), |value| measure(text, value, decimals))
    };
    let row = move |row: Row| {
        let since = move || row.since.map(|at| moment(text, city.zone(), at, city.now.get()));
        // What is measured on screens belongs to the stream that is shown, as the supervisor's numbers do.
        let glass = {
            let (camera, open) = (row.camera.clone(), row.fps.is_some());
            move || {
                let seen = city.status.with(|status| status.as_ref()?.glass_to_glass.get(&camera).copied());
                seen.filter(|_| open).map_or_else(
                    || text.nothing.to_owned(),
                    |seen| format!("{} / {}", seen.p50_ms, seen.p95_ms),
                )
            }
        };
        let kind = match row.kind {
            Some(StreamKind::Sub) => "sub",
            Some(StreamKind::Main) => "main",
            Some(StreamKind::Unknown) | None => text.nothing,
        };
        view! {
            <tr data-camera=row.camera>
                <th scope="row"><bdi>{row.name}</bdi></th>
                <td>{kind}</td>
                <td data-state=tone(row.state)>{(text.stream_state)(row.state)}</td>
                <td>{row.cause.map(text.stream_cause)}</td>
                <td>{since}</td>
                <td class="number value">{number(row.fps, 1)}</td>
                <td class="number value">{number(row.bitrate.map(|b| b / 1_000.0), 0)}</td>
                <td class="number value">{number(row.loss, 0)}</td>
                <td class="number value">{number(row.jitter, 1)}</td>
                <td class="number value">{number(row.skew, 0)}</td>
                <td class="number value">{number(row.reconnects, 0)}</td>
                <td class="number value glass">{glass}</td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="streams">
            <h2 id="streams">{text.streams}</h2>
            <p class="nothing" hidden=move || !rows.with(Vec::is_empty)>{text.streams_none}</p>
            <table hidden=move || rows.with(Vec::is_empty)>
                <thead>
                    <tr>
                        <th scope="col">{text.camera}</th>
                        <th scope="col">{text.stream}</th>
                        <th scope="col">{text.state}</th>
                        <th scope="col">{text.cause}</th>
                        <th scope="col">{text.since_column}</th>
                        <th scope="col" class="number">{text.fps}</th>
                        <th scope="col" class="number">{text.bitrate}</th>
                        <th scope="col" class="number">{text.loss}</th>
                        <th scope="col" class="number">{text.jitter}</th>
                        <th scope="col" class="number">{text.skew}</th>
                        <th scope="col" class="number">{text.reconnects}</th>
                        <th scope="col" class="number">{text.glass_to_glass}</th>
                    </tr>
                </thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}

fn tone(state: StreamState) -> &'static str {
    match state {
        StreamState::Live => "ok",
        StreamState::Frozen | StreamState::Lost => "bad",
        StreamState::Delayed => "warn",
        _ => "wait",
    }
}

/// A row for every stream; a camera without one has a row too. Measurements belong to the open stream.
fn rows(replica: &Replica) -> Vec<Row> {
    let world = replica.world();
    let mut out = Vec::new();
    for device in world.registry.devices.values().filter(|d| d.class == DeviceClass::Camera) {
        let head = |metric: &str| replica.head(device.id.as_str(), metric).map(|value| value.value);
        let blank = Row {
            camera: device.id.to_string(),
            name: device.name.clone(),
            kind: None,
            state: StreamState::Closed,
            cause: None,
            since: None,
            fps: None,
            bitrate: None,
            loss: None,
            jitter: None,
            skew: None,
            reconnects: None,
        };
        let streams = world.streams.get(&device.id);
        let best = streams.and_then(|streams| {
            streams.iter().filter(|(_, s)| s.state != StreamState::Closed).min_by_key(|(_, s)| s.state)
        });
        let best = best.map(|(kind, _)| *kind);
        let before = out.len();
        for (kind, status) in streams.into_iter().flatten() {
            let row = Row {
                kind: Some(*kind),
                state: status.state,
                cause: status.cause,
                since: Some(status.since),
                ..blank.clone()
            };
            out.push(if best == Some(*kind) {
                Row {
                    fps: head("fps"),
                    bitrate: head("bitrate"),
                    loss: head("packet_loss"),
                    jitter: head("jitter"),
                    skew: head("clock_skew"),
                    reconnects: head("reconnects"),
                    ..row
                }
            } else {
                row
            });
        }
        if out.len() == before {
            out.push(blank);
        }
    }
    out
}
