//! The browser's copy of what is: a [`World`], the newest values, and what the server said of itself.
//!
//! **Invariant:** the World changes only by [`World::apply`] and by snapshots of the server. Whatever cannot
//! follow is not patched up: the replica asks for a fresh snapshot.

use std::collections::BTreeMap;

use pantau_schemas::entry::{Change, Entry};
use pantau_schemas::ids::{Epoch, Seq, SeriesId};
use pantau_schemas::time::Timestamp;
use pantau_schemas::wire::{LiveMessage, LiveRequest, StoreState};
use pantau_schemas::world::{Gap, World};

/// The newest value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// When it was measured, by the source's clock.
    pub time: Timestamp,
    /// How much.
    pub value: f64,
}

/// What a message touched, so that only what depends on it is computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Touched {
    /// The registry.
    pub registry: bool,
    /// States of devices or streams.
    pub devices: bool,
    /// Complaints or notes.
    pub feed: bool,
    /// Newest values.
    pub heads: bool,
    /// What hangs on the screens.
    pub walls: bool,
    /// What the server says of itself: build, durability, lag.
    pub server: bool,
}

impl Touched {
    /// A new World: everything.
    pub const ALL: Self =
        Self { registry: true, devices: true, feed: true, heads: true, walls: true, server: true };

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            registry: self.registry || other.registry,
            devices: self.devices || other.devices,
            feed: self.feed || other.feed,
            heads: self.heads || other.heads,
            walls: self.walls || other.walls,
            server: self.server || other.server,
        }
    }
    /// Nothing at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerFacts {
    /// The build of the running server.
    pub build: String,
    /// The last durable entry.
    pub settled: Seq,
    /// Whether history is being saved; `None` before the server said so.
    pub store: Option<StoreState>,
    /// Since when it is not.
    pub store_since: Option<Timestamp>,
    /// How far this reader is behind, ms.
    pub behind_ms: u64,
}

/// The copy.
#[derive(Debug, Default)]
pub struct Replica {
    world: World,
    heads: BTreeMap<SeriesId, Value>,
    /// The epoch that `world` belongs to; `None` asks for a snapshot.
    epoch: Option<Epoch>,
    /// The epoch of this connection, which `world` belongs to once the snapshot is there.
    coming: Option<Epoch>,
    /// Entries that did not follow the ones before.
    gaps: u64,
    /// What the server says of itself.
    pub server: ServerFacts,
}

impl Replica {
    /// What is, as far as it is known here.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }
    /// Newest values by series.
    #[must_use]
    pub fn heads(&self) -> &BTreeMap<SeriesId, Value> {
        &self.heads
    }
    /// The newest value of a device's metric.
    #[must_use]
    pub fn head(&self, device: &str, metric: &str) -> Option<Value> {
        self.heads.get(format!("{device}/{metric}").as_str()).copied()
    }
    /// How often entries did not follow the ones before; each cost a fresh snapshot.
    #[must_use]
    pub const fn gaps(&self) -> u64 {
        self.gaps
    }
    /// A World was received.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.epoch.is_some()
    }
    /// The first message of a connection: where to go on.
    #[must_use]
    pub fn hello(&self) -> LiveRequest {
        LiveRequest::Hello { epoch: self.epoch.clone(), seq: self.epoch.as_ref().map(|_| self.world.seq) }
    }

    /// Takes a message over.
    ///
    /// # Errors
    /// [`Gap`] when entries do not follow: connect again, and the next [`Replica::hello`] asks for a snapshot.
    /// What was shown until then stays.
    pub fn take(&mut self, message: LiveMessage) -> Result<Touched, Gap> {
        Ok(match message {
            LiveMessage::Welcome { epoch, build, resumed, .. } => {
                self.server.build = build;
                if resumed {
                    self.epoch = Some(epoch.clone());
                }
                self.coming = Some(epoch);
                Touched { server: true, ..Touched::default() }
            }
            LiveMessage::Snapshot { world, .. } => {
                self.world = *world;
                self.epoch.clone_from(&self.coming);
                self.forget_heads();
                Touched::ALL
            }
            LiveMessage::Entries { entries } => self.apply(&entries)?,
            LiveMessage::Heads { heads } => {
                for head in heads {
                    self.heads.insert(head.series, Value { time: head.time, value: head.value });
                }
                Touched { heads: true, ..Touched::default() }
            }
            LiveMessage::Settled { seq, store, since } => {
                self.server.settled = seq;
                self.server.store = Some(store);
                self.server.store_since = since;
                Touched { server: true, ..Touched::default() }
            }
            LiveMessage::Tick { behind_ms, .. } => {
                let touched = Touched { server: self.server.behind_ms != behind_ms, ..Touched::default() };
                self.server.behind_ms = behind_ms;
                touched
            }
            LiveMessage::Notice { .. } | LiveMessage::Unknown => Touched::default(),
        })
    }

    fn apply(&mut self, entries: &[Entry]) -> Result<Touched, Gap> {
        let mut touched = Touched::default();
        for entry in entries {
            if let Err(gap) = self.world.apply(entry) {
                self.epoch = None;
                self.gaps += 1;
                return Err(gap);
            }
            touched = touched.and(touched_by(&entry.change));
        }
        if touched.registry {
            self.forget_heads();
        }
        Ok(touched)
    }

    /// Values of devices that are gone are forgotten, so that a month of changes does not fill the page.
    fn forget_heads(&mut self) {
        let devices = &self.world.registry.devices;
        self.heads.retain(|series, _| devices.contains_key(series.device()));
    }
}

