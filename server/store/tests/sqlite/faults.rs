//! What can go wrong with the file: it is tampered with, full, locked, damaged, or not ours.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::conformance::scribe::{NOON, Scribe, complaint, event, of_samples, sample};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CityCode, Seq};
use pantau_store::{Batch, Broken, Fault, Retention, Settings, Sqlite, Store, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, SqliteConnection};
use tempfile::TempDir;

struct File {
    _folder: TempDir,
    path: PathBuf,
}

impl File {
    fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pantau.db");
        Self { _folder: folder, path }
    }

    async fn open(&self) -> Result<Sqlite, StoreError> {
        self.open_with(&Settings::default()).await
    }

    async fn open_with(&self, settings: &Settings) -> Result<Sqlite, StoreError> {
        Sqlite::open(&self.path, &city(), settings).await
    }

    /// Somebody with a shell and no respect.
    async fn raw(&self) -> SqliteConnection {
        raw(&self.path).await
    }
}

fn city() -> CityCode {
    CityCode::new("metro").unwrap()
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

const UNGUARDED: &str = "DROP TRIGGER journal_is_never_changed; DROP TRIGGER journal_is_never_cut;";

/// A journal of 40 entries with a snapshot at 20, then somebody's SQL.
async fn tampered(sql: &str) -> (File, Scribe) {
    let file = File::fresh();
    let store = file.open().await.unwrap();
    let mut scribe = Scribe::default();
    store.commit(&scribe.batch(20)).await.unwrap();
    store.snapshot(&scribe.world).await.unwrap();
    store.commit(&scribe.batch(20)).await.unwrap();
    store.close().await;
    let mut conn = file.raw().await;
    conn.execute(AssertSqlSafe(format!("{UNGUARDED}{sql}"))).await.unwrap();
    conn.close().await.unwrap();
    (file, scribe)
}

async fn verify(file: &File) -> Result<u64, Broken> {
    let store = Sqlite::open_read_only(&file.path, &city(), &Settings::default()).await.unwrap();
    match store.verify(|_| ()).await {
        Ok(verified) => Ok(verified.entries),
        Err(StoreError::Broken(broken)) => Err(broken),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_tampering_is_found_and_the_first_broken_entry_named() {
    assert_eq!(verify(&tampered("").await.0).await, Ok(40));
    let cases = [
        ("UPDATE journal SET text = replace(text, 'sms', 'web') WHERE seq = 5", 5, Fault::Altered),
        ("UPDATE journal SET hash = zeroblob(32) WHERE seq = 5", 5, Fault::Altered),
        ("UPDATE journal SET text = '{}' WHERE seq = 40", 40, Fault::Altered),
        ("DELETE FROM journal WHERE seq = 7", 7, Fault::Missing),
        ("DELETE FROM journal WHERE seq = 1", 1, Fault::Missing),
        (
            "UPDATE journal SET seq = 99 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 6; \
             UPDATE journal SET seq = 6 WHERE seq = 99",
            5,
            Fault::Moved(Seq(6)),
        ),
        ("UPDATE journal SET kind = 'server_started' WHERE seq = 9", 9, Fault::Disagrees("kind")),
        ("UPDATE journal SET subject = 'ap-99' WHERE seq = 3", 3, Fault::Disagrees("subject")),
        ("UPDATE journal SET time = time + 1 WHERE seq = 11", 11, Fault::Disagrees("time")),
        ("DELETE FROM journal WHERE seq > 30", 31, Fault::CutOff),
        ("DELETE FROM journal", 1, Fault::CutOff),
        ("UPDATE tip SET hash = zeroblob(32)", 40, Fault::Tip),
        ("UPDATE tip SET seq = 38, hash = (SELECT hash FROM journal WHERE seq = 38)", 39, Fault::Tip),
        // Cut off with the record of the end, but not the snapshot.
        (
            "DELETE FROM journal WHERE seq > 15; \
             UPDATE tip SET seq = 15, hash = (SELECT hash FROM journal WHERE seq = 15)",
            20,
            Fault::CutOff,
        ),
        ("UPDATE snapshot SET hash = zeroblob(32)", 20, Fault::Snapshot),
    ];
    for (sql, seq, why) in cases {
        let (file, _) = tampered(sql).await;
        assert_eq!(verify(&file).await, Err(Broken { seq: Seq(seq), why }), "{sql}");
    }
}

#[tokio::test]
async fn a_history_that_was_rewritten_with_all_its_hashes_contradicts_the_snapshot() {
    let (file, _) = tampered("").await;
    // The same entries, one of them changed, chained anew.
    let mut other = Scribe::default();
    let mut entries = vec![other.write(complaint(7, [1.0, 2.0]))];
    entries.extend(other.write_some(39));
    let mut conn = file.raw().await;
    for sealed in &entries {
        sqlx::query(
            "UPDATE journal SET time = ?2, kind = ?3, subject = ?4, text = ?5, hash = ?6 WHERE seq = ?1",
        )
        .bind(i64::try_from(sealed.entry.seq.0).unwrap())
        .bind(sealed.entry.time.micros())
        .bind(sealed.entry.change.kind())
        .bind(sealed.entry.change.subject())
        .bind(&sealed.text)
        .bind(sealed.entry.hash.bytes().as_slice())
        .execute(&mut conn)
        .await
        .unwrap();
    }
    conn.execute("UPDATE tip SET hash = (SELECT hash FROM journal WHERE seq = 40)").await.unwrap();
    assert_eq!(verify(&file).await, Err(Broken { seq: Seq(20), why: Fault::Snapshot }));
    assert!(matches!(file.open().await.unwrap().recover().await, Err(StoreError::Broken(_))));
}

#[tokio::test]
async fn a_start_refuses_a_tail_that_is_not_as_it_was_written() {
    for sql in [
        "UPDATE journal SET text = replace(text, 'tersimpan', 'hilang') WHERE seq = 36",
        "DELETE FROM journal WHERE seq = 33",
        "DELETE FROM journal WHERE seq > 33",
        "DELETE FROM journal WHERE seq > 10",
    ] {
        let (file, _) = tampered(sql).await;
        let recovered = file.open().await.unwrap().recover().await;
        assert!(matches!(recovered, Err(StoreError::Broken(_))), "{sql}: {recovered:?}");
    }
}

#[tokio::test]
async fn entries_of_a_newer_build_are_proved_and_passed_over() {
    let (file, scribe) = tampered("").await;
    let text = scribe.world.seq.next().0.to_string();
    let text = format!(
        r#"{{"seq":{text},"time":"2027-01-01T00:00:00Z","actor":"system","cause":"timer","change":{{"kind":"drone_landed","at":"x"}}}}"#
    );
    let hash = Hash::chain(&scribe.world.hash, text.as_bytes());
    let mut conn = file.raw().await;
    for sql in [
        "INSERT INTO journal SELECT city, seq + 1, 1798761600000000, 'drone_landed', 'x', ?1, ?2 FROM tip",
        "UPDATE tip SET seq = seq + 1, hash = ?2",
    ] {
        sqlx::query(sql).bind(&text).bind(hash.bytes().as_slice()).execute(&mut conn).await.unwrap();
    }
    assert_eq!(verify(&file).await, Ok(41));
    assert_eq!(file.open().await.unwrap().recover().await.unwrap().world.hash, hash);
    conn.execute("UPDATE journal SET kind = 'drone_lost' WHERE seq = 41").await.unwrap();
    assert_eq!(verify(&file).await, Err(Broken { seq: Seq(41), why: Fault::Disagrees("kind") }));
}

#[tokio::test]
async fn the_journal_refuses_to_be_edited_by_mistake() {
    let file = File::fresh();
    let store = file.open().await.unwrap();
    store.commit(&Scribe::default().batch(3)).await.unwrap();
    let mut conn = file.raw().await;
    assert!(conn.execute("UPDATE journal SET kind = 'x' WHERE seq = 1").await.is_err());
    assert!(conn.execute("DELETE FROM journal WHERE seq = 3").await.is_err());
}

#[tokio::test]
async fn a_damaged_snapshot_costs_time_and_not_the_city() {
    for sql in
        ["UPDATE snapshot SET world = '{}'", "UPDATE snapshot SET world = replace(world, 'sms', 'web')"]
    {
        let (file, scribe) = tampered(sql).await;
        let recovered = file.open().await.unwrap().recover().await.unwrap();
        assert_eq!((recovered.world, recovered.entries_replayed), (scribe.world, 40));
    }
}

#[tokio::test]
async fn a_full_store_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let file = File::fresh();
    let store =
        file.open_with(&Settings { max_bytes: Some(600 << 10), ..Settings::default() }).await.unwrap();
    let mut scribe = Scribe::default();
    let mut acknowledged = 0u32;
    let (refused, world) = loop {
        let world = scribe.world.clone();
        let samples = (0..500).map(|n| sample(&format!("s-{n}/x"), i64::from(acknowledged), 1.0)).collect();
        let inbox = vec![event(&format!("e-{acknowledged}"), "{}")];
        let batch = Batch { inbox, ..of_samples(samples) };
        let batch = Batch { entries: scribe.write_some(10), ..batch };
        match store.commit(&batch).await {
            Ok(_) => acknowledged += 1,
            Err(error) => {
                assert!(matches!(error, StoreError::Full(_)) && error.is_passing(), "{error:?}");
                break (batch, world);
            }
        }
    };
    assert!(acknowledged > 3, "the store was full after {acknowledged} batches");
    let recovered = store.recover().await.unwrap();
    assert_eq!(recovered.world, world);
    assert_eq!(recovered.inbox.len(), usize::try_from(acknowledged).unwrap());
    assert!(matches!(store.commit(&refused).await, Err(StoreError::Full(_))));
    store.ping().await.unwrap();

    let everything = Retention { samples_before: Some(NOON.plus_millis(86_400_000)), ..Retention::default() };
    let pruned = store.prune(&everything).await.unwrap();
    assert_eq!(pruned.samples, u64::from(acknowledged) * 500);
    assert_eq!(store.commit(&refused).await.unwrap().samples_new, 500);
    assert_eq!(store.recover().await.unwrap().world, scribe.world);
    assert_eq!(store.verify(|_| ()).await.unwrap().entries, scribe.world.seq.0);
}

#[tokio::test]
async fn a_store_that_others_hold_is_busy_and_then_goes_on() {
    let file = File::fresh();
    let settings = Settings { busy_timeout: Duration::from_millis(20), ..Settings::default() };
    let store = file.open_with(&settings).await.unwrap();
    let mut scribe = Scribe::default();
    let batch = scribe.batch(4);
    let mut other = file.raw().await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let error = store.commit(&batch).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)) && error.is_passing(), "{error:?}");
    other.execute("ROLLBACK").await.unwrap();
    store.commit(&batch).await.unwrap();
    assert_eq!(store.recover().await.unwrap().world, scribe.world);
}

