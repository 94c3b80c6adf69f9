//! A device's own message number, kept as a measurement beside the others of its message.
//!
//! So it is durable with them, comes back with the newest values after a restart, and shows in the series
//! `{device}/message_seq` which messages are there. No table of its own, and nothing to repair.

use pantau_engine::{Count, Heard};
use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::observation::{Sample, SampleSet};
use pantau_schemas::wire::Head;

/// The quantity.
const METRIC: &str = "message_seq";
/// Numbers below are whole in a measurement; a device that counts a thousand a second needs 285,000 years.
const WHOLE: u64 = 1 << 53;

/// Adds the message's number to its measurements.
pub(super) fn measure(set: &mut SampleSet) {
    let Some(number) = set.device_seq.filter(|number| *number < WHOLE) else { return };
    let newest = set.samples.iter().map(|sample| sample.time).max();
    if let (Some(time), Ok(series)) = (newest, SeriesId::of(&set.device, METRIC)) {
        // Whole below 2^53.
        set.samples.push(Sample { series, time, value: number as f64 });
    }
}

/// How far the devices had counted when the server ended.
pub(super) fn recover(heard: &mut Heard, heads: &[Head]) {
    for head in heads.iter().filter(|head| head.series.metric() == METRIC) {
        if let Ok(device) = DeviceId::new(head.series.device()) {
            // What was written was whole and not negative.
            heard.note_count(&device, Count { number: head.value as u64, time: head.time });
        }
    }
}
