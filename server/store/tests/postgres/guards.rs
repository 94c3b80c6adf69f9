//! Who may write, and what nobody may change.

use pantau_schemas::ids::{CityCode, Seq};
use pantau_store::{Batch, Broken, Fault, Postgres, PostgresSettings, Retention, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use crate::cluster::{Database, city, plain, timescale};
use crate::conformance::Home as _;
use crate::conformance::scribe::{NOON, Scribe, event, everything, of_samples, sample};

/// Ends the connection that holds a writer's lock, as a network or an administrator may.
async fn cut_the_writer(database: &Database<'_>) {
    let mut conn = database.raw().await;
    let ended: Vec<bool> = sqlx::query_scalar(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(ended, [true]);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_any_may_read() {
    let Some(cluster) = plain("guards::a_second_writer") else { return };
    let database = Database::fresh(cluster).await;
    let mut scribe = Scribe::default();
    let store = database.try_open().await.unwrap();
    store.commit(&scribe.batch(3)).await.unwrap();
    let refused = database.try_open().await.unwrap_err();
    assert!(matches!(&refused, StoreError::InUse(name) if name.contains(&database.name)), "{refused:?}");
    // Another city is another writer.
    let other = database.open_city(&CityCode::new("lain").unwrap()).await;
    other.commit(&Scribe::default().batch(2)).await.unwrap();

    let settings = PostgresSettings::default();
    let reader = Postgres::open_read_only(&database.server(), &city(), &settings).await.unwrap();
    assert_eq!(reader.verify(|_| ()).await.unwrap().entries, 3);
    assert!(matches!(reader.commit(&scribe.batch(1)).await, Err(StoreError::NotWritable)));
    let nobody = CityCode::new("nirwana").unwrap();
    let refused = Postgres::open_read_only(&database.server(), &nobody, &settings).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoCity(_)), "{refused:?}");
    // Migrating goes on beside the writer.
    Postgres::migrate(&database.server(), &settings).await.unwrap();
    store.close().await;
    database.open().await;
}

#[tokio::test]
async fn a_writer_that_was_replaced_writes_nothing_more() {
    let Some(cluster) = plain("guards::a_writer_that_was_replaced") else { return };
    let database = Database::fresh(cluster).await;
    let old = database.try_open().await.unwrap();
    let mut scribe = Scribe::default();
    old.commit(&scribe.batch(3)).await.unwrap();
    let mut theirs = Scribe { world: scribe.world.clone() };

    cut_the_writer(&database).await;
    let new = database.open().await;
    new.commit(&theirs.batch(5)).await.unwrap();
    let late = everything(&mut scribe);
    // Its first words find the connection gone, the next find somebody else.
    let mut refused = old.commit(&late).await.unwrap_err();
    if matches!(refused, StoreError::Unavailable(_)) {
        refused = old.commit(&late).await.unwrap_err();
    }
    assert!(matches!(refused, StoreError::InUse(_)), "{refused:?}");
    // And when that one is gone too, it still is not the writer that it was.
    new.close().await;
    let refused = loop {
        match old.commit(&late).await.unwrap_err() {
            StoreError::InUse(_) => tokio::task::yield_now().await,
            other => break other,
        }
    };
    assert!(matches!(refused, StoreError::Superseded) && !refused.is_passing(), "{refused:?}");
    assert!(matches!(old.snapshot(&scribe.world).await, Err(StoreError::Superseded)));
    old.close().await;
    let store = database.open().await;
    assert_eq!(store.verify(|_| ()).await.unwrap().head, theirs.world.hash);
    assert_eq!(store.recover().await.unwrap().inbox, []);
}

#[tokio::test]
async fn the_fence_holds_inside_a_transaction_too() {
    let Some(cluster) = plain("guards::the_fence_holds") else { return };
    let database = Database::fresh(cluster).await;
    let store = database.try_open().await.unwrap();
    let mut scribe = Scribe::default();
    store.commit(&everything(&mut scribe)).await.unwrap();
    let before = store.recover().await.unwrap();
    // Another writer takes over between the first look of a batch and its last statement: here a trigger.
    let mut conn = database.raw().await;
    conn.execute(
        "CREATE FUNCTION takes_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           UPDATE tip SET epoch = epoch + 1; RETURN NULL; END $$; \
         CREATE TRIGGER takes_over AFTER INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION takes_over()",
    )
    .await
    .unwrap();
    let refused = store.commit(&everything(&mut scribe)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Superseded), "{refused:?}");
    assert_eq!(store.recover().await.unwrap(), before);
}

