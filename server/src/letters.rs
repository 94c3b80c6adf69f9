//! Dead letters, read again: at a person's word, and by themselves when the device or the agency that they wait for is
//! registered.
//!
//! A step takes a bounded number of letters in the order in which they came, reads each by the way it came
//! ([`pantau_ingest::replay`]), gives them to the core, and waits until all is durable. **Invariant:** one step at a time
//! in the whole server: what a letter says is never taken in twice, whoever asks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pantau_ingest::delivery::{Outcome, Receipt};
use pantau_ingest::listener::Rights;
use pantau_ingest::replay;
use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::{Actor, Cause};
use pantau_schemas::ids::{CityCode, DeviceId};
use pantau_schemas::registry::Registry;
use pantau_store::{DeadLetterQuery, LetterQuota, Store, StoreError, StoredDeadLetter};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use crate::app::App;
use crate::config::Config;
use crate::core::{Control, Replay, Reread};

/// Letters of one step at most: a step's bytes stay within 16 MiB, and its entry within a few kilobytes.
pub(crate) const STEP: u32 = 256;

/// How long after a store that gave no answer it is asked again for letters of what is registered.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Most bytes of an MQTT payload where no way in says otherwise; letters are smaller.
const MAX_PAYLOAD: usize = 1024 * 1024;

/// What dead letters are read against, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Letters {
    /// How many may wait.
    pub(crate) quota: LetterQuota,
    max_payload: usize,
    logins: BTreeMap<String, Rights>,
    turn: Arc<Mutex<()>>,
}

/// Why a step was not carried out, or is not known to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The letters cannot be read.
    #[error("failed to read dead letters")]
    Store(#[from] StoreError),
    /// The core has ended; what was not durable was not done.
    #[error("the core takes nothing in any more")]
    Stopping,
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    /// Its number.
    pub(crate) id: u64,
    /// Its fate.
    pub(crate) outcome: Outcome,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Step {
    /// Every letter that was read again, oldest first.
    pub(crate) done: Vec<Done>,
    /// Where the next step goes on, if there may be more.
    pub(crate) next: Option<u64>,
}

/// Which letters.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    /// These, as far as they wait.
    Ids(Vec<u64>),
    /// Those that a question finds; `query.limit` is what one step takes.
    Found(DeadLetterQuery),
}

impl Letters {
    /// As configured.
    pub(crate) fn new(config: &Config) -> Self {
        let direct = config.intake.as_ref().map(|intake| &intake.settings);
        let logins = direct.map_or_else(BTreeMap::new, |settings| {
            settings.accounts.iter().map(|account| (account.user.clone(), account.rights.clone())).collect()
        });
        let limits =
            [direct.map(|settings| settings.max_packet), config.mqtt.as_ref().map(|mqtt| mqtt.max_packet)];
        Self {
            quota: config.letter_quota,
            max_payload: limits.into_iter().flatten().max().unwrap_or(MAX_PAYLOAD),
            logins,
            turn: Arc::default(),
        }
    }
}

