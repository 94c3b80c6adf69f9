//! The rules: what changes when a source says something or time passes.
//!
//! [`decide`] looks at the [`World`], at when each device was last heard, and at one [`Input`]; it returns
//! the changes that follow. It keeps no state of its own.
//!
//! **Invariant:** no clock, no I/O, no task, no randomness. The same World, signs of life, input and time
//! give the same changes in the same order, today and in a replay.

#![warn(missing_docs)]

mod absence;
mod count;
mod device;
mod feed;
mod screen;
mod stream;
mod timer;
mod wall;

pub use count::{Count, counted};
pub use timer::{Timer, deadline};
pub use wall::command;

use std::collections::BTreeMap;

use pantau_schemas::entry::{Actor, Cause, Change};
use pantau_schemas::ids::{DeviceId, ScreenId};
use pantau_schemas::observation::{Body, Observation};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;

/// When each device was last heard, by the server's clock, and how far it has counted.
///
/// Signs of life come with every message, far too often to be entries; they are stored with the data that
/// brought them and recovered with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    devices: BTreeMap<DeviceId, Timestamp>,
    counts: BTreeMap<DeviceId, Count>,
    /// Beats of screens come again within seconds of a start, so they are kept nowhere else.
    screens: BTreeMap<ScreenId, Timestamp>,
}

impl Heard {
    /// Notes a sign of life; an older one changes nothing. Returns whether it was news.
    pub fn note(&mut self, device: &DeviceId, at: Timestamp) -> bool {
        match self.devices.get_mut(device) {
            Some(last) if *last >= at => false,
            Some(last) => {
                *last = at;
                true
            }
            None => {
                self.devices.insert(device.clone(), at);
                true
            }
        }
    }

    /// The last sign of life of a device.
    #[must_use]
    pub fn last(&self, device: &DeviceId) -> Option<Timestamp> {
        self.devices.get(device).copied()
    }

    /// Notes that a page of a screen painted.
    pub fn note_beat(&mut self, screen: &ScreenId, at: Timestamp) {
        self.screens.insert(screen.clone(), at);
    }

    /// The last beat of a screen since the server started.
    #[must_use]
    pub fn last_beat(&self, screen: &ScreenId) -> Option<Timestamp> {
        self.screens.get(screen).copied()
    }

    /// How far a device has counted its messages.
    #[must_use]
    pub fn count(&self, device: &DeviceId) -> Option<Count> {
        self.counts.get(device).copied()
    }

    /// Notes how far a device has counted, as [`counted`] says.
    pub fn note_count(&mut self, device: &DeviceId, count: Count) {
        self.counts.insert(device.clone(), count);
    }

    /// Forgets devices that left the registry.
    pub fn keep(&mut self, registry: &Registry) {
        self.devices.retain(|device, _| registry.devices.contains_key(device));
        self.counts.retain(|device, _| registry.devices.contains_key(device));
    }
}

impl FromIterator<(DeviceId, Timestamp)> for Heard {
    fn from_iter<I: IntoIterator<Item = (DeviceId, Timestamp)>>(signs: I) -> Self {
        Self { devices: signs.into_iter().collect(), counts: BTreeMap::new(), screens: BTreeMap::new() }
    }
}

/// What the engine looks at.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// A server of this build took up the journal.
    Started(&'a str),
    /// The registry was read again.
    Registry(&'a Registry),
    /// A source said something.
    Observation(&'a Observation),
    /// A page of a screen painted.
    Beat(&'a ScreenId),
    /// A timer ran out.
    Timer(&'a Timer),
}

/// A change that follows, with who and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Who made it happen.
    pub actor: Actor,
    /// What it follows from.
    pub cause: Cause,
    /// What changes.
    pub change: Change,
}

/// The changes that follow from one input at the time `now`.
#[must_use]
pub fn decide(world: &World, heard: &Heard, input: Input<'_>, now: Timestamp) -> Vec<Decision> {
    let following = |decision: Decision| wall::with_following(world, decision, now);
    match input {
        Input::Started(build) => [Change::ServerStarted { build: build.to_owned() }]
            .into_iter()
            .chain(wall::first_screen(world))
            .map(|change| Decision { actor: Actor::system(), cause: Cause::Start, change })
            .collect(),
        Input::Registry(registry) => world
            .registry
            .difference(registry)
            .map(|change| Decision {
                actor: Actor::system(),
                cause: Cause::Registry,
                change: Change::RegistryChanged(Box::new(change)),
            })
            .map(following)
            .unwrap_or_default(),
        Input::Timer(Timer::Absence(device)) => {
            absence::check(world, heard, device, now).map(following).unwrap_or_default()
        }
        Input::Beat(screen) => screen::beat(world, screen, now).into_iter().collect(),
        Input::Timer(Timer::Screen(screen)) => screen::check(world, heard, screen, now).into_iter().collect(),
        Input::Timer(Timer::Alarms) => wall::alarms_over(world, now),
        Input::Timer(Timer::Tour(screen)) => wall::step(world, screen, now).into_iter().collect(),
        Input::Observation(observation) => observe(world, heard, observation, now),
    }
}

fn observe(world: &World, heard: &Heard, observation: &Observation, now: Timestamp) -> Vec<Decision> {
    let cause = || Cause::Input(observation.source.as_str().to_owned());
    match &observation.body {
        Body::State(report) => device::state(world, report, observation.received).map(|change| Decision {
            actor: Actor::device(&report.device),
            cause: cause(),
            change,
        }),
        Body::Meta(report) => device::meta(world, report).map(|change| Decision {
            actor: Actor::device(&report.device),
            cause: cause(),
            change,
        }),
        Body::Samples(set) => {
            let up = device::heard(world, set, observation.received);
            let changes = up.into_iter().chain(count::change(world, heard, set));
            return changes
                .map(|change| Decision { actor: Actor::device(&set.device), cause: cause(), change })
                .collect();
        }
        Body::Stream(report) => stream::changed(world, report).map(|change| Decision {
            actor: Actor::device(&report.device),
            cause: cause(),
            change,
        }),
        Body::Feed(event) => feed::happened(world, event, observation.received).map(|change| Decision {
            actor: Actor::agency(&event.key.source),
            cause: Cause::Event(event.key.clone()),
            change,
        }),
        // Whoever has to tell the person why not asks `command` directly.
        Body::Command(order) => return command(world, order, now).unwrap_or_default(),
        Body::DeadLetter(_) => None,
    }
    .map(|decision| wall::with_following(world, decision, now))
    .unwrap_or_default()
}
