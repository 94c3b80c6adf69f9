//! Reading samples, raw and in buckets. Of a hypertable the samples of odd days lie beside it, in `sample_other`
//! ([`super::days`]); a continuous aggregate is never read, for a late sample is not in it yet.

use std::ops::Range;
use std::time::Duration;

use pantau_schemas::ids::SeriesId;
use pantau_schemas::time::Timestamp;
use sqlx::{AssertSqlSafe, PgPool};

use super::fault::FromSqlx as _;
use super::schema::Layout;
use crate::error::StoreError;
use crate::numbers::unsigned;
use crate::query::{Bucket, MAX_ROWS, width_us};

/// The samples of a series in `[from, to)`, oldest first.
pub(super) async fn samples(
    pool: &PgPool,
    (layout, city): (Layout, i32),
    series: &SeriesId,
    span: Range<Timestamp>,
    limit: u32,
) -> Result<Vec<(Timestamp, f64)>, StoreError> {
    let Some(series) = number(pool, city, series).await? else { return Ok(Vec::new()) };
    // Each table by itself gives its first rows in the order of its key.
    let statement = match layout {
        Layout::Days => {
            "SELECT time, value FROM sample WHERE city = $1 AND series = $2 AND time >= $3 AND time < $4 \
             ORDER BY time LIMIT $5"
        }
        Layout::Hypertable => {
            "(SELECT time, value FROM sample WHERE city = $1 AND series = $2 AND time >= $3 AND time < $4 \
              ORDER BY time LIMIT $5) UNION ALL \
             (SELECT time, value FROM sample_other WHERE city = $1 AND series = $2 AND time >= $3 AND time < $4 \
              ORDER BY time LIMIT $5) ORDER BY time LIMIT $5"
        }
    };
    let rows: Vec<(i64, f64)> = sqlx::query_as(statement)
        .bind(city)
        .bind(series)
        .bind(span.start.micros())
        .bind(span.end.micros())
        .bind(i64::from(limit.min(MAX_ROWS)))
        .fetch_all(pool)
        .await
        .store()?;
    Ok(rows.into_iter().map(|(time, value)| (Timestamp::from_micros(time), value)).collect())
}

/// The same in buckets.
pub(super) async fn buckets(
    pool: &PgPool,
    (layout, city): (Layout, i32),
    series: &SeriesId,
    span: Range<Timestamp>,
    width: Duration,
    limit: u32,
) -> Result<Vec<Bucket>, StoreError> {
    let Some(series) = number(pool, city, series).await? else { return Ok(Vec::new()) };
    let more = match layout {
        Layout::Days => "",
        Layout::Hypertable => {
            "UNION ALL SELECT time, value FROM sample_other \
             WHERE city = $1 AND series = $2 AND time >= $3 AND time < $4"
        }
    };
    // PostgreSQL's % takes the sign of the dividend: before 1970 one width more rounds down too. The samples
    // are read once: the value of the latest is found among them again.
    let statement = format!(
        "WITH one AS MATERIALIZED ( \
           SELECT time, value, time - time % $6 - CASE WHEN time % $6 < 0 THEN $6 ELSE 0 END AS start FROM ( \
             SELECT time, value FROM sample WHERE city = $1 AND series = $2 AND time >= $3 AND time < $4 {more} \
           ) AS every \
         ), \
         bucket AS ( \
           SELECT start, min(value) AS low, max(value) AS high, avg(value) AS mean, count(*) AS count, \
             max(time) AS last \
           FROM one GROUP BY start ORDER BY start LIMIT $5 \
         ) \
         SELECT bucket.start, low, high, mean, count, one.value FROM bucket JOIN one ON one.time = bucket.last \
         ORDER BY bucket.start"
    );
    // Only the fixed pieces above.
    let rows: Vec<(i64, f64, f64, f64, i64, f64)> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(city)
        .bind(series)
        .bind(span.start.micros())
        .bind(span.end.micros())
        .bind(i64::from(limit.min(MAX_ROWS)))
        .bind(width_us(width))
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

/// The number of a series; asked for on its own, so that the plan of the question knows it.
async fn number(pool: &PgPool, city: i32, series: &SeriesId) -> Result<Option<i32>, StoreError> {
    sqlx::query_scalar("SELECT id FROM series WHERE city = $1 AND name = $2")
        .bind(city)
        .bind(series.as_str())
        .fetch_optional(pool)
        .await
        .store()
}