/// Replays letters of devices and agencies that were registered, whenever the core says that there may be some.
pub(crate) async fn follow_registry<S: Store>(app: Arc<App<S>>, due: Arc<Notify>) {
    loop {
        let replayed = tokio::select! {
            () = app.cancel.cancelled() => return,
            replayed = registered(&app) => replayed,
        };
        let again = match replayed {
            Ok(0) => None,
            Ok(count) => {
                tracing::info!(count, "dead letters of what is registered now were read again");
                None
            }
            Err(ReplayError::Stopping) => return,
            Err(error) => {
                tracing::warn!(%error, "dead letters of what is registered now still wait");
                Some(TRY_AGAIN)
            }
        };
        let pause = async {
            match again {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = app.cancel.cancelled() => return,
            () = due.notified() => {}
            () = pause => {}
        }
    }
}

/// Replays what waits because somebody was unknown who is known now; gives how many letters.
async fn registered<S: Store>(app: &Arc<App<S>>) -> Result<usize, ReplayError> {
    Ok(of_devices(app).await? + of_agencies(app).await?)
}

async fn of_devices<S: Store>(app: &Arc<App<S>>) -> Result<usize, ReplayError> {
    let waiting = app.store.unregistered().await?;
    let registry = app.registry.borrow().clone();
    let devices: Vec<DeviceId> =
        waiting.into_iter().filter(|device| registry.devices.contains_key(device)).collect();
    if devices.is_empty() {
        return Ok(0);
    }
    let query = DeadLetterQuery {
        reason: Some(Reason::UnknownDevice),
        devices: Some(devices),
        ..DeadLetterQuery::oldest(STEP)
    };
    let mut beyond = None;
    let mut count = 0;
    loop {
        let which = Which::Found(DeadLetterQuery { beyond, ..query.clone() });
        let step = step(app, which, Actor::system(), Cause::Registry).await?;
        count += step.done.len();
        match step.next {
            Some(next) => beyond = Some(next),
            None => return Ok(count),
        }
    }
}

/// An agency is named by a topic or anywhere in an event, so each letter is read to see whether it still waits for one;
/// one that does is not touched, and leaves no entry.
async fn of_agencies<S: Store>(app: &Arc<App<S>>) -> Result<usize, ReplayError> {
    let query = DeadLetterQuery { reason: Some(Reason::UnknownAgency), ..DeadLetterQuery::oldest(STEP) };
    let mut beyond = None;
    let mut count = 0;
    loop {
        let (letters, next) = page(app, &DeadLetterQuery { beyond, ..query.clone() }).await?;
        let known = Known::now(app);
        let still_waits = |stored: &StoredDeadLetter| {
            let said = replay::read(&stored.letter, stored.last, &known.context(&app.letters));
            said.is_err_and(|fault| fault.reason == Reason::UnknownAgency)
        };
        let ids: Vec<u64> =
            letters.iter().filter(|letter| !still_waits(letter)).map(|letter| letter.id).collect();
        if !ids.is_empty() {
            let step = step(app, Which::Ids(ids), Actor::system(), Cause::Registry).await?;
            count += step.done.len();
        }
        match next {
            Some(next) => beyond = Some(next),
            None => return Ok(count),
        }
    }
}

/// Carries one step out, and returns when it is durable.
///
/// Goes on when the returned future is dropped: a caller that cannot wait finds the letters replayed, or asks again.
///
/// # Errors
/// Nothing was done, or the server stops.
pub(crate) async fn step<S: Store>(
    app: &Arc<App<S>>,
    which: Which,
    actor: Actor,
    cause: Cause,
) -> Result<Step, ReplayError> {
    let turn = Arc::clone(&app.letters.turn).lock_owned().await;
    let app_here = Arc::clone(app);
    let task = app.tracker.spawn(async move { take_turn(&app_here, turn, which, actor, cause).await });
    task.await.unwrap_or(Err(ReplayError::Stopping))
}

async fn take_turn<S: Store>(
    app: &App<S>,
    turn: OwnedMutexGuard<()>,
    which: Which,
    actor: Actor,
    cause: Cause,
) -> Result<Step, ReplayError> {
    let (letters, next) = find(app, which).await?;
    let known = Known::now(app);
    let context = known.context(&app.letters);
    let mut answers = Vec::with_capacity(letters.len());
    let mut reread = Vec::with_capacity(letters.len());
    for StoredDeadLetter { id, letter, last, .. } in letters {
        let (receipt, answer) = Receipt::pair();
        answers.push((id, answer));
        reread.push(Reread { id, said: replay::read(&letter, last, &context), receipt });
    }
    let mut done = Vec::with_capacity(answers.len());
    if !reread.is_empty() {
        let replay = Box::new(Replay { actor, cause, letters: reread });
        app.control.send(Control::Replay(replay)).await.map_err(|_gone| ReplayError::Stopping)?;
        for (id, answer) in answers {
            let outcome = answer.await.map_err(|_dropped| ReplayError::Stopping)?;
            done.push(Done { id, outcome });
        }
    }
    drop(turn);
    Ok(Step { done, next })
}

/// The letters of a step that wait, oldest first, and where the next step goes on.
async fn find<S: Store>(
    app: &App<S>,
    which: Which,
) -> Result<(Vec<StoredDeadLetter>, Option<u64>), StoreError> {
    match which {
        Which::Ids(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            let mut letters = Vec::with_capacity(ids.len());
            for id in ids {
                letters.extend(app.store.dead_letter(id).await?.filter(|letter| letter.replayed.is_none()));
            }
            Ok((letters, None))
        }
        Which::Found(query) => page(app, &query).await,
    }
}

/// The letters that a question finds, and where the next one goes on.
async fn page<S: Store>(
    app: &App<S>,
    query: &DeadLetterQuery,
) -> Result<(Vec<StoredDeadLetter>, Option<u64>), StoreError> {
    let letters = app.store.dead_letters(query).await?;
    let full = u32::try_from(letters.len()).is_ok_and(|count| count == query.limit);
    let next = letters.last().filter(|_| full).map(|letter| letter.id);
    Ok((letters, next))
}

/// What is known at this moment, to read letters against.
struct Known {
    city: CityCode,
    registry: Arc<Registry>,
    senders: Vec<String>,
}

impl Known {
    fn now<S>(app: &App<S>) -> Self {
        Self {
            city: app.hub.city(),
            registry: app.registry.borrow().clone(),
            senders: app.senders.iter().map(|sender| sender.source.clone()).collect(),
        }
    }

    fn context<'a>(&'a self, letters: &'a Letters) -> replay::Context<'a> {
        replay::Context {
            city: &self.city,
            registry: &self.registry,
            max_payload: letters.max_payload,
            logins: &letters.logins,
            senders: &self.senders,
        }
    }
}
