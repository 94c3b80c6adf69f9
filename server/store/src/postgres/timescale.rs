//! TimescaleDB on the same tables: `sample` becomes a hypertable, and what the extension's licence and version
//! allow is added. Nothing here changes an answer; it makes old samples small and dashboards fast.
//!
//! What is left out is said in the log, once, by the migration. Sources: the reference at
//! tigerdata.com/docs (`create_hypertable`, `set_integer_now_func`, `add_compression_policy`,
//! `add_continuous_aggregate_policy`).

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::fault::FromSqlx as _;
use crate::error::StoreError;

const HYPERTABLE: &str = include_str!("../../migrations/postgres/samples/hypertable.sql");

/// The oldest version with `by_range`, as major and minor.
const OLDEST: (u32, u32) = (2, 13);

/// A part that only the Community edition has (`timescaledb.license = timescale`).
struct Part {
    /// For the log.
    name: &'static str,
    /// A query that gives a row when the part is there already. What a job of an aggregate is said to be on differs: the
    /// view in newer versions, what lies behind it in older ones.
    there: &'static str,
    /// Statements that make it, each in a transaction of its own.
    make: &'static [&'static str],
}

/// Times and offsets are microseconds, as the column is. A week goes by before a chunk is compressed: late samples are
/// common, and one that falls into a compressed chunk costs more, of older versions a thousand others unpacked.
///
/// The aggregates are for dashboards; Pantau's own answers come from the samples, because a late sample is in an
/// aggregate only after its next refresh. A refresh has no oldest time: it looks at what changed since the last
/// one alone, and so late samples of any age come in, and what retention dropped goes out.
const PARTS: [Part; 3] = [
    Part {
        name: "compression of samples older than 7 days",
        there: "SELECT 1 FROM timescaledb_information.jobs \
                WHERE proc_name = 'policy_compression' AND hypertable_schema = 'pantau' AND hypertable_name = 'sample'",
        make: &[
            "ALTER TABLE sample SET (timescaledb.compress, timescaledb.compress_segmentby = 'city, series', \
             timescaledb.compress_orderby = 'time')",
            "SELECT add_compression_policy('sample', compress_after => BIGINT '604800000000', if_not_exists => true)",
        ],
    },
    Part {
        name: "the aggregate of every minute",
        there: "SELECT 1 FROM timescaledb_information.jobs AS job JOIN timescaledb_information.continuous_aggregates AS one \
                  ON (job.hypertable_schema, job.hypertable_name) IN ((view_schema, view_name), \
                    (materialization_hypertable_schema, materialization_hypertable_name)) \
                WHERE proc_name = 'policy_refresh_continuous_aggregate' \
                  AND view_schema = 'pantau' AND view_name = 'sample_minute'",
        make: &[
            "CREATE MATERIALIZED VIEW IF NOT EXISTS sample_minute WITH (timescaledb.continuous) AS \
             SELECT city, series, time_bucket(BIGINT '60000000', time) AS start, min(value) AS min, max(value) AS max, \
               sum(value) AS sum, count(*) AS count, last(value, time) AS last \
             FROM sample GROUP BY city, series, time_bucket(BIGINT '60000000', time) WITH NO DATA",
            "SELECT add_continuous_aggregate_policy('sample_minute', start_offset => NULL, \
             end_offset => BIGINT '60000000', schedule_interval => INTERVAL '1 minute', if_not_exists => true)",
        ],
    },
    Part {
        name: "the aggregate of every hour",
        there: "SELECT 1 FROM timescaledb_information.jobs AS job JOIN timescaledb_information.continuous_aggregates AS one \
                  ON (job.hypertable_schema, job.hypertable_name) IN ((view_schema, view_name), \
                    (materialization_hypertable_schema, materialization_hypertable_name)) \
                WHERE proc_name = 'policy_refresh_continuous_aggregate' \
                  AND view_schema = 'pantau' AND view_name = 'sample_hour'",
        make: &[
            "CREATE MATERIALIZED VIEW IF NOT EXISTS sample_hour WITH (timescaledb.continuous) AS \
             SELECT city, series, time_bucket(BIGINT '3600000000', time) AS start, min(value) AS min, max(value) AS max, \
               sum(value) AS sum, count(*) AS count, last(value, time) AS last \
             FROM sample GROUP BY city, series, time_bucket(BIGINT '3600000000', time) WITH NO DATA",
            "SELECT add_continuous_aggregate_policy('sample_hour', start_offset => NULL, \
             end_offset => BIGINT '3600000000', schedule_interval => INTERVAL '30 minutes', if_not_exists => true)",
        ],
    },
];

