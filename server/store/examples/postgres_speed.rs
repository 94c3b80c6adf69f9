//! How fast the PostgreSQL home is here, beside what bare COPY does with the same rows in the same run, and what the
//! order of the key costs in writing and in reading.
//!
//! `cargo run --release -p pantau-store --example postgres_speed -- URL [rows] [batch]`, for instance
//! `'postgres://owner@localhost/speed?host=/run/postgresql' 20000000 10000`. Prints one line a measurement; the
//! database should be empty, and is left as it is.

mod speed;

use std::path::Path;
use std::time::Duration;

use pantau_schemas::ids::CityCode;
use pantau_schemas::observation::Sample;
use pantau_schemas::time::Timestamp;
use pantau_store::{Batch, Location, Postgres, PostgresSettings, Store};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};
use tokio::time::Instant;

use speed::{Outcome, START_US, names, quantiles, rate, row, samples, say};

const DAY_US: i64 = 86_400_000_000;

/// A table with that key; `by day` is partitioned, as ours is.
async fn table(conn: &mut PgConnection, key: &str, by_day: bool, rows: i64) -> Outcome<()> {
    let primary = if key.is_empty() { String::new() } else { format!(", PRIMARY KEY ({key})") };
    let part = if by_day { "PARTITION BY RANGE (time)" } else { "" };
    conn.execute(AssertSqlSafe(format!(
        "DROP TABLE IF EXISTS t; CREATE TABLE t (city integer NOT NULL, series integer NOT NULL, time bigint NOT NULL, \
         value double precision NOT NULL {primary}) {part}"
    )))
    .await?;
    let last = row(rows + 1_000_000).1.div_euclid(DAY_US);
    for day in START_US.div_euclid(DAY_US)..=last {
        if by_day {
            let (from, to) = (day * DAY_US, (day + 1) * DAY_US);
            conn.execute(AssertSqlSafe(format!(
                "CREATE TABLE t_{day} PARTITION OF t FOR VALUES FROM ({from}) TO ({to})"
            )))
            .await?;
        }
    }
    Ok(())
}

/// Bare binary COPY, a transaction each; the rows of a batch in the order of the key.
async fn raw(conn: &mut PgConnection, key: &str, by_day: bool, rows: i64, batch: i64) -> Outcome<()> {
    table(conn, key, by_day, rows).await?;
    let mut took = Duration::ZERO;
    let mut times = Vec::new();
    let mut n = 0;
    while n < rows {
        let mut part: Vec<(i64, i64, f64)> = (n..n + batch).map(row).collect();
        if key.starts_with("city, series") {
            part.sort_by_key(|(series, time, _)| (*series, *time));
        } else {
            part.sort_by_key(|(series, time, _)| (*time, *series));
        }
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        for (series, time, value) in part {
            let series = i32::try_from(series)?;
            for piece in
                [&[0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4][..], &series.to_be_bytes(), &[0, 0, 0, 8]]
            {
                bytes.extend_from_slice(piece);
            }
            bytes.extend_from_slice(&time.to_be_bytes());
            bytes.extend_from_slice(&[0, 0, 0, 8]);
            bytes.extend_from_slice(&value.to_be_bytes());
        }
        bytes.extend_from_slice(&[255, 255]);
        let began = Instant::now();
        let mut copy = conn.copy_in_raw("COPY t FROM STDIN (FORMAT binary)").await?;
        copy.send(bytes).await?;
        copy.finish().await?;
        took += began.elapsed();
        times.push(began.elapsed());
        n += batch;
    }
    let form = if by_day { ", by day" } else { "" };
    say(&format!("bare COPY, key ({key}){form}: {} ({})", rate(n, took), quantiles(times)));
    let end = row(n).1;
    let mut day = Vec::new();
    for series in (0..2_000).step_by(97) {
        let began = Instant::now();
        let found: Vec<(i64, f64)> = sqlx::query_as(
            "SELECT time, value FROM t WHERE city = 1 AND series = $1 AND time >= $2 AND time < $3 ORDER BY time",
        )
        .bind(series)
        .bind(end - DAY_US)
        .bind(end)
        .fetch_all(&mut *conn)
        .await?;
        day.push(began.elapsed());
        if found.is_empty() {
            return Err("nothing was read".into());
        }
    }
    let bytes: i64 = sqlx::query_scalar(
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class \
         WHERE relkind = 'r' AND (relname = 't' OR relname LIKE 't\\_%')",
    )
    .fetch_one(&mut *conn)
    .await?;
    say(&format!("  one series, 24 h by the minute: {}; {} bytes a row", quantiles(day), bytes / n));
    Ok(())
}

async fn timed(store: &Postgres, batch: &Batch) -> Outcome<Duration> {
    let began = Instant::now();
    store.commit(batch).await?;
    Ok(began.elapsed())
}

fn of(samples: Vec<Sample>) -> Batch {
    Batch { samples, ..Batch::default() }
}

async fn through_the_store(store: &Postgres, rows: i64, batch: i64) -> Outcome<()> {
    let names = names()?;
    let (mut took, mut times, mut n) = (Duration::ZERO, Vec::new(), 0);
    while n < rows {
        let one = timed(store, &of(samples(n, n + batch, &names))).await?;
        took += one;
        times.push(one);
        n += batch;
    }
    say(&format!("Store::commit, {batch} samples each: {} ({})", rate(n, took), quantiles(times)));

    let mut took = Duration::ZERO;
    for _ in 0..10 {
        // Half of it came before.
        took += timed(store, &of(samples(n - batch / 2, n + batch / 2, &names))).await?;
        n += batch / 2;
    }
    say(&format!("Store::commit, {batch} samples of which half collide: {}", rate(10 * batch, took)));

    let messages = samples(n, n + 20_000, &names).chunks(10).map(<[Sample]>::to_vec).collect::<Vec<_>>();
    let mut took = Duration::ZERO;
    for part in messages.chunks(200) {
        took += timed(store, &Batch { suspects: part.to_vec(), ..Batch::default() }).await?;
    }
    say(&format!("Store::commit, suspects of 10 samples, 200 messages each: {}", rate(20_000, took)));
    n += 20_000;

    let mut times = Vec::new();
    for _ in 0..1_000 {
        times.push(timed(store, &of(samples(n, n + 10, &names))).await?);
        n += 10;
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
    let began = Instant::now();
    let recovered = store.recover().await?;
    say(&format!("newest of {} series, at a start: {:.2?}", recovered.heads.len(), began.elapsed()));
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("the first argument is the URL of an empty database")?;
    let rows = arguments.next().map(|word| word.parse()).transpose()?.unwrap_or(1_000_000);
    let batch = arguments.next().map(|word| word.parse()).transpose()?.unwrap_or(10_000);
    let options: PgConnectOptions = url.parse()?;
    let mut conn = options.disable_statement_logging().connect().await?;
    for (key, by_day) in [
        ("", false),
        ("time, series", false),
        ("city, time, series", false),
        ("city, series, time", false),
        ("city, series, time", true),
    ] {
        raw(&mut conn, key, by_day, rows, batch).await?;
    }
    conn.execute("DROP TABLE t").await?;
    let Location::Postgres(server) = Location::parse(&url, Path::new(""))? else {
        return Err("not a PostgreSQL URL".into());
    };
    let store = Postgres::open(&server, &CityCode::new("metro")?, &PostgresSettings::default()).await?;
    through_the_store(&store, rows, batch).await?;
    store.close().await;
    Ok(())
}
