//! The server dies in the middle of commits, as when its machine fails: what was acknowledged is there, and no batch
//! is there by half or twice. Our side goes on by itself when the server is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pantau_schemas::dead_letter::Reason;
use pantau_store::{Postgres, PostgresSettings, Store};

use crate::cluster::{Database, city, durable};
use crate::conformance::scribe::{NOON, Scribe, everything, series, totals};
use crate::faults::insist;

const CRASHES: u64 = 8;

#[test]
fn a_server_that_dies_loses_nothing_acknowledged_and_doubles_nothing() {
    let Some(mut cluster) = durable("crash::a_server_that_dies") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (server, store) = runtime.block_on(async {
        let database = Database::fresh(&cluster).await;
        (database.server(), database.try_open().await.unwrap())
    });
    let (acknowledged, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (seq, stop) = (Arc::clone(&acknowledged), Arc::clone(&enough));
    let writing = runtime.spawn(async move {
        let mut scribe = Scribe::default();
        let mut failures = 0;
        while !stop.load(Ordering::Relaxed) {
            failures += insist(&store, &everything(&mut scribe)).await.1;
            seq.store(scribe.world.seq.0, Ordering::SeqCst);
        }
        (store, scribe, failures)
    });

    for crash in 0..CRASHES {
        let before = acknowledged.load(Ordering::SeqCst);
        let began = Instant::now();
        while acknowledged.load(Ordering::SeqCst) < before + 40 {
            assert!(began.elapsed() < Duration::from_secs(180), "crash {crash}: the writer does not go on");
            std::thread::park_timeout(Duration::from_millis(1));
        }
        // A moment that differs from crash to crash.
        std::thread::park_timeout(Duration::from_micros(crash * 7_919 % 20_000));
        cluster.crash();
        let promised = acknowledged.load(Ordering::SeqCst);
        cluster.run().unwrap();
        runtime.block_on(async {
            let settings = PostgresSettings::default();
            let reader = Postgres::open_read_only(&server, &city(), &settings).await.unwrap();
            let there = reader.verify(|_| ()).await.unwrap().entries;
            assert!(there >= promised, "crash {crash}: {promised} was acknowledged, {there} is there");
            reader.close().await;
        });
    }

    enough.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        let (store, scribe, failures) = writing.await.unwrap();
        assert!(failures > 0, "no commit met a crash");
        let seq = scribe.world.seq.0;
        let recovered = store.recover().await.unwrap();
        assert_eq!(recovered.world.digest(), scribe.world.digest());
        assert_eq!(recovered.totals, [totals(seq)]);
        assert_eq!(recovered.inbox.len(), usize::try_from(seq).unwrap());
        assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, seq)]);
        let end = NOON.plus_millis(i64::try_from(seq + 1).unwrap() * 700_000);
        let samples = store.samples(&series("a/x"), NOON, end, u32::MAX).await.unwrap();
        assert_eq!(samples.len(), usize::try_from(seq).unwrap());
        assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);
        store.close().await;
    });
}
