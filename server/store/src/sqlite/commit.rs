//! One group commit, in one transaction.

use std::collections::HashMap;

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{Seq, SeriesId};
use pantau_schemas::observation::Sample;
use sqlx::{Row as _, SqliteConnection};

use super::bulk::{bulk, run};
use super::dead_letters;
use super::fault::{FromSqlx as _, name};
use super::samples::slot_of;
use crate::batch::{Batch, Committed, InboxRow, SealedEntry, SourceTotals};
use crate::chain::{append, split};
use crate::error::{Conflict, StoreError};
use crate::numbers::{Numbers, SeriesNumbers, signed, unsigned};
use crate::rows::{digest, event_digest};

bulk!(JOURNAL, "INSERT INTO journal (city, seq, time, kind, subject, text, hash)", 7, "");
bulk!(SERIES, "INSERT INTO series (city, name)", 2, "ON CONFLICT DO NOTHING");
bulk!(SAMPLE, "INSERT INTO sample (slot, series, time, value)", 4, "ON CONFLICT DO NOTHING");
bulk!(
    HEAD,
    "INSERT INTO head (series, time, value)",
    3,
    "ON CONFLICT (series) DO UPDATE SET time = excluded.time, value = excluded.value \
     WHERE excluded.time > head.time"
);
bulk!(
    INBOX,
    "INSERT INTO inbox (city, source, event, hash, digest, received, raw)",
    7,
    "ON CONFLICT DO NOTHING"
);
bulk!(
    HEARD,
    "INSERT INTO heard (city, device, time)",
    3,
    "ON CONFLICT (city, device) DO UPDATE SET time = excluded.time WHERE excluded.time > heard.time"
);
bulk!(
    TOTAL,
    "INSERT INTO total (city, source, received, stored, duplicate, dead_lettered)",
    6,
    "ON CONFLICT (city, source) DO UPDATE SET received = excluded.received, stored = excluded.stored, \
     duplicate = excluded.duplicate, dead_lettered = excluded.dead_lettered"
);

/// What a batch adds to the writer's memory once it is durable.
type NewSeries = SeriesNumbers;

/// Writes `batch`. On an error the connection must be thrown away, which undoes everything.
pub(super) async fn commit(
    conn: &mut SqliteConnection,
    city: i64,
    series: &SeriesNumbers,
    batch: &Batch,
    fingerprint: i64,
    retry: bool,
) -> Result<(Committed, NewSeries), StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await.store()?;
    let tip = tip(conn, city).await?;
    if retry && let Some(mut committed) = tip.committed_as(fingerprint) {
        if batch.has_letters() {
            committed.letters = dead_letters::totals(&mut *conn, city).await.store()?;
        }
        sqlx::query("ROLLBACK").execute(&mut *conn).await.store()?;
        return Ok((committed, NewSeries::default()));
    }
    let (seq, hash) = write_entries(conn, city, &tip, &batch.entries).await?;
    write_inbox(conn, city, &batch.inbox).await?;
    let mut numbers = Numbers::new(series);
    let mut committed = write_samples(conn, city, &mut numbers, batch).await?;
    committed.letters = dead_letters::write(conn, city, batch).await.store()?;
    write_rest(conn, city, batch, &batch.sum(&committed.suspects_new)).await.map_err(name)?;
    write_tip(conn, city, seq, &hash, fingerprint, &committed).await.map_err(name)?;
    sqlx::query("COMMIT").execute(conn).await.store()?;
    Ok((committed, numbers.new))
}

/// Where the journal ends, and what the last batch was.
struct Tip {
    seq: Seq,
    hash: Hash,
    batch: Option<i64>,
    committed: Committed,
}

impl Tip {
    fn committed_as(&self, fingerprint: i64) -> Option<Committed> {
        (self.batch == Some(fingerprint)).then(|| self.committed.clone())
    }
}

