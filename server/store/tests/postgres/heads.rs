//! Newest values are written late when many change at once, and are right at every start all the same.

use pantau_store::{Batch, Store};
use sqlx::PgConnection;

use crate::cluster::{Database, city, plain};
use crate::conformance::scribe::{NOON, of_samples, sample};

/// More series than a commit writes newest values of.
const SERIES: i64 = 1_300;

/// One sample of each series; of a later day with each round, so that partitions change too.
fn round(number: i64) -> Batch {
    let time = number * 86_400_000;
    of_samples(
        (0..SERIES)
            .map(|n| sample(&format!("s-{n}/x"), time + n, f64::from(i32::try_from(number).unwrap())))
            .collect(),
    )
}

async fn is_behind(conn: &mut PgConnection) -> bool {
    sqlx::query_scalar("SELECT behind FROM tip").fetch_one(conn).await.unwrap()
}

/// Series whose head is older than their newest sample, as somebody with a shell counts them.
async fn old_heads(conn: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM head JOIN (SELECT series, max(time) AS time FROM sample GROUP BY series) AS newest \
         USING (series) WHERE head.time < newest.time",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_vanishes_leaves_its_newest_values_in_the_samples() {
    let Some(cluster) = plain("heads::a_writer_that_vanishes") else { return };
    let database = Database::fresh(cluster).await;
    let mut conn = database.raw().await;
    let store = database.open_soon(&city()).await;
    store.commit(&round(0)).await.unwrap();
    assert_eq!(
        (is_behind(&mut conn).await, old_heads(&mut conn).await),
        (false, 0),
        "new series have their heads"
    );
    store.commit(&round(1)).await.unwrap();
    let old = old_heads(&mut conn).await;
    assert!(is_behind(&mut conn).await && old > 0 && old < SERIES, "{old} are old");
    drop(store);

    let store = database.open_soon(&city()).await;
    assert_eq!((is_behind(&mut conn).await, old_heads(&mut conn).await), (false, 0));
    let heads = store.recover().await.unwrap().heads;
    assert_eq!(heads.len(), usize::try_from(SERIES).unwrap());
    assert!(heads.iter().all(|head| head.value == 1.0 && head.time >= NOON.plus_millis(86_400_000)));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newest_values_catch_up_with_later_commits_and_when_the_store_is_closed() {
    let Some(cluster) = plain("heads::newest_values_catch_up") else { return };
    let database = Database::fresh(cluster).await;
    let mut conn = database.raw().await;
    let store = database.open_soon(&city()).await;
    for number in 0..3 {
        store.commit(&round(number)).await.unwrap();
    }
    assert!(is_behind(&mut conn).await);
    for number in 0..4 {
        store.commit(&of_samples(vec![sample("s-0/x", 99 * 86_400_000 + number, 9.0)])).await.unwrap();
    }
    assert_eq!((is_behind(&mut conn).await, old_heads(&mut conn).await), (false, 0));
    store.commit(&round(3)).await.unwrap();
    assert!(is_behind(&mut conn).await);
    // Whoever asks a running store is told the newest too.
    let heads = store.recover().await.unwrap().heads;
    assert_eq!(heads.iter().filter(|head| head.value == 3.0).count(), usize::try_from(SERIES - 1).unwrap());
    store.commit(&round(4)).await.unwrap();
    store.close().await;
    assert_eq!((is_behind(&mut conn).await, old_heads(&mut conn).await), (false, 0));
}
