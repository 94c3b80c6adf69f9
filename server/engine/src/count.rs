//! The devices' own counts of their messages: what did not come, and what came after all.
//!
//! A device numbers its messages (`x-pantau.seq`). A number that jumps shows a hole: the messages in between were lost
//! before they reached us. A lower number is one of four things: one that was missing, one that came again, or, when
//! it measures a later time than the newest, the first of a new count (the device was started again).

use pantau_schemas::entry::Change;
use pantau_schemas::missing::{Missing, MissingChange};
use pantau_schemas::observation::SampleSet;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

use crate::Heard;

/// How far a device has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number of its newest message.
    pub number: u64,
    /// What that one measured last.
    pub time: Timestamp,
}

/// What a message's number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing: it came again.
    Again,
    /// It counts on.
    Next(Count),
    /// It counts on, and some are missing.
    Jump(Count, Missing),
    /// One that was missing.
    Found(u64),
}

/// The count after a message; `None` where it does not change. To be asked before the message's entries are applied.
#[must_use]
pub fn counted(world: &World, heard: &Heard, set: &SampleSet) -> Option<Count> {
    match step(world, heard, set)? {
        Step::Next(count) | Step::Jump(count, _) => Some(count),
        Step::Again | Step::Found(_) => None,
    }
}

/// The change that a message's number makes.
pub(crate) fn change(world: &World, heard: &Heard, set: &SampleSet) -> Option<Change> {
    let device = set.device.clone();
    match step(world, heard, set)? {
        Step::Jump(_, missing) => Some(Change::MessagesMissing(MissingChange { device, missing })),
        Step::Found(number) => Some(Change::MessageFound { device, number }),
        Step::Again | Step::Next(_) => None,
    }
}

fn step(world: &World, heard: &Heard, set: &SampleSet) -> Option<Step> {
    world.registry.devices.get(&set.device)?;
    let number = set.device_seq?;
    let time = set.samples.iter().map(|sample| sample.time).max()?;
    let Some(last) = heard.count(&set.device) else { return Some(Step::Next(Count { number, time })) };
    let holes = world.missing.get(&set.device).map(Vec::as_slice).unwrap_or_default();
    let later = Count { number, time: time.max(last.time) };
    Some(if last.number < number {
        let first = last.number.saturating_add(1);
        if first == number {
            Step::Next(later)
        } else {
            let missing = Missing { first, last: number - 1, after: last.time, before: time };
            Step::Jump(later, missing)
        }
    } else if holes.iter().any(|hole| hole.has(number)) {
        Step::Found(number)
    } else if time > last.time && !set.backfill {
        Step::Next(later)
    } else {
        Step::Again
    })
}
