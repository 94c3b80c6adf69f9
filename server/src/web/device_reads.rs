//! Reads of the present: devices, their series, complaints.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, Path, Query, State};
use pantau_schemas::ids::{ComplaintId, DeviceId, SeriesId};
use pantau_schemas::registry::Device;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use pantau_store::Store;
use serde::Deserialize;
use serde_json::{Value, json};

use super::gate::{Action, Actor, Object, authorize};
use super::journal_reads::limit;
use super::problem::Problem;
use crate::app::App;

/// `/v1/devices`.
#[derive(Debug, Deserialize)]
pub(crate) struct DeviceParameters {
    class: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Devices by identity, with how they are.
pub(crate) async fn devices<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    parameters: Result<Query<DeviceParameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::City)?;
    let Query(asked) = parameters.map_err(|error| Problem::bad_request(&error.body_text()))?;
    let limit = limit(asked.limit)? as usize;
    let world = app.hub.world();
    let mut found = world
        .registry
        .devices
        .values()
        .filter(|device| asked.cursor.as_deref().is_none_or(|cursor| device.id.as_str() > cursor))
        .filter(|device| asked.class.as_deref().is_none_or(|class| device.class.as_str() == class));
    let items: Vec<&Device> = found.by_ref().take(limit).collect();
    let next = found.next().and(items.last()).map(|device| device.id.clone());
    let items: Vec<Value> = items.into_iter().map(|device| describe(&world, device)).collect();
    Ok(Json(json!({ "items": items, "next": next })))
}

/// One device, with its newest values.
pub(crate) async fn device<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::Device(&id))?;
    let world = app.hub.world();
    let none = || Problem::not_found("there is no such device");
    let id = DeviceId::new(&id).map_err(|_error| none())?;
    let device = world.registry.devices.get(&id).ok_or_else(none)?;
    let mut answer = describe(&world, device);
    if let Value::Object(fields) = &mut answer {
        fields.insert("heads".to_owned(), json!(app.hub.heads(Some(id.as_str()))));
    }
    Ok(Json(answer))
}

fn describe(world: &World, device: &Device) -> Value {
    let status = world.devices.get(&device.id);
    json!({
        "id": device.id,
        "class": device.class,
        "name": device.name,
        "site": device.site,
        "domain": device.domain,
        "uplink": device.uplink,
        "camera": device.camera,
        "state": world.device_state(&device.id),
        "since": world.device_since(&device.id),
        "reason": status.map(|status| status.reason),
        "boot_id": status.and_then(|status| status.boot_id.clone()),
        "interval_s": status.and_then(|status| status.interval_s).or(device.interval_s),
        "firmware": status.and_then(|status| status.firmware.clone()),
        "streams": world.streams.get(&device.id),
        "described": world.described.get(&device.id),
        "missing": world.missing.get(&device.id).map(Vec::as_slice).unwrap_or_default(),
    })
}

/// `/v1/series/{id}/samples`.
#[derive(Debug, Deserialize)]
pub(crate) struct SampleParameters {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    bucket: Option<String>,
    limit: Option<u32>,
}

/// What a series was, raw or in buckets.
pub(crate) async fn samples<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    parameters: Result<Query<SampleParameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::Device(&id))?;
    let Query(asked) = parameters.map_err(|error| Problem::bad_request(&error.body_text()))?;
    let limit = limit(asked.limit)?;
    let series = SeriesId::new(&id).map_err(|error| Problem::bad_request(&format!("the series {error}")))?;
    let to = asked.to.unwrap_or_else(|| app.clock.now().plus_millis(1));
    let from = asked.from.unwrap_or_else(|| to.plus_millis(-86_400_000));
    let Some(bucket) = asked.bucket else {
        let rows = app.store.samples(&series, from, to, limit).await?;
        let next = next_page(rows.len(), limit, rows.last().map(|(time, _)| *time));
        let items: Vec<Value> =
            rows.iter().map(|(time, value)| json!({ "time": time, "value": value })).collect();
        return Ok(Json(json!({ "items": items, "next": next })));
    };
    let width = bucket_width(&bucket)?;
    let rows = app.store.buckets(&series, from, to, width, limit).await?;
    let next = next_page(rows.len(), limit, rows.last().map(|bucket| bucket.start));
    let items: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({ "time": row.start, "min": row.min, "max": row.max, "mean": row.mean, "count": row.count, "last": row.last })
        })
        .collect();
    Ok(Json(json!({ "items": items, "next": next })))
}

/// When more may follow: the time to ask `from`.
fn next_page(rows: usize, limit: u32, last: Option<Timestamp>) -> Option<Timestamp> {
    last.filter(|_| rows >= limit as usize).map(|last| Timestamp::from_micros(last.micros() + 1))
}

/// `30s`, `5m`, `1h`, `1d`, or seconds.
fn bucket_width(text: &str) -> Result<Duration, Problem> {
    let bad = || Problem::bad_request("bucket is a length of time like 60s, 5m, 1h or 1d").at("bucket");
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let number: u64 = number.parse().map_err(|_error| bad())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    match number.checked_mul(seconds) {
        Some(seconds @ 1..=31_536_000) => Ok(Duration::from_secs(seconds)),
        _ => Err(bad()),
    }
}

/// One complaint. Who reported it is not part of the answer.
pub(crate) async fn complaint<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::Complaint(&id))?;
    let none = || Problem::not_found("there is no such complaint");
    let id = ComplaintId::new(&id).map_err(|_error| none())?;
    let world = app.hub.world();
    let known = world.complaints.get(&id).ok_or_else(none)?;
    Ok(Json(json!({
        "id": id,
        "agency": known.agency,
        "received": known.received,
        "step": known.step,
        "updated": known.updated,
        "complaint": known.new,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_a_length_of_time() {
        assert_eq!(bucket_width("5m").ok(), Some(Duration::from_secs(300)));
        assert_eq!(bucket_width("60").ok(), Some(Duration::from_secs(60)));
        for bad in ["", "0s", "m", "1y", "-1s", "99999999999999999999d", "1.5h"] {
            assert!(bucket_width(bad).is_err(), "{bad}");
        }
    }
}
