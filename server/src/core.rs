//! The one writer: takes deliveries in, decides, publishes at once, acknowledges on commit.
//!
//! ```text
//! intake ─▶ accept: engine ─▶ Entry ─▶ World::apply ─▶ hub (screens see it now)
//!                      └─▶ pending batch ─▶ committer ─▶ store ─▶ receipts answered, counts moved
//! ```
//!
//! **Invariants.** Nothing else changes the World. Nothing is acknowledged before it is durable. When the
//! store refuses, screens stay live, the pending batch grows to its bound, and then nothing more is taken in:
//! the broker keeps what is not acknowledged, and webhooks get 503.

mod accept;
mod commands;
mod commit;
mod counts;
mod letters;
mod numbers;
mod pace;
mod pending;
mod seen;
#[cfg(test)]
mod tests;
mod timers;

pub(crate) use commands::{Record, key as command_key};
pub(crate) use counts::{Counts, Letters};
pub(crate) use letters::{Replay, Reread};
pub(crate) use pace::{Durations, Pace};

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use pantau_engine::{Decision, Heard, Input, Timer, decide};
use pantau_ingest::delivery::{Delivery, Outcome, Receipt};
use pantau_schemas::entry::{Change, Entry};
use pantau_schemas::ids::{ScreenId, Seq, SeriesId};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::{Clock, Timestamp};
use pantau_schemas::wire::StoreState;
use pantau_schemas::world::World;
use pantau_store::{Batch, LetterQuota, Recovered, SealedEntry, Store};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Batching;
use crate::hub::{HeadUpdate, Hub, Settled};
use commit::{Progress, Work};
use pending::{Fate, Pending};
use seen::Seen;
use timers::Timers;

/// Deliveries taken from the intake at once; between two takes timers and commits have their turn.
const TAKE: usize = 512;
/// So long may wait what nobody waits for (the cameras' own measurements): fifty cameras that report once a second
/// in their own time are two commits a second, not fifty.
const COMMIT_UNAWAITED_AFTER: Duration = Duration::from_millis(500);
/// A commit that takes longer than this is told to the screens as "history is not being saved", at the next look at
/// the timers: within three seconds.
const SLOW_COMMIT: Duration = Duration::from_millis(2_000);
/// Entries between two snapshots of the World; recovery replays at most about this many, also when a server never lives
/// long enough to write as many.
const SNAPSHOT_EVERY: u64 = 10_000;
/// How often the timers are looked at; the precision of "down by absence".
const TIMER_EVERY: Duration = Duration::from_millis(500);
/// When a timer that ran out and changed nothing is looked at again at the earliest: a tour that waits goes on
/// within this time.
const LOOK_AGAIN_MS: i64 = 1_000;
/// How long stopping may wait for the store.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// What the rest of the server may ask of the core.
#[derive(Debug)]
pub(crate) enum Control {
    /// The registry was read again.
    Registry(Box<Registry>, oneshot::Sender<()>),
    /// Dead letters are to be taken in again. Whoever sends it waits for all its receipts before the next.
    Replay(Box<Replay>),
    /// A page of a screen painted.
    Beat(ScreenId),
}

/// What the core needs.
pub(crate) struct Parts<S> {
    pub(crate) store: Arc<S>,
    /// Where the committer runs.
    pub(crate) committer: Handle,
    pub(crate) recovered: Recovered,
    pub(crate) registry: Registry,
    pub(crate) build: String,
    pub(crate) batching: Batching,
    pub(crate) hub: Hub,
    pub(crate) counts: Counts,
    pub(crate) pace: Pace,
    pub(crate) clock: Arc<dyn Clock>,
    /// How many dead letters may wait.
    pub(crate) letter_quota: LetterQuota,
    /// Rung when letters of devices or agencies that are registered now may wait.
    pub(crate) letters_due: Arc<Notify>,
}

