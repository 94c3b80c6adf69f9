//! `/v1/dead-letters`: what could not be used, why, and once more.
//!
//! A replay of many is a loop of the caller's: each request takes a bounded number, is answered when they are durable,
//! and says where to go on. So the server holds no job, a page that is closed stops, and progress is what was answered.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use pantau_ingest::delivery::Outcome;
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::Cause;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::Source;
use pantau_schemas::wire::StoreState;
use pantau_store::{DeadLetterQuery, LetterState, Store, StoredDeadLetter};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ACKNOWLEDGE_WITHIN;
use super::commands::is_json;
use super::gate::{Action, Actor, Object, authorize};
use super::journal_reads::{cursor, limit};
use super::problem::Problem;
use crate::app::App;
use crate::letters::{self, ReplayError, STEP, Step, Which};

/// `GET /v1/dead-letters`.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    reason: Option<String>,
    source: Option<String>,
    device: Option<String>,
    state: Option<String>,
    /// Without the raw bytes.
    #[serde(default)]
    brief: bool,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// `POST /v1/dead-letters/replay`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    ids: Option<Vec<u64>>,
    reason: Option<String>,
    source: Option<String>,
    device: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What could not be used, newest first.
pub(crate) async fn list<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Inspect, Object::City)?;
    let Query(asked) = parameters.map_err(|error| Problem::bad_request(&error.body_text()))?;
    let limit = limit(asked.limit)?;
    let state = match asked.state.as_deref() {
        None | Some("waiting") => LetterState::Waiting,
        Some("replayed") => LetterState::Replayed,
        Some(_) => return Err(Problem::bad_request("state is `waiting` or `replayed`").at("state")),
    };
    let query = DeadLetterQuery {
        beyond: cursor(asked.cursor.as_deref())?,
        state,
        ..narrowed(
            DeadLetterQuery::newest(limit),
            asked.reason.as_deref(),
            asked.source.as_deref(),
            asked.device.as_deref(),
        )?
    };
    let letters = app.store.dead_letters(&query).await?;
    let full = u32::try_from(letters.len()).is_ok_and(|count| count == limit);
    let next = letters.last().filter(|_| full).map(|stored| stored.id.to_string());
    let items: Vec<Value> = letters.iter().map(|stored| describe(stored, !asked.brief)).collect();
    let counts: Map<String, Value> = app
        .store
        .dead_letter_counts()
        .await?
        .into_iter()
        .map(|(reason, count)| (reason.as_str().to_owned(), json!(count)))
        .collect();
    let quota = app.letters.quota;
    Ok(Json(json!({
        "items": items,
        "next": next,
        "counts": counts,
        "sources": sources(&app),
        "quota": { "per_source": quota.per_source, "per_device": quota.per_device },
    })))
}

/// What became of the dead letters of each way in: `dead_lettered` = `waiting` + `replayed` + `dropped`, in messages.
fn sources<S>(app: &App<S>) -> Vec<Value> {
    let row = |letters: &crate::core::Letters| {
        json!({
            "source": letters.source.as_str(),
            "waiting": letters.waiting,
            "replayed": letters.replayed,
            "dropped": letters.dropped,
        })
    };
    app.counts.letters().iter().map(row).collect()
}

/// One dead letter.
pub(crate) async fn one<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Inspect, Object::City)?;
    let (_, stored) = find(&app, &id).await?;
    Ok(Json(describe(&stored, true)))
}

/// Reads one again.
pub(crate) async fn replay_one<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let actor = allowed(&app, peer, &headers)?;
    let (id, _) = find(&app, &id).await?;
    let step = step(&app, Which::Ids(vec![id]), actor).await?;
    let (_, stored) = find(&app, &id.to_string()).await?;
    let mut answer = describe(&stored, false);
    if let Value::Object(fields) = &mut answer {
        // Nothing was done: it waits no longer since somebody replayed it before.
        let outcome = step.done.first().map_or("replayed", |done| word(done.outcome));
        fields.insert("outcome".to_owned(), json!(outcome));
    }
    Ok(Json(answer))
}

/// Reads many again: the next of those that were asked for, at most [`STEP`].
pub(crate) async fn replay_many<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let actor = allowed(&app, peer, &headers)?;
    if !is_json(&headers) {
        let detail = "send application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", detail));
    }
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(&format!("the body cannot be read: {error}")))?;
    let step = step(&app, which(asked)?, actor).await?;
    let count = |outcome: &str| step.done.iter().filter(|done| word(done.outcome) == outcome).count();
    let items: Vec<Value> =
        step.done.iter().map(|done| json!({ "id": done.id, "outcome": word(done.outcome) })).collect();
    Ok(Json(json!({
        "items": items,
        "stored": count("stored"),
        "duplicate": count("duplicate"),
        "dead_lettered": count("dead_lettered"),
        "next": step.next.map(|next| next.to_string()),
    })))
}

