//! Bringing the schema up to date. It lives in a schema of its own, `pantau`, beside whatever else the database
//! holds. Migrations only expand, so that `pantau migrate` may run while the build before still writes.

use sqlx::migrate::Migrator;
use sqlx::{Executor as _, PgConnection};

use super::fault::{FromSqlx as _, name_migration};
use super::timescale;
use crate::error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Samples by the day, where there is no TimescaleDB.
const DAYS: &str = include_str!("../../migrations/postgres/samples/days.sql");
/// Rights of the run-time role.
const ROLES: &str = include_str!("../../migrations/postgres/samples/roles.sql");

/// First half of the keys of our advisory locks: "PANT".
pub(super) const LOCKS: i32 = 0x5041_4E54;
/// Second half while migrating; a writer's is its city's number, which is never 0.
const MIGRATING: i32 = 0;

/// How `sample` is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One native partition a day.
    Days,
    /// A hypertable of TimescaleDB.
    Hypertable,
}

fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The version of the schema, if there is one.
async fn found(conn: &mut PgConnection) -> Result<Option<i64>, StoreError> {
    let there: bool = sqlx::query_scalar(
        "SELECT to_regclass('pantau._sqlx_migrations') IS NOT NULL AND to_regclass('pantau.sample') IS NOT NULL",
    )
    .fetch_one(&mut *conn)
    .await
    .store()?;
    if !there {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(conn)
        .await
        .store()
}

/// Whether nothing is to be done.
///
/// # Errors
/// [`StoreError::Newer`] when a newer build was here.
pub(super) async fn is_current(conn: &mut PgConnection) -> Result<bool, StoreError> {
    let known = known();
    match found(conn).await? {
        Some(found) if found > known => Err(StoreError::Newer { found, known }),
        found => Ok(found == Some(known)),
    }
}

/// Refuses a schema that this build cannot read.
pub(super) async fn check(conn: &mut PgConnection) -> Result<(), StoreError> {
    if is_current(conn).await? { Ok(()) } else { Err(StoreError::NotMigrated) }
}

/// Does what is to be done, one at a time in the whole database.
pub(super) async fn migrate(conn: &mut PgConnection) -> Result<(), StoreError> {
    if !may_create(conn).await? {
        return Err(StoreError::NotMigrated);
    }
    conn.execute("SET lock_timeout = '60s'").await.store()?;
    sqlx::query("SELECT pg_advisory_lock($1, $2)")
        .bind(LOCKS)
        .bind(MIGRATING)
        .execute(&mut *conn)
        .await
        .store()?;
    // Whoever held the lock may have been a newer build.
    is_current(conn).await?;
    conn.execute("CREATE SCHEMA IF NOT EXISTS pantau").await.store()?;
    MIGRATIONS.run(&mut *conn).await.map_err(name_migration)?;
    let samples: bool = sqlx::query_scalar("SELECT to_regclass('pantau.sample') IS NOT NULL")
        .fetch_one(&mut *conn)
        .await
        .store()?;
    if !samples && !timescale::make(conn).await? {
        conn.execute(DAYS).await.store()?;
    }
    if layout(conn).await? == Layout::Hypertable {
        timescale::refine(conn).await?;
    }
    conn.execute(ROLES).await.store()?;
    conn.execute("RESET lock_timeout").await.store()?;
    sqlx::query("SELECT pg_advisory_unlock($1, $2)")
        .bind(LOCKS)
        .bind(MIGRATING)
        .execute(conn)
        .await
        .map(drop)
        .store()
}

/// Whether the role owns the schema, or may make it.
async fn may_create(conn: &mut PgConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar(
        "SELECT CASE WHEN to_regnamespace('pantau') IS NULL \
           THEN has_database_privilege(current_database(), 'CREATE') \
           ELSE has_schema_privilege('pantau', 'CREATE') END",
    )
    .fetch_one(conn)
    .await
    .store()
}

/// How `sample` was laid out when it was made.
pub(super) async fn layout(conn: &mut PgConnection) -> Result<Layout, StoreError> {
    let partitioned: bool =
        sqlx::query_scalar("SELECT relkind = 'p' FROM pg_class WHERE oid = 'pantau.sample'::regclass")
            .fetch_one(conn)
            .await
            .store()?;
    Ok(if partitioned { Layout::Days } else { Layout::Hypertable })
}
