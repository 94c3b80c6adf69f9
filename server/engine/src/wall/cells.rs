//! One cell at a time.

use pantau_schemas::command::{Place, Reason, Refusal};
use pantau_schemas::entry::Change;
use pantau_schemas::registry::DeviceClass;
use pantau_schemas::wall::{At, Cell, Content, Layout, Rank, Screen, Tile, Wall, WallAct, Walls};
use pantau_schemas::world::World;

use super::hang;

/// The layout of a screen, and its cell there.
fn found(screen: &Screen, at: At) -> Result<(&Layout, Cell), Refusal> {
    let layout = screen.wall.content.layout().ok_or(Reason::NoLayout.at(Place::Screen))?;
    let cell = layout.cell(at).ok_or(Reason::UnknownCell.at(Place::At))?;
    Ok((layout, cell))
}

/// The wall with something else in a cell. The tour ends where a person takes one of its cells in hand; a preset
/// that was changed is none any more.
fn with(walls: &Walls, screen: &Screen, cell: &Cell, tile: Tile, rank: Rank) -> Result<Wall, Refusal> {
    let (layout, _) = found(screen, cell.area.at())?;
    let changed = layout.with(cell.area.at(), tile, rank).ok_or(Reason::TooManyCameras.at(Place::At))?;
    let tour = screen.wall.tour.clone().filter(|_| !walls.tour_uses(&screen.wall, cell));
    let preset = screen.wall.preset.clone().filter(|_| changed == *layout);
    Ok(Wall { content: Content::Layout(changed), preset, tour })
}

/// What a tile refers to must be there.
pub(super) fn check(world: &World, tile: &Tile, rank: Rank) -> Result<(), Reason> {
    match tile {
        Tile::Camera { camera } => {
            let device = world.registry.devices.get(camera);
            if device.is_none_or(|device| device.class != DeviceClass::Camera) {
                return Err(Reason::UnknownCamera);
            }
        }
        Tile::Series { series } if !world.registry.devices.contains_key(series.device()) => {
            return Err(Reason::UnknownDevice);
        }
        Tile::Unknown => return Err(Reason::UnknownTile),
        _ => {}
    }
    if rank == Rank::Alarm { Err(Reason::RankOfAlarms) } else { Ok(()) }
}

/// The part of a command that a fault of a tile is in.
pub(super) const fn blamed(reason: Reason) -> Place {
    match reason {
        Reason::RankOfAlarms => Place::Rank,
        _ => Place::Tile,
    }
}

pub(super) fn show(
    world: &World,
    screen: &Screen,
    at: At,
    tile: &Tile,
    rank: Rank,
) -> Result<Option<Change>, Refusal> {
    let (_, cell) = found(screen, at)?;
    check(world, tile, rank).map_err(|reason| reason.at(blamed(reason)))?;
    if cell.rank == Rank::Pinned {
        return Err(Reason::Pinned.at(Place::At));
    }
    let wall = with(&world.walls, screen, &cell, tile.clone(), rank)?;
    hang(&world.walls, screen, WallAct::Shown, Some(cell.area.at()), wall, Place::At)
}

pub(super) fn clear(walls: &Walls, screen: &Screen, at: At) -> Result<Option<Change>, Refusal> {
    let (_, cell) = found(screen, at)?;
    if cell.rank == Rank::Pinned {
        return Err(Reason::Pinned.at(Place::At));
    }
    let wall = with(walls, screen, &cell, Tile::Empty, Rank::Context)?;
    hang(walls, screen, WallAct::Cleared, Some(cell.area.at()), wall, Place::At)
}

/// Pins what is seen: where a tour shows something at this moment, that.
pub(super) fn pin(walls: &Walls, screen: &Screen, at: At) -> Result<Option<Change>, Refusal> {
    let (layout, cell) = found(screen, at)?;
    let shown = walls.shown(&screen.id);
    let seen = shown.as_ref().and_then(|content| content.layout()?.cell(at)).unwrap_or_else(|| cell.clone());
    if matches!(seen.tile, Tile::Empty | Tile::Unknown) {
        return Err(Reason::EmptyCell.at(Place::At));
    }
    let pinned = layout.with(at, seen.tile, Rank::Pinned).ok_or(Reason::TooManyCameras.at(Place::At))?;
    // A tour goes on around it.
    let wall = if pinned == *layout {
        screen.wall.clone()
    } else {
        Wall { content: Content::Layout(pinned), preset: None, tour: screen.wall.tour.clone() }
    };
    hang(walls, screen, WallAct::Pinned, Some(cell.area.at()), wall, Place::At)
}

pub(super) fn unpin(walls: &Walls, screen: &Screen, at: At) -> Result<Option<Change>, Refusal> {
    let (layout, cell) = found(screen, at)?;
    if cell.rank != Rank::Pinned {
        return Ok(None);
    }
    let freed = layout.with(at, cell.tile, Rank::Watched).ok_or(Reason::TooManyCameras.at(Place::At))?;
    let wall = Wall { content: Content::Layout(freed), preset: None, tour: screen.wall.tour.clone() };
    hang(walls, screen, WallAct::Unpinned, Some(cell.area.at()), wall, Place::At)
}
