//! Is the process alive, and can it do its work?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pantau_schemas::wire::StoreState;
use pantau_store::Store;
use serde_json::json;

use crate::app::App;

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store takes data and the sources are connected; else 503 with the reasons.
pub(crate) async fn readyz<S: Store>(State(app): State<Arc<App<S>>>) -> Response {
    let mut reasons = Vec::new();
    let settled = app.hub.store_state();
    if settled.state != StoreState::Ok {
        reasons.push(json!({ "part": "store", "since": settled.since, "reason": settled.error }));
    } else if let Err(error) = app.store.ping().await {
        reasons.push(json!({ "part": "store", "reason": error.to_string() }));
    }
    if let Some(mqtt) = app.mqtt_status()
        && !mqtt.is_connected()
    {
        reasons.push(json!({ "part": "mqtt", "since": mqtt.since, "reason": mqtt.last_error }));
    }
    if let Some(listener) = app.listener_status()
        && !listener.is_listening()
    {
        let reason = listener.last_error.as_deref().unwrap_or(listener.phase.as_str());
        reasons.push(json!({ "part": "mqtt_listener", "since": listener.since, "reason": reason }));
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": reasons.is_empty(), "reasons": reasons }))).into_response()
}