#[tokio::test]
async fn only_one_process_writes_and_any_may_read() {
    let file = File::fresh();
    let store = file.open().await.unwrap();
    let mut scribe = Scribe::default();
    store.commit(&scribe.batch(20)).await.unwrap();
    assert!(matches!(file.open().await, Err(StoreError::InUse(_))));

    let reader = Sqlite::open_read_only(&file.path, &city(), &Settings::default()).await.unwrap();
    store.commit(&scribe.batch(20)).await.unwrap();
    assert_eq!(reader.verify(|_| ()).await.unwrap().entries, 40);
    assert!(matches!(reader.commit(&Batch::default()).await, Err(StoreError::NotWritable)));
    reader.close().await;
    store.close().await;
    // And with nobody there.
    assert_eq!(verify(&file).await, Ok(40));
    drop(file.open().await.unwrap());
    let missing =
        Sqlite::open_read_only(&file.path.with_extension("no"), &city(), &Settings::default()).await;
    assert!(matches!(missing, Err(StoreError::Unavailable(_))), "{missing:?}");
}

#[tokio::test]
async fn what_is_not_ours_is_refused_in_words() {
    // Of a newer build.
    let file = File::fresh();
    file.open().await.unwrap().close().await;
    let mut conn = file.raw().await;
    conn.execute("INSERT INTO _sqlx_migrations VALUES (9000, 'later', '2030-01-01', 1, x'00', 1)")
        .await
        .unwrap();
    let error = file.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9000, known: 2 }), "{error:?}");
    assert!(error.to_string().contains("newer build") && !error.is_passing());
    let reader = Sqlite::open_read_only(&file.path, &city(), &Settings::default()).await;
    assert!(matches!(reader, Err(StoreError::Newer { .. })));

    // Another program's.
    let file = File::fresh();
    file.raw().await.execute("CREATE TABLE bookmark (url TEXT)").await.unwrap();
    let before = std::fs::read(&file.path).unwrap();
    assert!(matches!(file.open().await, Err(StoreError::Foreign(_))));
    assert_eq!(std::fs::read(&file.path).unwrap(), before);

    // No database at all.
    let file = File::fresh();
    std::fs::write(&file.path, "Dear diary, ".repeat(1_000)).unwrap();
    let error = file.open().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)) && !error.is_passing(), "{error:?}");

    // A first start that was killed before its first migration is taken up.
    let file = File::fresh();
    let start = File::fresh();
    start.open().await.unwrap().close().await;
    let mut from = start.raw().await;
    let list: String = sqlx::query_scalar("SELECT sql FROM sqlite_schema WHERE name = '_sqlx_migrations'")
        .fetch_one(&mut from)
        .await
        .unwrap();
    file.raw().await.execute(AssertSqlSafe(list)).await.unwrap();
    file.open().await.unwrap();
}

#[tokio::test]
async fn damaged_pages_are_an_error_and_not_a_wrong_answer() {
    let file = File::fresh();
    let store = file.open().await.unwrap();
    let mut scribe = Scribe::default();
    store.commit(&scribe.batch(2_000)).await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(&file.path).unwrap();
    let middle = bytes.len() / 2;
    for page in bytes[middle..].chunks_mut(4096).take(40) {
        page.iter_mut().for_each(|byte| *byte ^= 0x5a);
    }
    std::fs::write(&file.path, bytes).unwrap();
    let outcome = match file.open().await {
        Ok(store) => store.recover().await.map(|recovered| recovered.world.digest()),
        Err(error) => Err(error),
    };
    let error = outcome.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_) | StoreError::Broken(_)), "{error:?}");
    assert_ne!(scribe.world.hash, Hash::ZERO);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_reads_the_names_of_citizens() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = File::fresh();
    let store = file.open().await.unwrap();
    store.commit(&Scribe::default().batch(1)).await.unwrap();
    for name in ["pantau.db", "pantau.db-wal", "pantau.db-shm"] {
        let mode = std::fs::metadata(file.path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} has mode {mode:o}");
    }
}
