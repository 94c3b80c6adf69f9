//! HTTP: the routes, and what every one of them has in common.
//!
//! **Invariant:** every handler that answers with city data asks [`gate::authorize`] first.

pub(crate) mod assets;
mod commands;
mod device_reads;
mod events;
pub(crate) mod gate;
mod health;
mod journal_reads;
mod language;
mod letters;
pub(crate) mod listen;
mod metrics;
mod openapi;
pub(crate) mod origin;
pub(crate) mod problem;
mod refusal;
mod sockets;
mod status;
mod stills;
mod wall_reads;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pantau_store::Store;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use problem::Problem;

/// Largest body of any request, bytes: the contract's 256 KiB for events.
pub(crate) const MAX_BODY: usize = 256 * 1024;
/// What pages may do: nothing from elsewhere, no inline code, WASM of our own; `<video>` plays what a page made itself.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; media-src blob:; worker-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Every route.
pub(crate) fn router<S: Store>(app: Arc<App<S>>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz::<S>))
        .route("/metrics", get(metrics::metrics::<S>))
        .route("/openapi.json", get(openapi::document))
        .route("/v1/live", get(sockets::live::<S>))
        .route("/v1/media", get(sockets::media::<S>))
        .route("/v1/events", post(events::post::<S>))
        .route("/v1/commands", post(commands::post::<S>))
        .route("/v1/walls", get(wall_reads::walls::<S>))
        .route("/v1/walls/{screen}", get(wall_reads::wall::<S>))
        .route("/v1/status", get(status::status::<S>))
        .route("/v1/entries", get(journal_reads::entries::<S>))
        .route("/v1/dead-letters", get(letters::list::<S>))
        .route("/v1/dead-letters/replay", post(letters::replay_many::<S>))
        .route("/v1/dead-letters/{id}", get(letters::one::<S>))
        .route("/v1/dead-letters/{id}/replay", post(letters::replay_one::<S>))
        .route("/v1/complaints/{id}", get(device_reads::complaint::<S>))
        .route("/v1/devices", get(device_reads::devices::<S>))
        .route("/v1/devices/{id}", get(device_reads::device::<S>))
        .route("/v1/series/{id}/samples", get(device_reads::samples::<S>))
        .route("/v1/cameras/{id}/still.jpg", get(stills::still::<S>))
        .route("/v1/registry/reload", post(status::reload::<S>))
        .route("/", get(assets::ops))
        .route("/wall/{screen}", get(assets::wall))
        .route("/desk", get(assets::desk))
        .route("/ops", get(assets::ops))
        .route("/assets/{file}", get(assets::asset))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such page") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this page does not take that method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(
            ServiceBuilder::new()
                .layer(CatchPanicLayer::new())
                .layer(middleware::from_fn_with_state(Arc::clone(&app), addressed_to_us::<S>))
                .layer(constant(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .layer(constant(header::REFERRER_POLICY, "no-referrer"))
                .layer(constant(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
                .layer(constant(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")),
        )
        .with_state(app)
}

async fn addressed_to_us<S: Store>(State(app): State<Arc<App<S>>>, request: Request, next: Next) -> Response {
    match app.origins.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn constant(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// How long a reply to a webhook may wait for the store before the sender is told to come again.
pub(crate) const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(5);