#[tokio::test]
async fn the_run_time_role_can_do_its_work_and_nothing_else() {
    let Some(cluster) = plain("guards::the_run_time_role") else { return };
    the_run_time_role(&Database::fresh(cluster).await).await;
}

#[tokio::test]
async fn on_a_hypertable_the_run_time_role_can_do_its_work_and_nothing_else() {
    let Some(cluster) = timescale("guards::on_a_hypertable_the_run_time_role") else { return };
    the_run_time_role(&Database::fresh(cluster).await).await;
}

async fn the_run_time_role(database: &Database<'_>) {
    let user = format!("server_{}", database.name);
    let server = database.cluster.server(&user, &database.name);
    let mut owner = database.raw().await;
    owner.execute(AssertSqlSafe(format!("CREATE ROLE {user} LOGIN"))).await.unwrap();
    let settings = PostgresSettings::default();
    let refused = Postgres::open(&server, &city(), &settings).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotMigrated), "{refused:?}");

    Postgres::migrate(&database.server(), &settings).await.unwrap();
    owner.execute(AssertSqlSafe(format!("GRANT pantau_runtime TO {user}"))).await.unwrap();
    let store = Postgres::open(&server, &city(), &settings).await.unwrap();
    let mut scribe = Scribe::default();
    for _ in 0..3 {
        store.commit(&everything(&mut scribe)).await.unwrap();
        store.snapshot(&scribe.world).await.unwrap();
    }
    // Late samples, of a day that there is no partition for yet.
    let today = today(&mut owner).await;
    let late = (today - 30) * 86_400_000 - NOON.millis();
    store.commit(&of_samples(vec![sample("a/late", late, 1.0)])).await.unwrap();
    let all = NOON.plus_millis(i64::from(u32::MAX) * 1_000);
    let retention =
        Retention { samples_before: Some(all), dead_letters_before: Some(all), reporters_before: Some(all) };
    assert!(store.prune(&retention).await.unwrap().samples > 3);
    assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);

    for (who, sql) in [
        (&user, "UPDATE journal SET kind = 'x' WHERE seq = 1"),
        (&user, "DELETE FROM journal WHERE seq = 1"),
        (&user, "TRUNCATE journal"),
        (&user, "ALTER TABLE journal DISABLE TRIGGER ALL"),
        (&user, "DROP TABLE sample"),
        (&user, "UPDATE sample SET value = 0"),
        (&user, "UPDATE inbox SET raw = ''"),
        (&user, "CREATE TABLE pantau.x (a integer)"),
        (&user, "UPDATE _sqlx_migrations SET version = 9"),
        // The owner is stopped by the trigger.
        (&"owner".to_owned(), "UPDATE journal SET kind = 'x' WHERE seq = 1"),
        (&"owner".to_owned(), "DELETE FROM journal WHERE seq = 1"),
        (&"owner".to_owned(), "TRUNCATE journal"),
    ] {
        let mut conn = database.raw().await;
        conn.execute(AssertSqlSafe(format!("SET ROLE {who}"))).await.unwrap();
        let refused = conn.execute(sql).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code().map(|code| code.to_string()));
        assert_eq!(code.as_deref(), Some("42501"), "{who}: {sql}: {refused}");
    }
}

pub(crate) async fn today(conn: &mut sqlx::PgConnection) -> i64 {
    sqlx::query_scalar("SELECT ((now() AT TIME ZONE 'UTC')::date - date '1970-01-01')::bigint")
        .fetch_one(conn)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_first_starts_at_once_make_one_schema() {
    let Some(cluster) = plain("guards::several_first_starts") else { return };
    let database = Database::fresh(cluster).await;
    let names = ["satu", "dua", "tiga"].map(|name| CityCode::new(name).unwrap());
    let [one, two, three] = &names;
    let stores = tokio::join!(database.open_city(one), database.open_city(two), database.open_city(three));
    for store in [stores.0, stores.1, stores.2] {
        store.commit(&everything(&mut Scribe::default())).await.unwrap();
    }
    let mut conn = database.raw().await;
    conn.execute("UPDATE _sqlx_migrations SET version = 4711 WHERE version = (SELECT max(version) FROM _sqlx_migrations)").await.unwrap();
    let refused = database.try_open().await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 4711, .. }), "{refused:?}");
}

