//! How devices are, as people understand it: a camera is as good as its best open stream.

use std::collections::BTreeMap;

use super::{DeviceStatus, StreamStatus, World};
use crate::entry::DeviceState;
use crate::ids::DeviceId;
use crate::registry::Device;
use crate::stream::{StreamKind, StreamState};
use crate::time::Timestamp;

/// One device and how it is.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The device.
    pub device: &'a Device,
    /// Its state, [`World::device_state`].
    pub state: DeviceState,
    /// Since when, [`World::device_since`].
    pub since: Option<Timestamp>,
}

type Streams = BTreeMap<StreamKind, StreamStatus>;

impl World {
    /// The state of a device as people understand it: a camera is as good as its best open stream.
    #[must_use]
    pub fn device_state(&self, id: &DeviceId) -> DeviceState {
        judge(self.streams.get(id), self.devices.get(id)).0
    }

    /// Since when a device has been in [`World::device_state`]; `None` when nothing is known of it.
    #[must_use]
    pub fn device_since(&self, id: &DeviceId) -> Option<Timestamp> {
        judge(self.streams.get(id), self.devices.get(id)).1
    }

    /// Every registered device with its state, in the order of their ids: one walk along all three tables, for a page
    /// that counts twenty thousand of them many times a second.
    pub fn standings(&self) -> impl Iterator<Item = Standing<'_>> {
        let (mut streams, mut statuses) = (Beside::new(&self.streams), Beside::new(&self.devices));
        self.registry.devices.iter().map(move |(id, device)| {
            let (state, since) = judge(streams.of(id), statuses.of(id));
            Standing { device, state, since }
        })
    }
}

fn judge(streams: Option<&Streams>, status: Option<&DeviceStatus>) -> (DeviceState, Option<Timestamp>) {
    let open = streams.into_iter().flat_map(BTreeMap::values).filter(|s| s.state != StreamState::Closed);
    let best = open.min_by_key(|stream| stream.state);
    let said = || status.map_or(DeviceState::Unknown, |status| status.state);
    let state = match best.map(|stream| stream.state) {
        Some(StreamState::Live | StreamState::Delayed | StreamState::Masked) => DeviceState::Up,
        Some(StreamState::Frozen) => DeviceState::Alert,
        Some(StreamState::Lost) => DeviceState::Down,
        _ => said(),
    };
    (state, best.map(|stream| stream.since).or_else(|| status.map(|status| status.since)))
}

/// A table that is read along another one with the same keys in the same order.
struct Beside<'a, T> {
    rest: std::iter::Peekable<std::collections::btree_map::Iter<'a, DeviceId, T>>,
}

impl<'a, T> Beside<'a, T> {
    fn new(table: &'a BTreeMap<DeviceId, T>) -> Self {
        Self { rest: table.iter().peekable() }
    }

    /// What stands at `id`; never asked for a smaller one than before.
    fn of(&mut self, id: &DeviceId) -> Option<&'a T> {
        while self.rest.next_if(|(key, _)| *key < id).is_some() {}
        self.rest.next_if(|(key, _)| *key == id).map(|(_, value)| value)
    }
}
