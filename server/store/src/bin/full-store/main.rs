//! Fills a store and asks it what people and starts ask, for `cargo bench-city`.
//!
//! `full-store URL samples ROWS` writes a month of samples of 2,000 series and reads charts of some of them;
//! `full-store URL journal DEVICES ENTRIES` writes a journal and starts from it. Everything goes through the `Store` trait, as
//! the server goes; the store must be empty of what is written. Prints one line of JSON.

mod journal;
mod samples;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pantau_schemas::ids::CityCode;
use pantau_schemas::time::Timestamp;
use pantau_store::{Location, Postgres, PostgresSettings, Server, Settings, Sqlite, Store, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Numbers by their names, in the order they are shown.
type Numbers = Vec<(String, f64)>;

/// A place for a store, empty at first.
trait Home {
    type Store: Store;

    /// Opens it, as a server does at its start.
    async fn open(&self) -> Result<Self::Store, StoreError>;

    /// Does what the database does by itself in the hours after a flood; gives its size in MiB.
    async fn settle(&self) -> Outcome<f64>;
}

/// A file.
struct File {
    path: PathBuf,
    city: CityCode,
}

/// A database.
struct Database {
    server: Server,
    url: String,
    city: CityCode,
}

impl Home for File {
    type Store = Sqlite;

    async fn open(&self) -> Result<Sqlite, StoreError> {
        Sqlite::open(&self.path, &self.city, &Settings::default()).await
    }

    async fn settle(&self) -> Outcome<f64> {
        // What was committed and is not in the file yet lies beside it.
        let mut beside = self.path.clone().into_os_string();
        beside.push("-wal");
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        Ok(mib(length(&self.path) + length(Path::new(&beside))))
    }
}

impl Home for Database {
    type Store = Postgres;

    async fn open(&self) -> Result<Postgres, StoreError> {
        Postgres::open(&self.server, &self.city, &PostgresSettings::default()).await
    }

    async fn settle(&self) -> Outcome<f64> {
        let options: PgConnectOptions = self.url.parse()?;
        let mut conn = options.disable_statement_logging().connect().await?;
        let hypertable: bool =
            sqlx::query_scalar("SELECT to_regclass('timescaledb_information.jobs') IS NOT NULL")
                .fetch_one(&mut conn)
                .await?;
        if hypertable {
            // None where the edition does not compress.
            let job: Option<i32> = sqlx::query_scalar(
                "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'",
            )
            .fetch_optional(&mut conn)
            .await?;
            if let Some(job) = job {
                conn.execute(AssertSqlSafe(format!("CALL run_job({job})"))).await?;
            }
        }
        conn.execute("VACUUM ANALYZE").await?;
        conn.execute("CHECKPOINT").await?;
        let bytes: i64 =
            sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(&mut conn).await?;
        conn.close().await?;
        Ok(mib(u64::try_from(bytes)?))
    }
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a size for people")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Milliseconds of a share of the measurements, for their names `{name}_p50_ms` and so on.
fn quantiles(numbers: &mut Numbers, name: &str, mut times: Vec<Duration>) {
    times.sort();
    for percent in [50, 95] {
        let at = times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
        numbers.push((format!("{name}_p{percent}_ms"), at.as_secs_f64() * 1_000.0));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is old enough to be compressed, the database's clock says"
)]
fn now() -> Outcome<Timestamp> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Timestamp::from_secs(i64::try_from(since.as_secs())?))
}

async fn run(home: &impl Home, words: &[String]) -> Outcome<Numbers> {
    match words {
        [what, rows] if what == "samples" => samples::run(home, rows.parse()?, now()?).await,
        [what, devices, entries] if what == "journal" => {
            journal::run(home, devices.parse()?, entries.parse()?, now()?).await
        }
        _ => Err("usage: full-store URL samples ROWS | URL journal DEVICES ENTRIES".into()),
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        return Err("the first argument is the URL of an empty store".into());
    }
    let url = words.remove(0);
    // Each in a city of its own: one database holds both.
    let city = CityCode::new(words.first().ok_or("what is to be measured?")?)?;
    let numbers = match Location::parse(&url, Path::new(""))? {
        Location::Sqlite(path) => run(&File { path, city }, &words).await?,
        Location::Postgres(server) => run(&Database { server, url, city }, &words).await?,
    };
    let numbers = numbers.into_iter().map(|(name, value)| (name, serde_json::json!(value)));
    let text =
        serde_json::Value::Array(numbers.map(|(name, value)| serde_json::json!([name, value])).collect());
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