/// The writer's state. Everything here but `world` and `heard` is derived and is built anew at every start.
struct Core {
    world: World,
    heard: Heard,
    seen: Seen,
    series: HashMap<SeriesId, SeriesState, RandomState>,
    timers: Timers,
    pending: Pending,
    /// How long a batch waits for company.
    commit_after: Duration,
    /// Whether it breaks its promise; see [`Batching`].
    #[cfg(debug_assertions)]
    sabotaged: bool,
    heads: Vec<HeadUpdate>,
    fresh: Vec<Arc<SealedEntry>>,
    hub: Hub,
    counts: Counts,
    pace: Pace,
    clock: Arc<dyn Clock>,
    letter_quota: LetterQuota,
    letters_due: Arc<Notify>,
    /// When what is being taken in was taken.
    taken: Instant,
    /// When the registry changed for the last time in this life.
    registered: Timestamp,
}

/// A series' place in the hub and the time of its newest sample.
#[derive(Debug, Clone, Copy)]
struct SeriesState {
    slot: u32,
    newest: Timestamp,
}

/// Runs the writer until `cancel`; then commits what is pending and keeps a last snapshot.
pub(crate) async fn run<S: Store>(
    parts: Parts<S>,
    mut intake: mpsc::Receiver<Delivery>,
    mut control: mpsc::Receiver<Control>,
    tracker: &TaskTracker,
    cancel: CancellationToken,
) {
    let Parts {
        store,
        committer,
        recovered,
        registry,
        build,
        batching,
        hub,
        counts,
        pace,
        clock,
        letter_quota,
        letters_due,
    } = parts;
    let mut snapshot_at = first_snapshot(recovered.world.seq, recovered.entries_replayed);
    let mut core = Core::new(recovered, batching, hub, (counts, pace), clock, (letter_quota, letters_due));
    core.input(Input::Started(&build));
    core.input(Input::Registry(&registry));
    core.publish();

    let abandon = CancellationToken::new();
    let (work, work_queue) = mpsc::channel(1);
    let (progress, mut commits) = mpsc::channel(4);
    tracker.spawn_on(commit::run(store, work_queue, progress, abandon.clone()), &committer);

    let mut in_flight: Option<Flight> = None;
    let mut last_commit = Instant::now();
    let mut durable_world = false;
    let mut answers: Option<Answers> = None;
    let mut taken = Vec::with_capacity(TAKE);
    let mut timer = tokio::time::interval(TIMER_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);

    loop {
        let due =
            Instant::now() >= core.commit_due(last_commit) || core.pending.is_full() || cancel.is_cancelled();
        if due && in_flight.is_none() && !core.pending.is_empty() {
            let (flight, batch) = core.launch();
            in_flight = Some(flight);
            last_commit = Instant::now();
            durable_world = false;
            if work.send(Work::Commit(batch)).await.is_err() {
                tracing::error!("the committer is gone; stopping");
                return;
            }
        }
        // After the next batch is on its way: the store works on it meanwhile.
        if let Some(answers) = answers.take() {
            answers.give();
        }
        let stopping = cancel.is_cancelled();
        if stopping && in_flight.is_none() && core.pending.is_empty() {
            break;
        }
        let open = !core.pending.is_full() && !stopping;
        let commit_due =
            (in_flight.is_none() && !core.pending.is_empty()).then(|| core.commit_due(last_commit));
        tokio::select! {
            biased;
            Some(progress) = commits.recv() => match progress {
                Progress::Done(batch, committed) => {
                    if let Some(flight) = in_flight.take() {
                        answers = Some(core.landed(flight, batch, &committed));
                        durable_world = core.pending.has_no_entries();
                    }
                    if core.world.seq.0 >= snapshot_at && durable_world {
                        snapshot_at = core.world.seq.0 + SNAPSHOT_EVERY;
                        drop(work.send(Work::Snapshot(Box::new(core.world.clone()))).await);
                    }
                }
                Progress::Superseded => {
                    tracing::error!("another server writes to this city now");
                    return;
                }
                Progress::Failed(error) => {
                    if let Some(flight) = &mut in_flight {
                        core.hub.settled(&Settled { state: StoreState::Down, since: Some(flight.since), error: Some(error), ..core.hub.store_state() });
                        flight.failed = true;
                    }
                    if stopping && last_commit.elapsed() > STOP_WITHIN {
                        tracing::error!("stopping without the store: what was not acknowledged will come again");
                        abandon.cancel();
                        return;
                    }
                }
            },
            Some(control) = control.recv() => {
                core.taken = Instant::now();
                core.obey(control);
                core.publish();
            }
            _ = timer.tick() => {
                core.fire_timers();
                core.publish();
                if let Some(flight) = in_flight.as_mut().filter(|flight| !flight.failed && flight.started.elapsed() > SLOW_COMMIT) {
                    flight.failed = true;
                    let error = Some("the store is slow".to_owned());
                    core.hub.settled(&Settled { state: StoreState::Down, since: Some(flight.since), error, ..core.hub.store_state() });
                }
            }
            () = sleep_until(commit_due) => {}
            count = intake.recv_many(&mut taken, TAKE), if open => {
                if count == 0 {
                    tracing::error!("every way in is gone; stopping");
                    cancel.cancel();
                }
                core.taken = Instant::now();
                for delivery in taken.drain(..) {
                    core.accept(delivery);
                }
                core.publish();
            }
            () = cancel.cancelled(), if !stopping => {}
        }
    }
    drop(work.send(Work::Snapshot(Box::new(core.world.clone()))).await);
}

