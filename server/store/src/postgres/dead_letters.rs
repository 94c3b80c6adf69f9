//! Writing dead letters: equal ones as one, replayed ones marked, and never more than the quota allows.

use sqlx::PgConnection;

use super::column::{column, text};
use crate::batch::Batch;
use crate::letter::{Folded, LetterQuota, LetterTotals, Replayed, fold, touched};
use crate::numbers::signed;
use crate::rows::{LetterTotalsRow, letter_totals};

/// Writes what a batch says of dead letters; gives the totals, or nothing when it says nothing.
pub(super) async fn write(
    conn: &mut PgConnection,
    city: i32,
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

async fn insert(conn: &mut PgConnection, city: i32, letters: &[Folded<'_>]) -> Result<(), sqlx::Error> {
    if letters.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO dead_letter (city, received, last, count, source, topic, reason, pointer, detail, raw, size, \
           device, speaker, retained, fold) \
         SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], \
           $8::text[], $9::text[], $10::bytea[], $11::bigint[], $12::text[], $13::text[], $14::boolean[], \
           $15::bytea[]) \
         ON CONFLICT (city, fold) WHERE fold IS NOT NULL AND replayed IS NULL DO UPDATE \
         SET count = dead_letter.count + excluded.count, \
             last = greatest(dead_letter.last, dead_letter.received, excluded.last)",
    )
    .bind(city)
    .bind(column(letters, |folded| folded.letter.received.micros()))
    .bind(column(letters, |folded| folded.last.micros()))
    .bind(column(letters, |folded| folded.count))
    .bind(column(letters, |folded| text(&folded.letter.source)))
    .bind(column(letters, |folded| text(&folded.letter.topic)))
    .bind(column(letters, |folded| folded.letter.reason.as_str()))
    .bind(column(letters, |folded| text(&folded.letter.pointer)))
    .bind(column(letters, |folded| text(&folded.letter.detail)))
    .bind(column(letters, |folded| folded.letter.raw.as_slice()))
    .bind(column(letters, |folded| signed(folded.letter.size)))
    .bind(column(letters, |folded| folded.letter.device.as_ref().map_or("", |device| device.as_str())))
    .bind(column(letters, |folded| text(&folded.letter.speaker)))
    .bind(column(letters, |folded| folded.letter.retained))
    .bind(column(letters, |folded| folded.key.as_deref()))
    .execute(conn)
    .await
    .map(drop)
}

/// Marks a letter that was read again; gives the way in of one that was understood.
async fn mark(
    conn: &mut PgConnection,
    city: i32,
    replayed: &Replayed,
) -> Result<Option<String>, sqlx::Error> {
    if let Some(still) = &replayed.still {
        // With another reason it is another letter: equal ones are no longer folded into it.
        sqlx::query(
            "UPDATE dead_letter SET tries = tries + 1, tried = $3, \
               fold = CASE WHEN reason = $4 AND pointer = $5 THEN fold END, reason = $4, pointer = $5, detail = $6 \
             WHERE city = $1 AND id = $2 AND replayed IS NULL",
        )
        .bind(city)
        .bind(signed(replayed.id))
        .bind(replayed.at.micros())
        .bind(still.reason.as_str())
        .bind(text(&still.pointer))
        .bind(text(&still.detail))
        .execute(conn)
        .await?;
        return Ok(None);
    }
    let found: Option<(String, i64)> = sqlx::query_as(
        "UPDATE dead_letter SET tries = tries + 1, tried = $3, replayed = $3, raw = '' \
         WHERE city = $1 AND id = $2 AND replayed IS NULL RETURNING source, count",
    )
    .bind(city)
    .bind(signed(replayed.id))
    .bind(replayed.at.micros())
    .fetch_optional(&mut *conn)
    .await?;
    let Some((source, count)) = found else { return Ok(None) };
    sqlx::query(
        "INSERT INTO letter_total AS total (city, source, replayed, dropped) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (city, source) DO UPDATE SET replayed = total.replayed + excluded.replayed",
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
    conn: &mut PgConnection,
    city: i32,
    quota: LetterQuota,
    sources: &[String],
    devices: &[(String, String)],
) -> Result<(), sqlx::Error> {
    if !devices.is_empty() {
        sqlx::query(
            "DELETE FROM dead_letter USING (\
               SELECT spoke.source, spoke.device, (\
                 SELECT id FROM dead_letter AS letter WHERE letter.city = $1 AND letter.source = spoke.source \
                   AND letter.device = spoke.device AND letter.replayed IS NULL ORDER BY id DESC LIMIT 1 OFFSET $4) AS last \
               FROM unnest($2::text[], $3::text[]) AS spoke (source, device)) AS over \
             WHERE dead_letter.city = $1 AND dead_letter.source = over.source AND dead_letter.device = over.device \
               AND dead_letter.replayed IS NULL AND dead_letter.id <= over.last",
        )
        .bind(city)
        .bind(column(devices, |(source, _)| source.as_str()))
        .bind(column(devices, |(_, device)| device.as_str()))
        .bind(i64::from(quota.per_device))
        .execute(&mut *conn)
        .await?;
    }
    for source in sources {
        for statement in [
            "DELETE FROM dead_letter WHERE city = $1 AND source = $2 AND replayed IS NULL AND id <= \
               (SELECT id FROM dead_letter WHERE city = $1 AND source = $2 AND replayed IS NULL \
                ORDER BY id DESC LIMIT 1 OFFSET $3)",
            "DELETE FROM dead_letter WHERE city = $1 AND source = $2 AND replayed IS NOT NULL AND id <= \
               (SELECT id FROM dead_letter WHERE city = $1 AND source = $2 AND replayed IS NOT NULL \
                ORDER BY id DESC LIMIT 1 OFFSET $3)",
        ] {
            sqlx::query(statement)
                .bind(city)
                .bind(source)
                .bind(i64::from(quota.per_source))
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

/// What became of letters, by way in.
pub(super) async fn totals<'c>(
    executor: impl sqlx::PgExecutor<'c>,
    city: i32,
) -> Result<Vec<LetterTotals>, sqlx::Error> {
    let rows: Vec<LetterTotalsRow> = sqlx::query_as(
        "SELECT source, replayed, dropped FROM letter_total WHERE city = $1 ORDER BY source COLLATE \"C\"",
    )
    .bind(city)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().filter_map(letter_totals).collect())
}
