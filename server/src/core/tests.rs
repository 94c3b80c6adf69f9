//! What a supervisor would lose if the writer broke its promises. The store is a real one that can be told to
//! refuse.

use std::sync::atomic::{AtomicBool, Ordering};

use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_schemas::event::{FeedContent, FeedEvent};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CityCode, Epoch, EventKey};
use pantau_schemas::observation::{Body, Observation, Sample, SampleSet, Source};
use pantau_schemas::registry::{Device, DeviceClass, Domain};
use pantau_store::{Committed, Settings, Sqlite, StoreError};
use tempfile::TempDir;

use super::*;
use crate::clock::SystemClock;

/// A store whose disk can be "pulled".
struct Moody {
    inner: Sqlite,
    refuses: AtomicBool,
}

impl Store for Moody {
    async fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(StoreError::NotWritable);
        }
        self.inner.commit(batch).await
    }
    async fn snapshot(&self, world: &World) -> Result<(), StoreError> {
        self.inner.snapshot(world).await
    }
    async fn recover(&self) -> Result<Recovered, StoreError> {
        self.inner.recover().await
    }
    async fn entries(&self, query: &pantau_store::EntryQuery) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries(query).await
    }
    async fn samples(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timestamp, f64)>, StoreError> {
        self.inner.samples(series, from, to, limit).await
    }
    async fn buckets(
        &self,
        series: &SeriesId,
        from: Timestamp,
        to: Timestamp,
        width: Duration,
        limit: u32,
    ) -> Result<Vec<pantau_store::Bucket>, StoreError> {
        self.inner.buckets(series, from, to, width, limit).await
    }
    async fn dead_letters(
        &self,
        query: &pantau_store::DeadLetterQuery,
    ) -> Result<Vec<pantau_store::StoredDeadLetter>, StoreError> {
        self.inner.dead_letters(query).await
    }
    async fn dead_letter(&self, id: u64) -> Result<Option<pantau_store::StoredDeadLetter>, StoreError> {
        self.inner.dead_letter(id).await
    }
    async fn dead_letter_counts(
        &self,
    ) -> Result<Vec<(pantau_schemas::dead_letter::Reason, u64)>, StoreError> {
        self.inner.dead_letter_counts().await
    }
    async fn event(&self, key: &EventKey) -> Result<Option<pantau_store::InboxRow>, StoreError> {
        self.inner.event(key).await
    }
    async fn prune(&self, retention: &pantau_store::Retention) -> Result<pantau_store::Pruned, StoreError> {
        self.inner.prune(retention).await
    }
    async fn verify(
        &self,
        progress: impl FnMut(pantau_schemas::ids::Seq) + Send,
    ) -> Result<pantau_store::Verified, StoreError> {
        self.inner.verify(progress).await
    }
    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }
    async fn close(&self) {
        self.inner.close().await;
    }
}

/// A running core with its ways in.
struct Room {
    store: Arc<Moody>,
    hub: Hub,
    counts: Counts,
    intake: mpsc::Sender<Delivery>,
    _control: mpsc::Sender<Control>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

impl Room {
    async fn open(dir: &TempDir) -> Self {
        let city = CityCode::new("metro").unwrap();
        let inner = Sqlite::open(&dir.path().join("p.db"), &city, &Settings::default()).await.unwrap();
        let store = Arc::new(Moody { inner, refuses: AtomicBool::new(false) });
        let recovered = store.recover().await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let hub = Hub::new(Epoch::new("e1").unwrap(), city, Arc::clone(&clock));
        let counts = Counts::new(&recovered.totals);
        let (intake, deliveries) = mpsc::channel(64);
        let (control, controls) = mpsc::channel(1);
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let parts = Parts {
            store: Arc::clone(&store),
            recovered,
            registry: registry(),
            build: "test".to_owned(),
            hub: hub.clone(),
            counts: counts.clone(),
            clock,
        };
        let (inner_tracker, inner_cancel) = (tracker.clone(), cancel.clone());
        tracker.spawn(async move { run(parts, deliveries, controls, &inner_tracker, inner_cancel).await });
        Self { store, hub, counts, intake, _control: control, cancel, tracker }
    }

    async fn say(&self, body: Body) -> oneshot::Receiver<Outcome> {
        let (receipt, answer) = Receipt::pair();
        let observation = Observation { source: Source::Mqtt, received: SystemClock.now(), body };
        self.intake.send(Delivery { observation, receipt }).await.unwrap();
        answer
    }

