//! Samples in a hypertable: what the migration makes of the edition that is there, and that compressed days, late
//! samples, aggregates and retention give the answers of plain tables.

use std::time::Duration;

use pantau_schemas::ids::CityCode;
use pantau_schemas::observation::Sample;
use pantau_schemas::time::Timestamp;
use pantau_store::{Batch, Bucket, Postgres, PostgresSettings, Retention, Store};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::cluster::{Database, apache, city, say_skipped, timescale};
use crate::conformance::Home as _;
use crate::conformance::scribe::{of_samples, series};
use crate::guards::today;

const DAY_US: i64 = 86_400_000_000;
const MINUTE_US: i64 = 60_000_000;

/// A sample so many minutes after the beginning of a day.
fn at(day: i64, minute: i64, name: &str, value: f64) -> Sample {
    Sample { series: series(name), time: Timestamp::from_micros(day * DAY_US + minute * MINUTE_US), value }
}

/// An empty database with TimescaleDB in its Community edition.
async fn community(test: &str) -> Option<Database<'static>> {
    let database = Database::fresh(timescale(test)?).await;
    database.open().await.close().await;
    let mut conn = database.raw().await;
    let licence: String = sqlx::query_scalar("SELECT current_setting('timescaledb.license')")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    if licence != "timescale" {
        say_skipped(test, "this TimescaleDB is the Apache edition");
        return None;
    }
    Some(database)
}

/// The jobs on our tables, by what they do.
async fn jobs(conn: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT proc_name::text FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1",
    )
    .fetch_all(conn)
    .await
    .unwrap()
}

/// Does what the job that compresses does, without waiting a week.
async fn compress(conn: &mut PgConnection) {
    conn.execute(
        "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('sample') AS chunk",
    )
    .await
    .unwrap();
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'sample' AND NOT is_compressed",
    )
    .fetch_one(conn)
    .await
    .unwrap();
    assert_eq!(left, 0);
}

async fn of_day(store: &Postgres, day: i64, name: &str) -> Vec<(Timestamp, f64)> {
    let (from, to) = (Timestamp::from_micros(day * DAY_US), Timestamp::from_micros((day + 1) * DAY_US));
    store.samples(&series(name), from, to, 10_000).await.unwrap()
}