async fn tip(conn: &mut SqliteConnection, city: i64) -> Result<Tip, StoreError> {
    let row: Option<(i64, Vec<u8>, i64, String, i64)> =
        sqlx::query_as("SELECT seq, hash, batch, suspects, samples FROM tip WHERE city = ?1")
            .bind(city)
            .fetch_optional(conn)
            .await
            .store()?;
    let Some((seq, hash, batch, suspects, samples)) = row else {
        return Ok(Tip { seq: Seq(0), hash: Hash::ZERO, batch: None, committed: Committed::default() });
    };
    let suspects_new = serde_json::from_str(&suspects).unwrap_or_default();
    let committed = Committed { suspects_new, samples_new: unsigned(samples), ..Committed::default() };
    Ok(Tip { seq: Seq(unsigned(seq)), hash: digest(&hash).store()?, batch: Some(batch), committed })
}

async fn write_tip(
    conn: &mut SqliteConnection,
    city: i64,
    seq: Seq,
    hash: &Hash,
    fingerprint: i64,
    committed: &Committed,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO tip (city, seq, hash, batch, suspects, samples) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(city)
    .bind(signed(seq.0))
    .bind(hash.bytes().as_slice())
    .bind(fingerprint)
    .bind(serde_json::to_string(&committed.suspects_new).unwrap_or_default())
    .bind(signed(committed.samples_new))
    .execute(conn)
    .await
    .map(drop)
}

/// Appends the entries that are not there yet; gives the new end of the journal.
async fn write_entries(
    conn: &mut SqliteConnection,
    city: i64,
    tip: &Tip,
    entries: &[SealedEntry],
) -> Result<(Seq, Hash), StoreError> {
    let (known, new) = split(tip.seq, entries);
    for SealedEntry { entry, .. } in known {
        let stored: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT hash FROM journal WHERE city = ?1 AND seq = ?2")
                .bind(city)
                .bind(signed(entry.seq.0))
                .fetch_optional(&mut *conn)
                .await
                .store()?;
        if stored.as_deref() != Some(entry.hash.bytes().as_slice()) {
            return Err(Conflict::Entry(entry.seq).into());
        }
    }
    let (seq, hash) = append(tip.seq, tip.hash, new)?;
    insert_entries(conn, city, new).await.map_err(name)?;
    Ok((seq, hash))
}

async fn insert_entries(
    conn: &mut SqliteConnection,
    city: i64,
    entries: &[SealedEntry],
) -> Result<(), sqlx::Error> {
    run!(conn, JOURNAL, entries, |query, SealedEntry { entry, text }| query
        .bind(city)
        .bind(signed(entry.seq.0))
        .bind(entry.time.micros())
        .bind(entry.change.kind())
        .bind(entry.change.subject())
        .bind(text.as_str())
        .bind(entry.hash.bytes().as_slice()));
    Ok(())
}

async fn write_inbox(conn: &mut SqliteConnection, city: i64, rows: &[InboxRow]) -> Result<(), StoreError> {
    let inserted = insert_inbox(conn, city, rows).await.map_err(name)?;
    let all_new = usize::try_from(inserted) == Ok(rows.len());
    for row in rows.iter().filter(|row| !all_new || row.reporter.is_some()) {
        let (id, hash): (i64, Vec<u8>) =
            sqlx::query_as("SELECT id, hash FROM inbox WHERE city = ?1 AND source = ?2 AND event = ?3")
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
                "INSERT INTO reporter (inbox, name, contact) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(reporter.name.as_str())
            .bind(reporter.contact.as_str())
            .execute(&mut *conn)
            .await
            .store()?;
        }
    }
    Ok(())
}

async fn insert_inbox(conn: &mut SqliteConnection, city: i64, rows: &[InboxRow]) -> Result<u64, sqlx::Error> {
    Ok(run!(conn, INBOX, rows, |query, row| query
        .bind(city)
        .bind(row.key.source.as_str())
        .bind(row.key.id.as_str())
        .bind(row.body_hash.bytes().as_slice())
        .bind(event_digest(row))
        .bind(row.received.micros())
        .bind(row.raw.as_str())))
}

