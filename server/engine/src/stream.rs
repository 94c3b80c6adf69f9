//! What a camera's supervisor says of a stream.

use pantau_schemas::entry::Change;
use pantau_schemas::observation::StreamReport;
use pantau_schemas::world::World;

/// A change, if it is one.
pub(crate) fn changed(world: &World, report: &StreamReport) -> Option<Change> {
    world.registry.devices.get(&report.device)?;
    let known = world.streams.get(&report.device).and_then(|streams| streams.get(&report.stream));
    let news = known.is_none_or(|status| status.state != report.state || status.cause != report.cause);
    news.then(|| Change::StreamChanged {
        device: report.device.clone(),
        stream: report.stream,
        state: report.state,
        cause: report.cause,
        since: report.since,
    })
}
