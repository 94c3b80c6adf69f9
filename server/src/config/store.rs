//! `[store]`: where history is kept, and within which bounds it is written.

use std::path::Path;
use std::time::Duration;

use pantau_schemas::toml_reader::{Faults, Table};
use pantau_store::{Location, PostgresSettings, Settings as SqliteSettings};

use super::files;

/// `[store]`.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) location: Location,
    pub(super) keeping: Keeping,
}

/// How the store is used, whichever home it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keeping {
    /// The embedded home.
    pub sqlite: SqliteSettings,
    /// The home in a database server.
    pub postgres: PostgresSettings,
    /// What is committed together, and what may wait for it.
    pub batching: Batching,
}

/// When a batch is committed, how much goes into one, and how much may wait while the store does not take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batching {
    /// A batch waits at most this long after the one before for company, so that a thousand messages a second are
    /// fifty commits. After a quiet time nothing waits.
    pub commit_after: Duration,
    /// Messages, and entries, of one batch. What waited while the store was down is committed in parts of this
    /// size, so that each part is done within the time that a commit may take.
    pub batch_messages: usize,
    /// Samples of one batch; a message is never split.
    pub batch_samples: usize,
    /// Messages that may wait in all: at 1,000 a second, a minute and a half of a store that is down.
    pub waiting_messages: usize,
    /// Samples that may wait in all.
    pub waiting_samples: usize,
    /// Entries that may wait in all.
    pub waiting_entries: usize,
    /// What events and unreadable messages of one batch may weigh, bytes as they came.
    pub batch_bytes: usize,
    /// What they may weigh in all: ten thousand of 64 KiB are no more than a thousand small ones by number.
    pub waiting_bytes: usize,
    /// Breaks the promise, so that the tests can show that they would notice. Only debug builds know the key.
    #[cfg(debug_assertions)]
    pub acknowledge_before_commit: bool,
}

impl Default for Batching {
    fn default() -> Self {
        Self {
            commit_after: Duration::from_millis(20),
            batch_messages: 10_000,
            batch_samples: 100_000,
            waiting_messages: 100_000,
            waiting_samples: 1_000_000,
            waiting_entries: 100_000,
            batch_bytes: 32 << 20,
            waiting_bytes: 256 << 20,
            #[cfg(debug_assertions)]
            acknowledge_before_commit: false,
        }
    }
}

pub(super) fn read(table: Option<Table<'_>>, base: &Path, data: &Path, faults: &Faults) -> Store {
    let default = || Location::Sqlite(data.join("pantau.db"));
    let Some(mut table) = table else {
        return Store { location: default(), keeping: Keeping::default() };
    };
    let location = location(&mut table, base, faults);
    let keeping = keeping(&mut table, location.as_ref());
    table.finish();
    Store { location: location.unwrap_or_else(default), keeping }
}

fn location(table: &mut Table<'_>, base: &Path, faults: &Faults) -> Option<Location> {
    // Not `parsed`, whose fault repeats the value: somebody's password may be in it.
    let location = table
        .text("url")
        .map(|url| Location::parse(&url, base).map_err(|error| table.fault("url", error.to_string())).ok());
    let password = table.text("password_file").and_then(|file| files::secret(&base.join(file), faults));
    match (location, password) {
        (Some(Some(Location::Postgres(server))), Some(password)) => {
            Some(Location::Postgres(server.with_password(&password)))
        }
        (None | Some(Some(Location::Sqlite(_))), Some(_)) => {
            table.fault("password_file", "is for postgres:// only");
            None
        }
        (location, _) => location.flatten(),
    }
}

fn keeping(table: &mut Table<'_>, location: Option<&Location>) -> Keeping {
    let mut keeping = Keeping::default();
    let Keeping { sqlite, postgres, batching } = &mut keeping;
    if let Some(count) = table.integer("connections", 1..=64).and_then(|count| u32::try_from(count).ok()) {
        (sqlite.readers, postgres.readers) = (count, count);
    }
    if let Some(seconds) = table.integer("answer_within_s", 1..=600) {
        let limit = Duration::from_secs(seconds.unsigned_abs());
        (sqlite.busy_timeout, postgres.answer_within) = (limit, limit);
    }
    let server = matches!(location, Some(Location::Postgres(_)));
    sqlite.max_bytes =
        table.integer("max_mib", 1..=1 << 24).map(|mib| mib.unsigned_abs().saturating_mul(1 << 20));
    if server && table.has("max_mib") {
        table.fault("max_mib", "is for sqlite: only; a database server has limits of its own");
    }
    number(table, "copy_over_tcp_from", 0..=10_000_000, &mut postgres.copy_over_tcp_from);
    if !server && table.has("copy_over_tcp_from") {
        table.fault("copy_over_tcp_from", "is for postgres:// only");
    }
    if let Some(millis) = table.integer("commit_after_ms", 0..=1_000) {
        batching.commit_after = Duration::from_millis(millis.unsigned_abs());
    }
    number(table, "batch_messages", 1..=1_000_000, &mut batching.batch_messages);
    number(table, "batch_samples", 1..=10_000_000, &mut batching.batch_samples);
    number(table, "waiting_messages", 1..=10_000_000, &mut batching.waiting_messages);
    number(table, "waiting_samples", 1..=100_000_000, &mut batching.waiting_samples);
    number(table, "waiting_entries", 1..=10_000_000, &mut batching.waiting_entries);
    for (key, into) in
        [("batch_mib", &mut batching.batch_bytes), ("waiting_mib", &mut batching.waiting_bytes)]
    {
        if let Some(mib) = table.integer(key, 1..=16_384).and_then(|mib| usize::try_from(mib).ok()) {
            *into = mib << 20;
        }
    }
    for (key, size, bound, limit) in [
        ("batch_messages", batching.batch_messages, "waiting_messages", batching.waiting_messages),
        ("batch_samples", batching.batch_samples, "waiting_samples", batching.waiting_samples),
        ("batch_mib", batching.batch_bytes >> 20, "waiting_mib", batching.waiting_bytes >> 20),
    ] {
        if size > limit {
            table.fault(key, format!("is {size}, more than may wait: `{bound}` is {limit}"));
        }
    }
    #[cfg(debug_assertions)]
    {
        batching.acknowledge_before_commit =
            table.boolean("sabotage_acknowledge_before_commit").unwrap_or(false);
    }
    keeping
}

