//! When to look at a device again: one armed timer per device, checked against the truth when it runs out.
//!
//! A sign of life moves the deadline later without touching the heap; the timer that runs out too early is
//! simply armed anew. So a device costs one heap operation per interval, not one per message.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::Timestamp;

#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, DeviceId)>>,
    armed: HashSet<DeviceId>,
}

impl Timers {
    /// Makes sure that the device is looked at by `deadline`.
    pub(super) fn arm(&mut self, device: &DeviceId, deadline: Timestamp) {
        if !self.armed.contains(device) {
            self.armed.insert(device.clone());
            self.heap.push(Reverse((deadline, device.clone())));
        }
    }

    /// The next timer that ran out by `now`; it is disarmed.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<DeviceId> {
        let Reverse((deadline, _)) = self.heap.peek()?;
        if *deadline > now {
            return None;
        }
        let Reverse((_, device)) = self.heap.pop()?;
        self.armed.remove(&device);
        Some(device)
    }
}
