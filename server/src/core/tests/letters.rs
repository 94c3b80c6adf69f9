//! Dead letters that are taken in again: nothing twice, nothing backwards, and the sum holds.

use pantau_ingest::fault::Fault;
use pantau_schemas::dead_letter::{DeadLetter, Reason as Why};
use pantau_schemas::entry::DeviceState;
use pantau_schemas::observation::{LifeState, StateReport};
use pantau_store::{DeadLetterQuery, StoredDeadLetter};

use super::*;

impl Room {
    async fn waiting(&self) -> Vec<StoredDeadLetter> {
        self.store.dead_letters(&DeadLetterQuery::oldest(99)).await.unwrap()
    }

    /// Has one letter taken in again as this; gives what became of it.
    async fn replay(&self, id: u64, said: Result<Vec<(Timestamp, Body)>, Fault>) -> Outcome {
        let (receipt, answer) = Receipt::pair();
        let observation = |(received, body)| Observation { source: Source::Mqtt, received, body };
        let said = said.map(|said| said.into_iter().map(observation).collect());
        let letters = vec![Reread { id, said, receipt }];
        let replay = Replay { actor: Actor::operator("test"), cause: Cause::Input("replay".into()), letters };
        self.control.send(Control::Replay(Box::new(replay))).await.unwrap();
        within(answer).await.unwrap()
    }

    /// The acts of the journal, as `[replayed, failed]`.
    async fn acts(&self) -> Vec<[Vec<u64>; 2]> {
        let kind = Some("dead_letters_replayed".to_owned());
        let query = pantau_store::EntryQuery { kind, ..pantau_store::EntryQuery::first(99) };
        let entries = self.store.entries(&query).await.unwrap();
        let act = |entry: &Entry| match &entry.change {
            Change::DeadLettersReplayed { replayed, failed } => [replayed.clone(), failed.clone()],
            other => panic!("{other:?}"),
        };
        entries.iter().map(act).collect()
    }

    fn accounted(&self) -> bool {
        let totals = self.counts.totals();
        let of = |source: Source| totals.iter().find(|t| t.source == source).unwrap().dead_lettered;
        let letters = self.counts.letters();
        letters.iter().all(|l| of(l.source) == l.waiting + l.replayed + l.dropped)
            && totals.iter().all(|t| t.received == t.stored + t.duplicate + t.dead_lettered)
    }
}

fn dead(reason: Why, device: &str, raw: &str) -> Body {
    let topic = format!("pantau/1/metro/ap/{device}/tele/senml");
    let letter = DeadLetter::new(SystemClock.now(), "mqtt", &topic, reason, "", "why", raw.as_bytes());
    Body::DeadLetter(Box::new(DeadLetter { device: DeviceId::new(device).ok(), ..letter }))
}

fn state(state: LifeState, interval_s: Option<u32>) -> Body {
    let device = DeviceId::new("ap-01").unwrap();
    Body::State(StateReport {
        device,
        state,
        boot_id: None,
        time: None,
        firmware: None,
        interval_s,
        retained: false,
    })
}

#[tokio::test]
async fn a_letter_is_taken_in_once_and_an_old_sample_is_never_the_newest() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    for raw in ["a", "b", "c"] {
        assert_eq!(
            within(room.say(dead(Why::UnknownDevice, "ap-77", raw)).await).await,
            Ok(Outcome::DeadLettered)
        );
    }
    within(room.say(samples(&[500])).await).await.unwrap();
    let ids: Vec<u64> = room.waiting().await.iter().map(|letter| letter.id).collect();
    let old = Timestamp::from_secs(400);
    assert_eq!(room.replay(ids[0], Ok(vec![(old, samples(&[400]))])).await, Outcome::Stored);
    assert_eq!(room.replay(ids[1], Ok(vec![(old, samples(&[400]))])).await, Outcome::Duplicate);
    let fault = Fault::new(Why::Schema, "/0", "no number");
    assert_eq!(room.replay(ids[2], Err(fault)).await, Outcome::DeadLettered);

    let heads = room.hub.heads(None);
    assert_eq!(heads.iter().map(|head| head.time).collect::<Vec<_>>(), [Timestamp::from_secs(500)]);
    let [left] = &room.waiting().await[..] else { panic!("one letter stays") };
    assert_eq!((left.id, left.letter.reason, left.letter.pointer.as_str()), (ids[2], Why::Schema, "/0"));
    assert_eq!(room.counted(Source::Mqtt), [4, 1, 0, 3], "what came is counted as it came");
    assert_eq!(room.counted(Source::Replay), [3, 1, 1, 1]);
    let letters = room.counts.letters();
    assert_eq!((letters[0].waiting, letters[0].replayed, letters[0].dropped), (1, 2, 0));
    assert_eq!(room.acts().await, [[vec![ids[0]], vec![]], [vec![ids[1]], vec![]], [vec![], vec![ids[2]]]]);
    let (world, totals) = (room.hub.world(), (room.counts.totals(), room.counts.letters()));
    assert!(room.accounted());
    room.close().await;

    let room = Room::open(&dir).await;
    until("recovered", || room.hub.world().seq > world.seq).await;
    assert_eq!((room.counts.totals(), room.counts.letters()), totals);
    room.close().await;
}