fn number(table: &mut Table<'_>, key: &'static str, bounds: std::ops::RangeInclusive<i64>, into: &mut usize) {
    if let Some(count) = table.integer(key, bounds).and_then(|count| usize::try_from(count).ok()) {
        *into = count;
    }
}

#[cfg(test)]
mod tests {
    use pantau_schemas::toml_reader::Document;

    use super::*;

    /// Reads `[store]` and gives it with the faults' keys and messages.
    fn faults_of(text: &str) -> (Store, Vec<String>) {
        let faults = Faults::default();
        let document = Document::parse("pantau.toml", text, &faults);
        let mut root = document.root(&faults);
        let store = read(root.table("store"), Path::new("/etc"), Path::new("/var/data"), &faults);
        drop(root);
        drop(document);
        let said = faults.into_sorted().into_iter().map(|fault| format!("{}: {}", fault.key, fault.message));
        (store, said.collect())
    }

    #[test]
    fn every_bound_can_be_set_and_is_used_for_the_home_that_it_belongs_to() {
        let (store, faults) = faults_of(
            "[store]\nurl = \"postgres://pantau@localhost/pantau?host=/run/postgresql\"\nconnections = 8\n\
             answer_within_s = 12\ncopy_over_tcp_from = 5\ncommit_after_ms = 7\nbatch_messages = 10\n\
             batch_samples = 20\nwaiting_messages = 30\nwaiting_samples = 40\nwaiting_entries = 50",
        );
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(store.location.to_string(), "postgres://pantau@/run/postgresql:5432/pantau");
        let Keeping { postgres, batching, .. } = store.keeping;
        assert_eq!((postgres.readers, postgres.copy_over_tcp_from), (8, 5));
        assert_eq!(postgres.answer_within, Duration::from_secs(12));
        assert_eq!(
            batching,
            Batching {
                commit_after: Duration::from_millis(7),
                batch_messages: 10,
                batch_samples: 20,
                waiting_messages: 30,
                waiting_samples: 40,
                waiting_entries: 50,
                ..Batching::default()
            }
        );
        let (store, faults) =
            faults_of("[store]\nurl = \"sqlite:p.db\"\nmax_mib = 3\nanswer_within_s = 2\nconnections = 1");
        assert!(faults.is_empty(), "{faults:?}");
        let sqlite = store.keeping.sqlite;
        assert_eq!((sqlite.max_bytes, sqlite.readers), (Some(3 << 20), 1));
        assert_eq!(sqlite.busy_timeout, Duration::from_secs(2));
    }

    #[test]
    fn what_belongs_to_the_other_home_or_cannot_hold_is_a_fault() {
        let cases = [
            ("max_mib = 3\nurl = \"postgres://u@h/d\"", "store.max_mib: is for sqlite: only"),
            ("copy_over_tcp_from = 3", "store.copy_over_tcp_from: is for postgres:// only"),
            ("answer_within_s = 0", "store.answer_within_s: must be between 1 and 600"),
            ("connections = 1000", "store.connections: must be between"),
            ("batch_messages = 11\nwaiting_messages = 10", "store.batch_messages: is 11, more than may wait"),
            ("batch_samples = 11\nwaiting_samples = 10", "store.batch_samples: is 11, more than may wait"),
            ("commit_after = 3", "store.commit_after: is not a known key"),
        ];
        for (text, wanted) in cases {
            let (_, faults) = faults_of(&format!("[store]\n{text}"));
            assert!(faults.iter().any(|fault| fault.starts_with(wanted)), "no {wanted} in {faults:?}");
        }
    }

    /// What breaks the promise exists for tests alone: a release does not know the key.
    #[test]
    fn a_release_cannot_be_told_to_acknowledge_before_the_commit() {
        let (store, faults) = faults_of("[store]\nsabotage_acknowledge_before_commit = true");
        #[cfg(debug_assertions)]
        assert!(faults.is_empty() && store.keeping.batching.acknowledge_before_commit, "{faults:?}");
        #[cfg(not(debug_assertions))]
        assert_eq!((faults.len(), store.keeping.batching), (1, Batching::default()));
    }
}
