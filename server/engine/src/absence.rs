//! Down by absence: a device that promised to speak every `interval_s` and did not for 2.5 of them and 5 s.

use pantau_schemas::entry::{Actor, Cause, Change, DeviceChange, DeviceReason, DeviceState};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

use crate::{Decision, Heard};

/// Added to two and a half intervals: a broker's hiccup and a device's own start take that long.
const SLACK_MS: i64 = 5_000;

/// When the device counts as absent, unless it is heard before; `None` when silence means nothing.
///
/// The server's own absence is not the device's: time before [`World::started`] does not count.
#[must_use]
pub(crate) fn deadline(world: &World, heard: &Heard, device: &DeviceId) -> Option<Timestamp> {
    let status = world.devices.get(device)?;
    if !matches!(status.state, DeviceState::Up | DeviceState::Alert) {
        return None;
    }
    let registered = world.registry.devices.get(device)?.interval_s;
    let interval_ms = i64::from(status.interval_s.or(registered)?) * 1_000;
    let last = heard.last(device).unwrap_or(status.since).max(world.started);
    Some(last.plus_millis(interval_ms * 5 / 2 + SLACK_MS))
}

/// Down, if the deadline has passed.
pub(crate) fn check(world: &World, heard: &Heard, device: &DeviceId, now: Timestamp) -> Option<Decision> {
    if now < deadline(world, heard, device)? {
        return None;
    }
    let status = world.devices.get(device)?;
    Some(Decision {
        actor: Actor::system(),
        cause: Cause::Timer,
        change: Change::DeviceChanged(DeviceChange {
            device: device.clone(),
            state: DeviceState::Down,
            reason: DeviceReason::Absence,
            since: heard.last(device).unwrap_or(status.since),
            boot_id: status.boot_id.clone(),
            interval_s: status.interval_s,
            firmware: status.firmware.clone(),
        }),
    })
}
