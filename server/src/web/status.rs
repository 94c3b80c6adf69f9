//! How Pantau itself is: the operations page's data, and the reload of the registry.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::StatusCode;
use pantau_schemas::missing::Missing;
use pantau_schemas::observation::Source;
use pantau_schemas::registry::DeviceClass;
use pantau_schemas::wall::Screen;
use pantau_schemas::world::World;
use pantau_store::Store;
use serde::Deserialize;
use serde_json::{Value, json};

use super::gate::{Action, Actor, Object, authorize};
use super::problem::Problem;
use crate::app::App;
use crate::reload;

/// Everything about the machine room, in one answer.
pub(crate) async fn status<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(asked): Query<StatusParameters>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::City)?;
    let mut report = report(&app);
    if let (true, Value::Object(fields)) = (asked.digest, &mut report) {
        let world = app.hub.world();
        fields.insert("world".to_owned(), json!({ "seq": world.seq, "digest": world.digest() }));
    }
    Ok(Json(report))
}

/// `/v1/status`.
#[derive(Debug, Deserialize)]
pub(crate) struct StatusParameters {
    /// With the World's digest, which costs a walk over all of it.
    #[serde(default)]
    digest: bool,
}

/// The answer of `/v1/status`.
pub(crate) fn report<S>(app: &App<S>) -> Value {
    let world = app.hub.world();
    let settled = app.hub.store_state();
    let mqtt = mqtt_state(app);
    let sources: Vec<Value> = app
        .counts
        .totals()
        .iter()
        .map(|totals| {
            let mut source = json!({
                "source": totals.source.as_str(),
                "received": totals.received,
                "stored": totals.stored,
                "duplicate": totals.duplicate,
                "dead_lettered": totals.dead_lettered,
            });
            if let (Source::Mqtt, Value::Object(fields)) = (totals.source, &mut source) {
                fields.extend(mqtt.clone());
            }
            source
        })
        .collect();
    let cameras: Vec<_> =
        world.registry.devices.values().filter(|device| device.class == DeviceClass::Camera).collect();
    let live = cameras.iter().filter(|camera| world.is_live(&camera.id)).count();
    let intake_bound = app.intake.max_capacity();
    let (log_bytes, log_bound) = app.hub.log_fill();
    let mut queues = vec![
        json!({
            "name": "intake",
            "len": intake_bound - app.intake.capacity(),
            "bound": intake_bound,
            "policy": "block",
        }),
        json!({ "name": "entry log (bytes)", "len": log_bytes, "bound": log_bound, "policy": "drop_oldest" }),
    ];
    if let Some((bound, status)) = &app.listener {
        let counters = status.borrow().counters;
        queues.push(json!({
            "name": "mqtt connections",
            "len": counters.open(),
            "bound": bound,
            "policy": "refuse",
            "acted": counters.refused,
        }));
    }
    json!({
        "now": app.hub.now(),
        "build": crate::BUILD,
        "epoch": app.hub.epoch(),
        "seq": world.seq,
        "settled": settled.seq,
        "recovered": { "seq": app.recovered.0, "digest": app.recovered.1 },
        "store": { "state": settled.state, "since": settled.since, "error": settled.error },
        "sources": sources,
        "samples_stored": app.counts.samples_stored(),
        "missing": {
            "devices": world.missing.len(),
            "messages": world.missing.values().flatten().map(Missing::count).sum::<u64>(),
        },
        "cameras": { "total": cameras.len(), "live": live },
        "glass_to_glass": app.figures.latency.of_late(app.clock.now()),
        "screens": screens(app, &world),
        "queues": queues,
        "listener": app.listener_status().map(|status| listener(&status)),
        "readers": {
            "live": app.readers.live.load(Ordering::Relaxed),
            "media": app.readers.media.load(Ordering::Relaxed),
        },
    })
}

/// Every screen as a device: its state, and what it said of itself last.
fn screens<S>(app: &App<S>, world: &World) -> Vec<Value> {
    let screen = |screen: &Screen| {
        let (heard, beat) = app.beats.of(&screen.id).unzip();
        json!({
            "screen": screen.id,
            "name": screen.name,
            "state": screen.status.map(|status| status.state),
            "since": screen.status.map(|status| status.since),
            "heard": heard,
            "build": beat.as_ref().map(|beat| &beat.build),
            "tiles": beat.as_ref().map(|beat| beat.tiles),
            "live": beat.as_ref().map(|beat| beat.live),
            "drawn_per_s": beat.as_ref().map(|beat| beat.drawn_per_s),
            "paint_ms": beat.as_ref().map(|beat| beat.paint_ms),
        })
    };
    world.walls.screens.values().map(screen).collect()
}

/// How MQTT is, of which there may be two ways in: the one that does not work, if one does not.
fn mqtt_state<S>(app: &App<S>) -> serde_json::Map<String, Value> {
    let broker = app.mqtt_status().map(|status| {
        (
            status.is_connected(),
            json!({
                "state": status.phase.as_str(), "since": status.since, "error": status.last_error,
            }),
        )
    });
    let listener = app.listener_status().map(|status| {
        (
            status.is_listening(),
            json!({
                "state": status.phase.as_str(), "since": status.since, "error": status.last_error,
            }),
        )
    });
    let both = [broker, listener];
    let broken = both.iter().flatten().find(|(works, _)| !works);
    match broken.or_else(|| both.iter().flatten().next()) {
        Some((_, Value::Object(fields))) => fields.clone(),
        _ => serde_json::Map::new(),
    }
}

/// The port for devices.
fn listener(status: &pantau_ingest::listener::Status) -> Value {
    let counters = &status.counters;
    json!({
        "state": status.phase.as_str(),
        "since": status.since,
        "address": status.address.map(|address| address.to_string()),
        "error": status.last_error,
        "open": counters.open(),
        "connections": counters.connections,
        "refused": counters.refused,
        "violations": counters.violations,
        "timeouts": counters.timeouts,
        "takeovers": counters.takeovers,
        "received": counters.received,
        "delivered": counters.delivered,
        "acknowledged": counters.acknowledged,
        "unanswered": counters.unanswered,
        "too_big": counters.too_big,
        "unauthorized": counters.unauthorized,
        "wills": counters.wills,
    })
}

/// Reads the registry again: all or nothing.
pub(crate) async fn reload<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Change, Object::City)?;
    match reload::registry(&app).await {
        Ok(()) => Ok(Json(json!({ "reloaded": true }))),
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "registry", &lines.join("\n")))
        }
    }
}
