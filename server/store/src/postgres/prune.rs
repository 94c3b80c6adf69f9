//! Removing what is past its time. A day of samples is dropped as a whole; where another city has samples in
//! it, and among the samples of odd times, rows are deleted a little at a time. Each step is a commit of its own,
//! and between two steps the batches of the core go first.

use sqlx::postgres::PgArguments;
use sqlx::query::{Query, QueryScalar};

use super::Postgres;
use super::days::{DAY_US, day_of};
use super::fault::{FromSqlx as _, within};
use super::schema::Layout;
use crate::error::StoreError;
use crate::query::{Pruned, Retention};

/// Rows of one step, about: some ten milliseconds of work.
const STEP: i64 = 20_000;
/// Series of one step where a chunk of a hypertable is emptied. Minutely they have 72,000 samples in it.
const SERIES: i64 = 50;

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
    let (mut gone, shared) = drop_whole(store, end).await?;
    let odd = match store.layout {
        Layout::Days => {
            "DELETE FROM sample WHERE city = $1 AND time < $2 AND (series, time) IN \
             (SELECT series, time FROM sample WHERE city = $1 AND time < $2 LIMIT $3)"
        }
        Layout::Hypertable => {
            for day in shared {
                gone += empty_chunk(store, day).await?;
            }
            "DELETE FROM sample_other WHERE city = $1 AND (series, time) IN \
             (SELECT series, time FROM sample_other WHERE city = $1 AND time < $2 LIMIT $3)"
        }
    };
    let end = end.saturating_mul(DAY_US);
    gone += repeat(store, || sqlx::query(odd).bind(store.city).bind(end).bind(STEP)).await?;
    Ok(gone)
}

/// Drops the days that belong to this city alone; gives how many samples went, and the days that others share.
async fn drop_whole(store: &Postgres, end: i64) -> Result<(u64, Vec<i64>), StoreError> {
    let days = sqlx::query_scalar("SELECT day FROM sample_days() AS day WHERE day < $1 ORDER BY day");
    let (mut gone, mut shared) = (0, Vec::new());
    for day in ask(store, days.bind(end)).await? {
        let drop = sqlx::query_scalar("SELECT sample_day_drop($1, $2)").bind(store.city).bind(day);
        match ask(store, drop).await?.first().and_then(|count| u64::try_from(*count).ok()) {
            Some(count) => {
                gone += count;
                let mut writer = store.writer.lock().await;
                writer.as_mut().ok_or(StoreError::NotWritable)?.days.forget(day);
            }
            None => shared.push(day),
        }
    }
    Ok((gone, shared))
}

/// Takes one city's samples out of a chunk, some series at a time: out of a compressed one a series goes as a whole,
/// and of any other row nothing is unpacked.
async fn empty_chunk(store: &Postgres, day: i64) -> Result<u64, StoreError> {
    let (mut gone, mut after) = (0, 0);
    loop {
        let series = sqlx::query_scalar(
            "SELECT id::bigint FROM series WHERE city = $1 AND id > $2 ORDER BY id LIMIT $3",
        );
        let series = ask(store, series.bind(store.city).bind(after).bind(SERIES)).await?;
        let Some(last) = series.last().copied() else { return Ok(gone) };
        let statement = sqlx::query(
            "DELETE FROM sample WHERE city = $1 AND series > $2 AND series <= $3 AND time >= $4 AND time < $5",
        );
        let statement = statement.bind(store.city).bind(after).bind(last);
        let (begins, ends) = (day.saturating_mul(DAY_US), day.saturating_add(1).saturating_mul(DAY_US));
        gone += step(store, statement.bind(begins).bind(ends)).await?;
        after = last;
    }
}

/// What the writer's connection answers.
async fn ask(
    store: &Postgres,
    question: QueryScalar<'_, sqlx::Postgres, i64, PgArguments>,
) -> Result<Vec<i64>, StoreError> {
    let mut writer = store.writer.lock().await;
    let writer = writer.as_mut().ok_or(StoreError::NotWritable)?;
    let mut conn = writer.take().await?;
    let answer =
        within(store.settings.answer_within, async { question.fetch_all(&mut conn).await.store() }).await?;
    writer.put_back(conn);
    Ok(answer)
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
