//! One group commit, in one transaction.

use std::borrow::Cow;
use std::collections::HashMap;

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{Seq, SeriesId};
use sqlx::{Executor as _, PgConnection};

use super::copy::copy;
use super::fault::{FromSqlx as _, is_duplicate, name};
use super::measured::{Measured, Suspects, newest, rows};
use crate::batch::{Batch, Committed, InboxRow, SealedEntry};
use crate::chain::{append, split};
use crate::error::{Conflict, StoreError};
use crate::numbers::{Numbers, signed, unsigned};
use crate::rows::{digest, event_digest};

/// What a batch adds to the writer's memory once it is durable.
type NewSeries = HashMap<SeriesId, i64>;

/// How the samples that are surely new are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Copied; if they are not new after all, nothing of the batch is written.
    Copied,
    /// Inserted, those that are there already left alone.
    Inserted,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The batch is durable.
    Committed(Committed, NewSeries),
    /// Samples that were surely new were not. Nothing was written; the other [`Way`] will do.
    Collided,
}

/// Who writes, as the fence knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    pub(super) city: i32,
    pub(super) epoch: i64,
}

/// Writes `batch`. On an error the connection must be thrown away, which undoes everything.
pub(super) async fn commit(
    conn: &mut PgConnection,
    pen: Pen,
    series: &HashMap<SeriesId, i64>,
    batch: &Batch,
    (fingerprint, retry): (i64, bool),
    way: Way,
) -> Result<Attempt, StoreError> {
    conn.execute("BEGIN").await.store()?;
    let tip = tip(conn, pen).await?;
    if retry && tip.batch == Some(fingerprint) {
        conn.execute("ROLLBACK").await.store()?;
        return Ok(Attempt::Committed(tip.committed, NewSeries::new()));
    }
    let (seq, hash) = write_entries(conn, pen.city, &tip, &batch.entries).await?;
    write_inbox(conn, pen.city, &batch.inbox).await?;
    let mut numbers = Numbers::new(series);
    for sample in batch.samples.iter().chain(batch.suspects.iter().flatten()) {
        numbers.want(&sample.series);
    }
    number_series(conn, pen.city, &mut numbers).await.map_err(name)?;
    let samples = rows(&batch.samples, &numbers);
    let samples_new = match (way, samples.is_empty()) {
        (_, true) => 0,
        (Way::Inserted, _) => {
            u64::try_from(insert(conn, pen.city, &samples).await.store()?.len()).unwrap_or(0)
        }
        (Way::Copied, _) => match copy(conn, pen.city, &samples).await {
            Ok(count) => count,
            Err(error) if is_duplicate(&error) => {
                conn.execute("ROLLBACK").await.store()?;
                return Ok(Attempt::Collided);
            }
            Err(error) => return Err(name(error)),
        },
    };
    let suspects = Suspects::new(&batch.suspects, &numbers);
    let suspects_new = suspects.count(&insert(conn, pen.city, &suspects.rows).await.store()?);
    let heads = newest(samples.iter().chain(&suspects.rows));
    write_heads(conn, pen.city, &heads).await.store()?;
    write_rest(conn, pen.city, batch).await.store()?;
    let of_suspects: u64 = suspects_new.iter().map(|count| u64::try_from(*count).unwrap_or(0)).sum();
    let committed = Committed { suspects_new, samples_new: samples_new + of_suspects };
    write_tip(conn, pen, (seq, &hash), fingerprint, &committed).await?;
    conn.execute("COMMIT").await.store()?;
    Ok(Attempt::Committed(committed, numbers.new))
}

/// Where the journal ends, and what the last batch was.
struct Tip {
    seq: Seq,
    hash: Hash,
    batch: Option<i64>,
    committed: Committed,
}

type TipRow = (i64, i64, Vec<u8>, Option<i64>, String, i64);

async fn tip(conn: &mut PgConnection, pen: Pen) -> Result<Tip, StoreError> {
    let row: Option<TipRow> =
        sqlx::query_as("SELECT epoch, seq, hash, batch, suspects, samples FROM tip WHERE city = $1")
            .bind(pen.city)
            .fetch_optional(conn)
            .await
            .store()?;
    let Some((epoch, seq, hash, batch, suspects, samples)) = row else {
        return Err(StoreError::Superseded);
    };
    if epoch != pen.epoch {
        return Err(StoreError::Superseded);
    }
    let suspects_new = serde_json::from_str(&suspects).unwrap_or_default();
    let committed = Committed { suspects_new, samples_new: unsigned(samples) };
    Ok(Tip { seq: Seq(unsigned(seq)), hash: digest(&hash).store()?, batch, committed })
}

/// The last statement before COMMIT, and the fence: a server that took the city over has another epoch, and its
/// update of this row waits for ours or ours for its.
async fn write_tip(
    conn: &mut PgConnection,
    pen: Pen,
    (seq, hash): (Seq, &Hash),
    fingerprint: i64,
    committed: &Committed,
) -> Result<(), StoreError> {
    let updated = sqlx::query(
        "UPDATE tip SET seq = $3, hash = $4, batch = $5, suspects = $6, samples = $7 WHERE city = $1 AND epoch = $2",
    )
    .bind(pen.city)
    .bind(pen.epoch)
    .bind(signed(seq.0))
    .bind(hash.bytes().as_slice())
    .bind(fingerprint)
    .bind(serde_json::to_string(&committed.suspects_new).unwrap_or_default())
    .bind(signed(committed.samples_new))
    .execute(conn)
    .await
    .store()?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Superseded) }
}

