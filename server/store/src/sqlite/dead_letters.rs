//! Writing dead letters: equal ones as one, replayed ones marked, and never more than the quota allows.

use pantau_schemas::dead_letter::Reason;
use sqlx::SqliteConnection;

use super::bulk::{bulk, run};
use crate::batch::Batch;
use crate::letter::{Folded, LetterQuota, LetterTotals, Replayed, fold, touched};
use crate::numbers::signed;
use crate::rows::{LetterTotalsRow, letter_totals};

bulk!(
    LETTER,
    "INSERT INTO dead_letter (city, received, last, count, source, topic, reason, pointer, detail, raw, size, device, \
     speaker, retained, fold)",
    15,
    "ON CONFLICT (city, fold) WHERE fold IS NOT NULL AND replayed IS NULL DO UPDATE \
     SET count = dead_letter.count + excluded.count, last = max(dead_letter.last, dead_letter.received, excluded.last)"
);

/// Writes what a batch says of dead letters; gives the totals, or nothing when it says nothing.
pub(super) async fn write(
    conn: &mut SqliteConnection,
    city: i64,
    batch: &Batch,
) -> Result<Vec<LetterTotals>, sqlx::Error> {
    if !batch.has_letters() {
        return Ok(Vec::new());
    }
    let letters = fold(&batch.dead_letters);
    insert(conn, city, &letters).await?;
    let (mut sources, devices) = touched(&letters);
    for replayed in &batch.replayed {
        sources.extend(mark(conn, city, replayed).await?);
    }
    sources.sort_unstable();
    sources.dedup();
    keep_within(conn, city, batch.letter_quota, &sources, &devices).await?;
    totals(conn, city).await
}

async fn insert(conn: &mut SqliteConnection, city: i64, letters: &[Folded<'_>]) -> Result<(), sqlx::Error> {
    run!(conn, LETTER, letters, |query, folded| query
        .bind(city)
        .bind(folded.letter.received.micros())
        .bind(folded.last.micros())
        .bind(folded.count)
        .bind(folded.letter.source.as_str())
        .bind(folded.letter.topic.as_str())
        .bind(folded.letter.reason.as_str())
        .bind(folded.letter.pointer.as_str())
        .bind(folded.letter.detail.as_str())
        .bind(folded.letter.raw.as_slice())
        .bind(signed(folded.letter.size))
        .bind(folded.letter.device.as_ref().map_or("", |device| device.as_str()))
        .bind(folded.letter.speaker.as_str())
        .bind(folded.letter.retained)
        .bind(folded.key.as_deref()));
    Ok(())
}

/// Marks a letter that was read again; gives the way in of one that was understood.
async fn mark(
    conn: &mut SqliteConnection,
    city: i64,
    replayed: &Replayed,
) -> Result<Option<String>, sqlx::Error> {
    if let Some(still) = &replayed.still {
        // With another reason it is another letter: equal ones are no longer folded into it.
        sqlx::query(
            "UPDATE dead_letter SET tries = tries + 1, tried = ?3, \
               fold = CASE WHEN reason = ?4 AND pointer = ?5 THEN fold END, reason = ?4, pointer = ?5, detail = ?6 \
             WHERE city = ?1 AND id = ?2 AND replayed IS NULL",
        )
        .bind(city)
        .bind(signed(replayed.id))
        .bind(replayed.at.micros())
        .bind(Reason::as_str(still.reason))
        .bind(still.pointer.as_str())
        .bind(still.detail.as_str())
        .execute(conn)
        .await?;
        return Ok(None);
    }
    let found: Option<(String, i64)> = sqlx::query_as(
        "UPDATE dead_letter SET tries = tries + 1, tried = ?3, replayed = ?3, raw = x'' \
         WHERE city = ?1 AND id = ?2 AND replayed IS NULL RETURNING source, count",
    )
    .bind(city)
    .bind(signed(replayed.id))
    .bind(replayed.at.micros())
    .fetch_optional(&mut *conn)
    .await?;
    let Some((source, count)) = found else { return Ok(None) };
    sqlx::query(
        "INSERT INTO letter_total (city, source, replayed, dropped) VALUES (?1, ?2, ?3, 0) \
         ON CONFLICT (city, source) DO UPDATE SET replayed = replayed + excluded.replayed",
    )
    .bind(city)
    .bind(source.as_str())
    .bind(count)
    .execute(conn)
    .await?;
    Ok(Some(source))
}

/// Removes the oldest where there are too many. A trigger counts those that were waiting.
async fn keep_within(
    conn: &mut SqliteConnection,
    city: i64,
    quota: LetterQuota,
    sources: &[String],
    devices: &[(String, String)],
) -> Result<(), sqlx::Error> {
    for (source, device) in devices {
        sqlx::query(
            "DELETE FROM dead_letter WHERE city = ?1 AND source = ?2 AND device = ?3 AND replayed IS NULL AND id <= \
               (SELECT id FROM dead_letter WHERE city = ?1 AND source = ?2 AND device = ?3 AND replayed IS NULL \
                ORDER BY id DESC LIMIT 1 OFFSET ?4)",
        )
        .bind(city)
        .bind(source)
        .bind(device)
        .bind(quota.per_device)
        .execute(&mut *conn)
        .await?;
    }
    for source in sources {
        for text in [
            "DELETE FROM dead_letter WHERE city = ?1 AND source = ?2 AND replayed IS NULL AND id <= \
               (SELECT id FROM dead_letter WHERE city = ?1 AND source = ?2 AND replayed IS NULL \
                ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            "DELETE FROM dead_letter WHERE city = ?1 AND source = ?2 AND replayed IS NOT NULL AND id <= \
               (SELECT id FROM dead_letter WHERE city = ?1 AND source = ?2 AND replayed IS NOT NULL \
                ORDER BY id DESC LIMIT 1 OFFSET ?3)",
        ] {
            sqlx::query(text).bind(city).bind(source).bind(quota.per_source).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// What became of letters, by way in.
pub(super) async fn totals<'c>(
    executor: impl sqlx::SqliteExecutor<'c>,
    city: i64,
) -> Result<Vec<LetterTotals>, sqlx::Error> {
    let rows: Vec<LetterTotalsRow> =
        sqlx::query_as("SELECT source, replayed, dropped FROM letter_total WHERE city = ?1 ORDER BY source")
            .bind(city)
            .fetch_all(executor)
            .await?;
    Ok(rows.into_iter().filter_map(letter_totals).collect())
}
