//! How fast the embedded store is here, beside what bare SQLite does with the same rows in the same run.
//!
//! `cargo run --release -p pantau-store --example store_speed -- [rows] [batch]`, for instance `20000000 10000`.
//! Prints one line a measurement; writes to a temporary folder.

mod speed;

use std::path::Path;
use std::time::Duration;

use pantau_schemas::entry::{Actor, Cause, Change, DeviceChange, DeviceReason, DeviceState, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CityCode, DeviceId, EventKey};
use pantau_schemas::observation::Sample;
use pantau_schemas::time::Timestamp;
use pantau_schemas::world::World;
use pantau_store::{Batch, InboxRow, SealedEntry, Settings, Sqlite, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, SqliteConnection};
use tokio::time::Instant;

use speed::{Outcome, START_US, names, quantiles, rate, row, samples, say};

const HOUR_US: i64 = 3_600_000_000;

async fn bare(path: &Path, synchronous: SqliteSynchronous) -> Outcome<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "4000")
        .disable_statement_logging();
    Ok(options.connect().await?)
}

/// Multi-row inserts into nothing but the keyed table.
async fn raw(path: &Path, rows: i64, batch: i64, key: &str) -> Outcome<()> {
    let mut conn = bare(path, SqliteSynchronous::Full).await?;
    conn.execute(AssertSqlSafe(format!(
        "CREATE TABLE t (slot INTEGER NOT NULL, series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, \
         PRIMARY KEY ({key})) STRICT, WITHOUT ROWID"
    )))
    .await?;
    let text = format!("INSERT INTO t VALUES {}", vec!["(?,?,?,?)"; 200].join(","));
    let began = Instant::now();
    let mut n = 0;
    while n < rows {
        conn.execute("BEGIN IMMEDIATE").await?;
        let mut part: Vec<(i64, i64, i64, f64)> = (n..n + batch)
            .map(row)
            .map(|(series, time, value)| (time.div_euclid(HOUR_US), series, time, value))
            .collect();
        part.sort_by_key(|(slot, series, time, _)| (*slot, *series, *time));
        for chunk in part.chunks_exact(200) {
            let mut query = sqlx::query(AssertSqlSafe(text.clone()));
            for (slot, series, time, value) in chunk {
                query = query.bind(slot).bind(series).bind(time).bind(value);
            }
            query.execute(&mut conn).await?;
        }
        conn.execute("COMMIT").await?;
        n += batch;
    }
    say(&format!("bare 200-row VALUES, key ({key}): {}", rate(n, began.elapsed())));
    Ok(())
}

async fn through_the_store(path: &Path, rows: i64, batch: i64) -> Outcome<()> {
    let names = names()?;
    let store = Sqlite::open(path, &CityCode::new("metro")?, &Settings::default()).await?;
    let mut took = Duration::ZERO;
    let mut times = Vec::new();
    let mut n = 0;
    while n < rows {
        let batch_of_samples = Batch { samples: samples(n, n + batch, &names), ..Batch::default() };
        let began = Instant::now();
        store.commit(&batch_of_samples).await?;
        took += began.elapsed();
        times.push(began.elapsed());
        n += batch;
    }
    say(&format!("Store::commit, {batch} samples each: {} ({})", rate(n, took), quantiles(times)));

    let messages = samples(n, n + 20_000, &names).chunks(10).map(<[Sample]>::to_vec).collect::<Vec<_>>();
    let mut took = Duration::ZERO;
    for part in messages.chunks(200) {
        let suspects = Batch { suspects: part.to_vec(), ..Batch::default() };
        let began = Instant::now();
        store.commit(&suspects).await?;
        took += began.elapsed();
    }
    say(&format!("Store::commit, suspects of 10 samples, 200 messages each: {}", rate(20_000, took)));
    n += 20_000;

    let mut times = Vec::new();
    for _ in 0..2_000 {
        let small = Batch { samples: samples(n, n + 10, &names), ..Batch::default() };
        n += 10;
        let began = Instant::now();
        store.commit(&small).await?;
        times.push(began.elapsed());
    }
    say(&format!("Store::commit, 10 samples: {}", quantiles(times)));

    let end = Timestamp::from_micros(row(n).1);
    let (mut day, mut month, mut hours) = (Vec::new(), Vec::new(), 0);
    for name in names.iter().step_by(97) {
        let began = Instant::now();
        store.samples(name, end.plus_millis(-86_400_000), end, 100_000).await?;
        day.push(began.elapsed());
        let began = Instant::now();
        let hour = Duration::from_secs(3_600);
        hours = store.buckets(name, end.plus_millis(-30 * 86_400_000), end, hour, 1_000).await?.len();
        month.push(began.elapsed());
    }
    say(&format!("samples of one series, 24 h by the minute: {}", quantiles(day)));
    say(&format!("buckets of one series, {hours} hours: {}", quantiles(month)));
    store.close().await;
    say(&format!("file: {} MiB", std::fs::metadata(path)?.len() >> 20));
    Ok(())
}

