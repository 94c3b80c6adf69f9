//! `/v1/live` and `/v1/media`: the gate, the handshake, the session.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pantau_schemas::{media, wire};
use pantau_store::Store;

use super::gate::{Action, Actor, Object, authorize};
use super::problem::Problem;
use crate::app::{App, Reader};
use crate::ws::upgrade::upgrade;

/// Sockets of one kind that may be open at once: 200 screens with two windows, and room.
const MAX_SOCKETS: usize = 1_000;

fn admit<S: Store>(
    app: &App<S>,
    reader: Reader,
    peer: SocketAddr,
    action: Action,
) -> Result<crate::app::Seat, Problem> {
    authorize(Actor::behind(peer.ip()), action, Object::City)?;
    app.seat(reader, MAX_SOCKETS).ok_or_else(|| {
        let detail = "too many connections are open; close some and try again";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-readers", detail).retry_after(5)
    })
}

/// The journal, live.
pub(crate) async fn live<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let seat = match admit(&app, Reader::Live, peer, Action::Read) {
        Ok(seat) => seat,
        Err(problem) => return problem.into_response(),
    };
    let (hub, beats, cancel) = (app.hub.clone(), app.beats.clone(), app.cancel.clone());
    upgrade(
        request,
        wire::PROTOCOL,
        &app.origins,
        |socket| async move {
            crate::live::session(socket, hub, beats, crate::BUILD.to_owned(), cancel).await;
            drop(seat);
        },
        |session| drop(app.tracker.spawn_on(session, &app.screens)),
    )
}

/// Pictures, live.
pub(crate) async fn media<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let seat = match admit(&app, Reader::Media, peer, Action::View) {
        Ok(seat) => seat,
        Err(problem) => return problem.into_response(),
    };
    let (fleet, figures, cancel) = (app.fleet.clone(), app.figures.clone(), app.cancel.clone());
    let (actor, clock) = (Actor::behind(peer.ip()), Arc::clone(&app.clock));
    upgrade(
        request,
        media::PROTOCOL,
        &app.origins,
        move |socket| async move {
            crate::media::session(socket, fleet, actor, clock, figures, cancel).await;
            drop(seat);
        },
        |session| drop(app.tracker.spawn_on(session, &app.pictures)),
    )
}
