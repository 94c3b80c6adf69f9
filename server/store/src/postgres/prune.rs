//! Removing what is past its time. A day of samples is dropped as a whole; where another city has samples in
//! it, and in the partition for odd times, rows are deleted a little at a time. Each step is a commit of its own,
//! and between two steps the batches of the core go first.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::Postgres;
use super::days::{DAY_US, day_of};
use super::fault::{FromSqlx as _, within};
use super::schema::Layout;
use crate::error::StoreError;
use crate::query::{Pruned, Retention};

/// Rows of one step, about: some ten milliseconds of work.
const STEP: i64 = 20_000;

type Statement<'q> = Query<'q, sqlx::Postgres, PgArguments>;

pub(super) async fn prune(store: &Postgres, retention: &Retention) -> Result<Pruned, StoreError> {
    let mut pruned = Pruned::default();
    if let Some(before) = retention.samples_before {
        pruned.samples = samples(store, day_of(before.micros())).await?;
    }
    if let Some(before) = retention.dead_letters_before {
        pruned.dead_letters = repeat(store, || {
            sqlx::query(
                "DELETE FROM dead_letter WHERE city = $1 AND id IN \
                 (SELECT id FROM dead_letter WHERE city = $1 AND greatest(received, last) < $2 ORDER BY id LIMIT $3)",
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
                "DELETE FROM reporter WHERE city = $1 AND inbox IN \
                 (SELECT inbox.id FROM reporter JOIN inbox \
                    ON inbox.city = reporter.city AND inbox.id = reporter.inbox \
                  WHERE inbox.city = $1 AND inbox.received < $2 LIMIT $3)",
            )
            .bind(store.city)
            .bind(before.micros())
            .bind(STEP)
        })
        .await?;
    }
    Ok(pruned)
}

/// Removes the samples of every day before `end`.
async fn samples(store: &Postgres, end: i64) -> Result<u64, StoreError> {
    let mut gone = drop_whole(store, end).await?;
    gone += repeat(store, || {
        sqlx::query(
            "DELETE FROM sample WHERE city = $1 AND time < $2 AND (series, time) IN \
             (SELECT series, time FROM sample WHERE city = $1 AND time < $2 LIMIT $3)",
        )
        .bind(store.city)
        .bind(end.saturating_mul(DAY_US))
        .bind(STEP)
    })
    .await?;
    Ok(gone)
}

/// Drops what belongs to this city alone.
async fn drop_whole(store: &Postgres, end: i64) -> Result<u64, StoreError> {
    let (layout, days) = {
        let mut writer = store.writer.lock().await;
        let writer = writer.as_mut().ok_or(StoreError::NotWritable)?;
        (writer.days.layout, writer.days.before(end))
    };
    if layout == Layout::Hypertable {
        let query = sqlx::query_scalar("SELECT sample_chunks_drop($1, $2)");
        let query = query.bind(store.city).bind(end.saturating_mul(DAY_US));
        let mut writer = store.writer.lock().await;
        let writer = writer.as_mut().ok_or(StoreError::NotWritable)?;
        let mut conn = writer.take().await?;
        let gone: i64 =
            within(store.settings.answer_within, async { query.fetch_one(&mut conn).await.store() }).await?;
        writer.put_back(conn);
        return Ok(u64::try_from(gone).unwrap_or(0));
    }
    let mut gone = 0;
    for day in days {
        let mut writer = store.writer.lock().await;
        let writer = writer.as_mut().ok_or(StoreError::NotWritable)?;
        let mut conn = writer.take().await?;
        let dropped: i64 = within(store.settings.answer_within, async {
            let query = sqlx::query_scalar("SELECT sample_day_drop($1, $2)").bind(store.city).bind(day);
            query.fetch_one(&mut conn).await.store()
        })
        .await?;
        writer.put_back(conn);
        if let Ok(count) = u64::try_from(dropped) {
            gone += count;
            writer.days.forget(day);
        }
    }
    Ok(gone)
}

/// Repeats a step until it finds nothing.
async fn repeat<'q>(store: &Postgres, statement: impl Fn() -> Statement<'q>) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        match step(store, statement()).await? {
            0 => return Ok(gone),
            now => gone += now,
        }
    }
}

/// One statement, one commit.
async fn step(store: &Postgres, statement: Statement<'_>) -> Result<u64, StoreError> {
    let mut writer = store.writer.lock().await;
    let writer = writer.as_mut().ok_or(StoreError::NotWritable)?;
    let mut conn = writer.take().await?;
    let done =
        within(store.settings.answer_within, async { statement.execute(&mut conn).await.store() }).await?;
    writer.put_back(conn);
    Ok(done.rows_affected())
}
