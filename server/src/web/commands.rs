//! `POST /v1/commands`: what people want done, 200 only when durable.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pantau_ingest::delivery::{Delivery, Outcome, Receipt};
use pantau_schemas::command::{Command, Order};
use pantau_schemas::entry::{Change, Entry};
use pantau_schemas::ids::CommandId;
use pantau_schemas::observation::{Body, Observation, Source};
use pantau_schemas::wall::Load;
use pantau_schemas::wire::StoreState;
use pantau_store::{EntryQuery, Store};
use serde_json::{Value, json};

use super::ACKNOWLEDGE_WITHIN;
use super::gate::{Action, Actor, Object, authorize};
use super::language::Language;
use super::problem::Problem;
use super::refusal::{refused, unreadable};
use crate::app::App;
use crate::core::{Record, command_key};

/// Takes one command.
pub(crate) async fn post<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("a request has at most {} bytes", super::MAX_BODY);
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &detail).into_response();
        }
        Err(rejection) => return Problem::bad_request(&rejection.body_text()).into_response(),
    };
    match take(&app, Actor::behind(peer.ip()), &headers, &body).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn take<S: Store>(
    app: &App<S>,
    actor: Actor,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Value, Problem> {
    // A page of somebody else could send this with an operator's browser: it would say its own origin, and it
    // cannot send JSON without asking first.
    app.origins.check(headers)?;
    authorize(actor, Action::Command, Object::City)?;
    if !is_json(headers) {
        let detail = "send application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", detail));
    }
    let language = Language::asked(headers);
    let order = read(body, actor, language)?;
    if let Some(screen) = order.command.screen() {
        authorize(actor, Action::Command, Object::Screen(screen.as_str()))?;
    }
    if app.hub.store_state().state != StoreState::Ok {
        return Err(Problem::store_down());
    }
    let id = order.id.clone();
    let (receipt, answer) = Receipt::pair();
    let received = app.clock.now();
    let observation = Observation { source: Source::Command, received, body: Body::Command(Box::new(order)) };
    // A full intake means that the core has stopped reading: nothing was done, and the same id may come again.
    app.intake.try_send(Delivery { observation, receipt }).map_err(|_full| Problem::store_down())?;
    // What is not durable by the deadline may become so yet; the same id then gets the answer.
    let outcome = tokio::time::timeout(ACKNOWLEDGE_WITHIN, answer).await;
    match outcome {
        Ok(Ok(Outcome::Refused(refusal))) => Err(refused(refusal, language)),
        Ok(Ok(_)) => done(app, &id, language).await,
        Ok(Err(_)) | Err(_) => Err(Problem::store_down()),
    }
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn read(body: &[u8], actor: Actor, language: Language) -> Result<Order, Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(&format!("the body is not JSON: {error}")))?;
    let no_id = |detail: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "id", &detail).at("/id").in_language(language)
    };
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    let id = CommandId::new(id).map_err(|error| no_id(format!("the id {error}")))?;
    let command = value.get("command").unwrap_or(&Value::Null);
    let command = Command::try_from(command).map_err(|error| unreadable(&error, language))?;
    Ok(Order { id, actor: actor.in_journal(), command })
}

/// The entries that a command made, from the store: the same whether it was sent now or before the last restart.
async fn done<S: Store>(app: &App<S>, id: &CommandId, language: Language) -> Result<Value, Problem> {
    let key = command_key(id).map_err(|error| Problem::bad_request(&format!("the id {error}")))?;
    let row = app.store.event(&key).await?;
    let record: Record = row.and_then(|row| serde_json::from_str(&row.raw).ok()).ok_or_else(|| {
        tracing::error!(%id, "a command is durable, but not in the inbox");
        Problem::store_down()
    })?;
    let entries = match record.count {
        0 => Vec::new(),
        count => {
            let query = EntryQuery { after: Some(record.after), ..EntryQuery::first(count) };
            app.store.entries(&query).await?
        }
    };
    let warnings: Vec<Value> = entries.iter().filter_map(|entry| warning(entry, language)).collect();
    let mut answer = json!({ "entries": entries });
    if let (Value::Object(fields), false) = (&mut answer, warnings.is_empty()) {
        fields.insert("warnings".to_owned(), Value::Array(warnings));
    }
    Ok(answer)
}

/// More pictures move than people can watch: allowed, and said.
fn warning(entry: &Entry, language: Language) -> Option<Value> {
    let Change::WallChanged(change) = &entry.change else { return None };
    let Load::Heavy(moving) = Load::of(change.wall.content.moving()) else { return None };
    let text = match language {
        Language::En => format!("{moving} pictures move; people can watch about 9"),
        Language::Id => format!("{moving} gambar bergerak; orang hanya sanggup mengawasi sekitar 9"),
    };
    Some(json!({ "code": "many-moving", "moving": moving, "text": text }))
}
