//! Opening the file: folders, lock, schema.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use pantau_schemas::ids::CityCode;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::Mutex;

use super::Sqlite;
use super::fault::{FromSqlx as _, name_migration};
use super::lock::Lock;
use super::writer::Writer;
use crate::error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// `PRAGMA application_id` of a database of ours: "PANT".
const APPLICATION: i64 = 0x5041_4E54;

/// How the file is used. The defaults suit a city on a small machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Connections for questions.
    pub readers: u32,
    /// How long a question or a commit waits for somebody else's lock before it is [`StoreError::Busy`].
    pub busy_timeout: Duration,
    /// Pages kept in memory by the writer, KiB. Holds the current hour of samples of 2,000 series.
    pub writer_cache_kib: u32,
    /// Pages kept in memory by each reader, KiB.
    pub reader_cache_kib: u32,
    /// Pages of the write-ahead log before they are moved to the database file; one commit in many pays for
    /// it.
    pub checkpoint_pages: u32,
    /// The file may grow so far, bytes; then commits fail with [`StoreError::Full`]. `None`: the disk's end.
    pub max_bytes: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            writer_cache_kib: 64 * 1024,
            reader_cache_kib: 8 * 1024,
            checkpoint_pages: 4_000,
            max_bytes: None,
        }
    }
}

impl Sqlite {
    /// Opens the store of `city` in a file, creates it and its folder where needed, and brings its schema up
    /// to date.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process writes to it, [`StoreError::Newer`] when a newer build did,
    /// [`StoreError::Foreign`] and [`StoreError::Corrupt`] when it is none of ours or damaged.
    pub async fn open(path: &Path, city: &CityCode, settings: &Settings) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| StoreError::Prepare { path: folder.to_owned(), source })?;
        }
        let lock = Lock::take(path)?;
        create_private(path)?;
        // Looked at before anything is set on it: what is not ours stays as it is.
        let mut conn = plain_options(path, settings).connect().await.store()?;
        check_schema(&mut conn, path).await?;
        conn.close().await.store()?;
        let options = writer_options(path, settings);
        let mut conn = options.connect().await.store()?;
        MIGRATIONS.run(&mut conn).await.map_err(name_migration)?;
        sqlx::query("INSERT INTO city (code) VALUES (?1) ON CONFLICT DO NOTHING")
            .bind(city.as_str())
            .execute(&mut conn)
            .await
            .store()?;
        let number = city_number(&mut conn, city).await?;
        let writer = Writer::new(number, options, conn, lock).await?;
        let readers = readers(path, settings).await?;
        Ok(Self { city: number, readers, writer: Mutex::new(Some(writer)) })
    }

    /// Opens an existing store for reading, also while a server writes to it: for `audit verify` and
    /// exports.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no such file, else as [`Sqlite::open`].
    pub async fn open_read_only(
        path: &Path,
        city: &CityCode,
        settings: &Settings,
    ) -> Result<Self, StoreError> {
        let mut conn = reader_options(path, settings).connect().await.store()?;
        check_schema(&mut conn, path).await?;
        let number = city_number(&mut conn, city).await?;
        conn.close().await.store()?;
        Ok(Self { city: number, readers: readers(path, settings).await?, writer: Mutex::new(None) })
    }
}

/// Makes the file, where there is none, for its owner alone: it will hold citizens' names. What SQLite puts
/// beside it gets the same mode.
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|source| StoreError::Prepare { path: path.to_owned(), source })
}

fn plain_options(path: &Path, settings: &Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(settings.busy_timeout).disable_statement_logging()
}

pub(super) fn reader_options(path: &Path, settings: &Settings) -> SqliteConnectOptions {
    plain_options(path, settings)
        .read_only(true)
        .pragma("cache_size", format!("-{}", settings.reader_cache_kib))
}

fn writer_options(path: &Path, settings: &Settings) -> SqliteConnectOptions {
    let mut options = plain_options(path, settings)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", format!("-{}", settings.writer_cache_kib))
        .pragma("wal_autocheckpoint", settings.checkpoint_pages.to_string());
    if let Some(bytes) = settings.max_bytes {
        options = options.pragma("max_page_count", (bytes / PAGE_BYTES).max(1).to_string());
    }
    options
}

/// How long a question waits for a free reader before it is [`StoreError::Unavailable`].
const QUEUE: Duration = Duration::from_secs(5);
/// SQLite's default, which we leave.
const PAGE_BYTES: u64 = 4096;

async fn readers(path: &Path, settings: &Settings) -> Result<sqlx::SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(settings.readers.max(1))
        .min_connections(0)
        .acquire_timeout(QUEUE)
        // A file does not hang up.
        .test_before_acquire(false)
        .connect_with(reader_options(path, settings))
        .await
        .store()
}

/// Refuses what is not ours, and what a newer build wrote.
pub(super) async fn check_schema(conn: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *conn).await.store()?;
    if tables == 0 {
        return Ok(());
    }
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *conn).await.store()?;
    let migrations: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
            .fetch_one(&mut *conn)
            .await
            .store()?;
    // A start killed between the list of migrations and the first of them leaves the list alone.
    let only_the_list = tables <= 2 && migrations == 1;
    if application != APPLICATION && !only_the_list {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    let found = schema_version(conn).await?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    match found {
        Some(found) if found > known => Err(StoreError::Newer { found, known }),
        _ => Ok(()),
    }
}

/// The newest migration that was applied.
pub(super) async fn schema_version(conn: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(conn).await.store()
}

async fn city_number(conn: &mut SqliteConnection, city: &CityCode) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT id FROM city WHERE code = ?1")
        .bind(city.as_str())
        .fetch_one(conn)
        .await
        .store()
}
