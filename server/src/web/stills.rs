//! `/v1/cameras/{id}/still.jpg`: a camera's own still picture, for pages that cannot play its stream.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pantau_camera::StillError;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::world::World;
use pantau_store::Store;

use super::gate::{Action, Actor, Object, authorize};
use super::language::Language;
use super::problem::Problem;
use crate::app::App;

/// When the picture was asked for, by the server's clock, µs since 1970: what its age is counted from.
const TAKEN: HeaderName = HeaderName::from_static("pantau-taken-us");

/// The newest still picture of a camera; at most a second old, and the same for everybody who asks meanwhile.
pub(crate) async fn still<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    authorize(Actor::behind(peer.ip()), Action::View, Object::Device(&id))?;
    let language = Language::asked(&headers);
    let id = DeviceId::new(&id).map_err(|_error| problem(StillError::None, language))?;
    if is_masked(&app.hub.world(), &id) {
        return Err(masked(language));
    }
    let still = app.stills.of(&id).await.map_err(|error| problem(error, language))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        // A picture of the past must not come back as one of now.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (TAKEN, HeaderValue::from(still.taken.micros())),
    ];
    Ok((headers, still.jpeg).into_response())
}

/// Whether a part of the picture is covered on every page. The camera's own picture is without the cover, and a file is
/// soon passed on.
fn is_masked(world: &World, id: &DeviceId) -> bool {
    let camera = world.registry.devices.get(id).and_then(|device| device.camera.as_ref());
    camera.is_some_and(|camera| !camera.masks.is_empty())
}

fn masked(language: Language) -> Problem {
    let detail = match language {
        Language::En => "a part of this camera's picture is covered; its own picture is without the cover",
        Language::Id => "sebagian gambar kamera ini ditutup; gambar dari kameranya sendiri tidak tertutup",
    };
    Problem::new(StatusCode::FORBIDDEN, "masked", detail).in_language(language)
}

/// Why there is none. Nothing in it says where the camera is, or as whom it was asked.
fn problem(error: StillError, language: Language) -> Problem {
    let (status, kind) = match error {
        StillError::None => (StatusCode::NOT_FOUND, "no-still"),
        StillError::Late | StillError::Unreachable => (StatusCode::GATEWAY_TIMEOUT, "still-unreachable"),
        StillError::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        StillError::Refused
        | StillError::Status(_)
        | StillError::NoPicture
        | StillError::TooLarge
        | StillError::Broken => (StatusCode::BAD_GATEWAY, "still-unusable"),
    };
    let detail = match language {
        Language::En => error.to_string(),
        Language::Id => indonesian(error),
    };
    Problem::new(status, kind, &detail).in_language(language)
}

fn indonesian(error: StillError) -> String {
    match error {
        StillError::None => "kamera ini tidak punya gambar diam".to_owned(),
        StillError::Unreachable => "kamera tidak menjawab".to_owned(),
        StillError::Late => "kamera tidak menjawab pada waktunya".to_owned(),
        StillError::Refused => "kamera menolak nama pengguna dan kata sandi".to_owned(),
        StillError::Status(status) => format!("kamera menjawab {status}"),
        StillError::NoPicture => "kamera memberi sesuatu yang bukan JPEG".to_owned(),
        StillError::TooLarge => "gambar kamera terlalu besar".to_owned(),
        StillError::Broken => "jawaban kamera terputus".to_owned(),
        StillError::Stopping => "server sedang berhenti".to_owned(),
    }
}
