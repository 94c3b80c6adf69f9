//! Days of samples: made ahead, bounded whatever the clocks say, dropped as a whole.

use std::time::Duration;

use pantau_schemas::ids::CityCode;
use pantau_schemas::observation::Sample;
use pantau_schemas::time::Timestamp;
use pantau_store::{Batch, Retention, Store};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use crate::cluster::{Database, city, plain, timescale};
use crate::conformance::scribe::{of_samples, series};
use crate::guards::today;

const DAY_US: i64 = 86_400_000_000;

/// A sample at the beginning of a day.
fn on(day: i64, name: &str, value: f64) -> Sample {
    Sample { series: series(name), time: Timestamp::from_micros(day * DAY_US), value }
}

async fn days(conn: &mut PgConnection) -> Vec<i64> {
    sqlx::query_scalar("SELECT * FROM sample_days() ORDER BY 1").fetch_all(conn).await.unwrap()
}

async fn in_other(conn: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM sample_other").fetch_one(conn).await.unwrap()
}

#[tokio::test]
async fn days_are_made_ahead() {
    let Some(cluster) = plain("partitions::days_are_made_ahead") else { return };
    let database = Database::fresh(cluster).await;
    let _store = database.open_soon(&city()).await;
    let mut conn = database.raw().await;
    let today = today(&mut conn).await;
    let made_ahead = days(&mut conn).await;
    assert!([-1, 0, 1, 2].iter().all(|ahead| made_ahead.contains(&(today + ahead))), "{made_ahead:?}");
}

#[tokio::test]
async fn wrong_clocks_cost_a_row_and_not_a_table() {
    let Some(cluster) = plain("partitions::wrong_clocks") else { return };
    wrong_clocks(&Database::fresh(cluster).await).await;
}

#[tokio::test]
async fn wrong_clocks_cost_a_row_and_not_a_chunk() {
    let Some(cluster) = timescale("partitions::wrong_clocks") else { return };
    wrong_clocks(&Database::fresh(cluster).await).await;
}

async fn wrong_clocks(database: &Database<'_>) {
    let store = database.open_soon(&city()).await;
    let mut conn = database.raw().await;
    let today = today(&mut conn).await;
    let made_ahead = days(&mut conn).await;

    // Devices that think it is 1970, 2100, or any other day; and one that is honestly late.
    let mut samples: Vec<Sample> = (0..3_000).map(|n| on(n * 17, "a/x", 1.0)).collect();
    samples.push(on(today - 100, "a/late", 1.0));
    store.commit(&of_samples(samples)).await.unwrap();
    let made = days(&mut conn).await;
    assert!(made.contains(&(today - 100)));
    let bound = made_ahead.len() + 2 + 410 / 17;
    assert!(made.len() <= bound, "{} partitions for 3,000 days", made.len());
    let all = store
        .samples(
            &series("a/x"),
            Timestamp::from_micros(i64::MIN / 2),
            Timestamp::from_micros(i64::MAX / 2),
            9_999,
        )
        .await
        .unwrap();
    assert_eq!(all.len(), 3_000);
    // Each is known, wherever it lies.
    let suspects =
        vec![vec![on(17, "a/x", 2.0), on(today - 100, "a/late", 2.0)], vec![on(51_000, "a/x", 1.0)]];
    let again = store.commit(&Batch { suspects, ..Batch::default() }).await.unwrap();
    assert_eq!(again.suspects_new, [0, 1]);
    store.commit(&of_samples(vec![on(34, "a/x", 2.0), on(18, "a/y", 1.0)])).await.unwrap();
    let week = Duration::from_secs(7 * 86_400);
    let first =
        store.buckets(&series("a/x"), Timestamp::EPOCH, on(90, "a/x", 0.0).time, week, 99).await.unwrap();
    assert_eq!(first.iter().map(|bucket| (bucket.count, bucket.max)).collect::<Vec<_>>(), [(1, 1.0); 6]);
    // They go like any other.
    let before = Timestamp::from_micros((today - 50) * DAY_US);
    let retention = Retention { samples_before: Some(before), ..Retention::default() };
    let old = u64::try_from(all.iter().filter(|(time, _)| *time < before).count()).unwrap();
    assert_eq!(store.prune(&retention).await.unwrap().samples, old + 2);
    assert!(days(&mut conn).await.iter().all(|day| *day >= today - 50));
    // A day that was dropped is made again when something late comes.
    store.commit(&of_samples(vec![on(today - 100, "a/late", 2.0)])).await.unwrap();
    assert!(days(&mut conn).await.contains(&(today - 100)));
}

