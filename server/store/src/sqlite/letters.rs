//! Reading dead letters and the inbox.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::{DeviceId, EventKey};
use pantau_schemas::observation::Source;
use sqlx::{AssertSqlSafe, SqlitePool};

use super::fault::FromSqlx as _;
use crate::batch::InboxRow;
use crate::error::StoreError;
use crate::numbers::{signed, unsigned};
use crate::query::{DeadLetterQuery, LetterOrder, LetterState, StoredDeadLetter};
use crate::rows::{EventRow, LETTERS, LetterRow, MAX_LETTERS, reason};

pub(super) async fn page(
    pool: &SqlitePool,
    city: i64,
    query: &DeadLetterQuery,
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let mut sql = format!("{LETTERS} WHERE city = ?1");
    let (beyond, order) = match query.order {
        LetterOrder::NewestFirst => ("id < ?2", "id DESC"),
        LetterOrder::OldestFirst => ("id > ?2", "id"),
    };
    let state = match query.state {
        LetterState::Waiting => "replayed IS NULL",
        LetterState::Replayed => "replayed IS NOT NULL",
    };
    // Each condition is there only when asked for, so that each question has its index.
    let conditions = [
        (true, state),
        (query.beyond.is_some(), beyond),
        (query.reason.is_some(), "reason = ?3"),
        (query.source.is_some(), "source = ?4"),
        (query.devices.is_some(), "device IN (SELECT value FROM json_each(?5))"),
    ];
    for (_, condition) in conditions.iter().filter(|(asked, _)| *asked) {
        sql.push_str(" AND ");
        sql.push_str(condition);
    }
    sql.push_str(&format!(" ORDER BY {order} LIMIT ?6"));
    let devices = query.devices.as_ref().map(|devices| serde_json::to_string(devices).unwrap_or_default());
    // Only the fixed pieces above.
    let rows: Vec<LetterRow> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(city)
        .bind(query.beyond.map(signed))
        .bind(query.reason.map(Reason::as_str))
        .bind(query.source.map(Source::as_str))
        .bind(devices)
        .bind(query.limit.min(MAX_LETTERS))
        .fetch_all(pool)
        .await
        .store()?;
    Ok(rows.into_iter().map(StoredDeadLetter::from).collect())
}

pub(super) async fn unregistered(pool: &SqlitePool, city: i64) -> Result<Vec<DeviceId>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT device FROM dead_letter \
         WHERE city = ?1 AND reason = ?2 AND replayed IS NULL AND device <> '' ORDER BY device",
    )
    .bind(city)
    .bind(Reason::UnknownDevice.as_str())
    .fetch_all(pool)
    .await
    .store()?;
    Ok(rows.iter().filter_map(|device| DeviceId::new(device).ok()).collect())
}

pub(super) async fn one(
    pool: &SqlitePool,
    city: i64,
    id: u64,
) -> Result<Option<StoredDeadLetter>, StoreError> {
    let row: Option<LetterRow> =
        sqlx::query_as(AssertSqlSafe(format!("{LETTERS} WHERE city = ?1 AND id = ?2")))
            .bind(city)
            .bind(signed(id))
            .fetch_optional(pool)
            .await
            .store()?;
    Ok(row.map(StoredDeadLetter::from))
}

pub(super) async fn counts(pool: &SqlitePool, city: i64) -> Result<Vec<(Reason, u64)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT reason, sum(count) FROM dead_letter WHERE city = ?1 AND replayed IS NULL GROUP BY reason ORDER BY reason",
    )
    .bind(city)
    .fetch_all(pool)
    .await
    .store()?;
    Ok(rows.into_iter().map(|(word, count)| (reason(&word), unsigned(count))).collect())
}

pub(super) async fn event(
    pool: &SqlitePool,
    city: i64,
    key: &EventKey,
) -> Result<Option<InboxRow>, StoreError> {
    let row: Option<EventRow> = sqlx::query_as(
        "SELECT inbox.hash, inbox.received, inbox.raw, reporter.name, reporter.contact \
         FROM inbox LEFT JOIN reporter ON reporter.inbox = inbox.id \
         WHERE inbox.city = ?1 AND inbox.source = ?2 AND inbox.event = ?3",
    )
    .bind(city)
    .bind(key.source.as_str())
    .bind(key.id.as_str())
    .fetch_optional(pool)
    .await
    .store()?;
    row.map(|row| row.into_event(key)).transpose().store()
}
