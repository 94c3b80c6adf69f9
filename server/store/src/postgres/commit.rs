//! One group commit, in one transaction.

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use sqlx::{Executor as _, PgConnection};

use super::column::{column, text};
use super::copy::copy;
use super::days::Days;
use super::dead_letters;
use super::events::{write_inbox, write_rest};
use super::fault::{FromSqlx as _, is_duplicate, name};
use super::heads::{self, Heads, Plan};
use super::insert::{insert, insert_each, number_series};
use super::measured::{Measured, Suspects, newest, rows};
use crate::batch::{Batch, Committed, SealedEntry};
use crate::chain::{append, split};
use crate::error::{Conflict, StoreError};
use crate::numbers::{Numbers, SeriesNumbers, signed, unsigned};
use crate::rows::digest;

/// What the writer remembers between commits.
#[derive(Debug)]
pub(super) struct Memory {
    /// The numbers of all series of the city: one entry a series, as many as there are in the database.
    pub(super) series: SeriesNumbers,
    pub(super) heads: Heads,
}

/// What a batch adds to the writer's memory once it is durable.
#[derive(Debug)]
pub(super) struct News {
    series: SeriesNumbers,
    heads: Plan,
}

impl Memory {
    /// The batch is durable.
    pub(super) fn learn(&mut self, news: News) {
        self.series.extend(news.series);
        self.heads.landed(news.heads);
    }
}

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
    Committed(Committed, News),
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
    (memory, days): (&Memory, &Days),
    batch: &Batch,
    (fingerprint, retry): (i64, bool),
    way: Way,
) -> Result<Attempt, StoreError> {
    conn.execute("BEGIN").await.store()?;
    let tip = tip(conn, pen).await?;
    if retry && tip.batch == Some(fingerprint) {
        let mut committed = tip.committed;
        if batch.has_letters() {
            committed.letters = dead_letters::totals(&mut *conn, pen.city).await.store()?;
        }
        confirm(conn, pen).await?;
        // Which heads it wrote is not known any more: they are written again.
        let heads = Plan::of_unknown(newest_of(batch, &Numbers::new(&memory.series)));
        return Ok(Attempt::Committed(committed, News { series: SeriesNumbers::default(), heads }));
    }
    let (seq, hash) = write_entries(conn, pen.city, &tip, &batch.entries).await?;
    write_inbox(conn, pen.city, &batch.inbox).await?;
    let mut numbers = Numbers::new(&memory.series);
    let mut samples = rows(&batch.samples, &numbers);
    // Hardly ever is a series new: then its samples are looked for once more.
    let nameless = samples.len() < batch.samples.len();
    for sample in batch.samples.iter().filter(|_| nameless).chain(batch.suspects.iter().flatten()) {
        numbers.want(&sample.series);
    }
    number_series(conn, pen.city, &mut numbers).await.map_err(name)?;
    if nameless {
        samples = rows(&batch.samples, &numbers);
    }
    let samples_new = match (way, samples.is_empty()) {
        (_, true) => 0,
        (Way::Inserted, _) => insert(conn, (pen.city, days), &samples).await.store()?,
        (Way::Copied, _) => match copy(conn, (pen.city, days), &samples).await {
            Ok(count) => count,
            Err(error) if is_duplicate(&error) => {
                conn.execute("ROLLBACK").await.store()?;
                return Ok(Attempt::Collided);
            }
            Err(error) => return Err(name(error)),
        },
    };
    let suspects = Suspects::new(&batch.suspects, &numbers);
    let suspects_new = suspects.count(&insert_each(conn, (pen.city, days), &suspects.rows).await.store()?);
    let newest = newest(samples.iter().chain(&suspects.rows));
    let heads = memory.heads.plan(newest, samples.len() + suspects.rows.len(), &numbers);
    heads::write(conn, pen.city, &heads, &numbers).await.store()?;
    write_rest(conn, pen.city, batch, &batch.sum(&suspects_new)).await.store()?;
    let letters = dead_letters::write(conn, pen.city, batch).await.store()?;
    let of_suspects: u64 = suspects_new.iter().map(|count| u64::try_from(*count).unwrap_or(0)).sum();
    let committed = Committed { suspects_new, samples_new: samples_new + of_suspects, letters };
    write_tip(conn, pen, (seq, &hash), (fingerprint, heads.behind), &committed).await?;
    conn.execute("COMMIT").await.store()?;
    Ok(Attempt::Committed(committed, News { series: numbers.new, heads }))
}

/// The newest of each series in a batch, of those series that have numbers.
fn newest_of(batch: &Batch, numbers: &Numbers<'_>) -> Vec<Measured> {
    let samples = rows(&batch.samples, numbers);
    newest(samples.iter().chain(&Suspects::new(&batch.suspects, numbers).rows))
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
    let committed = Committed { suspects_new, samples_new: unsigned(samples), ..Committed::default() };
    Ok(Tip { seq: Seq(unsigned(seq)), hash: digest(&hash).store()?, batch, committed })
}

/// The last statement before COMMIT, and the fence: a server that took the city over has another epoch, and its
/// update of this row waits for ours or ours for its.
async fn write_tip(
    conn: &mut PgConnection,
    pen: Pen,
    (seq, hash): (Seq, &Hash),
    (fingerprint, behind): (i64, bool),
    committed: &Committed,
) -> Result<(), StoreError> {
    let updated = sqlx::query(
        "UPDATE tip SET seq = $3, hash = $4, batch = $5, suspects = $6, samples = $7, behind = $8 \
         WHERE city = $1 AND epoch = $2",
    )
    .bind(pen.city)
    .bind(pen.epoch)
    .bind(signed(seq.0))
    .bind(hash.bytes().as_slice())
    .bind(fingerprint)
    .bind(serde_json::to_string(&committed.suspects_new).unwrap_or_default())
    .bind(signed(committed.samples_new))
    .bind(behind)
    .execute(conn)
    .await
    .store()?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Superseded) }
}

/// Ends a transaction that found its batch written by an earlier one. That it can be read here is no proof that it is kept:
/// a primary without its synchronous standby shows what its next failover forgets. A commit of our own that the
/// server calls durable is, and everything before it.
async fn confirm(conn: &mut PgConnection, pen: Pen) -> Result<(), StoreError> {
    let confirmed = sqlx::query("UPDATE tip SET batch = batch WHERE city = $1 AND epoch = $2")
        .bind(pen.city)
        .bind(pen.epoch)
        .execute(&mut *conn)
        .await
        .store()?;
    if confirmed.rows_affected() != 1 {
        return Err(StoreError::Superseded);
    }
    conn.execute("COMMIT").await.map(drop).store()
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
