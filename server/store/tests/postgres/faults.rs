//! What can go wrong on the way to the server and in it: the answer to COMMIT is lost, the connection is cut, the
//! server takes no writes, no connections, or has no room. Each passes, without a restart of ours.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use pantau_schemas::dead_letter::Reason;
use pantau_store::{Batch, Committed, Location, Postgres, PostgresSettings, Server, Store, StoreError};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::cluster::{Cluster, Database, city, durable, plain};
use crate::conformance::scribe::{Scribe, everything, totals};

/// What the proxy does with the next COMMIT.
const PASS: u8 = 0;
/// Cut before it reaches the server.
const CUT_BEFORE: u8 = 1;
/// Hand it over, wait for the answer, and cut instead of handing that back.
const CUT_AFTER: u8 = 2;
/// Swallow the answer and stay connected, as a network that drops packets does.
const SILENT: u8 = 3;

/// A way to the server that fails on demand.
struct Proxy {
    folder: tempfile::TempDir,
    mode: Arc<AtomicU8>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    fn to(cluster: &Cluster) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let target = cluster.socket();
        let mode = Arc::new(AtomicU8::new(PASS));
        let mut tasks = JoinSet::new();
        let shared_mode = Arc::clone(&mode);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&target).await.unwrap();
                connections.spawn(carry(client, server, Arc::clone(&shared_mode)));
            }
        });
        Self { folder, mode, _tasks: tasks }
    }

    fn server(&self, database: &str) -> Server {
        let url = format!("postgres://owner@localhost/{database}?host={}", self.folder.path().display());
        match Location::parse(&url, Path::new("")).unwrap() {
            Location::Postgres(server) => server,
            Location::Sqlite(path) => panic!("{}", path.display()),
        }
    }

    fn next(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }
}

async fn carry(client: UnixStream, server: UnixStream, mode: Arc<AtomicU8>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mute = Arc::new(AtomicU8::new(PASS));
    tokio::select! {
        () = upstream(from_client, to_server, mode, Arc::clone(&mute)) => {}
        () = downstream(from_server, to_client, mute) => {}
    }
}

/// What we say. A COMMIT is a message of its own, so it comes as one piece.
async fn upstream(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mode: Arc<AtomicU8>, mute: Arc<AtomicU8>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if buffer[..count].ends_with(b"COMMIT\0") {
            match mode.swap(PASS, Ordering::SeqCst) {
                CUT_BEFORE => return,
                other => mute.store(other, Ordering::SeqCst),
            }
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// What the server says.
async fn downstream(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mute: Arc<AtomicU8>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        match mute.load(Ordering::SeqCst) {
            CUT_AFTER => return,
            SILENT => {}
            _ => {
                if to.write_all(&buffer[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_lost_is_found_out_by_trying_again() {
    let Some(cluster) = plain("faults::an_answer_that_was_lost") else { return };
    let database = Database::fresh(cluster).await;
    let proxy = Proxy::to(cluster);
    let settings = PostgresSettings { answer_within: Duration::from_secs(3), ..PostgresSettings::default() };
    let store = Postgres::open(&proxy.server(&database.name), &city(), &settings).await.unwrap();
    let mut scribe = Scribe::default();
    store.commit(&everything(&mut scribe)).await.unwrap();
    for mode in [CUT_BEFORE, CUT_AFTER, CUT_AFTER, CUT_BEFORE, SILENT, CUT_AFTER] {
        let batch = everything(&mut scribe);
        let whole = u64::try_from(batch.samples.len() + batch.suspects.len()).unwrap();
        proxy.next(mode);
        let lost = store.commit(&batch).await.unwrap_err();
        assert!(matches!(lost, StoreError::Unavailable(_)) && lost.is_passing(), "{mode}: {lost:?}");
        // Whichever of the two wrote it, the answer is that of one commit, and so is the end state.
        let (committed, _) = insist(&store, &batch).await;
        assert_eq!(committed.samples_new, whole, "{mode}");
        assert!(committed.suspects_new.iter().all(|count| *count == 1), "{mode}");
        let seq = scribe.world.seq.0;
        let recovered = store.recover().await.unwrap();
        assert_eq!((recovered.world.seq.0, recovered.totals), (seq, vec![totals(seq)]), "{mode}");
        assert_eq!(recovered.inbox.len(), usize::try_from(seq).unwrap(), "{mode}");
        assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, seq)], "{mode}");
    }
    assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);
}

/// A primary that has lost its synchronous standby writes a batch down, and nobody else has it: when a failover passes it
/// over it is gone. Only its waiting for the standby says so, and whoever asks what became of it must wait as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_a_primary_without_its_standby_has_is_not_acknowledged() {
    let Some(cluster) = durable("faults::what_only_a_primary_without_its_standby_has") else { return };
    let database = Database::fresh(&cluster).await;
    let settings = PostgresSettings { answer_within: Duration::from_secs(2), ..PostgresSettings::default() };
    let store = Postgres::open(&database.server(), &city(), &settings).await.unwrap();
    let (mut scribe, mut owner, mut lonely) = (Scribe::default(), database.raw().await, database.raw().await);
    insist(&store, &everything(&mut scribe)).await;

    owner.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'").await.unwrap();
    owner.execute("SELECT pg_reload_conf()").await.unwrap();
    let mut waits = JoinSet::new();
    waits.spawn(async move {
        // The server heeds it a moment later.
        while lonely.execute("SELECT pg_current_xact_id()").await.is_ok() {}
    });
    let began = Instant::now();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut owner).await.unwrap() == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "nobody waits for the standby");
    }

    let batch = everything(&mut scribe);
    for attempt in 0..3 {
        let outcome = store.commit(&batch).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "attempt {attempt}: {outcome:?}");
    }
    // It is there all the same.
    let seq: i64 = sqlx::query_scalar("SELECT seq FROM pantau.tip").fetch_one(&mut owner).await.unwrap();
    assert_eq!(u64::try_from(seq).unwrap(), scribe.world.seq.0);

    owner.execute("ALTER SYSTEM RESET synchronous_standby_names").await.unwrap();
    owner.execute("SELECT pg_reload_conf()").await.unwrap();
    insist(&store, &batch).await;
    let recovered = store.recover().await.unwrap();
    assert_eq!(recovered.totals, vec![totals(scribe.world.seq.0)]);
    assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);
}