#[tokio::test]
async fn a_state_from_before_takes_back_nothing_that_was_heard_since() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    let now = SystemClock.now();
    let status = || {
        let world = room.hub.world();
        let status = world.devices.get("ap-01");
        status.map(|status| (status.state, status.interval_s))
    };
    // It went away and came back before it was registered; then it was heard.
    let before = now.plus_millis(-60_000);
    let reading = SampleSet {
        device: DeviceId::new("ap-01").unwrap(),
        samples: vec![Sample { series: SeriesId::new("ap-01/clients").unwrap(), time: now, value: 3.0 }],
        backfill: false,
        device_seq: None,
    };
    within(room.say(Body::Samples(reading)).await).await.unwrap();
    assert_eq!(status(), Some((DeviceState::Up, None)));
    let away = vec![(before, state(LifeState::Disconnected, None))];
    assert_eq!(room.replay(1, Ok(away)).await, Outcome::Duplicate);
    assert_eq!(status(), Some((DeviceState::Up, None)));
    let back = vec![(before.plus_millis(1), state(LifeState::Ready, Some(60)))];
    assert_eq!(room.replay(2, Ok(back)).await, Outcome::Stored, "how often it speaks was not known");
    assert_eq!(status(), Some((DeviceState::Up, Some(60))));
    let later = vec![(now.plus_millis(60_000), state(LifeState::Disconnected, None))];
    assert_eq!(room.replay(3, Ok(later)).await, Outcome::Stored);
    assert_eq!(status(), Some((DeviceState::Down, Some(60))));
    room.close().await;
}

#[tokio::test]
async fn a_batch_with_a_contradiction_brings_the_rest_and_stays() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    within(room.say(note("1", "first")).await).await.unwrap();
    within(room.say(dead(Why::Schema, "ap-01", "[]")).await).await.unwrap();
    let id = room.waiting().await[0].id;
    let at = SystemClock.now();
    let batch = || Ok(vec![(at, note("0", "new")), (at, note("1", "other")), (at, note("2", "new"))]);
    for _ in 0..2 {
        assert_eq!(room.replay(id, batch()).await, Outcome::Conflict);
        assert_eq!(room.hub.world().notes.len(), 3);
        let [letter] = &room.waiting().await[..] else { panic!("one letter") };
        assert_eq!((letter.letter.reason, letter.letter.pointer.as_str()), (Why::Conflict, "/1/id"));
    }
    assert!(room.accounted());
    room.close().await;
}

#[tokio::test]
async fn whoever_waits_for_registrations_is_rung_and_nobody_babbles_without_end() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    // The first registry of a city is a registration, too.
    within(room.letters_due.notified()).await;
    for raw in 0..7 {
        within(room.say(dead(Why::UnknownDevice, "ap-77", &raw.to_string())).await).await.unwrap();
    }
    let letters = room.counts.letters();
    assert_eq!((letters[0].waiting, letters[0].dropped), (3, 4), "three wait of one device at most");
    assert!(room.accounted());
    // One that was read just before its device was registered is not forgotten.
    within(room.say(dead(Why::UnknownDevice, "ap-01", "late")).await).await.unwrap();
    within(room.letters_due.notified()).await;

    let mut more = registry();
    let device = more.devices[&DeviceId::new("ap-01").unwrap()].clone();
    let device = Device { id: DeviceId::new("ap-77").unwrap(), ..device };
    more.devices.insert(device.id.clone(), device);
    let (done, waiting) = oneshot::channel();
    room.control.send(Control::Registry(Box::new(more), done)).await.unwrap();
    within(waiting).await.unwrap();
    within(room.letters_due.notified()).await;
    room.close().await;
}
