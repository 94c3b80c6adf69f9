//! A whole wall at once.

use pantau_schemas::command::{Place, Reason, Refusal};
use pantau_schemas::entry::{Actor, Change};
use pantau_schemas::ids::PresetId;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{Content, Draft, Layout, Load, Screen, Touring, Undo, Wall, WallAct, Walls};
use pantau_schemas::world::World;

use super::{cells, hang};

/// Empties every cell that is not pinned; the tour ends.
pub(super) fn clear(walls: &Walls, screen: &Screen) -> Result<Option<Change>, Refusal> {
    let layout = screen.wall.content.layout().ok_or(Reason::NoLayout.at(Place::Screen))?;
    let cleared = layout.cleared();
    let preset = screen.wall.preset.clone().filter(|_| cleared == *layout);
    let wall = Wall { content: Content::Layout(cleared), preset, tour: None };
    hang(walls, screen, WallAct::AllCleared, None, wall, Place::Screen)
}

pub(super) fn lay_out(world: &World, screen: &Screen, draft: &Draft) -> Result<Option<Change>, Refusal> {
    let layout = Layout::try_from(draft.clone())?;
    for (number, cell) in draft.cells.iter().enumerate() {
        cells::check(world, &cell.tile, cell.rank).map_err(|reason| reason.at(Place::Cell(number)))?;
    }
    let content = keeping_pinned(screen, Content::Layout(layout), Place::Layout)?;
    if content == screen.wall.content && screen.wall.tour.is_none() {
        return Ok(None);
    }
    let wall = Wall { content, preset: None, tour: None };
    hang(&world.walls, screen, WallAct::LaidOut, None, wall, Place::Layout)
}

pub(super) fn leave_to_itself(walls: &Walls, screen: &Screen) -> Result<Option<Change>, Refusal> {
    let content = keeping_pinned(screen, Content::Auto, Place::Screen)?;
    let preset = screen.wall.preset.clone().filter(|_| content == screen.wall.content);
    let wall = Wall { content, preset, tour: None };
    hang(walls, screen, WallAct::LeftToItself, None, wall, Place::Screen)
}

pub(super) fn apply_preset(
    walls: &Walls,
    screen: &Screen,
    preset: &PresetId,
) -> Result<Option<Change>, Refusal> {
    let known = walls.presets.get(preset).ok_or(Reason::UnknownPreset.at(Place::Preset))?;
    let content = keeping_pinned(screen, known.content.clone(), Place::Preset)?;
    let wall = Wall { content, preset: Some(preset.clone()), tour: None };
    hang(walls, screen, WallAct::PresetApplied, None, wall, Place::Preset)
}

/// The content with the screen's pinned cells in their places.
fn keeping_pinned(screen: &Screen, content: Content, place: Place) -> Result<Content, Refusal> {
    let Some(before) = screen.wall.content.layout().filter(|layout| layout.pinned().next().is_some()) else {
        return Ok(content);
    };
    let kept = content.layout().and_then(|layout| layout.keeping_pinned(before));
    kept.map(Content::Layout).ok_or(Reason::PinnedDoesNotFit.at(place))
}

/// Gives back what hung there before this actor's last change, if that is the last one of all.
pub(super) fn undo(
    walls: &Walls,
    screen: &Screen,
    actor: &Actor,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    let Some(Undo { wall, .. }) = screen.history.back().filter(|undo| undo.actor == *actor) else {
        let mine = screen.history.iter().any(|undo| undo.actor == *actor);
        let reason = if mine { Reason::ChangedSince } else { Reason::NothingToUndo };
        return Err(reason.at(Place::Screen));
    };
    let mut wall = wall.clone();
    // A preset or a tour that was deleted or saved anew since is not what it was.
    wall.preset.take_if(|preset| !walls.presets.contains_key(preset));
    wall.tour = wall.tour.filter(|touring| walls.tours.contains_key(&touring.tour));
    if let Load::TooMuch(_) = Load::of(walls.moving(&wall)) {
        wall.tour = None;
    }
    wall.tour = wall.tour.map(|touring| Touring { since: now, ..touring });
    // Even when the same wall comes back, the change is taken off the list.
    let change =
        pantau_schemas::wall::WallChange { screen: screen.id.clone(), act: WallAct::Undone, at: None, wall };
    Ok(Some(Change::WallChanged(Box::new(change))))
}
