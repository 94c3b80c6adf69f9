//! What people may do to walls, how tours go on, and how alarms take cells.
//!
//! **Invariants**, whatever is commanded in whatever order: a pinned cell keeps its place and its tile until it is
//! unpinned or that is undone; at most sixteen pictures that somebody is to watch move on a wall at once, at every
//! step of its tour; an undo gives back exactly what was there, and never takes back what somebody else did.

pub(crate) mod alarm;
mod cells;
mod kept;
mod tour;
mod whole;

use pantau_schemas::command::{Command, Order, Place, Reason, Refusal};
use pantau_schemas::entry::{Actor, Cause, Change, DeviceState};
use pantau_schemas::ids::ScreenId;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wall::{
    At, DEFAULT_SCREEN, Label, Load, MAX_SCREENS, Screen, ScreenFacts, Wall, WallAct, WallChange, Walls,
};
use pantau_schemas::world::World;

use crate::Decision;
pub(crate) use tour::{deadline, step};

/// The changes that a command makes, or why it makes none. A command that asks for what is so already is carried
/// out by changing nothing.
///
/// # Errors
/// [`Refusal`] says why not, and because of which part of the command.
pub fn command(world: &World, order: &Order, now: Timestamp) -> Result<Vec<Decision>, Refusal> {
    let decision =
        |change| Decision { actor: order.actor.clone(), cause: Cause::Command(order.id.clone()), change };
    // Who clears a cell that an alarm has sets the alarm aside; what it lies over is another matter.
    if let Command::WallClear { screen, at } = &order.command {
        let aside = alarm::set_aside(known(&world.walls, screen)?, *at);
        if !aside.is_empty() {
            return Ok(aside.into_iter().map(decision).collect());
        }
    }
    if let Some(change) = change(world, order, now)? {
        return Ok(with_following(world, decision(change), now));
    }
    // What is to be shown hangs there already, below the alarm.
    let Command::WallShow { screen, at, .. } = &order.command else { return Ok(Vec::new()) };
    Ok(alarm::set_aside(known(&world.walls, screen)?, *at).into_iter().map(decision).collect())
}

/// A decision, and what follows from it for the alarms on the walls. Must be the next entries.
pub(crate) fn with_following(world: &World, decision: Decision, now: Timestamp) -> Vec<Decision> {
    let following = alarm::following(world, &decision.change, now);
    let actor = match &decision.change {
        Change::WallChanged(_) => decision.actor.clone(),
        _ => Actor::system(),
    };
    let cause = Cause::Entry(world.seq.next());
    let follows = |change| Decision { actor: actor.clone(), cause: cause.clone(), change };
    let mut decisions = vec![decision];
    decisions.extend(following.into_iter().map(follows));
    decisions
}

/// The alarms whose time on the walls is over.
pub(crate) fn alarms_over(world: &World, now: Timestamp) -> Vec<Decision> {
    let decision = |change| Decision { actor: Actor::system(), cause: Cause::Timer, change };
    alarm::over(world, now).into_iter().map(decision).collect()
}

