//! Reading entries.

use pantau_schemas::entry::Entry;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::fault::FromSqlx as _;
use crate::chain::Row;
use crate::error::StoreError;
use crate::numbers::signed;
use crate::query::{EntryQuery, MAX_ROWS};

/// Entries that match, in the order of the journal.
pub(super) async fn entries(pool: &PgPool, city: i32, query: &EntryQuery) -> Result<Vec<Entry>, StoreError> {
    let mut conn = pool.acquire().await.store()?;
    // The journal's time never goes back, so a span of time is a span of places.
    let mut after = query.after.map_or(0, |seq| signed(seq.0));
    if let Some(from) = query.from {
        let Some(first) = first_at(&mut conn, city, from.micros()).await? else { return Ok(Vec::new()) };
        after = after.max(first - 1);
    }
    let mut before = i64::MAX;
    if let Some(to) = query.to
        && let Some(first) = first_at(&mut conn, city, to.micros()).await?
    {
        before = first;
    }
    // Each condition is there only when asked for, so that each question has its index.
    let mut sql = String::from(
        "SELECT seq, time, kind, subject, text, hash FROM journal WHERE city = $1 AND seq > $2 AND seq < $3",
    );
    if query.kind.is_some() {
        sql.push_str(" AND kind = $4");
    }
    if query.subject.is_some() {
        sql.push_str(" AND subject = $5");
    }
    sql.push_str(" ORDER BY seq LIMIT $6");
    // Only the fixed pieces above.
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(city)
        .bind(after)
        .bind(before)
        .bind(query.kind.as_deref())
        .bind(query.subject.as_deref())
        .bind(i64::from(query.limit.min(MAX_ROWS)))
        .fetch_all(&mut *conn)
        .await
        .store()?;
    rows.iter().map(|row| row.entry().map_err(StoreError::from)).collect()
}

/// The first place at or after a time.
async fn first_at(conn: &mut PgConnection, city: i32, time: i64) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar("SELECT seq FROM journal WHERE city = $1 AND time >= $2 ORDER BY time, seq LIMIT 1")
        .bind(city)
        .bind(time)
        .fetch_optional(conn)
        .await
        .store()
}

/// The next rows of the journal, for a walk along it.
pub(super) async fn page(pool: &PgPool, city: i32, after: i64, rows: u32) -> Result<Vec<Row>, StoreError> {
    sqlx::query_as(
        "SELECT seq, time, kind, subject, text, hash FROM journal WHERE city = $1 AND seq > $2 \
         ORDER BY seq LIMIT $3",
    )
    .bind(city)
    .bind(after)
    .bind(i64::from(rows))
    .fetch_all(pool)
    .await
    .store()
}
