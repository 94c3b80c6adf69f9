//! Tours: when they start, go on, wait and end.

use pantau_schemas::command::{Place, Reason, Refusal};
use pantau_schemas::entry::{Actor, Cause, Change};
use pantau_schemas::ids::{ScreenId, TourId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{Screen, Touring, Wall, WallAct, Walls};
use pantau_schemas::world::World;

use super::hang;
use crate::Decision;

/// Starts at the first step. Every cell that the tour shows something in must be there.
pub(super) fn start(
    walls: &Walls,
    screen: &Screen,
    id: &TourId,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    let tour = walls.tours.get(id).ok_or(Reason::UnknownTour.at(Place::Tour))?;
    let layout = screen.wall.content.layout().ok_or(Reason::NoLayout.at(Place::Screen))?;
    if tour.steps().iter().flat_map(|step| &step.shots).any(|shot| layout.cell(shot.at).is_none()) {
        return Err(Reason::UnknownCell.at(Place::Tour));
    }
    if screen.wall.tour.as_ref().is_some_and(|touring| touring.tour == *id) {
        return Ok(None);
    }
    let touring = Touring { tour: id.clone(), step: 0, since: now };
    let wall = Wall { tour: Some(touring), ..screen.wall.clone() };
    hang(walls, screen, WallAct::TourStarted, None, wall, Place::Tour)
}

pub(super) fn stop(walls: &Walls, screen: &Screen) -> Result<Option<Change>, Refusal> {
    let wall = Wall { tour: None, ..screen.wall.clone() };
    hang(walls, screen, WallAct::TourStopped, None, wall, Place::Screen)
}

/// When the present step has been shown for long enough; `None` when no other follows.
pub(crate) fn deadline(world: &World, screen: &ScreenId) -> Option<Timestamp> {
    let touring = world.walls.screens.get(screen)?.wall.tour.as_ref()?;
    let tour = world.walls.tours.get(&touring.tour)?;
    tour.after(touring.step)?;
    let dwell = tour.step(touring.step)?.dwell_s.seconds();
    Some(touring.since.plus_millis(i64::from(dwell) * 1_000))
}

/// The next step, when its time has come and nothing keeps the tour where it is.
pub(crate) fn step(world: &World, screen: &ScreenId, now: Timestamp) -> Option<Decision> {
    if now < deadline(world, screen)? || world.tour_waits(screen) {
        return None;
    }
    let touring = world.walls.screens.get(screen)?.wall.tour.as_ref()?;
    let step = world.walls.tours.get(&touring.tour)?.after(touring.step)?;
    Some(Decision {
        actor: Actor::system(),
        cause: Cause::Timer,
        change: Change::TourStepped { screen: screen.clone(), tour: touring.tour.clone(), step },
    })
}