/// Appends the entries that are not there yet; gives the new end of the journal.
async fn write_entries(
    conn: &mut PgConnection,
    city: i32,
    tip: &Tip,
    entries: &[SealedEntry],
) -> Result<(Seq, Hash), StoreError> {
    let (known, new) = split(tip.seq, entries);
    for SealedEntry { entry, .. } in known {
        let stored: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT hash FROM journal WHERE city = $1 AND seq = $2")
                .bind(city)
                .bind(signed(entry.seq.0))
                .fetch_optional(&mut *conn)
                .await
                .store()?;
        if stored.as_deref() != Some(entry.hash.bytes().as_slice()) {
            return Err(Conflict::Entry(entry.seq).into());
        }
    }
    let end = append(tip.seq, tip.hash, new)?;
    if new.is_empty() {
        return Ok(end);
    }
    sqlx::query(
        "INSERT INTO journal (city, seq, time, kind, subject, text, hash) SELECT $1, * FROM unnest( \
         $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bytea[])",
    )
    .bind(city)
    .bind(column(new, |sealed| signed(sealed.entry.seq.0)))
    .bind(column(new, |sealed| sealed.entry.time.micros()))
    .bind(column(new, |sealed| sealed.entry.change.kind().to_owned()))
    .bind(column(new, |sealed| text(sealed.entry.change.subject())))
    .bind(column(new, |sealed| sealed.text.as_str()))
    .bind(column(new, |sealed| sealed.entry.hash.bytes().as_slice()))
    .execute(conn)
    .await
    .store()?;
    Ok(end)
}

async fn write_inbox(conn: &mut PgConnection, city: i32, events: &[InboxRow]) -> Result<(), StoreError> {
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

/// Gives every new series its number.
async fn number_series(
    conn: &mut PgConnection,
    city: i32,
    numbers: &mut Numbers<'_>,
) -> Result<(), sqlx::Error> {
    if numbers.new.is_empty() {
        return Ok(());
    }
    let mut names: Vec<SeriesId> = numbers.new.keys().cloned().collect();
    names.sort();
    let texts = column(&names, SeriesId::as_str);
    sqlx::query(
        "INSERT INTO series (city, name) SELECT $1, name FROM unnest($2::text[]) AS name ON CONFLICT DO NOTHING",
    )
    .bind(city)
    .bind(&texts)
    .execute(&mut *conn)
    .await?;
    let found: Vec<(String, i32)> =
        sqlx::query_as("SELECT name, id FROM series WHERE city = $1 AND name = ANY($2)")
            .bind(city)
            .bind(&texts)
            .fetch_all(conn)
            .await?;
    for (found, id) in found {
        if let Some(number) = SeriesId::new(&found).ok().and_then(|name| numbers.new.get_mut(&name)) {
            *number = i64::from(id);
        }
    }
    Ok(())
}

/// Inserts rows one statement; gives the keys of those that were new.
async fn insert(
    conn: &mut PgConnection,
    city: i32,
    rows: &[Measured],
) -> Result<Vec<(i32, i64)>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as(
        "INSERT INTO sample (city, series, time, value) SELECT $1, * FROM unnest( \
         $2::integer[], $3::bigint[], $4::float8[]) ON CONFLICT DO NOTHING RETURNING series, time",
    )
    .bind(city)
    .bind(column(rows, |row| row.series))
    .bind(column(rows, |row| row.time))
    .bind(column(rows, |row| row.value))
    .fetch_all(conn)
    .await
}

async fn write_heads(conn: &mut PgConnection, city: i32, heads: &[Measured]) -> Result<(), sqlx::Error> {
    if heads.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO head (city, series, time, value) SELECT $1, * FROM unnest( \
         $2::integer[], $3::bigint[], $4::float8[]) ON CONFLICT (city, series) DO UPDATE \
         SET time = excluded.time, value = excluded.value WHERE excluded.time > head.time",
    )
    .bind(city)
    .bind(column(heads, |row| row.series))
    .bind(column(heads, |row| row.time))
    .bind(column(heads, |row| row.value))
    .execute(conn)
    .await
    .map(drop)
}

/// Dead letters, signs of life, the sum.
async fn write_rest(conn: &mut PgConnection, city: i32, batch: &Batch) -> Result<(), sqlx::Error> {
    let Batch { dead_letters, heard, totals, .. } = batch;
    if !dead_letters.is_empty() {
        sqlx::query(
            "INSERT INTO dead_letter (city, received, source, topic, reason, pointer, detail, raw) \
             SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
             $8::bytea[])",
        )
        .bind(city)
        .bind(column(dead_letters, |letter| letter.received.micros()))
        .bind(column(dead_letters, |letter| text(&letter.source)))
        .bind(column(dead_letters, |letter| text(&letter.topic)))
        .bind(column(dead_letters, |letter| letter.reason.as_str()))
        .bind(column(dead_letters, |letter| text(&letter.pointer)))
        .bind(column(dead_letters, |letter| text(&letter.detail)))
        .bind(column(dead_letters, |letter| letter.raw.as_slice()))
        .execute(&mut *conn)
        .await?;
    }
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
    for total in totals {
        sqlx::query(
            "INSERT INTO total (city, source, received, stored, duplicate, dead_lettered) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (city, source) DO UPDATE SET \
             received = excluded.received, stored = excluded.stored, duplicate = excluded.duplicate, \
             dead_lettered = excluded.dead_lettered",
        )
        .bind(city)
        .bind(total.source.as_str())
        .bind(signed(total.received))
        .bind(signed(total.stored))
        .bind(signed(total.duplicate))
        .bind(signed(total.dead_lettered))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// One column of many rows.
fn column<'a, T, V>(rows: &'a [T], of: impl Fn(&'a T) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

/// PostgreSQL's text cannot hold NUL, and a batch that is refused for ever would hold up all others.
fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{FFFD}")) } else { Cow::Borrowed(text) }
}