/// Makes `sample` a hypertable, if the extension is there or can be; says whether it did.
pub(super) async fn make(conn: &mut PgConnection) -> Result<bool, StoreError> {
    let Some(version) = extension(conn).await? else { return Ok(false) };
    if parse(&version).is_none_or(|version| version < OLDEST) {
        tracing::warn!(version, "this TimescaleDB is too old to be used: samples go to plain partitions");
        return Ok(false);
    }
    let schema = find_functions(conn).await?;
    let mut transaction = conn.begin().await.store()?;
    // Only the name of a schema, quoted by the database itself.
    let hypertable = HYPERTABLE.replace("EXTENSION_SCHEMA", &schema);
    transaction.execute(AssertSqlSafe(hypertable)).await.store()?;
    transaction.commit().await.store()?;
    tracing::info!(version, "samples go to a hypertable of TimescaleDB");
    Ok(true)
}

/// Adds what the licence and the version allow and is not there yet. A part that fails is left out.
pub(super) async fn refine(conn: &mut PgConnection) -> Result<(), StoreError> {
    find_functions(conn).await?;
    let licence: Option<String> = sqlx::query_scalar("SELECT current_setting('timescaledb.license', true)")
        .fetch_one(&mut *conn)
        .await
        .store()?;
    for part in &PARTS {
        if licence.as_deref() == Some("apache") {
            tracing::info!(part = part.name, "left out: the Apache edition of TimescaleDB has it not");
            continue;
        }
        let there = sqlx::query(part.there).fetch_optional(&mut *conn).await.store()?.is_some();
        for statement in part.make.iter().filter(|_| !there) {
            // Continuous aggregates cannot be made inside a transaction block.
            match conn.execute(*statement).await {
                Ok(_) => {}
                Err(error @ sqlx::Error::Database(_)) => {
                    tracing::warn!(part = part.name, %error, "left out: this TimescaleDB refuses it");
                    break;
                }
                Err(error) => return Err(error).store(),
            }
        }
    }
    Ok(())
}

/// Lets a writer put late samples into compressed chunks, however many: where that unpacks others, the extension's own
/// limit would undo a batch every time it is tried. What a batch can unpack is bounded by its own size.
pub(super) async fn lift_limits(conn: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(
        "SELECT set_config(name, '0', false) FROM pg_settings \
         WHERE name = 'timescaledb.max_tuples_decompressed_per_dml_transaction'",
    )
    .execute(conn)
    .await
    .map(drop)
    .store()
}

/// Adds the schema of the extension, which may have been made in any, to where this connection looks functions up;
/// gives its name, quoted.
async fn find_functions(conn: &mut PgConnection) -> Result<String, StoreError> {
    let schema: String = sqlx::query_scalar(
        "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace \
         WHERE extname = 'timescaledb'",
    )
    .fetch_one(&mut *conn)
    .await
    .store()?;
    conn.execute(AssertSqlSafe(format!("SET search_path = pantau, public, {schema}"))).await.store()?;
    Ok(schema)
}

/// The version of the extension, made where it can be.
async fn extension(conn: &mut PgConnection) -> Result<Option<String>, StoreError> {
    const VERSION: &str = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'";
    let there: Option<String> = sqlx::query_scalar(VERSION).fetch_optional(&mut *conn).await.store()?;
    if there.is_some() {
        return Ok(there);
    }
    // Asked for without being preloaded, the extension ends the connection. Who may not see what is preloaded
    // may not make extensions either.
    let preloaded: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AND EXISTS \
           (SELECT FROM pg_settings WHERE name = 'shared_preload_libraries' AND setting LIKE '%timescaledb%')",
    )
    .fetch_one(&mut *conn)
    .await
    .store()?;
    if !preloaded {
        return Ok(None);
    }
    if let Err(error) = conn.execute(AssertSqlSafe("CREATE EXTENSION timescaledb SCHEMA public")).await {
        tracing::warn!(%error, "TimescaleDB is installed but cannot be used: samples go to plain partitions");
        return Ok(None);
    }
    sqlx::query_scalar(VERSION).fetch_optional(conn).await.store()
}

/// Major and minor of `2.28.1`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse("2.9.3").unwrap() < OLDEST);
        assert!(parse("2.13.0").unwrap() >= OLDEST);
        assert!(parse("3.0").unwrap() >= OLDEST);
        assert_eq!(parse("dev"), None);
    }
}