    async fn close(self) {
        self.cancel.cancel();
        self.tracker.close();
        within(self.tracker.wait()).await;
        self.store.close().await;
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("it took too long")
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    within(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(holds(), "{what}");
}

fn registry() -> Registry {
    let device = Device {
        id: DeviceId::new("ap-01").unwrap(),
        class: DeviceClass::Ap,
        name: "AP".to_owned(),
        site: pantau_schemas::ids::SiteCode::new("alun-alun").unwrap(),
        uplink: Vec::new(),
        domain: Domain::Wireless,
        interval_s: None,
        camera: None,
    };
    Registry { devices: [(device.id.clone(), device)].into(), ..Registry::default() }
}

fn note(id: &str, title: &str) -> Body {
    Body::Feed(Box::new(FeedEvent {
        key: EventKey::new("/metro/a", id).unwrap(),
        body_hash: Hash::of(title.as_bytes()),
        time: SystemClock.now(),
        agency: None,
        content: FeedContent::Note {
            kind: "agency.note".into(),
            subject: String::new(),
            title: title.into(),
        },
        reporter: None,
        raw: "{}".to_owned(),
    }))
}

fn samples(seconds: &[i64]) -> Body {
    let series = SeriesId::new("ap-01/clients").unwrap();
    let samples = seconds
        .iter()
        .map(|second| Sample { series: series.clone(), time: Timestamp::from_secs(*second), value: 1.0 })
        .collect();
    let device = DeviceId::new("ap-01").unwrap();
    Body::Samples(SampleSet { device, samples, backfill: false, device_seq: None })
}

#[tokio::test]
async fn screens_see_at_once_and_senders_are_told_when_it_is_durable() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    until("started", || room.hub.store_state().seq.0 >= 2).await;
    room.store.refuses.store(true, Ordering::SeqCst);
    let mut answer = room.say(note("1", "banjir")).await;
    until("shown", || room.hub.world().notes.len() == 1).await;
    until("said to be down", || room.hub.store_state().state == StoreState::Down).await;
    assert!(answer.try_recv().is_err(), "told before it was durable");
    assert_eq!(room.counts.totals().iter().map(|totals| totals.received).sum::<u64>(), 0);
    room.store.refuses.store(false, Ordering::SeqCst);
    assert_eq!(within(answer).await, Ok(Outcome::Stored));
    assert_eq!(room.hub.store_state().state, StoreState::Ok);
    room.close().await;
}

#[tokio::test]
async fn a_core_that_cannot_store_stops_taking_in_and_loses_nothing_when_the_store_is_back() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    room.store.refuses.store(true, Ordering::SeqCst);
    let mut answers = Vec::new();
    for id in 0..500 {
        answers.push(room.say(note(&id.to_string(), "x")).await);
    }
    room.store.refuses.store(false, Ordering::SeqCst);
    for answer in answers {
        assert_eq!(within(answer).await, Ok(Outcome::Stored));
    }
    room.close().await;
}

#[tokio::test]
async fn what_comes_twice_is_kept_once_and_the_sum_holds() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    let mut outcomes = Vec::new();
    for body in [
        note("1", "a"),
        note("1", "a"),
        note("1", "other"),
        samples(&[100, 101]),
        samples(&[100, 101]),
        samples(&[101, 102]),
        samples(&[50]),
    ] {
        outcomes.push(within(room.say(body).await).await.unwrap());
    }
    use Outcome::{Conflict, Duplicate, Stored};
    assert_eq!(outcomes, [Stored, Duplicate, Conflict, Stored, Duplicate, Stored, Stored]);
    let totals = room.counts.totals();
    let mqtt = totals.iter().find(|totals| totals.source == Source::Mqtt).unwrap();
    assert_eq!((mqtt.received, mqtt.stored, mqtt.duplicate, mqtt.dead_lettered), (7, 4, 2, 1));
    let series = SeriesId::new("ap-01/clients").unwrap();
    let kept = room.store.samples(&series, Timestamp::EPOCH, Timestamp::from_secs(1_000), 99).await.unwrap();
    assert_eq!(kept.len(), 4, "50, 100, 101, 102");
    let heads = room.hub.heads(None);
    assert_eq!(
        heads.first().map(|head| head.time),
        Some(Timestamp::from_secs(102)),
        "the newest, not the last"
    );
    room.close().await;
}

#[tokio::test]
async fn a_restart_brings_back_the_same_world_the_same_memory_and_the_same_counts() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    for id in 0..20 {
        within(room.say(note(&id.to_string(), "x")).await).await.unwrap();
    }
    within(room.say(samples(&[100])).await).await.unwrap();
    let (before, counts) = (room.hub.world(), room.counts.totals());
    room.close().await;

    let city = CityCode::new("metro").unwrap();
    let store = Sqlite::open(&dir.path().join("p.db"), &city, &Settings::default()).await.unwrap();
    assert_eq!(store.recover().await.unwrap().world.digest(), before.digest());
    store.close().await;

    let room = Room::open(&dir).await;
    assert_eq!(room.counts.totals(), counts);
    assert_eq!(within(room.say(note("7", "x")).await).await, Ok(Outcome::Duplicate));
    assert_eq!(within(room.say(samples(&[100])).await).await, Ok(Outcome::Duplicate));
    room.close().await;
}