fn which(asked: Asked) -> Result<Which, Problem> {
    let Asked { ids, reason, source, device, cursor: beyond, limit } = asked;
    let limit = match limit.unwrap_or(STEP) {
        limit @ 1..=STEP => limit,
        _ => return Err(Problem::bad_request(&format!("limit must be between 1 and {STEP}")).at("/limit")),
    };
    let Some(ids) = ids else {
        let query = narrowed(
            DeadLetterQuery::oldest(limit),
            reason.as_deref(),
            source.as_deref(),
            device.as_deref(),
        )?;
        return Ok(Which::Found(DeadLetterQuery { beyond: cursor(beyond.as_deref())?, ..query }));
    };
    if [&reason, &source, &device, &beyond].into_iter().any(Option::is_some) {
        return Err(Problem::bad_request("ids stand alone: they say everything already").at("/ids"));
    }
    if ids.len() > usize::try_from(STEP).unwrap_or(usize::MAX) {
        return Err(Problem::bad_request(&format!("at most {STEP} ids at once")).at("/ids"));
    }
    Ok(Which::Ids(ids))
}

/// The same question, about these alone.
fn narrowed(
    query: DeadLetterQuery,
    reason: Option<&str>,
    source: Option<&str>,
    device: Option<&str>,
) -> Result<DeadLetterQuery, Problem> {
    // A word of nobody's would be read as that of a newer version.
    let known = |word: &str| {
        let reason: Option<Reason> = serde_json::from_value(json!(word)).ok();
        reason.filter(|reason| reason.as_str() == word)
    };
    let reason = reason
        .map(|word| known(word).ok_or_else(|| Problem::bad_request("there is no such reason").at("reason")))
        .transpose()?;
    let way = |word: &str| Source::ALL.into_iter().find(|source| source.as_str() == word);
    let source = source
        .map(|word| way(word).ok_or_else(|| Problem::bad_request("there is no such way in").at("source")))
        .transpose()?;
    let devices = device
        .map(|id| DeviceId::new(id).map(|id| vec![id]))
        .transpose()
        .map_err(|error| Problem::bad_request(&format!("the device {error}")).at("device"))?;
    Ok(DeadLetterQuery { reason, source, devices, ..query })
}

/// Whoever may replay, as the journal is to name them.
fn allowed<S>(app: &App<S>, peer: SocketAddr, headers: &HeaderMap) -> Result<Actor, Problem> {
    app.origins.check(headers)?;
    let actor = Actor::behind(peer.ip());
    authorize(actor, Action::Change, Object::City)?;
    if app.hub.store_state().state == StoreState::Ok { Ok(actor) } else { Err(Problem::store_down()) }
}

/// A step, durable. One that is not by the deadline goes on; whoever asks again finds its letters replayed.
async fn step<S: Store>(app: &Arc<App<S>>, which: Which, actor: Actor) -> Result<Step, Problem> {
    let cause = Cause::Input(Source::Replay.as_str().to_owned());
    let step = letters::step(app, which, actor.in_journal(), cause);
    match tokio::time::timeout(ACKNOWLEDGE_WITHIN, step).await {
        Ok(Ok(step)) => Ok(step),
        Ok(Err(ReplayError::Store(error))) => Err(error.into()),
        Ok(Err(ReplayError::Stopping)) | Err(_) => Err(Problem::store_down()),
    }
}

async fn find<S: Store>(app: &App<S>, id: &str) -> Result<(u64, StoredDeadLetter), Problem> {
    let none = || Problem::not_found("there is no such dead letter");
    let id = id.parse().map_err(|_error| none())?;
    Ok((id, app.store.dead_letter(id).await?.ok_or_else(none)?))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Stored => "stored",
        Outcome::Duplicate => "duplicate",
        Outcome::DeadLettered | Outcome::Conflict | Outcome::Refused(_) => "dead_lettered",
    }
}

fn describe(stored: &StoredDeadLetter, with_bytes: bool) -> Value {
    let letter = &stored.letter;
    let mut value = json!({
        "id": stored.id,
        "received": letter.received,
        "last": stored.last,
        "count": stored.count,
        "source": letter.source,
        "speaker": letter.speaker,
        "device": letter.device,
        "topic": letter.topic,
        "reason": letter.reason,
        "pointer": letter.pointer,
        "detail": letter.detail,
        "size": letter.size,
        "truncated": stored.replayed.is_none() && letter.is_cut(),
        "tries": stored.tries,
        "tried": stored.tried,
        "replayed": stored.replayed,
    });
    if let (true, Value::Object(fields)) = (with_bytes, &mut value) {
        fields.insert("raw".to_owned(), json!(String::from_utf8_lossy(&letter.raw)));
        if std::str::from_utf8(&letter.raw).is_err() {
            fields.insert("raw_hex".to_owned(), json!(hex(&letter.raw)));
        }
    }
    value
}

/// Two digits a byte, for what is no text.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
