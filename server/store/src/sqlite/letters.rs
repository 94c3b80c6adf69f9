//! Reading dead letters and the inbox.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::EventKey;
use sqlx::{AssertSqlSafe, SqlitePool};

use super::fault::FromSqlx as _;
use crate::batch::InboxRow;
use crate::error::StoreError;
use crate::numbers::{signed, unsigned};
use crate::query::{DeadLetterQuery, StoredDeadLetter};
use crate::rows::{EventRow, LETTERS, LetterRow, MAX_LETTERS, reason};

pub(super) async fn page(
    pool: &SqlitePool,
    city: i64,
    query: &DeadLetterQuery,
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let reason = if query.reason.is_some() { "AND reason = ?3" } else { "" };
    let sql = format!("{LETTERS} WHERE city = ?1 AND id < ?2 {reason} ORDER BY id DESC LIMIT ?4");
    let rows: Vec<LetterRow> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(city)
        .bind(query.before.map_or(i64::MAX, signed))
        .bind(query.reason.map(Reason::as_str))
        .bind(query.limit.min(MAX_LETTERS))
        .fetch_all(pool)
        .await
        .store()?;
    Ok(rows.into_iter().map(StoredDeadLetter::from).collect())
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
        "SELECT reason, count(*) FROM dead_letter WHERE city = ?1 GROUP BY reason ORDER BY reason",
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