/// Commits a batch, again and again as the core does, until it is durable; says how often that failed.
pub(crate) async fn insist(store: &Postgres, batch: &Batch) -> (Committed, u32) {
    let began = Instant::now();
    let mut failures = 0;
    loop {
        match store.commit(batch).await {
            Ok(committed) => return (committed, failures),
            Err(error) => {
                let passing = error.is_passing() || matches!(error, StoreError::InUse(_));
                assert!(passing && began.elapsed() < Duration::from_secs(180), "{error:?}");
                failures += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_at_any_moment_lose_and_double_nothing() {
    let Some(cluster) = plain("faults::connections_that_are_cut") else { return };
    let database = Database::fresh(cluster).await;
    let store = database.try_open().await.unwrap();
    let mut killer = database.raw().await;
    let mut scribe = Scribe::default();
    let enough = AtomicBool::new(false);
    let commits = async {
        let mut failures = 0;
        while !enough.load(Ordering::Relaxed) {
            failures += insist(&store, &everything(&mut scribe)).await.1;
        }
        failures
    };
    let kills = async {
        for _ in 0..60 {
            // Every connection but its own, in the middle of whatever it does.
            killer
                .execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(11)).await;
        }
        enough.store(true, Ordering::Relaxed);
    };
    let (failures, ()) = tokio::join!(commits, kills);
    assert!(failures > 0, "no commit was ever cut");
    let seq = scribe.world.seq.0;
    let store = {
        store.close().await;
        database.open_soon(&city()).await
    };
    let recovered = store.recover().await.unwrap();
    assert_eq!((recovered.world.seq.0, recovered.totals), (seq, vec![totals(seq)]));
    assert_eq!(recovered.inbox.len(), usize::try_from(seq).unwrap());
    assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, seq)]);
    assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_or_connections_is_waited_for() {
    let Some(cluster) = plain("faults::a_server_that_takes_no_writes") else { return };
    let database = Database::fresh(cluster).await;
    let name = &database.name;
    Postgres::migrate(&database.server(), &PostgresSettings::default()).await.unwrap();
    let user = format!("server_{name}");
    let mut owner = database.raw().await;
    owner.execute(AssertSqlSafe(format!("CREATE ROLE {user} LOGIN IN ROLE pantau_runtime"))).await.unwrap();
    let settings = PostgresSettings::default();
    let store = Postgres::open(&cluster.server(&user, name), &city(), &settings).await.unwrap();
    let mut scribe = Scribe::default();
    store.commit(&everything(&mut scribe)).await.unwrap();

    let full = "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS \
                $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$; \
                CREATE TRIGGER no_room BEFORE INSERT ON inbox EXECUTE FUNCTION no_room()";
    // What happens, what undoes it, and what it is called.
    let cases = [
        // What a standby says, too.
        (
            format!("ALTER DATABASE {name} SET default_transaction_read_only = on"),
            format!("ALTER DATABASE {name} RESET default_transaction_read_only"),
            "read_only",
        ),
        (
            format!("ALTER DATABASE {name} CONNECTION LIMIT 0"),
            format!("ALTER DATABASE {name} CONNECTION LIMIT -1"),
            "busy",
        ),
        (full.to_owned(), "DROP TRIGGER no_room ON inbox".to_owned(), "full"),
    ];
    for (trouble, remedy, word) in cases {
        owner.execute("SET default_transaction_read_only = off").await.unwrap();
        owner.execute(AssertSqlSafe(trouble)).await.unwrap();
        let batch = everything(&mut scribe);
        // New connections meet the trouble; so the old ones go.
        owner
            .execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await
            .unwrap();
        let mut refused = store.commit(&batch).await.unwrap_err();
        if matches!(refused, StoreError::Unavailable(_)) {
            refused = store.commit(&batch).await.unwrap_err();
        }
        assert_eq!(refused.as_str(), word, "{refused:?}");
        assert!(refused.is_passing(), "{refused:?}");
        owner.execute(AssertSqlSafe(remedy)).await.unwrap();
        insist(&store, &batch).await;
    }
    assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);
}

#[tokio::test]
async fn commits_are_durable_whatever_the_servers_default() {
    let Some(cluster) = plain("faults::commits_are_durable") else { return };
    let database = Database::fresh(cluster).await;
    let mut owner = database.raw().await;
    let name = &database.name;
    owner
        .execute(AssertSqlSafe(format!("ALTER DATABASE {name} SET synchronous_commit = off")))
        .await
        .unwrap();
    let store = database.try_open().await.unwrap();
    // A commit tells on its way which setting it is made with.
    owner
        .execute(
            "CREATE TABLE seen (setting text); \
             CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$; \
             CREATE TRIGGER look AFTER INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION look()",
        )
        .await
        .unwrap();
    store.commit(&Scribe::default().batch(1)).await.unwrap();
    let seen: Vec<String> =
        sqlx::query_scalar("SELECT setting FROM seen").fetch_all(&mut owner).await.unwrap();
    assert_eq!(seen, ["on"]);
}
