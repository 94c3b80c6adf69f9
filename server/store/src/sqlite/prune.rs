//! Removing what is past its time, a little at a time: each step is a commit of its own, and between two
//! steps the batches of the core go first.

use sqlx::SqliteConnection;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

use super::Sqlite;
use super::fault::FromSqlx as _;
use super::samples::first_kept_slot;
use crate::error::StoreError;
use crate::query::{Pruned, Retention};

/// Rows of one step, about: some ten milliseconds of work.
const STEP: i64 = 20_000;

type Statement<'q> = Query<'q, sqlx::Sqlite, SqliteArguments>;

pub(super) async fn prune(store: &Sqlite, retention: &Retention) -> Result<Pruned, StoreError> {
    let mut pruned = Pruned::default();
    if let Some(before) = retention.samples_before {
        pruned.samples = samples(store, first_kept_slot(before.micros())).await?;
    }
    if let Some(before) = retention.dead_letters_before {
        pruned.dead_letters = repeat(store, || {
            sqlx::query(
                "DELETE FROM dead_letter WHERE id IN \
                 (SELECT id FROM dead_letter WHERE city = ?1 AND max(received, last) < ?2 ORDER BY id LIMIT ?3)",
            )
            .bind(store.city)
            .bind(before.micros())
            .bind(STEP)
        })
        .await?;
    }
    if let Some(before) = retention.reporters_before {
        pruned.reporters = repeat(store, || {
            sqlx::query(
                "DELETE FROM reporter WHERE inbox IN \
                 (SELECT inbox.id FROM reporter JOIN inbox ON inbox.id = reporter.inbox \
                  WHERE inbox.city = ?1 AND inbox.received < ?2 LIMIT ?3)",
            )
            .bind(store.city)
            .bind(before.micros())
            .bind(STEP)
        })
        .await?;
    }
    Ok(pruned)
}

/// Removes the samples of every slot before `end`.
async fn samples(store: &Sqlite, end: i64) -> Result<u64, StoreError> {
    let mut gone = 0;
    while let Some(slot) = first_slot(store, end).await? {
        // Up to and with the series at which a step's worth of rows is reached; or the whole slot.
        let last: Option<i64> =
            sqlx::query_scalar("SELECT series FROM sample WHERE slot = ?1 ORDER BY series LIMIT 1 OFFSET ?2")
                .bind(slot)
                .bind(STEP)
                .fetch_optional(&store.readers)
                .await
                .store()?;
        let query = sqlx::query("DELETE FROM sample WHERE slot = ?1 AND series <= ?2");
        gone += step(store, query.bind(slot).bind(last.unwrap_or(i64::MAX))).await?;
    }
    Ok(gone)
}

/// The oldest slot before `end`.
async fn first_slot(store: &Sqlite, end: i64) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar("SELECT slot FROM sample WHERE slot < ?1 ORDER BY slot LIMIT 1")
        .bind(end)
        .fetch_optional(&store.readers)
        .await
        .store()
}

/// Repeats a step until it finds nothing.
async fn repeat<'q>(store: &Sqlite, statement: impl Fn() -> Statement<'q>) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        match step(store, statement()).await? {
            0 => return Ok(gone),
            now => gone += now,
        }
    }
}

/// One statement, one commit.
async fn step(store: &Sqlite, statement: Statement<'_>) -> Result<u64, StoreError> {
    let mut writer = store.writer.lock().await;
    let writer = writer.as_mut().ok_or(StoreError::NotWritable)?;
    let mut conn: SqliteConnection = writer.take().await?;
    let gone = statement.execute(&mut conn).await.store()?.rows_affected();
    writer.put_back(conn);
    Ok(gone)
}