/// Where the first snapshot of this life is due: what was replayed is not in the last one.
fn first_snapshot(recovered: Seq, replayed: u64) -> u64 {
    recovered.0.saturating_sub(replayed) + SNAPSHOT_EVERY
}

/// Waits for a moment, or for ever.
async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// A batch on its way to the store.
struct Flight {
    waiting: Vec<pending::Waiting>,
    letters_due: bool,
    started: Instant,
    since: Timestamp,
    failed: bool,
}

/// Who is to be told that a batch is durable.
struct Answers {
    waiting: Vec<(pending::Waiting, Outcome)>,
    /// The batch itself: letting go of it takes a while too.
    _batch: Box<Batch>,
}

impl Answers {
    /// Tells everybody.
    fn give(self) {
        Receipt::answer_all(self.waiting.into_iter().map(|(waiting, outcome)| (waiting.receipt, outcome)));
    }
}

impl Core {
    fn new(
        recovered: Recovered,
        batching: Batching,
        hub: Hub,
        (counts, pace): (Counts, Pace),
        clock: Arc<dyn Clock>,
        (letter_quota, letters_due): (LetterQuota, Arc<Notify>),
    ) -> Self {
        #[cfg(debug_assertions)]
        if batching.acknowledge_before_commit {
            tracing::error!("SABOTAGED: this build acknowledges before it has committed");
        }
        let mut heard: Heard = recovered.heard.into_iter().collect();
        numbers::recover(&mut heard, &recovered.heads);
        let mut series = HashMap::with_capacity_and_hasher(recovered.heads.len(), RandomState::default());
        for (slot, head) in (0u32..).zip(&recovered.heads) {
            series.insert(head.series.clone(), SeriesState { slot, newest: head.time });
        }
        hub.begin(&recovered.world, &recovered.heads);
        let mut core = Self {
            world: recovered.world,
            heard,
            seen: Seen::new(recovered.inbox),
            series,
            timers: Timers::default(),
            commit_after: batching.commit_after,
            #[cfg(debug_assertions)]
            sabotaged: batching.acknowledge_before_commit,
            pending: Pending::new(batching),
            heads: Vec::new(),
            fresh: Vec::new(),
            hub,
            counts,
            pace,
            clock,
            letter_quota,
            letters_due,
            taken: Instant::now(),
            registered: Timestamp::EPOCH,
        };
        let timers: Vec<Timer> = Timer::all(&core.world).collect();
        for timer in timers {
            core.arm(&timer, None);
        }
        core
    }

    /// When what is pending is to be committed.
    fn commit_due(&self, last_commit: Instant) -> Instant {
        match (self.pending.is_ready(), self.pending.is_awaited()) {
            (true, _) => last_commit,
            (false, true) => last_commit + self.commit_after,
            (false, false) => last_commit + COMMIT_UNAWAITED_AFTER.max(self.commit_after),
        }
    }

    /// The time of the next entry. The journal's time never goes back, whatever the clock does.
    fn now(&self) -> Timestamp {
        self.clock.now().max(self.world.time)
    }

    /// Decides on one input, and takes what follows into the journal.
    fn input(&mut self, input: Input<'_>) -> usize {
        let now = self.now();
        let decisions = decide(&self.world, &self.heard, input, now);
        let count = decisions.len();
        for decision in decisions {
            self.enter(decision, now);
        }
        count
    }

