//! What a bare database does with samples, for `cargo bench-city` to measure the server against.
//!
//! `bare-store postgres URL SERIES BATCH SECONDS` copies batches into a table of the shape and key of ours, a partition
//! a day, one transaction each; `bare-store sqlite FILE SERIES BATCH SECONDS` inserts them, 256 rows a statement. Only the
//! time in the database counts: a batch is made ready before its clock starts. Prints one line of JSON.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection,
};
use tokio::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAY_US: i64 = 86_400_000_000;
const HOUR_US: i64 = 3_600_000_000;
/// Rows of a statement, as the embedded store has it.
const ROWS: usize = 256;
/// From one sample of a series to its next.
const STEP_US: i64 = 100;

/// What is written, and for how long.
#[derive(Debug, Clone, Copy)]
struct Plan {
    series: i32,
    batch: i64,
    length: Duration,
    /// The first time. Of one day, so that the same partition takes all.
    start_us: i64,
}

impl Plan {
    /// A batch in the order of the key: series, time, value.
    fn rows(&self, number: i64) -> Vec<(i32, i64, f64)> {
        let row = |n: i64| {
            let series = i32::try_from(n % i64::from(self.series)).unwrap_or_default();
            let value = f64::from(i32::try_from(n % 997).unwrap_or_default());
            (series, self.start_us + n / i64::from(self.series) * STEP_US, value)
        };
        let mut rows: Vec<_> = (number * self.batch..(number + 1) * self.batch).map(row).collect();
        rows.sort_by_key(|(series, time, _)| (*series, *time));
        rows
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [kind, place, series, batch, seconds] = words.as_slice() else {
        return Err("usage: bare-store postgres|sqlite URL|FILE SERIES BATCH SECONDS".into());
    };
    let plan = Plan {
        series: series.parse()?,
        batch: batch.parse()?,
        length: Duration::from_secs(seconds.parse()?),
        start_us: 20_783 * DAY_US,
    };
    let times = match kind.as_str() {
        "postgres" => postgres(place, plan).await?,
        "sqlite" => sqlite(place, plan).await?,
        other => return Err(format!("{other} is neither postgres nor sqlite").into()),
    };
    say(plan, times)
}

/// Rows a second, and how long a commit took.
fn say(plan: Plan, mut times: Vec<Duration>) -> Outcome<()> {
    times.sort();
    let all: f64 = times.iter().map(Duration::as_secs_f64).sum();
    let rows = f64::from(u32::try_from(times.len())?) * f64::from(u32::try_from(plan.batch)?);
    let at = |percent: usize| {
        times
            .get(times.len().saturating_sub(1) * percent / 100)
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    writeln!(
        std::io::stdout(),
        "{{\"rows_per_s\":{:.0},\"commit_p50_ms\":{:.3},\"commit_p99_ms\":{:.3}}}",
        rows / all,
        at(50),
        at(99)
    )?;
    Ok(())
}

async fn postgres(url: &str, plan: Plan) -> Outcome<Vec<Duration>> {
    let options: PgConnectOptions = url.parse()?;
    let mut conn = options.disable_statement_logging().connect().await?;
    let (from, to) = (plan.start_us, plan.start_us + DAY_US);
    conn.execute(AssertSqlSafe(format!(
        "CREATE TABLE bare (city integer NOT NULL, series integer NOT NULL, time bigint NOT NULL, \
           value double precision NOT NULL, PRIMARY KEY (city, series, time)) PARTITION BY RANGE (time); \
         CREATE TABLE bare_day PARTITION OF bare FOR VALUES FROM ({from}) TO ({to})"
    )))
    .await?;
    let mut times = Vec::new();
    let began = Instant::now();
    for number in 0.. {
        if began.elapsed() > plan.length {
            break;
        }
        let bytes = binary(&plan.rows(number));
        times.push(copied(&mut conn, bytes).await?);
    }
    conn.close().await?;
    Ok(times)
}

/// Copies one batch; outside of a transaction a statement is one.
async fn copied(conn: &mut PgConnection, bytes: Vec<u8>) -> Outcome<Duration> {
    let began = Instant::now();
    let mut copy = conn.copy_in_raw("COPY bare FROM STDIN (FORMAT binary)").await?;
    copy.send(bytes).await?;
    copy.finish().await?;
    Ok(began.elapsed())
}

/// The binary format of COPY (postgresql.org/docs/current/sql-copy.html).
fn binary(rows: &[(i32, i64, f64)]) -> Vec<u8> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for (series, time, value) in rows {
        bytes.extend_from_slice(&[0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4]);
        bytes.extend_from_slice(&series.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 8]);
        bytes.extend_from_slice(&time.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 8]);
        bytes.extend_from_slice(&value.to_be_bytes());
    }
    bytes.extend_from_slice(&[255, 255]);
    bytes
}

async fn sqlite(file: &str, plan: Plan) -> Outcome<Vec<Duration>> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "4000")
        .disable_statement_logging();
    let mut conn = options.connect().await?;
    conn.execute(
        "CREATE TABLE bare (slot INTEGER NOT NULL, series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, \
         PRIMARY KEY (slot, series, time)) STRICT, WITHOUT ROWID",
    )
    .await?;
    let mut times = Vec::new();
    let began = Instant::now();
    for number in 0.. {
        if began.elapsed() > plan.length {
            break;
        }
        times.push(inserted(&mut conn, &plan.rows(number)).await?);
    }
    conn.close().await?;
    Ok(times)
}

/// Inserts one batch.
async fn inserted(conn: &mut SqliteConnection, rows: &[(i32, i64, f64)]) -> Outcome<Duration> {
    let began = Instant::now();
    conn.execute("BEGIN IMMEDIATE").await?;
    for part in rows.chunks(ROWS) {
        let text = format!("INSERT INTO bare VALUES {}", vec!["(?,?,?,?)"; part.len()].join(","));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (series, time, value) in part {
            query = query.bind(time.div_euclid(HOUR_US)).bind(series).bind(time).bind(value);
        }
        query.execute(&mut *conn).await?;
    }
    conn.execute("COMMIT").await?;
    Ok(began.elapsed())
}