#[tokio::test]
async fn what_waited_for_its_day_is_moved_into_it() {
    let Some(cluster) = plain("partitions::what_waited") else { return };
    let database = Database::fresh(cluster).await;
    let store = database.open_soon(&city()).await;
    let mut conn = database.raw().await;
    let today = today(&mut conn).await;
    store.commit(&of_samples(vec![on(today, "a/x", 1.0), on(today, "b/x", 5.0)])).await.unwrap();
    // As if the day had not been made in time.
    conn.execute(AssertSqlSafe(format!(
        "CREATE TABLE aside AS SELECT * FROM sample; \
         DO $$ BEGIN EXECUTE 'DROP TABLE sample_' || to_char(date '1970-01-01' + {today}, 'YYYYMMDD'); END $$; \
         INSERT INTO sample SELECT * FROM aside"
    )))
    .await
    .unwrap();
    assert_eq!(in_other(&mut conn).await, 2);
    conn.execute("SELECT sample_days_make('{}')").await.unwrap();
    assert_eq!(in_other(&mut conn).await, 0);
    assert!(days(&mut conn).await.contains(&today));
    let (from, to) = (Timestamp::from_micros(today * DAY_US), Timestamp::from_micros((today + 1) * DAY_US));
    assert_eq!(store.samples(&series("b/x"), from, to, 9).await.unwrap(), [(from, 5.0)]);
    // And it is known there: the same again is no news.
    let suspects = vec![vec![on(today, "a/x", 2.0)]];
    let again = store.commit(&Batch { suspects, ..Batch::default() }).await.unwrap();
    assert_eq!(again.suspects_new, [0]);
}

#[tokio::test]
async fn a_reader_that_holds_a_table_delays_no_commit() {
    let Some(cluster) = plain("partitions::a_reader") else { return };
    let database = Database::fresh(cluster).await;
    let store = database.open_soon(&city()).await;
    let mut backup = database.raw().await;
    let today = today(&mut backup).await;
    // A backup reads for hours; the day that comes first now cannot be attached.
    backup.execute("BEGIN; LOCK TABLE sample_other IN ACCESS SHARE MODE").await.unwrap();
    store.commit(&of_samples(vec![on(today - 200, "a/x", 1.0)])).await.unwrap();
    let mut conn = database.raw().await;
    assert!(!days(&mut conn).await.contains(&(today - 200)));
    assert_eq!(in_other(&mut conn).await, 1);
    backup.execute("COMMIT").await.unwrap();
}

#[tokio::test]
async fn one_citys_retention_takes_nothing_of_another() {
    let Some(cluster) = plain("partitions::one_citys_retention") else { return };
    one_citys_retention(&Database::fresh(cluster).await).await;
}

#[tokio::test]
async fn on_a_hypertable_one_citys_retention_takes_nothing_of_another() {
    let Some(cluster) = timescale("partitions::one_citys_retention") else { return };
    one_citys_retention(&Database::fresh(cluster).await).await;
}

async fn one_citys_retention(database: &Database<'_>) {
    let (one, two) = (city(), CityCode::new("lain").unwrap());
    let (first, second) = (database.open_soon(&one).await, database.open_soon(&two).await);
    let mut conn = database.raw().await;
    let today = today(&mut conn).await;
    let samples = |from: i64| (from..today).map(|day| on(day, "a/x", 1.0)).collect();
    first.commit(&of_samples(samples(today - 20))).await.unwrap();
    second.commit(&of_samples(samples(today - 10))).await.unwrap();
    let retention = Retention {
        samples_before: Some(Timestamp::from_micros((today - 5) * DAY_US)),
        ..Retention::default()
    };
    assert_eq!(first.prune(&retention).await.unwrap().samples, 15);
    let (from, to) = (Timestamp::EPOCH, Timestamp::from_micros(today * DAY_US));
    assert_eq!(first.samples(&series("a/x"), from, to, 99).await.unwrap().len(), 5);
    assert_eq!(second.samples(&series("a/x"), from, to, 99).await.unwrap().len(), 10);
    // Ten days were its alone and are gone; the others still have the neighbour's samples.
    let left = days(&mut conn).await;
    assert!(left.contains(&(today - 10)) && !left.contains(&(today - 11)), "{left:?}");
}
