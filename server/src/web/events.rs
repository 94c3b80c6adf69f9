//! `POST /v1/events`: agency events by signed webhook, 202 only when durable.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pantau_ingest::delivery::{Delivery, Outcome, Receipt};
use pantau_ingest::webhook::{self, Headers};
use pantau_schemas::observation::{Body, Observation, Source};
use pantau_schemas::wire::StoreState;
use pantau_store::Store;
use serde_json::json;
use tokio::sync::oneshot;

use super::ACKNOWLEDGE_WITHIN;
use super::problem::Problem;
use crate::app::App;
use crate::senders::Sender;

/// The path, as a dead letter's topic.
const PATH: &str = "/v1/events";

/// Takes one event or a batch.
pub(crate) async fn post<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("a request has at most {} bytes; send smaller batches", super::MAX_BODY);
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &detail).into_response();
        }
        Err(rejection) => return Problem::bad_request(&rejection.body_text()).into_response(),
    };
    match take(&app, peer, &headers, &body).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn take<S: Store>(
    app: &App<S>,
    peer: SocketAddr,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let sender = sender(app, headers, body, now).map_err(|detail| {
        tracing::info!(%peer, detail, "refused an event");
        Problem::new(StatusCode::UNAUTHORIZED, "signature", &detail)
    })?;
    if app.hub.store_state().state != StoreState::Ok {
        return Err(Problem::store_down());
    }
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !webhook::body::is_supported(content_type) {
        let detail = "send application/cloudevents+json or application/cloudevents-batch+json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", detail));
    }
    let registry = app.registry.borrow().clone();
    let sources = std::slice::from_ref(&sender.source);
    let events = match webhook::decode(content_type, body, sources, &registry, now) {
        Ok(events) => events,
        Err(fault) => {
            let mut letter = fault.dead_letter(now, Source::Webhook, PATH, body);
            letter.speaker.clone_from(&sender.source);
            let receipt = deliver(app, Body::DeadLetter(Box::new(letter)))?;
            settle(vec![receipt]).await?;
            return Err(Problem::new(StatusCode::BAD_REQUEST, fault.reason.as_str(), &fault.detail)
                .at(&fault.pointer));
        }
    };
    if !sender.allow(events.len()) {
        let detail = "too many events from this sender; slow down and send again";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate", detail).retry_after(2));
    }
    let count = events.len();
    let receipts: Result<Vec<_>, _> =
        events.into_iter().map(|event| deliver(app, Body::Feed(Box::new(event)))).collect();
    let outcomes = settle(receipts?).await?;
    if outcomes.contains(&Outcome::Conflict) {
        let detail = "an event with this source and id was received before with another body; it was kept as a dead letter";
        return Err(Problem::new(StatusCode::CONFLICT, "conflict", detail));
    }
    let duplicates = outcomes.iter().filter(|outcome| **outcome == Outcome::Duplicate).count();
    let answer = json!({ "accepted": count, "duplicate": duplicates });
    Ok((StatusCode::ACCEPTED, axum::Json(answer)).into_response())
}

/// The sender whose signature the request carries.
fn sender<'a, S>(
    app: &'a App<S>,
    headers: &HeaderMap,
    body: &Bytes,
    now: pantau_schemas::time::Timestamp,
) -> Result<&'a Sender, String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = Headers {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
    };
    let mut reason = "no sender is configured; see [[events.sender]]".to_owned();
    for sender in app.senders.iter() {
        match webhook::verify(signed, body, &sender.secrets, now) {
            Ok(()) => return Ok(sender),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

fn deliver<S>(app: &App<S>, body: Body) -> Result<oneshot::Receiver<Outcome>, Problem> {
    let (receipt, answer) = Receipt::pair();
    let observation = Observation { source: Source::Webhook, received: app.clock.now(), body };
    // A full intake means that the core has stopped reading: the sender keeps the event and comes again.
    app.intake.try_send(Delivery { observation, receipt }).map_err(|_full| Problem::store_down())?;
    Ok(answer)
}

/// Waits until all is durable. What is not by the deadline is not acknowledged; it may still become durable,
/// and is then a duplicate when it comes again.
async fn settle(receipts: Vec<oneshot::Receiver<Outcome>>) -> Result<Vec<Outcome>, Problem> {
    let all = async {
        let mut outcomes = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            outcomes.push(receipt.await.map_err(|_dropped| Problem::store_down())?);
        }
        Ok(outcomes)
    };
    tokio::time::timeout(ACKNOWLEDGE_WITHIN, all).await.unwrap_or_else(|_late| Err(Problem::store_down()))
}