fn touched_by(change: &Change) -> Touched {
    let none = Touched::default();
    match change {
        Change::RegistryChanged(_) => Touched { registry: true, devices: true, ..none },
        Change::DeviceChanged(_)
        | Change::DeviceDescribed(_)
        | Change::StreamChanged { .. }
        | Change::MessagesMissing(_)
        | Change::MessageFound { .. } => Touched { devices: true, ..none },
        Change::ComplaintReceived { .. } | Change::ComplaintMoved { .. } | Change::AgencyNoted { .. } => {
            Touched { feed: true, ..none }
        }
        Change::ScreenStateChanged { .. } => Touched { devices: true, walls: true, ..none },
        Change::ScreenAdded(_)
        | Change::ScreenChanged(_)
        | Change::ScreenRemoved { .. }
        | Change::WallChanged(_)
        | Change::PresetSaved(_)
        | Change::PresetDeleted { .. }
        | Change::TourSaved(_)
        | Change::TourDeleted { .. }
        | Change::TourStepped { .. }
        | Change::WallAlarmShown(_)
        | Change::WallAlarmEnded { .. } => Touched { walls: true, ..none },
        Change::ServerStarted { .. } | Change::DeadLettersReplayed { .. } | Change::Unknown => {
            Touched { server: true, ..none }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::entry::{Actor, Cause};
    use pantau_schemas::hash::Hash;
    use pantau_schemas::ids::{CityCode, DeviceId};
    use pantau_schemas::wire::Head;

    fn epoch(name: &str) -> Epoch {
        Epoch::new(name).unwrap()
    }

    fn welcome(name: &str, resumed: bool) -> LiveMessage {
        LiveMessage::Welcome {
            epoch: epoch(name),
            seq: Seq(0),
            city: CityCode::new("metro").unwrap(),
            build: "b".to_owned(),
            now: Timestamp::EPOCH,
            resumed,
        }
    }

    fn entries(seqs: std::ops::RangeInclusive<u64>) -> LiveMessage {
        let change = Change::ServerStarted { build: "b".to_owned() };
        let entry = |seq| {
            Entry::seal(
                Seq(seq),
                Timestamp::EPOCH,
                Actor::system(),
                Cause::Start,
                change.clone(),
                &Hash::ZERO,
            )
            .unwrap()
            .0
        };
        LiveMessage::Entries { entries: seqs.map(entry).collect() }
    }

    fn snapshot(seq: u64) -> LiveMessage {
        LiveMessage::Snapshot { seq: Seq(seq), world: Box::new(World { seq: Seq(seq), ..World::default() }) }
    }

    #[test]
    fn a_connection_that_dies_before_its_snapshot_asks_for_it_again() {
        let mut replica = Replica::default();
        replica.take(welcome("one", false)).unwrap();
        replica.take(snapshot(5)).unwrap();
        assert_eq!(replica.hello(), LiveRequest::Hello { epoch: Some(epoch("one")), seq: Some(Seq(5)) });
        replica.take(welcome("two", false)).unwrap();
        assert_eq!(
            replica.hello(),
            LiveRequest::Hello { epoch: Some(epoch("one")), seq: Some(Seq(5)) },
            "the World is still that of the first epoch"
        );
        replica.take(snapshot(7)).unwrap();
        assert_eq!(replica.hello(), LiveRequest::Hello { epoch: Some(epoch("two")), seq: Some(Seq(7)) });
    }

    #[test]
    fn a_hole_keeps_the_picture_and_asks_for_a_snapshot() {
        let mut replica = Replica::default();
        replica.take(welcome("one", false)).unwrap();
        replica.take(snapshot(5)).unwrap();
        replica.take(entries(6..=8)).unwrap();
        assert_eq!(replica.take(entries(10..=10)), Err(Gap { at: Seq(8), got: Seq(10) }));
        assert_eq!((replica.world().seq, replica.gaps()), (Seq(8), 1));
        assert_eq!(replica.hello(), LiveRequest::Hello { epoch: None, seq: None });
    }

    #[test]
    fn resuming_goes_on_where_it_was() {
        let mut replica = Replica::default();
        replica.take(welcome("one", false)).unwrap();
        replica.take(snapshot(5)).unwrap();
        replica.take(welcome("one", true)).unwrap();
        assert!(replica.take(entries(6..=6)).is_ok());
        assert_eq!(replica.world().seq, Seq(6));
    }

    #[test]
    fn values_of_devices_that_are_gone_are_forgotten() {
        let mut replica = Replica::default();
        let series = SeriesId::of(&DeviceId::new("ap-01").unwrap(), "clients").unwrap();
        let head = Head { series, time: Timestamp::EPOCH, value: 3.0 };
        replica.take(LiveMessage::Heads { heads: vec![head] }).unwrap();
        assert_eq!(replica.head("ap-01", "clients").map(|v| v.value), Some(3.0));
        replica.take(snapshot(1)).unwrap();
        assert_eq!(replica.head("ap-01", "clients"), None);
    }
}
