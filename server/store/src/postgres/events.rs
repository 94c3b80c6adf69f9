//! Writing events, signs of life and the sum.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::column::{column, text};
use super::fault::FromSqlx as _;
use crate::batch::{Batch, InboxRow, SourceTotals};
use crate::error::{Conflict, StoreError};
use crate::numbers::signed;
use crate::rows::event_digest;

/// Events, each once; one that is there with another body is a conflict.
pub(super) async fn write_inbox(
    conn: &mut PgConnection,
    city: i32,
    events: &[InboxRow],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let inserted = sqlx::query(
        "INSERT INTO inbox (city, source, event, hash, digest, received, raw) SELECT $1, * FROM unnest( \
         $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bigint[], $7::text[]) ON CONFLICT DO NOTHING",
    )
    .bind(city)
    .bind(column(events, |row| row.key.source.as_str()))
    .bind(column(events, |row| row.key.id.as_str()))
    .bind(column(events, |row| row.body_hash.bytes().as_slice()))
    .bind(column(events, event_digest))
    .bind(column(events, |row| row.received.micros()))
    .bind(column(events, |row| text(&row.raw)))
    .execute(&mut *conn)
    .await
    .store()?
    .rows_affected();
    let all_new = usize::try_from(inserted) == Ok(events.len());
    for row in events.iter().filter(|row| !all_new || row.reporter.is_some()) {
        let (id, hash): (i64, Vec<u8>) =
            sqlx::query_as("SELECT id, hash FROM inbox WHERE city = $1 AND source = $2 AND event = $3")
                .bind(city)
                .bind(row.key.source.as_str())
                .bind(row.key.id.as_str())
                .fetch_one(&mut *conn)
                .await
                .store()?;
        if hash != row.body_hash.bytes() {
            return Err(Conflict::Event(row.key.clone()).into());
        }
        if let Some(reporter) = &row.reporter {
            sqlx::query(
                "INSERT INTO reporter (city, inbox, name, contact) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(city)
            .bind(id)
            .bind(text(&reporter.name))
            .bind(text(&reporter.contact))
            .execute(&mut *conn)
            .await
            .store()?;
        }
    }
    Ok(())
}

/// Signs of life, the sum.
pub(super) async fn write_rest(
    conn: &mut PgConnection,
    city: i32,
    batch: &Batch,
    totals: &[SourceTotals],
) -> Result<(), sqlx::Error> {
    let Batch { heard, .. } = batch;
    if !heard.is_empty() {
        // One row a device: a statement may not update one twice.
        let mut latest: HashMap<&str, i64> = HashMap::new();
        for (device, time) in heard {
            let at = latest.entry(device.as_str()).or_insert(i64::MIN);
            *at = time.micros().max(*at);
        }
        let mut latest: Vec<(&str, i64)> = latest.into_iter().collect();
        latest.sort_unstable();
        sqlx::query(
            "INSERT INTO heard (city, device, time) SELECT $1, * FROM unnest($2::text[], $3::bigint[]) \
             ON CONFLICT (city, device) DO UPDATE SET time = excluded.time WHERE excluded.time > heard.time",
        )
        .bind(city)
        .bind(column(&latest, |(device, _)| *device))
        .bind(column(&latest, |(_, time)| *time))
        .execute(&mut *conn)
        .await?;
    }
    if totals.is_empty() {
        return Ok(());
    }
    // One statement and not one a way in: each is a round trip of every commit.
    sqlx::query(
        "INSERT INTO total (city, source, received, stored, duplicate, dead_lettered) SELECT $1, * FROM unnest( \
         $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) ON CONFLICT (city, source) DO UPDATE \
         SET received = excluded.received, stored = excluded.stored, duplicate = excluded.duplicate, \
         dead_lettered = excluded.dead_lettered",
    )
    .bind(city)
    .bind(column(totals, |total| total.source.as_str()))
    .bind(column(totals, |total| signed(total.received)))
    .bind(column(totals, |total| signed(total.stored)))
    .bind(column(totals, |total| signed(total.duplicate)))
    .bind(column(totals, |total| signed(total.dead_lettered)))
    .execute(&mut *conn)
    .await?;
    Ok(())
}
