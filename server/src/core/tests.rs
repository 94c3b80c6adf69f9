//! What a supervisor would lose if the writer broke its promises. The store is a real one that can be told to
//! refuse.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_schemas::command::{Command, Order, Reason};
use pantau_schemas::entry::{Actor, Cause};
use pantau_schemas::event::{FeedContent, FeedEvent};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CityCode, CommandId, DeviceId, Epoch, EventKey, ScreenId};
use pantau_schemas::observation::{Body, Observation, Sample, SampleSet, Source};
use pantau_schemas::registry::{Device, DeviceClass, Domain};
use pantau_schemas::wall::At;
use pantau_store::{Committed, Settings, Sqlite, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;

mod letters;

use super::*;
use crate::clock::SystemClock;

/// A store whose disk can be "pulled".
struct Moody {
    inner: Sqlite,
    refuses: AtomicBool,
    /// Another server has taken the city over.
    superseded: AtomicBool,
}

impl Store for Moody {
    async fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(StoreError::NotWritable);
        }
        if self.superseded.load(Ordering::SeqCst) {
            return Err(StoreError::Superseded);
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
    async fn unregistered(&self) -> Result<Vec<DeviceId>, StoreError> {
        self.inner.unregistered().await
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
    control: mpsc::Sender<Control>,
    letters_due: Arc<Notify>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

/// The system's clock, set ahead at will.
#[derive(Debug, Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_millis(self.0.load(Ordering::SeqCst))
    }
}

impl Room {
    async fn open(dir: &TempDir) -> Self {
        Self::open_at(dir, Arc::new(SystemClock)).await
    }

    async fn open_at(dir: &TempDir, clock: Arc<dyn Clock>) -> Self {
        let city = CityCode::new("metro").unwrap();
        let inner = Sqlite::open(&dir.path().join("p.db"), &city, &Settings::default()).await.unwrap();
        let store =
            Arc::new(Moody { inner, refuses: AtomicBool::default(), superseded: AtomicBool::default() });
        let recovered = store.recover().await.unwrap();
        let hub = Hub::new(Epoch::new("e1").unwrap(), city, Arc::clone(&clock));
        let counts = Counts::new(&recovered.totals, &recovered.letters);
        let (intake, deliveries) = mpsc::channel(64);
        let (control, controls) = mpsc::channel(1);
        let letters_due = Arc::new(Notify::new());
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let parts = Parts {
            store: Arc::clone(&store),
            committer: tokio::runtime::Handle::current(),
            recovered,
            registry: registry(),
            build: "test".to_owned(),
            batching: crate::config::Batching::default(),
            hub: hub.clone(),
            counts: counts.clone(),
            pace: Pace::default(),
            clock,
            letter_quota: LetterQuota { per_source: 100, per_device: 3 },
            letters_due: Arc::clone(&letters_due),
        };
        let (inner_tracker, inner_cancel) = (tracker.clone(), cancel.clone());
        tracker.spawn(async move { run(parts, deliveries, controls, &inner_tracker, inner_cancel).await });
        Self { store, hub, counts, intake, control, letters_due, cancel, tracker }
    }

    async fn say(&self, body: Body) -> oneshot::Receiver<Outcome> {
        let (receipt, answer) = Receipt::pair();
        let observation = Observation { source: Source::Mqtt, received: SystemClock.now(), body };
        self.intake.send(Delivery { observation, receipt }).await.unwrap();
        answer
    }

    /// Gives a command, as `/v1/commands` does; the id ends with the number.
    async fn order(&self, number: u32, actor: &str, command: Value) -> oneshot::Receiver<Outcome> {
        let (receipt, answer) = Receipt::pair();
        let order = Order {
            id: command_id(number),
            actor: Actor::operator(actor),
            command: Command::try_from(&command).unwrap(),
        };
        let body = Body::Command(Box::new(order));
        let observation = Observation { source: Source::Command, received: SystemClock.now(), body };
        self.intake.send(Delivery { observation, receipt }).await.unwrap();
        answer
    }

    /// The entries that the inbox says a command made.
    async fn made_by(&self, number: u32) -> Vec<Entry> {
        let row = self.store.event(&command_key(&command_id(number)).unwrap()).await.unwrap().unwrap();
        let record: Record = serde_json::from_str(&row.raw).unwrap();
        let query = pantau_store::EntryQuery {
            after: Some(record.after),
            ..pantau_store::EntryQuery::first(record.count)
        };
        self.store.entries(&query).await.unwrap()
    }

    fn shown(&self) -> Option<String> {
        let world = self.hub.world();
        let shown = world.walls.shown(&ScreenId::new("main").unwrap())?;
        let cell = shown.layout()?.cell(At::new(1, 1)?)?;
        cell.tile.camera().map(ToString::to_string)
    }

    fn counted(&self, source: Source) -> [u64; 4] {
        let totals = self.counts.totals();
        let known = totals.iter().find(|totals| totals.source == source).unwrap();
        [known.received, known.stored, known.duplicate, known.dead_lettered]
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
    let camera = |id: &str| Device {
        id: DeviceId::new(id).unwrap(),
        class: DeviceClass::Camera,
        domain: Domain::Cctv,
        ..device.clone()
    };
    let devices = [device.clone(), camera("cam-01"), camera("cam-02")];
    Registry { devices: devices.map(|device| (device.id.clone(), device)).into(), ..Registry::default() }
}

fn command_id(number: u32) -> CommandId {
    CommandId::new(&format!("01936f2e-5c1b-7a3e-9c55-{number:012}")).unwrap()
}

fn grid(columns: u8) -> Value {
    json!({"kind": "wall_layout", "screen": "main", "layout": {"columns": columns, "rows": 2}})
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
async fn a_core_whose_city_another_server_took_over_ends_and_acknowledges_nothing_more() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    until("started", || room.hub.store_state().seq.0 >= 2).await;
    room.store.superseded.store(true, Ordering::SeqCst);
    let answer = room.say(note("1", "banjir")).await;
    assert!(within(answer).await.is_err(), "nothing was acknowledged");
    // It ends by itself: nobody told it to.
    room.tracker.close();
    within(room.tracker.wait()).await;
    room.store.close().await;
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

#[tokio::test]
async fn a_command_is_done_once_also_after_a_restart_and_the_sum_holds() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    assert_eq!(within(room.order(1, "a", grid(2)).await).await, Ok(Outcome::Stored));
    assert_eq!(within(room.order(1, "a", grid(2)).await).await, Ok(Outcome::Duplicate));
    for (actor, columns) in [("a", 3), ("b", 2)] {
        let answer = within(room.order(1, actor, grid(columns)).await).await.unwrap();
        assert!(matches!(answer, Outcome::Refused(refusal) if refusal.reason == Reason::Conflict));
    }
    // What is so already is carried out by changing nothing, and is remembered all the same.
    assert_eq!(within(room.order(2, "a", grid(2)).await).await, Ok(Outcome::Stored));
    assert_eq!(room.made_by(2).await, []);
    // What was refused was never taken in: the same id is tried again when the wall is another one.
    let show = json!({"kind": "wall_show", "screen": "main", "at": {"column": 4, "row": 1},
                      "tile": {"kind": "camera", "camera": "cam-01"}});
    let refused = within(room.order(3, "a", show.clone()).await).await.unwrap();
    assert!(matches!(refused, Outcome::Refused(refusal) if refusal.reason == Reason::UnknownCell));
    assert_eq!(room.counted(Source::Command), [3, 2, 1, 0]);
    within(room.order(4, "a", grid(4)).await).await.unwrap();
    assert_eq!(within(room.order(3, "a", show).await).await, Ok(Outcome::Stored));

    let made = room.made_by(1).await;
    assert_eq!(made.len(), 1);
    assert!(made.iter().all(|entry| entry.cause == Cause::Command(command_id(1))));
    let (walls, counted) = (room.hub.world().walls.clone(), room.counted(Source::Command));
    room.close().await;

    let room = Room::open(&dir).await;
    until("recovered", || room.hub.world().walls == walls).await;
    assert_eq!(room.counted(Source::Command), counted);
    assert_eq!(within(room.order(1, "a", grid(2)).await).await, Ok(Outcome::Duplicate));
    assert_eq!(room.made_by(1).await, made);
    let undo = json!({"kind": "wall_undo", "screen": "main"});
    assert_eq!(within(room.order(9, "a", undo).await).await, Ok(Outcome::Stored));
    assert_eq!(room.hub.world().walls.layout(&ScreenId::new("main").unwrap()).unwrap().cells(), []);
    room.close().await;
}

#[tokio::test]
async fn a_person_is_told_done_only_when_it_is_durable_but_not_is_said_at_once() {
    let dir = TempDir::new().unwrap();
    let room = Room::open(&dir).await;
    until("started", || room.hub.store_state().seq.0 >= 3).await;
    room.store.refuses.store(true, Ordering::SeqCst);
    let mut answer = room.order(1, "a", grid(2)).await;
    until("shown", || room.hub.world().walls.layout(&ScreenId::new("main").unwrap()).is_some()).await;
    let ghost = json!({"kind": "wall_preset_apply", "screen": "main", "preset": "ghost"});
    let refused = within(room.order(2, "a", ghost).await).await.unwrap();
    assert!(matches!(refused, Outcome::Refused(refusal) if refusal.reason == Reason::UnknownPreset));
    assert!(answer.try_recv().is_err(), "told before it was durable");
    room.store.refuses.store(false, Ordering::SeqCst);
    assert_eq!(within(answer).await, Ok(Outcome::Stored));
    room.close().await;
}

#[tokio::test]
async fn a_tour_goes_on_by_the_clock_and_where_it_was_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let clock = Arc::new(Ahead::default());
    let room = Room::open_at(&dir, clock.clone()).await;
    let shot = |camera| json!({"dwell_s": 600, "shots": [{"at": {"column": 1, "row": 1}, "camera": camera}]});
    let tour = json!({"id": "pasar", "name": "Pasar", "steps": [shot("cam-01"), shot("cam-02")]});
    for (number, command) in [
        grid(2),
        json!({"kind": "wall_tour_save", "tour": tour}),
        json!({"kind": "wall_tour_start", "screen": "main", "tour": "pasar"}),
    ]
    .into_iter()
    .enumerate()
    {
        let number = u32::try_from(number).unwrap();
        assert_eq!(within(room.order(number, "a", command).await).await, Ok(Outcome::Stored));
    }
    assert_eq!(room.shown().as_deref(), Some("cam-01"));
    clock.0.fetch_add(601_000, Ordering::SeqCst);
    until("the second step", || room.shown().as_deref() == Some("cam-02")).await;
    room.close().await;

    let room = Room::open_at(&dir, clock.clone()).await;
    until("recovered", || room.shown().as_deref() == Some("cam-02")).await;
    clock.0.fetch_add(601_000, Ordering::SeqCst);
    until("the first step again", || room.shown().as_deref() == Some("cam-01")).await;
    room.close().await;
}

#[test]
fn a_server_that_is_killed_over_and_over_does_not_replay_ever_more() {
    let (mut seq, mut snapshot) = (0, 0);
    for _life in 0..100 {
        let due = first_snapshot(Seq(seq), seq - snapshot);
        // Each life ends after fewer entries than lie between two snapshots.
        seq += 2_400;
        if seq >= due {
            snapshot = seq;
        }
        assert!(seq - snapshot < SNAPSHOT_EVERY, "{} entries to replay", seq - snapshot);
    }
}