#[tokio::test]
async fn the_migration_makes_what_the_edition_has() {
    let Some(database) = community("hypertable::the_migration").await else { return };
    let mut conn = database.raw().await;
    let expected =
        ["policy_compression", "policy_refresh_continuous_aggregate", "policy_refresh_continuous_aggregate"];
    assert_eq!(jobs(&mut conn).await, expected);
    let chunk: i64 = sqlx::query_scalar(
        "SELECT integer_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'sample'",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(chunk, DAY_US);
    // Half of a part, as when it was interrupted, is made whole; what is there is left alone.
    conn.execute("SELECT remove_continuous_aggregate_policy('sample_hour')").await.unwrap();
    assert_eq!(jobs(&mut conn).await.len(), 2);
    for _ in 0..2 {
        Postgres::migrate(&database.server(), &PostgresSettings::default()).await.unwrap();
        assert_eq!(jobs(&mut conn).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_apache_edition_does_without() {
    let Some(cluster) = apache("hypertable::the_apache_edition") else { return };
    let database = Database::fresh(&cluster).await;
    let store = database.open().await;
    let mut conn = database.raw().await;
    assert_eq!(jobs(&mut conn).await, Vec::<String>::new());
    let today = today(&mut conn).await;
    let samples: Vec<Sample> = (1..20).map(|back| at(today - back, 1, "a/x", 1.0)).collect();
    store.commit(&of_samples(samples.clone())).await.unwrap();
    let again = Batch { suspects: vec![samples], ..Batch::default() };
    assert_eq!(store.commit(&again).await.unwrap().suspects_new, [0]);
    assert_eq!(of_day(&store, today - 19, "a/x").await.len(), 1);
    let before = Timestamp::from_micros((today - 9) * DAY_US);
    let pruned =
        store.prune(&Retention { samples_before: Some(before), ..Retention::default() }).await.unwrap();
    assert_eq!(pruned.samples, 10);
    assert_eq!(of_day(&store, today - 10, "a/x").await, []);
    assert_eq!(of_day(&store, today - 9, "a/x").await.len(), 1);
}

#[tokio::test]
async fn the_extension_may_live_in_a_schema_of_its_own() {
    let Some(cluster) = timescale("hypertable::a_schema_of_its_own") else { return };
    let database = Database::fresh(cluster).await;
    let mut conn = database.raw().await;
    conn.execute("CREATE SCHEMA \"Tempat Lain\"; CREATE EXTENSION timescaledb SCHEMA \"Tempat Lain\"")
        .await
        .unwrap();
    let store = database.open().await;
    let today = today(&mut conn).await;
    store.commit(&of_samples(vec![at(today - 9, 0, "a/x", 1.0), at(today, 0, "a/x", 1.0)])).await.unwrap();
    let chunks: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sample_days()").fetch_one(&mut conn).await.unwrap();
    assert_eq!(chunks, 2);
    let before = Timestamp::from_micros(today * DAY_US);
    let pruned =
        store.prune(&Retention { samples_before: Some(before), ..Retention::default() }).await.unwrap();
    assert_eq!(pruned.samples, 1);
}

/// A batch that is refused for ever would hold up all others: whatever of it is known already, and however many rows
/// it makes the database look at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_and_known_samples_find_their_place_in_a_compressed_day() {
    const SERIES: usize = 150;
    let Some(database) = community("hypertable::late_and_known").await else { return };
    let store = database.open().await;
    let mut conn = database.raw().await;
    let day = today(&mut conn).await - 20;
    let names: Vec<String> = (0..SERIES).map(|n| format!("ap-{n}/x")).collect();
    // A thousand rows are one compressed batch, so one late sample of each is about more than the 100,000 rows that the
    // extension lets a statement unpack by itself.
    let all: Vec<Sample> =
        names.iter().flat_map(|name| (0..1_000).map(|minute| at(day, minute, name, 1.0))).collect();
    store.commit(&of_samples(all.clone())).await.unwrap();
    compress(&mut conn).await;
    assert_eq!(of_day(&store, day, "ap-7/x").await.len(), 1_000);

    // Known, said to be surely new: copied, refused, and looked at one by one. Half-known suspects.
    let half: Vec<Sample> = (900..1_100).map(|minute| at(day, minute, "ap-1/x", 2.0)).collect();
    assert_eq!(store.commit(&of_samples(half)).await.unwrap().samples_new, 100);
    let late = |n: usize| {
        let sample = at(day, 500, &names[n], 3.0);
        Sample { time: sample.time.plus_millis(1), ..sample }
    };
    let suspects = vec![
        all.iter().take(10).cloned().collect(),
        vec![at(day, 3, "ap-2/x", 9.0), late(2)],
        vec![late(2)],
        vec![at(day, 1_200, "new/x", 1.0)],
    ];
    let committed = store.commit(&Batch { suspects, ..Batch::default() }).await.unwrap();
    assert_eq!((committed.suspects_new, committed.samples_new), (vec![0, 1, 0, 1], 2));
    // One late sample for every series, in the middle of its compressed batch.
    compress(&mut conn).await;
    let everywhere: Vec<Sample> = (0..SERIES).map(late).collect();
    let suspects = everywhere.iter().map(|sample| vec![sample.clone()]).collect();
    let committed = store.commit(&Batch { suspects, ..Batch::default() }).await.unwrap();
    assert_eq!(committed.samples_new, 149);
    compress(&mut conn).await;
    assert_eq!(store.commit(&of_samples(everywhere)).await.unwrap().samples_new, 0);

    // First come, first kept; nothing lost, nothing doubled; the same in buckets.
    let one = of_day(&store, day, "ap-1/x").await;
    assert_eq!(one.len(), 1_101);
    assert!(one.iter().take(500).all(|(_, value)| value.to_bits() == 1.0_f64.to_bits()));
    let (from, to) = (Timestamp::from_micros(day * DAY_US), Timestamp::from_micros((day + 1) * DAY_US));
    let hours = store.buckets(&series("ap-1/x"), from, to, Duration::from_secs(3_600), 99).await.unwrap();
    let counts: Vec<u64> = hours.iter().map(|bucket| bucket.count).collect();
    assert_eq!(counts, [60, 60, 60, 60, 60, 60, 60, 60, 61, 60, 60, 60, 60, 60, 60, 60, 60, 60, 20]);
    assert_eq!(hours.iter().map(|bucket| bucket.max).fold(0.0, f64::max).to_bits(), 3.0_f64.to_bits());
    let total: i64 = sqlx::query_scalar("SELECT count(*) FROM sample").fetch_one(&mut conn).await.unwrap();
    assert_eq!(total, 150_000 + 100 + 150 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_drops_compressed_days_and_empties_shared_ones() {
    let Some(database) = community("hypertable::retention").await else { return };
    let other = CityCode::new("lain").unwrap();
    let (mine, theirs) = (database.open_soon(&city()).await, database.open_soon(&other).await);
    let mut conn = database.raw().await;
    let today = today(&mut conn).await;
    // Enough series for more than one step.
    let names: Vec<String> = (0..70).map(|n| format!("s-{n}/x")).collect();
    let of = |day: i64| names.iter().map(move |name| at(day, 1, name, 1.0));
    mine.commit(&of_samples((today - 20..today - 10).flat_map(of).collect())).await.unwrap();
    theirs.commit(&of_samples((today - 15..today - 10).flat_map(of).collect())).await.unwrap();
    compress(&mut conn).await;
    // Some of it comes out of its compression again.
    mine.commit(&of_samples(vec![at(today - 14, 2, "s-3/x", 1.0)])).await.unwrap();

    let before = Timestamp::from_micros((today - 12) * DAY_US);
    let retention = Retention { samples_before: Some(before), ..Retention::default() };
    assert_eq!(mine.prune(&retention).await.unwrap().samples, 8 * 70 + 1);
    let days: Vec<i64> =
        sqlx::query_scalar("SELECT * FROM sample_days() ORDER BY 1").fetch_all(&mut conn).await.unwrap();
    assert_eq!(days, (today - 15..today - 10).collect::<Vec<_>>());
    for day in today - 20..today - 10 {
        let (left, kept) =
            (of_day(&mine, day, "s-3/x").await.len(), of_day(&theirs, day, "s-3/x").await.len());
        assert_eq!((left, kept), (usize::from(day >= today - 12), usize::from(day >= today - 15)), "{day}");
    }
    assert_eq!(theirs.prune(&retention).await.unwrap().samples, 3 * 70);
    assert_eq!(mine.prune(&retention).await.unwrap().samples, 0);
}

/// What an aggregate says of a series, as buckets.
async fn aggregate(conn: &mut PgConnection, view: &str, name: &str) -> Vec<Bucket> {
    let rows: Vec<(i64, f64, f64, f64, i64, f64)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT start, min, max, sum / count, count, last FROM {view} JOIN series ON series.id = {view}.series \
         WHERE series.name = $1 ORDER BY start"
    )))
    .bind(name)
    .fetch_all(conn)
    .await
    .unwrap();
    let bucket = |(start, min, max, mean, count, last): (i64, f64, f64, f64, i64, f64)| Bucket {
        start: Timestamp::from_micros(start),
        min,
        max,
        mean,
        count: u64::try_from(count).unwrap(),
        last,
    };
    rows.into_iter().map(bucket).collect()
}

/// Runs what the background runs every minute and every half hour.
async fn refresh(conn: &mut PgConnection) {
    let jobs: Vec<i32> = sqlx::query_scalar(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate'",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    for job in jobs {
        conn.execute(AssertSqlSafe(format!("CALL run_job({job})"))).await.unwrap();
    }
}

#[tokio::test]
async fn the_aggregates_follow_late_samples_and_retention() {
    let Some(database) = community("hypertable::the_aggregates").await else { return };
    let store = database.open().await;
    let mut conn = database.raw().await;
    let today = today(&mut conn).await;
    // Every seventeen seconds for an hour and a half, so that a minute has three or four.
    let samples = |day: i64| {
        let sample = |n: u32| {
            let sample = at(day, 0, "a/x", f64::from(n % 37));
            Sample { time: sample.time.plus_millis(i64::from(n) * 17_000), ..sample }
        };
        (0..300).map(sample).collect::<Vec<_>>()
    };
    for day in [today - 30, today - 10, today - 1] {
        store.commit(&of_samples(samples(day))).await.unwrap();
    }
    compress(&mut conn).await;
    refresh(&mut conn).await;
    let check = async |conn: &mut PgConnection, from: i64| {
        let (from, to) = (Timestamp::from_micros(from * DAY_US), Timestamp::from_micros(today * DAY_US));
        for (view, seconds) in [("sample_minute", 60), ("sample_hour", 3_600)] {
            let width = Duration::from_secs(seconds);
            let expected = store.buckets(&series("a/x"), from, to, width, 9_999).await.unwrap();
            let found = aggregate(conn, view, "a/x").await;
            assert!(!found.is_empty());
            assert_eq!(found.len(), expected.len(), "{view}");
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found.mean - expected.mean).abs() < 1e-9, "{view}: {found:?} {expected:?}");
                assert_eq!(*found, Bucket { mean: found.mean, ..*expected }, "{view}");
            }
        }
    };
    check(&mut conn, today - 40).await;
    // Late by weeks, in a day that is compressed, and in one that was not there.
    let late = vec![at(today - 30, 1, "a/x", 99.0), at(today - 25, 5, "a/x", -1.0)];
    store.commit(&of_samples(late)).await.unwrap();
    // Before a refresh the answers of the store have it.
    let (from, to) = (at(today - 25, 0, "a/x", 0.0).time, at(today - 24, 0, "a/x", 0.0).time);
    let fresh = store.buckets(&series("a/x"), from, to, Duration::from_secs(60), 9).await.unwrap();
    assert_eq!(fresh.len(), 1);
    refresh(&mut conn).await;
    check(&mut conn, today - 40).await;
    // What retention took from the samples goes from the aggregates too.
    let before = Timestamp::from_micros((today - 20) * DAY_US);
    let pruned =
        store.prune(&Retention { samples_before: Some(before), ..Retention::default() }).await.unwrap();
    assert_eq!(pruned.samples, 302);
    refresh(&mut conn).await;
    check(&mut conn, today - 20).await;
}