fn change(world: &World, order: &Order, now: Timestamp) -> Result<Option<Change>, Refusal> {
    let walls = &world.walls;
    match &order.command {
        Command::WallShow { screen, at, tile, rank } => {
            cells::show(world, known(walls, screen)?, *at, tile, *rank)
        }
        Command::WallClear { screen, at } => cells::clear(walls, known(walls, screen)?, *at),
        Command::WallPin { screen, at } => cells::pin(walls, known(walls, screen)?, *at),
        Command::WallUnpin { screen, at } => cells::unpin(walls, known(walls, screen)?, *at),
        Command::WallClearAll { screen } => whole::clear(walls, known(walls, screen)?),
        Command::WallLayout { screen, layout } => whole::lay_out(world, known(walls, screen)?, layout),
        Command::WallAuto { screen } => whole::leave_to_itself(walls, known(walls, screen)?),
        Command::WallPresetApply { screen, preset } => {
            whole::apply_preset(walls, known(walls, screen)?, preset)
        }
        Command::WallUndo { screen } => whole::undo(walls, known(walls, screen)?, &order.actor, now),
        Command::WallPresetSave { screen, preset, name, number } => {
            kept::save_preset(walls, known(walls, screen)?, preset, name, *number)
        }
        Command::WallPresetDelete { preset } => kept::delete_preset(walls, preset),
        Command::WallTourSave { tour } => kept::save_tour(world, tour),
        Command::WallTourDelete { tour } => kept::delete_tour(walls, tour),
        Command::WallTourStart { screen, tour } => tour::start(walls, known(walls, screen)?, tour, now),
        Command::WallTourStop { screen } => tour::stop(walls, known(walls, screen)?),
        Command::ScreenAdd { screen, name, panel_pitch_mm, viewing_distance_m } => {
            if walls.screens.contains_key(screen) {
                return Err(Reason::ScreenExists.at(Place::Screen));
            }
            if walls.screens.len() >= MAX_SCREENS {
                return Err(Reason::TooManyScreens.at(Place::Screen));
            }
            Ok(Some(Change::ScreenAdded(ScreenFacts {
                screen: screen.clone(),
                name: name.clone(),
                panel_pitch_mm: *panel_pitch_mm,
                viewing_distance_m: *viewing_distance_m,
            })))
        }
        Command::ScreenChange { screen, name, panel_pitch_mm, viewing_distance_m } => {
            let before = facts(known(walls, screen)?);
            let after = ScreenFacts {
                screen: screen.clone(),
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                panel_pitch_mm: panel_pitch_mm.or(before.panel_pitch_mm),
                viewing_distance_m: viewing_distance_m.or(before.viewing_distance_m),
            };
            Ok((after != before).then_some(Change::ScreenChanged(after)))
        }
        Command::ScreenForget { screen } => {
            let status = known(walls, screen)?.status;
            Ok(status.map(|_| Change::ScreenStateChanged {
                screen: screen.clone(),
                state: DeviceState::Unknown,
                since: now,
            }))
        }
        Command::ScreenUnmeasure { screen } => {
            let before = facts(known(walls, screen)?);
            let after = ScreenFacts { panel_pitch_mm: None, viewing_distance_m: None, ..before.clone() };
            Ok((after != before).then_some(Change::ScreenChanged(after)))
        }
        Command::ScreenRemove { screen } => {
            known(walls, screen)?;
            if walls.screens.len() == 1 {
                return Err(Reason::LastScreen.at(Place::Screen));
            }
            Ok(Some(Change::ScreenRemoved { screen: screen.clone() }))
        }
    }
}

/// The screen that a city has before anybody added one.
pub(crate) fn first_screen(world: &World) -> Option<Change> {
    if !world.walls.screens.is_empty() {
        return None;
    }
    let screen = ScreenId::new(DEFAULT_SCREEN).ok()?;
    let name = Label::new(DEFAULT_SCREEN).ok()?;
    let facts = ScreenFacts { screen, name, panel_pitch_mm: None, viewing_distance_m: None };
    Some(Change::ScreenAdded(facts))
}

fn facts(screen: &Screen) -> ScreenFacts {
    ScreenFacts {
        screen: screen.id.clone(),
        name: screen.name.clone(),
        panel_pitch_mm: screen.panel_pitch_mm,
        viewing_distance_m: screen.viewing_distance_m,
    }
}

fn known<'a>(walls: &'a Walls, screen: &ScreenId) -> Result<&'a Screen, Refusal> {
    walls.screens.get(screen).ok_or(Reason::UnknownScreen.at(Place::Screen))
}

/// Another wall on a screen, unless it is the same or nobody could watch it.
fn hang(
    walls: &Walls,
    screen: &Screen,
    act: WallAct,
    at: Option<At>,
    wall: Wall,
    place: Place,
) -> Result<Option<Change>, Refusal> {
    if let Load::TooMuch(_) = Load::of(walls.moving(&wall)) {
        return Err(Reason::TooManyMoving.at(place));
    }
    let news = wall != screen.wall;
    Ok(news.then(|| Change::WallChanged(Box::new(WallChange { screen: screen.id.clone(), act, at, wall }))))
}