/// What one `fsync` a commit costs.
async fn commits(path: &Path, synchronous: SqliteSynchronous) -> Outcome<()> {
    let mut conn = bare(path, synchronous).await?;
    conn.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT) STRICT").await?;
    let mut times = Vec::new();
    for _ in 0..2_000 {
        let began = Instant::now();
        conn.execute("INSERT INTO t (text) VALUES ('a')").await?;
        times.push(began.elapsed());
    }
    say(&format!("bare commit of one row, synchronous {synchronous:?}: {}", quantiles(times)));
    Ok(())
}

async fn recovery(path: &Path, entries: i64) -> Outcome<()> {
    let store = Sqlite::open(path, &CityCode::new("metro")?, &Settings::default()).await?;
    let mut world = World::default();
    let began = Instant::now();
    let mut took = Duration::ZERO;
    for n in 0..entries / 1_000 {
        let mut batch = Batch::default();
        for m in 0..1_000 {
            let time = Timestamp::from_micros(START_US + n * 1_000_000 + m);
            let change = Change::DeviceChanged(DeviceChange {
                device: DeviceId::new(&format!("ap-{}", (n * 1_000 + m) % 20_000))?,
                state: DeviceState::Up,
                reason: DeviceReason::Reported,
                since: time,
                boot_id: None,
                interval_s: Some(60),
                firmware: Some("1.2.3".to_owned()),
            });
            let (entry, text) =
                Entry::seal(world.seq.next(), time, Actor::system(), Cause::Timer, change, &world.hash)?;
            world.apply(&entry)?;
            batch.entries.push(SealedEntry { entry, text });
            let id = format!("LPR-2026-{}/1", n * 1_000 + m);
            let key = EventKey::new("/metro/dinkominfo/lapor", &id)?;
            let raw = "x".repeat(400);
            let body_hash = Hash::of(id.as_bytes());
            batch.inbox.push(InboxRow { key, body_hash, received: time, raw, reporter: None });
        }
        let one = Instant::now();
        store.commit(&batch).await?;
        took += one.elapsed();
        if n == entries / 1_000 - 10 {
            let began = Instant::now();
            store.snapshot(&world).await?;
            say(&format!("snapshot of {} devices: {:.2?}", world.devices.len(), began.elapsed()));
        }
    }
    say(&format!(
        "{entries} entries and as many events written: {}, {:.2?} in all",
        rate(entries, took),
        began.elapsed()
    ));
    store.close().await;
    let store = Sqlite::open(path, &CityCode::new("metro")?, &Settings::default()).await?;
    let began = Instant::now();
    let recovered = store.recover().await?;
    say(&format!(
        "recovered {} entries (tail {}), {} events in {:.2?}",
        recovered.world.seq,
        recovered.entries_replayed,
        recovered.inbox.len(),
        began.elapsed()
    ));
    let began = Instant::now();
    let verified = store.verify(|_| ()).await?;
    say(&format!("verified {} entries in {:.2?}", verified.entries, began.elapsed()));
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<i64>());
    let rows = arguments.next().transpose()?.unwrap_or(1_000_000);
    let batch = arguments.next().transpose()?.unwrap_or(10_000);
    let folder = tempfile::tempdir()?;
    let file = |name: &str| folder.path().join(name);
    commits(&file("normal.db"), SqliteSynchronous::Normal).await?;
    commits(&file("full.db"), SqliteSynchronous::Full).await?;
    raw(&file("slot.db"), rows, batch, "slot, series, time").await?;
    raw(&file("series.db"), rows, batch, "series, time").await?;
    raw(&file("time.db"), rows, batch, "time, series").await?;
    through_the_store(&file("store.db"), rows, batch).await?;
    recovery(&file("journal.db"), 1_000_000.min(rows)).await
}
