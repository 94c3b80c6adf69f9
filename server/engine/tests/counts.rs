//! What a device's own count of its messages shows.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use pantau_engine::{Count, Heard, Input, counted, decide};
use pantau_schemas::entry::{Change, Entry};
use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::missing::Missing;
use pantau_schemas::observation::{Body, Observation, Sample, SampleSet, Source};
use pantau_schemas::registry::{Device, DeviceClass, Domain};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use proptest::prelude::*;

fn device() -> DeviceId {
    DeviceId::new("sen-01").unwrap()
}

/// A room with one sensor that is up, as the core keeps it.
struct Room {
    world: World,
    heard: Heard,
}

impl Room {
    fn new() -> Self {
        let mut world = World::default();
        let sensor = Device {
            id: device(),
            class: DeviceClass::Sensor,
            name: "Sensor".to_owned(),
            site: pantau_schemas::ids::SiteCode::new("alun-alun").unwrap(),
            uplink: Vec::new(),
            domain: Domain::Monitoring,
            interval_s: None,
            camera: None,
        };
        world.registry.devices.insert(device(), sensor);
        let mut room = Self { world, heard: Heard::default() };
        room.say(0, 0, false);
        room
    }

    /// A message with this number that measured at this second; gives the changes but that the sensor is up.
    fn say(&mut self, number: u64, second: i64, backfill: bool) -> Vec<Change> {
        let time = Timestamp::from_secs(1_000 + second);
        let sample = Sample { series: SeriesId::of(&device(), "rain").unwrap(), time, value: 1.0 };
        let set = SampleSet { device: device(), samples: vec![sample], backfill, device_seq: Some(number) };
        let count = counted(&self.world, &self.heard, &set);
        let now = Timestamp::from_secs(9_000);
        let observation = Observation { source: Source::Mqtt, received: now, body: Body::Samples(set) };
        let decisions = decide(&self.world, &self.heard, Input::Observation(&observation), now);
        if let Some(count) = count {
            self.heard.note_count(&device(), count);
        }
        for decision in &decisions {
            let sealed = Entry::seal(
                self.world.seq.next(),
                now,
                decision.actor.clone(),
                decision.cause.clone(),
                decision.change.clone(),
                &self.world.hash,
            );
            self.world.apply(&sealed.unwrap().0).unwrap();
        }
        let changes = decisions.into_iter().map(|decision| decision.change);
        changes.filter(|change| !matches!(change, Change::DeviceChanged(_))).collect()
    }

    fn missing(&self) -> Vec<(u64, u64)> {
        let holes = self.world.missing.get(&device()).map(Vec::as_slice).unwrap_or_default();
        holes.iter().map(|hole: &Missing| (hole.first, hole.last)).collect()
    }
}

#[test]
fn a_jump_is_a_hole_and_what_comes_late_closes_it() {
    let mut room = Room::new();
    assert_eq!(room.say(1, 1, false), []);
    assert_eq!(room.say(5, 5, false).len(), 1);
    assert_eq!(room.missing(), [(2, 4)]);
    assert_eq!(room.say(5, 5, false), [], "a message that comes again says nothing");
    let found = Change::MessageFound { device: device(), number: 3 };
    assert_eq!(room.say(3, 3, true), [found]);
    assert_eq!(room.missing(), [(2, 2), (4, 4)]);
    // Late, and not marked as history: a broker's second delivery.
    room.say(2, 2, false);
    room.say(4, 4, false);
    assert_eq!(room.missing(), []);
    assert_eq!(room.say(6, 6, false), []);
}

#[test]
fn a_device_that_starts_again_counts_from_one_and_lost_nothing() {
    let mut room = Room::new();
    room.say(1, 1, false);
    room.say(2, 2, false);
    assert_eq!(room.say(1, 3, false), []);
    assert_eq!(room.heard.count(&device()), Some(Count { number: 1, time: Timestamp::from_secs(1_003) }));
    assert_eq!(room.say(2, 4, false), []);
    assert_eq!(room.say(4, 5, false).len(), 1);
    assert_eq!(room.missing(), [(3, 3)]);
}

#[test]
fn history_that_counts_on_is_no_hole() {
    let mut room = Room::new();
    for number in 1..5 {
        assert_eq!(room.say(number, i64::try_from(number).unwrap(), true), []);
    }
    assert_eq!(room.say(5, 5, false), []);
    assert_eq!(room.missing(), []);
}

proptest! {
    /// Whatever is lost, late or doubled: what is shown as missing is exactly what did not come.
    #[test]
    fn what_is_missing_is_what_did_not_come(
        sent in proptest::collection::vec(0_u8..8, 2..60),
        late in proptest::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let mut room = Room::new();
        let mut came = std::collections::BTreeSet::from([0]);
        let mut newest = 0;
        for (number, fate) in (1_u64..).zip(&sent) {
            // One in eight is lost, one comes twice.
            if *fate != 0 {
                for _ in 0..(if *fate == 1 { 2 } else { 1 }) {
                    room.say(number, i64::try_from(number).unwrap(), false);
                }
                came.insert(number);
                newest = number;
            }
        }
        for index in late {
            let number = u64::try_from(index.index(sent.len())).unwrap() + 1;
            if number < newest {
                room.say(number, i64::try_from(number).unwrap(), true);
                came.insert(number);
            }
        }
        let shown: Vec<u64> = room.missing().into_iter().flat_map(|(first, last)| first..=last).collect();
        let mut expected: Vec<u64> = (1..newest).filter(|number| !came.contains(number)).collect();
        expected.sort_unstable();
        let mut shown_sorted = shown.clone();
        shown_sorted.sort_unstable();
        prop_assert_eq!(shown_sorted, expected);
    }
}
