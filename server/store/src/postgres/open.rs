//! Opening: the server's version, the schema, the city, the lock.

use std::time::Duration;

use pantau_schemas::ids::CityCode;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool};
use tokio::sync::Mutex;

use super::Postgres;
use super::fault::{FromSqlx as _, within};
use super::schema;
use super::server::Server;
use super::writer::Writer;
use crate::error::StoreError;

/// The oldest PostgreSQL that is tested.
const OLDEST: u32 = 15;

/// How the database is used. The defaults suit a city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Connections for questions.
    pub readers: u32,
    /// How long the database may take to connect, to answer a question, or to commit a batch; then it is
    /// [`StoreError::Unavailable`], and the batch is tried again.
    pub answer_within: Duration,
    /// Over TCP, a batch with fewer new samples than this is inserted in one statement, and one with more is
    /// copied: a COPY waits there for a delayed acknowledgement, which only a large batch makes up for.
    pub copy_over_tcp_from: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { readers: 4, answer_within: Duration::from_secs(30), copy_over_tcp_from: 20_000 }
    }
}

impl Postgres {
    /// Opens the store of `city` for writing, and brings the schema up to date where the role may do that.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another Pantau writes to the city, [`StoreError::Newer`] when a newer build
    /// brought the schema up to date, [`StoreError::NotMigrated`] when `pantau migrate` must do that first,
    /// [`StoreError::TooOld`] for a PostgreSQL before 15.
    pub async fn open(server: &Server, city: &CityCode, settings: &Settings) -> Result<Self, StoreError> {
        let mut conn = connect(server, settings).await?;
        if !schema::is_current(&mut conn).await? {
            schema::migrate(&mut conn).await?;
        }
        let number = match city_number(&mut conn, city).await? {
            Some(number) => number,
            None => add_city(&mut conn, city).await?,
        };
        let writer = Writer::take_over(number, server, settings, conn).await?;
        let (layout, readers) = (writer.days.layout, readers(server, settings));
        let (settings, writer) = (settings.clone(), Mutex::new(Some(writer)));
        Ok(Self { city: number, settings, layout, readers, writer })
    }

    /// Opens an existing store for reading, also while a server writes to it: for `audit verify` and
    /// exports.
    ///
    /// # Errors
    /// As [`Postgres::open`]; [`StoreError::NoCity`] when nothing was ever written for the city.
    pub async fn open_read_only(
        server: &Server,
        city: &CityCode,
        settings: &Settings,
    ) -> Result<Self, StoreError> {
        let mut conn = connect(server, settings).await?;
        schema::check(&mut conn).await?;
        let number = city_number(&mut conn, city).await?;
        let number = number.ok_or_else(|| StoreError::NoCity(city.clone()))?;
        let layout = schema::layout(&mut conn).await?;
        conn.close().await.store()?;
        let (settings, readers) = (settings.clone(), readers(server, settings));
        Ok(Self { city: number, settings, layout, readers, writer: Mutex::new(None) })
    }

    /// Brings the schema up to date, beside a running server too; grants the run-time role its rights.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer build did that, [`StoreError::Database`] when the role may not.
    pub async fn migrate(server: &Server, settings: &Settings) -> Result<(), StoreError> {
        let mut conn = connect(server, settings).await?;
        schema::migrate(&mut conn).await?;
        conn.close().await.store()
    }
}

/// What holds for every connection of ours, whatever the server's defaults: durable on COMMIT, and gone when we
/// are. A vanished machine must not keep its lock: the server ends a connection whose peer says nothing.
const SESSION: &str = "SET search_path = pantau, public; SET synchronous_commit = on; \
    SET idle_in_transaction_session_timeout = '60s'; \
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

/// A new connection: the writer's, and that of whoever looks first. Older ones for questions are made anew after it.
pub(super) async fn connect(server: &Server, settings: &Settings) -> Result<PgConnection, StoreError> {
    within(settings.answer_within, async {
        let mut conn = server.options().connect().await.store()?;
        if let Some(found) = conn.server_version_num().map(|version| version / 10_000)
            && found < OLDEST
        {
            return Err(StoreError::TooOld { found, oldest: OLDEST });
        }
        conn.execute(SESSION).await.store()?;
        server.note_met();
        Ok(conn)
    })
    .await
}

/// Connections for questions; made when first asked for.
fn readers(server: &Server, settings: &Settings) -> PgPool {
    let millis = settings.answer_within.as_millis();
    // Plans are made for the values asked for: a plan for any value would look into every day's partition.
    let session = format!(
        "{SESSION}; SET default_transaction_read_only = on; SET plan_cache_mode = force_custom_plan; \
         SET statement_timeout = {millis}"
    );
    let address = server.clone();
    PgPoolOptions::new()
        .max_connections(settings.readers.max(1))
        .min_connections(0)
        .acquire_timeout(settings.answer_within.min(QUEUE))
        // Looked at before it is asked whether it lives: one to a server that hangs would take its time to say so.
        .test_before_acquire(false)
        .before_acquire(move |conn, connection| {
            let outdated = address.is_outdated(connection.age);
            Box::pin(async move { Ok(!outdated && conn.ping().await.is_ok()) })
        })
        .after_connect(move |conn, _| {
            let session = session.clone();
            Box::pin(async move { conn.execute(AssertSqlSafe(session)).await.map(drop) })
        })
        .connect_lazy_with(server.options().clone())
}

/// How long a question waits for a free reader before it is [`StoreError::Unavailable`].
const QUEUE: Duration = Duration::from_secs(5);

async fn city_number(conn: &mut PgConnection, city: &CityCode) -> Result<Option<i32>, StoreError> {
    sqlx::query_scalar("SELECT id FROM city WHERE code = $1")
        .bind(city.as_str())
        .fetch_optional(conn)
        .await
        .store()
}

async fn add_city(conn: &mut PgConnection, city: &CityCode) -> Result<i32, StoreError> {
    sqlx::query("INSERT INTO city (code) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(city.as_str())
        .execute(&mut *conn)
        .await
        .store()?;
    city_number(conn, city).await?.ok_or(StoreError::NotWritable)
}