    fn obey(&mut self, control: Control) {
        match control {
            Control::Registry(registry, done) => {
                self.input(Input::Registry(&registry));
                // Whoever asked may have gone away; the registry is taken over all the same.
                let _gone = done.send(());
            }
            Control::Replay(replay) => self.replay(*replay),
            Control::Beat(screen) => {
                self.heard.note_beat(&screen, self.clock.now());
                self.input(Input::Beat(&screen));
            }
        }
    }

    fn enter(&mut self, decision: Decision, now: Timestamp) {
        let Decision { actor, cause, change } = decision;
        let sealed = Entry::seal(self.world.seq.next(), now, actor, cause, change, &self.world.hash);
        let (entry, text) = match sealed {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::error!(%error, "failed to seal an entry; the change is dropped");
                return;
            }
        };
        if let Err(gap) = self.world.apply(&entry) {
            tracing::error!(%gap, "failed to apply an entry of our own");
            return;
        }
        for timer in Timer::after(&entry.change) {
            self.arm(&timer, None);
        }
        if let Change::RegistryChanged(_) = &entry.change {
            self.heard.keep(&self.world.registry);
            self.pending.letters_due = true;
            self.registered = now;
        }
        let sealed = SealedEntry { entry, text };
        self.pending.batch.entries.push(sealed.clone());
        self.fresh.push(Arc::new(sealed));
    }

    fn arm(&mut self, timer: &Timer, not_before: Option<Timestamp>) {
        if let Some(deadline) = pantau_engine::deadline(&self.world, &self.heard, timer) {
            self.timers.arm(timer, not_before.map_or(deadline, |earliest| deadline.max(earliest)));
        }
    }

    fn fire_timers(&mut self) {
        let now = self.clock.now();
        while let Some(timer) = self.timers.due(now) {
            self.pending.turn();
            self.input(Input::Timer(&timer));
            // A deadline that has passed and stays where it is must not be looked at without end.
            self.arm(&timer, Some(now.plus_millis(LOOK_AGAIN_MS)));
        }
    }

    /// Shows the screens what is new.
    fn publish(&mut self) {
        if !self.fresh.is_empty() || !self.heads.is_empty() {
            self.hub.publish(&self.fresh, &mut self.heads);
            self.fresh.clear();
        }
    }

    fn launch(&mut self) -> (Flight, Box<Batch>) {
        let mut pending = self.pending.next();
        // A suspect's fate is known only to the store, which adds it.
        let known = pending.waiting.iter().filter_map(|waiting| match waiting.fate {
            Fate::Known(outcome) => Some((waiting.source, outcome)),
            Fate::Suspect(_) => None,
        });
        pending.batch.totals = self.counts.totals_with(known);
        pending.batch.letter_quota = self.letter_quota;
        let flight = Flight {
            letters_due: pending.letters_due,
            waiting: pending.waiting,
            started: Instant::now(),
            since: self.clock.now(),
            failed: false,
        };
        (flight, Box::new(pending.batch))
    }

    /// The batch is durable: it is counted and the screens are told. Whoever waits is told by [`Answers::give`].
    fn landed(&mut self, flight: Flight, batch: Box<Batch>, committed: &pantau_store::Committed) -> Answers {
        let outcome = |waiting: pending::Waiting| {
            let outcome = waiting.outcome(committed);
            (waiting, outcome)
        };
        let waiting: Vec<_> = flight.waiting.into_iter().map(outcome).collect();
        self.counts.add(waiting.iter().map(|(waiting, outcome)| (waiting.source, *outcome)), committed);
        let now = Instant::now();
        let awaited = waiting.iter().filter(|(waiting, _)| waiting.receipt.awaited());
        let waits = awaited.map(|(waiting, _)| now.duration_since(waiting.since));
        self.pace.note(now.duration_since(flight.started), waits);
        if flight.letters_due {
            self.letters_due.notify_one();
        }
        let seq = batch.entries.last().map(|sealed| sealed.entry.seq);
        let before = self.hub.store_state();
        self.hub.settled(&Settled {
            seq: seq.unwrap_or(before.seq),
            state: StoreState::Ok,
            since: None,
            error: None,
        });
        Answers { waiting, _batch: batch }
    }
}