/// A sample as the table has it.
#[derive(Clone, Copy)]
struct Measured {
    slot: i64,
    series: i64,
    time: i64,
    value: f64,
}

async fn write_samples(
    conn: &mut SqliteConnection,
    city: i64,
    numbers: &mut Numbers<'_>,
    batch: &Batch,
) -> Result<Committed, StoreError> {
    for sample in batch.samples.iter().chain(batch.suspects.iter().flatten()) {
        numbers.want(&sample.series);
    }
    number_series(conn, city, numbers).await.map_err(name)?;
    let mut newest: HashMap<i64, Measured> = HashMap::new();
    let mut take = |samples: &[Sample]| {
        let rows = samples.iter().filter_map(|sample| {
            let time = sample.time.micros();
            let series = numbers.get(&sample.series)?;
            Some(Measured { slot: slot_of(time), series, time, value: sample.value })
        });
        let mut rows: Vec<Measured> = rows.collect();
        for row in &rows {
            // Of two with the same time the first is the one that the table keeps.
            newest
                .entry(row.series)
                .and_modify(|at| {
                    if row.time > at.time {
                        *at = *row
                    }
                })
                .or_insert(*row);
        }
        // In the order of the key, so that each page is touched once. Stable: of equals the first stays first.
        rows.sort_by_key(|row| (row.slot, row.series, row.time));
        rows
    };
    let mut samples_new = insert_samples(conn, &take(&batch.samples)).await.map_err(name)?;
    let mut suspects_new = Vec::with_capacity(batch.suspects.len());
    for message in &batch.suspects {
        let new = insert_samples(conn, &take(message)).await.map_err(name)?;
        samples_new += new;
        suspects_new.push(usize::try_from(new).unwrap_or(usize::MAX));
    }
    let mut heads: Vec<Measured> = newest.into_values().collect();
    heads.sort_by_key(|head| head.series);
    upsert_heads(conn, &heads).await.map_err(name)?;
    Ok(Committed { suspects_new, samples_new, ..Committed::default() })
}

/// Gives every new series its number.
async fn number_series(
    conn: &mut SqliteConnection,
    city: i64,
    numbers: &mut Numbers<'_>,
) -> Result<(), sqlx::Error> {
    let mut names: Vec<SeriesId> = numbers.new.keys().cloned().collect();
    names.sort();
    run!(conn, SERIES, names.as_slice(), |query, name| query.bind(city).bind(name.as_str()));
    for name in names {
        let id = sqlx::query("SELECT id FROM series WHERE city = ?1 AND name = ?2")
            .bind(city)
            .bind(name.as_str())
            .fetch_one(&mut *conn)
            .await?
            .try_get(0)?;
        numbers.new.insert(name, id);
    }
    Ok(())
}

async fn insert_samples(conn: &mut SqliteConnection, rows: &[Measured]) -> Result<u64, sqlx::Error> {
    Ok(run!(conn, SAMPLE, rows, |query, row| query
        .bind(row.slot)
        .bind(row.series)
        .bind(row.time)
        .bind(row.value)))
}

async fn upsert_heads(conn: &mut SqliteConnection, heads: &[Measured]) -> Result<(), sqlx::Error> {
    run!(conn, HEAD, heads, |query, head| query.bind(head.series).bind(head.time).bind(head.value));
    Ok(())
}

/// Signs of life, the sum.
async fn write_rest(
    conn: &mut SqliteConnection,
    city: i64,
    batch: &Batch,
    totals: &[SourceTotals],
) -> Result<(), sqlx::Error> {
    run!(conn, HEARD, batch.heard.as_slice(), |query, (device, time)| query
        .bind(city)
        .bind(device.as_str())
        .bind(time.micros()));
    run!(conn, TOTAL, totals, |query, total| query
        .bind(city)
        .bind(total.source.as_str())
        .bind(signed(total.received))
        .bind(signed(total.stored))
        .bind(signed(total.duplicate))
        .bind(signed(total.dead_lettered)));
    Ok(())
}
