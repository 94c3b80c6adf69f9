//! Reads of walls: what hangs where, and what could.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use pantau_schemas::ids::ScreenId;
use pantau_schemas::wall::{Load, Screen};
use pantau_schemas::world::World;
use pantau_store::Store;
use serde_json::{Value, json};

use super::gate::{Action, Actor, Object, authorize};
use super::problem::Problem;
use crate::app::App;

/// Every screen, preset and tour. There are so few that they come in one answer.
pub(crate) async fn walls<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::City)?;
    let world = app.hub.world();
    let items: Vec<Value> = world.walls.screens.values().map(|screen| item(&world, screen)).collect();
    let presets: Vec<_> = world.walls.presets.values().collect();
    let tours: Vec<_> = world.walls.tours.values().collect();
    Ok(Json(json!({ "items": items, "next": null, "presets": presets, "tours": tours })))
}

/// One screen.
pub(crate) async fn wall<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    authorize(Actor::behind(peer.ip()), Action::Read, Object::Screen(&id))?;
    let none = || Problem::not_found("there is no such screen");
    let id = ScreenId::new(&id).map_err(|_error| none())?;
    let world = app.hub.world();
    let screen = world.walls.screens.get(&id).ok_or_else(none)?;
    Ok(Json(item(&world, screen)))
}

fn item(world: &World, screen: &Screen) -> Value {
    let shown = world.walls.shown(&screen.id);
    let moving = shown.as_ref().map_or(0, |content| content.moving());
    json!({
        "id": screen.id,
        "name": screen.name,
        "panel_pitch_mm": screen.panel_pitch_mm,
        "viewing_distance_m": screen.viewing_distance_m,
        "status": screen.status,
        "wall": screen.wall,
        "shown": shown,
        "alarms": screen.alarms,
        "tour_waits": world.tour_waits(&screen.id),
        "moving": moving,
        "heavy": Load::of(moving) > Load::Fine,
        "undo": screen.history.back().map(|undo| json!({ "seq": undo.seq, "actor": undo.actor })),
    })
}
