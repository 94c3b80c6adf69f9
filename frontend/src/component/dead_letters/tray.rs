//! What lies on the table: the letters that are looked at, those that are chosen, and the one replay that goes on.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use crate::browser::{get_answer, post_json, sleep};
use crate::json;
use crate::live::city::City;
use crate::text::letters::{self, Letters};
use crate::view::letters::{Account, DeadLetters, Filter, Going, Letter, Progress, Quota, Step, Walk};

/// Letters of a page at first, and how many more come with each wish.
const PAGE: u32 = 50;
/// The server's own bound.
const MOST: u32 = 1_000;
/// Where a replay is asked for.
const REPLAY: &str = "/v1/dead-letters/replay";
/// Longer than the server's own deadline, ms.
const ANSWER_MS: u32 = 15_000;
/// Times that a step without an answer is asked for again: what was done is not done twice.
const TRIES: u32 = 4;

/// Signals of the section; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Tray {
    pub(crate) city: City,
    pub(crate) filter: RwSignal<Filter>,
    pub(crate) limit: RwSignal<u32>,
    pub(crate) letters: RwSignal<Vec<Letter>>,
    pub(crate) has_more: RwSignal<bool>,
    pub(crate) counts: RwSignal<Vec<(pantau_schemas::dead_letter::Reason, u64)>>,
    pub(crate) accounts: RwSignal<Vec<Account>>,
    pub(crate) quota: RwSignal<Quota>,
    pub(crate) was_read: RwSignal<bool>,
    /// Why they cannot be read.
    pub(crate) trouble: RwSignal<Option<&'static str>>,
    pub(crate) chosen: RwSignal<BTreeSet<u64>>,
    pub(crate) progress: RwSignal<Option<Progress>>,
    stop: RwSignal<bool>,
}

impl Tray {
    pub(crate) fn new(city: City) -> Self {
        Self {
            city,
            filter: RwSignal::default(),
            limit: RwSignal::new(PAGE),
            letters: RwSignal::default(),
            has_more: RwSignal::new(false),
            counts: RwSignal::default(),
            accounts: RwSignal::default(),
            quota: RwSignal::default(),
            was_read: RwSignal::new(false),
            trouble: RwSignal::new(None),
            chosen: RwSignal::default(),
            progress: RwSignal::new(None),
            stop: RwSignal::new(false),
        }
    }

    pub(crate) fn words(self) -> &'static Letters {
        letters::of(self.city.text)
    }

    /// Reads what the filter finds. An answer that comes after the filter was changed is for nobody.
    pub(crate) fn read(self) {
        let filter = self.filter.get_untracked();
        let path = filter.path(self.limit.get_untracked());
        spawn_local(async move {
            let answer = get_answer(&path).await;
            if self.filter.with_untracked(|now| *now != filter) {
                return;
            }
            let words = self.words();
            let trouble = match answer {
                Some((200, text)) => match json::read::<DeadLetters>(&text) {
                    Ok(letters) => {
                        self.take(letters);
                        None
                    }
                    Err(_another_version) => Some(words.unread),
                },
                Some((403, _)) => Some(words.only_here),
                _ => Some(words.unread),
            };
            set(self.trouble, trouble);
        });
    }

    /// What did not change leaves the page alone, so that an opened letter stays open.
    fn take(self, letters: DeadLetters) {
        let DeadLetters { items, next, counts, sources, quota } = letters;
        let there: BTreeSet<u64> = items.iter().map(|letter| letter.id).collect();
        if self.chosen.with_untracked(|chosen| !chosen.is_subset(&there)) {
            self.chosen.update(|chosen| chosen.retain(|id| there.contains(id)));
        }
        set(self.has_more, next.is_some() && self.limit.get_untracked() < MOST);
        set(self.counts, counts.into_iter().collect());
        set(self.accounts, sources);
        set(self.quota, quota);
        set(self.letters, items);
        set(self.was_read, true);
    }

    /// Shows more of what the filter finds.
    pub(crate) fn more(self) {
        self.limit.update(|limit| *limit = (*limit + PAGE).min(MOST));
    }

    /// Looks at something else.
    pub(crate) fn look(self, change: impl FnOnce(&mut Filter)) {
        self.limit.set(PAGE);
        self.chosen.update(BTreeSet::clear);
        self.filter.update(change);
    }

    /// Chooses a letter, or no longer.
    pub(crate) fn choose(self, id: u64) {
        self.chosen.update(|chosen| {
            if !chosen.remove(&id) {
                chosen.insert(id);
            }
        });
    }

    /// Whether a replay goes on.
    pub(crate) fn is_busy(self) -> bool {
        self.progress.with(|progress| progress.as_ref().is_some_and(|progress| progress.going == Going::On))
    }

    pub(crate) fn replay_one(self, id: u64) {
        self.replay(Walk::Chosen(vec![id]));
    }

    pub(crate) fn replay_chosen(self) {
        let chosen: Vec<u64> = self.chosen.with_untracked(|chosen| chosen.iter().copied().collect());
        if !chosen.is_empty() {
            self.replay(Walk::Chosen(chosen));
        }
    }

    pub(crate) fn replay_all(self) {
        self.replay(Walk::All(self.filter.get_untracked(), None));
    }

    /// Stops before the next step.
    pub(crate) fn stop(self) {
        self.stop.set(true);
    }

    /// Walks through the letters, a step at a time; one walk at a time. Letters that were replayed are not shown.
    fn replay(self, mut walk: Walk) {
        let replayed = self.filter.with_untracked(|filter| filter.replayed);
        if replayed || untrack(|| self.is_busy()) {
            return;
        }
        self.stop.set(false);
        self.progress.set(Some(Progress::of(&walk)));
        spawn_local(async move {
            let going = loop {
                match self.step(&walk).await {
                    Err(why) => break Going::Failed(why),
                    Ok(step) => {
                        self.progress.update(|progress| {
                            if let Some(progress) = progress {
                                progress.add(&step);
                            }
                        });
                        if !walk.advance(&step) {
                            break Going::Over;
                        }
                    }
                }
                if self.stop.get_untracked() {
                    break Going::Stopped;
                }
                self.read();
            };
            self.progress.update(|progress| {
                if let Some(progress) = progress {
                    progress.going = going;
                }
            });
            self.read();
        });
    }

    async fn step(self, walk: &Walk) -> Result<Step, String> {
        let words = self.words();
        for attempt in 1..=TRIES {
            match post_json(REPLAY, self.city.text.code, &walk.body(), ANSWER_MS).await {
                Some((200, text)) => {
                    return json::read(&text).map_err(|_another_version| words.unread.to_owned());
                }
                Some((403, _)) => return Err(words.only_here.to_owned()),
                Some((status, text)) if status != 503 => {
                    let problem: Value = json::read(&text).unwrap_or_default();
                    let detail = problem["detail"].as_str().unwrap_or_default();
                    return Err(format!("{status} {detail}"));
                }
                _ => sleep(1_000 * attempt).await,
            }
        }
        Err(words.no_answer.to_owned())
    }
}

/// Sets a signal only to another value.
fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
