//! Screens are devices: a page of a wall beats while it paints, and one that beats no more is down.
//!
//! Only a screen that was seen is missed: one that nobody ever opened, or that somebody said is not expected, is in no
//! trouble. As with other devices silence is measured from when we listened.

use pantau_schemas::entry::{Actor, Cause, Change, DeviceState};
use pantau_schemas::ids::ScreenId;
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::SCREEN_BEAT_MS;
use pantau_schemas::world::World;

use crate::{Decision, Heard};

/// After so long without a beat a screen is down, ms: two lost beats, and the time that a page needs to load.
const SILENT_MS: i64 = SCREEN_BEAT_MS as i64 * 3;

/// A page of the screen painted, and says so.
pub(crate) fn beat(world: &World, screen: &ScreenId, now: Timestamp) -> Option<Decision> {
    let known = world.walls.screens.get(screen)?;
    let up = known.status.is_some_and(|status| status.state == DeviceState::Up);
    (!up).then(|| Decision {
        actor: Actor::screen(screen),
        cause: Cause::Input("screen".to_owned()),
        change: Change::ScreenStateChanged { screen: screen.clone(), state: DeviceState::Up, since: now },
    })
}

/// When a screen that is up counts as down, unless it beats before.
pub(crate) fn deadline(world: &World, heard: &Heard, screen: &ScreenId) -> Option<Timestamp> {
    let status = world.walls.screens.get(screen)?.status?;
    let last = heard.last_beat(screen).unwrap_or(status.since).max(world.started);
    (status.state == DeviceState::Up).then(|| last.plus_millis(SILENT_MS))
}

/// Down, if the deadline has passed.
pub(crate) fn check(world: &World, heard: &Heard, screen: &ScreenId, now: Timestamp) -> Option<Decision> {
    if now < deadline(world, heard, screen)? {
        return None;
    }
    let since = heard.last_beat(screen).unwrap_or(world.walls.screens.get(screen)?.status?.since);
    Some(Decision {
        actor: Actor::system(),
        cause: Cause::Timer,
        change: Change::ScreenStateChanged { screen: screen.clone(), state: DeviceState::Down, since },
    })
}
