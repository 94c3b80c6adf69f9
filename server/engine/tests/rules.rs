//! The engine's specification: what an operator would lose if a rule were wrong.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use pantau_engine::{Heard, Input, Timer, deadline, decide};
use pantau_schemas::entry::{Change, DeviceReason, DeviceState, Entry};
use pantau_schemas::ids::{BootId, DeviceId, SeriesId, SiteCode};
use pantau_schemas::observation::{
    Body, LifeState, Observation, Sample, SampleSet, Source, StateReport, StreamReport,
};
use pantau_schemas::registry::{Device, DeviceClass, Domain, Registry};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use proptest::prelude::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_795_320_000 + seconds)
}

fn ap() -> DeviceId {
    DeviceId::new("ap-01").unwrap()
}

fn silence() -> Timer {
    Timer::Absence(ap())
}

/// A small city and its journal so far.
struct City {
    world: World,
    heard: Heard,
}

impl City {
    fn new() -> Self {
        let mut city = Self { world: World::default(), heard: Heard::default() };
        let device = |id: &str, class| Device {
            id: DeviceId::new(id).unwrap(),
            class,
            name: id.to_owned(),
            site: SiteCode::new("alun-alun").unwrap(),
            uplink: Vec::new(),
            domain: Domain::Wireless,
            interval_s: None,
            camera: None,
        };
        let registry = Registry {
            devices: [device("ap-01", DeviceClass::Ap), device("cam-01", DeviceClass::Camera)]
                .map(|device| (device.id.clone(), device))
                .into(),
            ..Registry::default()
        };
        city.feed(Input::Registry(&registry), at(0));
        city
    }

    fn feed(&mut self, input: Input<'_>, now: Timestamp) -> Vec<Change> {
        let decisions = decide(&self.world, &self.heard, input, now);
        for decision in &decisions {
            let d = decision.clone();
            let (entry, _) =
                Entry::seal(self.world.seq.next(), now, d.actor, d.cause, d.change, &self.world.hash)
                    .unwrap();
            self.world.apply(&entry).unwrap();
        }
        decisions.into_iter().map(|decision| decision.change).collect()
    }

    fn say(&mut self, body: Body, second: i64) -> Vec<Change> {
        if let Body::State(StateReport { device, .. }) | Body::Samples(SampleSet { device, .. }) = &body {
            self.heard.note(device, at(second));
        }
        let observation = Observation { source: Source::Mqtt, received: at(second), body };
        self.feed(Input::Observation(&observation), at(second))
    }

    fn state(&self) -> DeviceState {
        self.world.device_state(&ap())
    }
}

fn report(state: LifeState, boot: &str) -> Body {
    Body::State(StateReport {
        device: ap(),
        state,
        boot_id: Some(BootId::new(boot).unwrap()),
        time: None,
        firmware: None,
        interval_s: Some(60),
        retained: false,
    })
}

fn sample(second: i64) -> Body {
    Body::Samples(SampleSet {
        device: ap(),
        samples: vec![Sample {
            series: SeriesId::new("ap-01/clients").unwrap(),
            time: at(second),
            value: 3.0,
        }],
        backfill: false,
        device_seq: None,
    })
}

#[test]
fn a_will_takes_the_device_down_and_its_next_word_brings_it_back() {
    let mut city = City::new();
    city.say(report(LifeState::Ready, "a"), 1);
    assert_eq!(city.state(), DeviceState::Up);
    city.say(report(LifeState::Lost, "a"), 2);
    assert_eq!(city.state(), DeviceState::Down);
    city.say(report(LifeState::Ready, "b"), 3);
    assert_eq!(city.state(), DeviceState::Up);
}

#[test]
fn the_will_of_an_older_life_is_ignored() {
    let mut city = City::new();
    city.say(report(LifeState::Ready, "a"), 1);
    city.say(report(LifeState::Ready, "b"), 2);
    assert_eq!(city.say(report(LifeState::Lost, "a"), 3), []);
    assert_eq!(city.state(), DeviceState::Up);
}