#[tokio::test]
async fn every_tampering_is_found_and_the_first_broken_entry_named() {
    let Some(cluster) = plain("guards::every_tampering") else { return };
    let original = Database::fresh(cluster).await;
    let store = original.open().await;
    let mut scribe = Scribe::default();
    store.commit(&scribe.batch(20)).await.unwrap();
    store.snapshot(&scribe.world).await.unwrap();
    store.commit(&scribe.batch(20)).await.unwrap();
    store.close().await;
    let zero = format!("'\\x{}'::bytea", "00".repeat(32));
    let cases = [
        ("UPDATE journal SET text = replace(text, 'sms', 'web') WHERE seq = 5", 5, Fault::Altered),
        ("UPDATE journal SET hash = ZERO WHERE seq = 5", 5, Fault::Altered),
        ("DELETE FROM journal WHERE seq = 7", 7, Fault::Missing),
        ("UPDATE journal SET kind = 'server_started' WHERE seq = 9", 9, Fault::Disagrees("kind")),
        ("UPDATE journal SET subject = 'ap-99' WHERE seq = 3", 3, Fault::Disagrees("subject")),
        ("UPDATE journal SET time = time + 1 WHERE seq = 11", 11, Fault::Disagrees("time")),
        ("DELETE FROM journal WHERE seq > 30", 31, Fault::CutOff),
        ("UPDATE tip SET hash = ZERO", 40, Fault::Tip),
        ("UPDATE snapshot SET hash = ZERO", 20, Fault::Snapshot),
    ];
    let settings = PostgresSettings::default();
    let reader = Postgres::open_read_only(&original.server(), &city(), &settings).await.unwrap();
    assert_eq!(reader.verify(|_| ()).await.unwrap().entries, 40);
    let mut conn = original.raw().await;
    for (sql, seq, why) in cases {
        // Put aside, altered for the look of one reader, and put back.
        let tampered = sql.replace("ZERO", &zero);
        conn.execute(AssertSqlSafe(format!(
            "CREATE SCHEMA aside; CREATE TABLE aside.j AS TABLE journal; CREATE TABLE aside.s AS TABLE snapshot; \
             CREATE TABLE aside.t AS TABLE tip; ALTER TABLE journal DISABLE TRIGGER ALL; {tampered}"
        )))
        .await
        .unwrap();
        match reader.verify(|_| ()).await {
            Err(StoreError::Broken(broken)) => assert_eq!(broken, Broken { seq: Seq(seq), why }, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
        conn.execute(
            "DELETE FROM journal; INSERT INTO journal TABLE aside.j; DELETE FROM snapshot; \
             INSERT INTO snapshot TABLE aside.s; DELETE FROM tip; INSERT INTO tip TABLE aside.t; \
             DROP SCHEMA aside CASCADE; ALTER TABLE journal ENABLE TRIGGER ALL",
        )
        .await
        .unwrap();
    }
    assert_eq!(reader.verify(|_| ()).await.unwrap().entries, 40);
    conn.close().await.unwrap();
}

#[tokio::test]
async fn samples_that_came_again_do_not_cost_the_rest_of_the_batch() {
    let Some(cluster) = plain("guards::samples_that_came_again") else { return };
    let database = Database::fresh(cluster).await;
    let store = database.open().await;
    let mut scribe = Scribe::default();
    let first: Vec<_> = (0..100).map(|n| sample("a/x", n, 1.0)).collect();
    store.commit(&of_samples(first)).await.unwrap();
    let batch = Batch {
        entries: scribe.write_some(4),
        samples: (50..150).map(|n| sample("a/x", n, 2.0)).collect(),
        suspects: vec![vec![sample("a/x", 149, 3.0), sample("a/x", 150, 3.0)], vec![sample("a/x", 150, 4.0)]],
        inbox: vec![event("e-1", "{}")],
        ..Batch::default()
    };
    let committed = store.commit(&batch).await.unwrap();
    assert_eq!((committed.samples_new, committed.suspects_new), (51, vec![1, 0]));
    let recovered = store.recover().await.unwrap();
    assert_eq!((recovered.world, recovered.inbox.len()), (scribe.world, 1));
    let all = store
        .samples(&crate::conformance::scribe::series("a/x"), NOON, NOON.plus_millis(999), 999)
        .await
        .unwrap();
    let expected = (0..151).map(|n| match n {
        0..100 => (NOON.plus_millis(n), 1.0),
        100..150 => (NOON.plus_millis(n), 2.0),
        _ => (NOON.plus_millis(n), 3.0),
    });
    assert!(all.into_iter().eq(expected));
}
