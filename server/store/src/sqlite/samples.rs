//! Reading samples, raw and in buckets.
//!
//! The table is cut into slots of an hour ([`slot_of`]). A question walks the slots that exist, each found
//! by one seek from the one before, and takes its series' part of each.

use std::ops::Range;
use std::time::Duration;

use pantau_schemas::ids::SeriesId;
use pantau_schemas::time::Timestamp;
use sqlx::SqlitePool;

use super::fault::FromSqlx as _;
use crate::error::StoreError;
use crate::numbers::unsigned;
use crate::query::{Bucket, MAX_ROWS, width_us};

/// Microseconds of a slot; the database keeps to it, so it never changes.
const SLOT_US: i64 = 3_600_000_000;

/// The slot of a time.
pub(super) const fn slot_of(time_us: i64) -> i64 {
    time_us.div_euclid(SLOT_US)
}

/// The first slot whose samples are not all before a time.
pub(super) const fn first_kept_slot(time_us: i64) -> i64 {
    slot_of(time_us)
}

/// The samples of a series in `[from, to)`, oldest first.
pub(super) async fn samples(
    pool: &SqlitePool,
    city: i64,
    series: &SeriesId,
    span: Range<Timestamp>,
    limit: u32,
) -> Result<Vec<(Timestamp, f64)>, StoreError> {
    let rows: Vec<(i64, f64)> = sqlx::query_as(
        "WITH RECURSIVE part (slot) AS ( \
           SELECT min(slot) FROM sample WHERE slot >= ?3 \
           UNION ALL \
           SELECT (SELECT min(slot) FROM sample WHERE slot > part.slot) FROM part WHERE part.slot < ?4 \
         ) \
         SELECT sample.time, sample.value FROM part CROSS JOIN sample ON sample.slot = part.slot \
         WHERE sample.series = (SELECT id FROM series WHERE city = ?1 AND name = ?2) \
           AND sample.time >= ?5 AND sample.time < ?6 \
         ORDER BY sample.slot, sample.time LIMIT ?7",
    )
    .bind(city)
    .bind(series.as_str())
    .bind(slot_of(span.start.micros()))
    .bind(slot_of(span.end.micros()))
    .bind(span.start.micros())
    .bind(span.end.micros())
    .bind(limit.min(MAX_ROWS))
    .fetch_all(pool)
    .await
    .store()?;
    Ok(rows.into_iter().map(|(time, value)| (Timestamp::from_micros(time), value)).collect())
}

/// The same in buckets.
pub(super) async fn buckets(
    pool: &SqlitePool,
    city: i64,
    series: &SeriesId,
    span: Range<Timestamp>,
    width: Duration,
    limit: u32,
) -> Result<Vec<Bucket>, StoreError> {
    // SQLite's % takes the sign of the dividend; twice, it rounds down before 1970 too.
    let rows: Vec<(i64, f64, f64, f64, i64, f64)> = sqlx::query_as(
        "WITH RECURSIVE part (slot) AS ( \
           SELECT min(slot) FROM sample WHERE slot >= ?3 \
           UNION ALL \
           SELECT (SELECT min(slot) FROM sample WHERE slot > part.slot) FROM part WHERE part.slot < ?4 \
         ), \
         bucket AS ( \
           SELECT sample.time - ((sample.time % ?8) + ?8) % ?8 AS start, sample.series AS series, \
             min(value) AS low, max(value) AS high, avg(value) AS mean, count(*) AS count, \
             max(sample.time) AS last \
           FROM part CROSS JOIN sample ON sample.slot = part.slot \
           WHERE sample.series = (SELECT id FROM series WHERE city = ?1 AND name = ?2) \
             AND sample.time >= ?5 AND sample.time < ?6 \
           GROUP BY start ORDER BY start LIMIT ?7 \
         ) \
         SELECT bucket.start, low, high, mean, count, \
           (SELECT value FROM sample WHERE slot = (bucket.last - ((bucket.last % ?9) + ?9) % ?9) / ?9 \
             AND series = bucket.series AND time = bucket.last) \
         FROM bucket ORDER BY bucket.start",
    )
    .bind(city)
    .bind(series.as_str())
    .bind(slot_of(span.start.micros()))
    .bind(slot_of(span.end.micros()))
    .bind(span.start.micros())
    .bind(span.end.micros())
    .bind(limit.min(MAX_ROWS))
    .bind(width_us(width))
    .bind(SLOT_US)
    .fetch_all(pool)
    .await
    .store()?;
    let bucket = |(start, min, max, mean, count, last)| Bucket {
        start: Timestamp::from_micros(start),
        min,
        max,
        mean,
        count: unsigned(count),
        last,
    };
    Ok(rows.into_iter().map(bucket).collect())
}