#[test]
fn silence_of_two_and_a_half_intervals_and_five_seconds_is_absence_and_not_a_moment_less() {
    let mut city = City::new();
    city.say(report(LifeState::Ready, "a"), 0);
    assert_eq!(deadline(&city.world, &city.heard, &silence()), Some(at(155)));
    assert_eq!(city.feed(Input::Timer(&silence()), at(154)), []);
    city.feed(Input::Timer(&silence()), at(155));
    assert_eq!(city.state(), DeviceState::Down);
    assert_eq!(city.world.devices.get(&ap()).unwrap().reason, DeviceReason::Absence);
    city.say(sample(200), 200);
    assert_eq!(city.state(), DeviceState::Up, "a device that measures lives");
}

#[test]
fn the_servers_own_absence_is_not_the_devices() {
    let mut city = City::new();
    city.say(report(LifeState::Ready, "a"), 0);
    city.feed(Input::Started("build"), at(10_000));
    assert_eq!(city.feed(Input::Timer(&silence()), at(10_001)), []);
    assert_eq!(deadline(&city.world, &city.heard, &silence()), Some(at(10_155)));
}

#[test]
fn a_heartbeat_is_not_news() {
    let mut city = City::new();
    assert_eq!(city.say(report(LifeState::Ready, "a"), 1).len(), 1);
    assert_eq!(city.say(report(LifeState::Ready, "a"), 61), []);
}

#[test]
fn a_measurement_from_before_the_end_does_not_raise_the_dead() {
    let mut city = City::new();
    city.say(report(LifeState::Ready, "a"), 1);
    city.say(report(LifeState::Lost, "a"), 10);
    assert_eq!(city.say(sample(9), 11), []);
    assert_eq!(city.state(), DeviceState::Down);
}

#[test]
fn a_camera_is_as_good_as_its_best_open_stream() {
    let mut city = City::new();
    let camera = DeviceId::new("cam-01").unwrap();
    let mut stream = |kind, state, cause| {
        let body =
            Body::Stream(StreamReport { device: camera.clone(), stream: kind, state, cause, since: at(1) });
        city.say(body, 1);
        city.world.device_state(&camera)
    };
    assert_eq!(stream(StreamKind::Sub, StreamState::Lost, Some(StreamCause::Refused)), DeviceState::Down);
    assert_eq!(stream(StreamKind::Sub, StreamState::Live, None), DeviceState::Up);
    assert_eq!(stream(StreamKind::Main, StreamState::Closed, None), DeviceState::Up);
    assert_eq!(stream(StreamKind::Sub, StreamState::Frozen, None), DeviceState::Alert);
}

fn bodies() -> impl Strategy<Value = Body> {
    let life = prop_oneof![
        Just(LifeState::Init),
        Just(LifeState::Ready),
        Just(LifeState::Sleeping),
        Just(LifeState::Disconnected),
        Just(LifeState::Lost),
        Just(LifeState::Alert),
    ];
    prop_oneof![(life, "[ab]").prop_map(|(state, boot)| report(state, &boot)), (0i64..1_000).prop_map(sample),]
}

proptest! {
    #[test]
    fn deciding_twice_the_same_changes_nothing_the_second_time(
        said in proptest::collection::vec(bodies(), 1..30)
    ) {
        let mut city = City::new();
        for (second, body) in (0i64..).zip(said) {
            let first = city.say(body.clone(), second);
            let second_time = city.say(body, second);
            prop_assert!(second_time.is_empty(), "{first:?} then {second_time:?}");
        }
    }

    #[test]
    fn the_same_words_make_the_same_world(said in proptest::collection::vec(bodies(), 0..40)) {
        let run = || {
            let mut city = City::new();
            for (second, body) in (0i64..).zip(said.clone()) {
                city.say(body, second);
                city.feed(Input::Timer(&silence()), at(second + 200));
            }
            city.world.digest()
        };
        prop_assert_eq!(run(), run());
    }
}
