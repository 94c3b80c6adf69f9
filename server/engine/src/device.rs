//! What a device says of itself.

use pantau_schemas::entry::{Change, DeviceChange, DeviceReason, DeviceState};
use pantau_schemas::observation::{LifeState, MetaReport, SampleSet, StateReport};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

/// A device's own time is believed as "since" when it is at most this much older than its arrival.
const BELIEVED_AGE_MS: i64 = 24 * 3_600_000;

/// A state report or a last will.
pub(crate) fn state(world: &World, report: &StateReport, received: Timestamp) -> Option<Change> {
    world.registry.devices.get(&report.device)?;
    let known = world.devices.get(&report.device);
    let known_boot = known.and_then(|status| status.boot_id.as_ref());
    let will = report.state == LifeState::Lost;
    // The broker sends the will of a connection when it gives it up, which may be after the device came
    // back: a will speaks only for the life it belongs to.
    if will && report.boot_id.is_some() && known_boot.is_some() && report.boot_id.as_ref() != known_boot {
        return None;
    }
    let (state, reason) = match report.state {
        LifeState::Ready => (DeviceState::Up, DeviceReason::Reported),
        LifeState::Alert => (DeviceState::Alert, DeviceReason::Reported),
        LifeState::Sleeping => (DeviceState::Sleeping, DeviceReason::Reported),
        LifeState::Disconnected => (DeviceState::Down, DeviceReason::Goodbye),
        LifeState::Lost => (DeviceState::Down, DeviceReason::Will),
        // Starting is not an end of being down, and a reboot is not yet one of being up.
        LifeState::Init => return None,
    };
    let kept = |new: Option<u32>| new.or_else(|| known.and_then(|status| status.interval_s));
    let same_state = known.is_some_and(|status| status.state == state);
    let change = DeviceChange {
        device: report.device.clone(),
        state,
        reason: if same_state { known.map_or(reason, |status| status.reason) } else { reason },
        since: match known {
            Some(status) if same_state => status.since,
            // A will was written when the connection began: its time says nothing of the end.
            _ if will => received,
            _ => believed(report.time, received),
        },
        boot_id: report.boot_id.clone().or_else(|| known_boot.cloned()),
        interval_s: kept(report.interval_s),
        firmware: report.firmware.clone().or_else(|| known.and_then(|status| status.firmware.clone())),
    };
    let news = known.is_none_or(|status| {
        !same_state
            || status.boot_id != change.boot_id
            || status.interval_s != change.interval_s
            || status.firmware != change.firmware
    });
    news.then_some(Change::DeviceChanged(change))
}

/// The source's time where it can be true, else ours.
fn believed(time: Option<Timestamp>, received: Timestamp) -> Timestamp {
    time.filter(|time| (0..=BELIEVED_AGE_MS).contains(&received.millis_since(*time))).unwrap_or(received)
}

/// A birth certificate.
pub(crate) fn meta(world: &World, report: &MetaReport) -> Option<Change> {
    world.registry.devices.get(&report.device)?;
    let news = world.described.get(&report.device) != Some(report);
    news.then(|| Change::DeviceDescribed(report.clone()))
}

/// Measurements: a device that measures lives, whatever was thought of it.
pub(crate) fn heard(world: &World, set: &SampleSet, received: Timestamp) -> Option<Change> {
    world.registry.devices.get(&set.device)?;
    if set.backfill {
        return None;
    }
    let known = world.devices.get(&set.device);
    let up = match known {
        None => true,
        // A message from before the end, delivered after it, is no sign of life.
        Some(status) => {
            status.state == DeviceState::Down && set.samples.iter().any(|sample| sample.time > status.since)
        }
    };
    up.then(|| {
        Change::DeviceChanged(DeviceChange {
            device: set.device.clone(),
            state: DeviceState::Up,
            reason: DeviceReason::Heard,
            since: received,
            boot_id: known.and_then(|status| status.boot_id.clone()),
            interval_s: known.and_then(|status| status.interval_s),
            firmware: known.and_then(|status| status.firmware.clone()),
        })
    })
}
