//! Reads of the past: entries.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Query, State};
use pantau_schemas::ids::Seq;
use pantau_schemas::time::Timestamp;
use pantau_store::{EntryQuery, Store};
use serde::Deserialize;
use serde_json::{Value, json};

use super::gate::{Action, Actor, Object, authorize};
use super::problem::Problem;
use crate::app::App;

/// Items of one answer, unless asked otherwise.
pub(super) const DEFAULT_LIMIT: u32 = 100;
/// Items of one answer at most.
pub(super) const MAX_LIMIT: u32 = 1_000;

/// A list's length, checked.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::bad_request(&format!("limit must be between 1 and {MAX_LIMIT}")).at("limit")),
    }
}

/// A number that a list handed out as `next`.
pub(super) fn cursor(text: Option<&str>) -> Result<Option<u64>, Problem> {
    let bad = |_error| Problem::bad_request("cursor is not one that a list answered as next").at("cursor");
    text.map(|text| text.parse().map_err(bad)).transpose()
}

/// `/v1/entries`.
#[derive(Debug, Deserialize)]
pub(crate) struct EntriesParameters {
    after: Option<u64>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    kind: Option<String>,
    subject: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Entries of the journal, oldest first.
pub(crate) async fn entries<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    parameters: Result<Query<EntriesParameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::City)?;
    let Query(asked) = parameters.map_err(|error| Problem::bad_request(&error.body_text()))?;
    let limit = limit(asked.limit)?;
    let after = cursor(asked.cursor.as_deref())?.or(asked.after).map(Seq);
    let query =
        EntryQuery { after, from: asked.from, to: asked.to, kind: asked.kind, subject: asked.subject, limit };
    let items = app.store.entries(&query).await?;
    let full = u32::try_from(items.len()).is_ok_and(|count| count == limit);
    let next = items.last().filter(|_| full).map(|entry| entry.seq.to_string());
    Ok(Json(json!({ "items": items, "next": next })))
}
