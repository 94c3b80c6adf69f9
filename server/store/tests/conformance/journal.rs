//! Reading the journal, snapshots, proof.

use std::sync::atomic::{AtomicU64, Ordering};

use pantau_schemas::ids::Seq;
use pantau_store::{Conflict, EntryQuery, Store, StoreError};

use super::Home;
use super::scribe::{NOON, Scribe, ticket};

pub(crate) async fn entries_can_be_asked_for_by_place_time_kind_and_subject(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    let batch = scribe.batch(600);
    store.commit(&batch).await.unwrap();
    let seqs = async |query: EntryQuery| -> Vec<u64> {
        store.entries(&query).await.unwrap().iter().map(|entry| entry.seq.0).collect()
    };
    let all = || EntryQuery::first(1_000);

    let entries = store.entries(&all()).await.unwrap();
    assert!(entries.iter().eq(batch.entries.iter().map(|sealed| &sealed.entry)));
    assert_eq!(seqs(EntryQuery { after: Some(Seq(595)), ..all() }).await, [596, 597, 598, 599, 600]);
    assert_eq!(seqs(EntryQuery { after: Some(Seq(10)), limit: 2, ..all() }).await, [11, 12]);
    assert_eq!(seqs(EntryQuery { after: Some(Seq(600)), ..all() }).await, [0; 0]);
    // Entry n is of n seconds after noon; `from` counts, `to` does not.
    let at = |seconds: i64| Some(NOON.plus_millis(seconds * 1_000));
    assert_eq!(seqs(EntryQuery { from: at(7), to: at(10), ..all() }).await, [7, 8, 9]);
    assert_eq!(seqs(EntryQuery { from: at(599), to: at(9_999), ..all() }).await, [599, 600]);
    assert_eq!(seqs(EntryQuery { to: at(3), ..all() }).await, [1, 2]);
    assert_eq!(seqs(EntryQuery { to: at(-5), ..all() }).await, [0; 0]);
    assert_eq!(seqs(EntryQuery { from: at(601), ..all() }).await, [0; 0]);
    let kind = || Some("device_changed".to_owned());
    assert_eq!(seqs(EntryQuery { kind: kind(), limit: 3, ..all() }).await, [3, 7, 11]);
    assert_eq!(seqs(EntryQuery { kind: kind(), from: at(8), to: at(12), ..all() }).await, [11]);
    let subject = Some(ticket(8).as_str().to_owned());
    assert_eq!(seqs(EntryQuery { subject: subject.clone(), ..all() }).await, [9, 10]);
    assert_eq!(seqs(EntryQuery { subject, kind: kind(), ..all() }).await, [0; 0]);
}

pub(crate) async fn a_snapshot_spares_the_replay(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    for _ in 0..5 {
        store.commit(&scribe.batch(100)).await.unwrap();
        store.snapshot(&scribe.world).await.unwrap();
    }
    store.commit(&scribe.batch(7)).await.unwrap();
    let recovered = store.recover().await.unwrap();
    assert_eq!((recovered.world, recovered.entries_replayed), (scribe.world, 7));
}

pub(crate) async fn a_snapshot_ahead_of_the_journal_is_refused(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    let batch = scribe.batch(3);
    let refused = store.snapshot(&scribe.world).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(Conflict::Snapshot(Seq(3)))), "{refused:?}");
    store.commit(&batch).await.unwrap();
    store.snapshot(&scribe.world).await.unwrap();
    // Of another history at the same place.
    scribe.world.hash = pantau_schemas::hash::Hash::ZERO;
    assert!(store.snapshot(&scribe.world).await.is_err());
}

pub(crate) async fn a_whole_journal_is_proved_whole_while_it_grows(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    store.commit(&scribe.batch(2_500)).await.unwrap();
    let heard = AtomicU64::new(0);
    let (verified, ()) = tokio::join!(
        async { store.verify(|seq| heard.store(seq.0, Ordering::Relaxed)).await.unwrap() },
        async {
            for _ in 0..20 {
                store.commit(&scribe.batch(100)).await.unwrap();
            }
        }
    );
    assert!(verified.entries >= 2_500);
    assert_eq!(heard.load(Ordering::Relaxed), verified.entries);
    let verified = store.verify(|_| ()).await.unwrap();
    assert_eq!((verified.entries, verified.head), (4_500, scribe.world.hash));
}
