//! Reading dead letters and the inbox.

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::event::Reporter;
use pantau_schemas::ids::EventKey;
use pantau_schemas::time::Timestamp;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as NotAWord, StrDeserializer};
use sqlx::{AssertSqlSafe, SqlitePool};

use super::fault::{FromSqlx as _, digest};
use super::writer::{signed, unsigned};
use crate::batch::InboxRow;
use crate::error::StoreError;
use crate::query::{DeadLetterQuery, StoredDeadLetter};

/// Dead letters on one page: each may carry 64 KiB.
const MAX_LETTERS: u32 = 1_000;

#[derive(sqlx::FromRow)]
struct LetterRow {
    id: i64,
    received: i64,
    source: String,
    topic: String,
    reason: String,
    pointer: String,
    detail: String,
    raw: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    hash: Vec<u8>,
    received: i64,
    raw: String,
    name: Option<String>,
    contact: Option<String>,
}

impl From<LetterRow> for StoredDeadLetter {
    fn from(row: LetterRow) -> Self {
        let LetterRow { id, received, source, topic, reason, pointer, detail, raw } = row;
        let received = Timestamp::from_micros(received);
        let reason = self::reason(&reason);
        Self {
            id: unsigned(id),
            letter: DeadLetter { received, source, topic, reason, pointer, detail, raw },
        }
    }
}

/// The reason of that word; of a newer build's word, [`Reason::Other`].
fn reason(word: &str) -> Reason {
    let word: StrDeserializer<'_, NotAWord> = word.into_deserializer();
    Reason::deserialize(word).unwrap_or(Reason::Other)
}

const COLUMNS: &str = "SELECT id, received, source, topic, reason, pointer, detail, raw FROM dead_letter";

pub(super) async fn page(
    pool: &SqlitePool,
    city: i64,
    query: &DeadLetterQuery,
) -> Result<Vec<StoredDeadLetter>, StoreError> {
    let reason = if query.reason.is_some() { "AND reason = ?3" } else { "" };
    let sql = format!("{COLUMNS} WHERE city = ?1 AND id < ?2 {reason} ORDER BY id DESC LIMIT ?4");
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
        sqlx::query_as(AssertSqlSafe(format!("{COLUMNS} WHERE city = ?1 AND id = ?2")))
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
    let Some(EventRow { hash, received, raw, name, contact }) = row else { return Ok(None) };
    Ok(Some(InboxRow {
        key: key.clone(),
        body_hash: digest(&hash)?,
        received: Timestamp::from_micros(received),
        raw,
        reporter: name.zip(contact).map(|(name, contact)| Reporter { name, contact }),
    }))
}
