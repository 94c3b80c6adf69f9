//! A commit is everything or nothing, and may be tried again.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::{CityCode, Seq};
use pantau_schemas::world::World;
use pantau_store::{
    Batch, Conflict, DeadLetterQuery, EntryQuery, Recovered, Store, StoreError, body_digest, key_digest,
};
use proptest::strategy::{Strategy as _, ValueTree as _};

use super::Home;
use super::scribe::{NOON, Scribe, complaint, device, event, of_samples, sample, series, totals};

/// A batch with something of everything.
fn full(scribe: &mut Scribe, n: u64) -> Batch {
    let at = i64::try_from(n).unwrap() * 1_000;
    let raw = format!("{{\"n\":{n}");
    Batch {
        entries: scribe.write_some(8),
        samples: vec![sample("ap-1/clients", at, 3.5), sample("ap-2/clients", at, -0.25)],
        suspects: vec![vec![sample("s-1/pm10", at, 1.0), sample("s-1/rain", at, 2.0)]],
        suspects_from: Vec::new(),
        inbox: vec![event(&format!("e-{n}"), &format!("body {n}"))],
        dead_letters: vec![DeadLetter::new(
            NOON,
            "mqtt",
            "a/b",
            Reason::Json,
            "/n",
            "no end",
            raw.as_bytes(),
        )],
        heard: vec![(device(1), NOON.plus_millis(at))],
        totals: vec![totals(n)],
        ..Batch::default()
    }
}

fn sorted(mut recovered: Recovered) -> Recovered {
    recovered.heads.sort_by(|a, b| a.series.cmp(&b.series));
    recovered.heard.sort();
    recovered
}

pub(crate) async fn an_empty_store_is_an_empty_world(home: &impl Home) {
    let store = home.open().await;
    assert_eq!(store.recover().await.unwrap(), Recovered::default());
    assert_eq!(store.verify(|_| ()).await.unwrap().head, Hash::ZERO);
    store.ping().await.unwrap();
    store.commit(&Batch::default()).await.unwrap();
    assert_eq!(store.recover().await.unwrap(), Recovered::default());
}

pub(crate) async fn what_was_committed_is_there_after_a_restart(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    for n in 1..=3 {
        let committed = store.commit(&full(&mut scribe, n)).await.unwrap();
        assert_eq!((committed.samples_new, committed.suspects_new), (4, vec![2]));
    }
    store.close().await;

    let store = home.open().await;
    let recovered = sorted(store.recover().await.unwrap());
    assert_eq!(recovered.world.digest(), scribe.world.digest());
    assert_eq!(recovered.world, scribe.world);
    assert_eq!(recovered.entries_replayed, 24);
    let heads: Vec<_> =
        recovered.heads.iter().map(|h| (h.series.as_str(), h.time.millis_since(NOON), h.value)).collect();
    let expected = [("ap-1/clients", 3_000, 3.5), ("ap-2/clients", 3_000, -0.25)];
    assert_eq!(heads, [&expected[..], &[("s-1/pm10", 3_000, 1.0), ("s-1/rain", 3_000, 2.0)]].concat());
    assert_eq!(recovered.heard, [(device(1), NOON.plus_millis(3_000))]);
    assert_eq!(recovered.totals, [totals(3)]);
    let inbox: Vec<_> = (1..=3)
        .map(|n| event(&format!("e-{n}"), &format!("body {n}")))
        .map(|row| (key_digest(&row.key), body_digest(&row.body_hash)))
        .collect();
    assert_eq!(recovered.inbox, inbox);
    assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, 3)]);
    // And it goes on.
    store.commit(&full(&mut scribe, 4)).await.unwrap();
    assert_eq!(store.recover().await.unwrap().world, scribe.world);
}

pub(crate) async fn the_same_batch_twice_is_the_same_as_once(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    let batch = Batch { dead_letters: Vec::new(), ..full(&mut scribe, 1) };
    store.commit(&batch).await.unwrap();
    let once = sorted(store.recover().await.unwrap());
    let again = store.commit(&batch).await.unwrap();
    assert_eq!((again.samples_new, again.suspects_new), (0, vec![0]));
    assert_eq!(sorted(store.recover().await.unwrap()), once);
    assert_eq!(store.entries(&EntryQuery::first(100)).await.unwrap().len(), 8);
}

/// Lets a future run for so many polls, then drops it.
async fn for_polls<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

pub(crate) async fn a_commit_dropped_at_any_point_can_be_tried_again(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    let mut unfinished = 0;
    for n in 1..=80 {
        let batch = full(&mut scribe, n);
        let polls = usize::try_from(n % 40).unwrap();
        let mut outcome = None;
        if let Some(done) = for_polls(store.commit(&batch), polls).await {
            outcome = Some(done.unwrap());
        }
        if outcome.is_none() {
            unfinished += 1;
            outcome = Some(store.commit(&batch).await.unwrap());
        }
        // Whichever of the two wrote it, the answer is that of one commit, and so is the end state.
        assert_eq!(outcome.unwrap().suspects_new, [2], "batch {n}");
        assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, n)]);
    }
    assert!(unfinished > 10, "only {unfinished} commits were dropped half-way");
    assert_eq!(store.recover().await.unwrap().world, scribe.world);
    assert_eq!(store.verify(|_| ()).await.unwrap().head, scribe.world.hash);
}

fn conflict(error: StoreError) -> Conflict {
    match error {
        StoreError::Conflict(conflict) => conflict,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn a_batch_that_contradicts_the_journal_leaves_nothing(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    store.commit(&full(&mut scribe, 1)).await.unwrap();
    let before = sorted(store.recover().await.unwrap());

    // Another history at the same places.
    let mut other = Scribe::default();
    other.write(complaint(99, [0.0, 0.0]));
    let mut batch = full(&mut other, 2);
    assert_eq!(conflict(store.commit(&batch).await.unwrap_err()), Conflict::Entry(Seq(2)));
    // A hole.
    batch = full(&mut scribe, 2);
    batch.entries.remove(0);
    assert_eq!(conflict(store.commit(&batch).await.unwrap_err()), Conflict::Gap { at: Seq(8), got: Seq(10) });
    // An entry that does not follow.
    let mut stranger = Scribe { world: World { seq: Seq(8), ..World::default() } };
    batch.entries = stranger.write_some(1);
    assert_eq!(conflict(store.commit(&batch).await.unwrap_err()), Conflict::Hash(Seq(9)));
    // An event with another body.
    batch.entries.clear();
    batch.inbox = vec![event("e-new", "new"), event("e-1", "another body")];
    let key = event("e-1", "").key;
    assert_eq!(conflict(store.commit(&batch).await.unwrap_err()), Conflict::Event(key));

    assert_eq!(sorted(store.recover().await.unwrap()), before);
    assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, 1)]);
}

pub(crate) async fn a_coordinate_survives_to_its_last_bit(home: &impl Home) {
    let mut scribe = Scribe::default();
    let store = home.open().await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let place = (-90.0..90.0f64, -180.0..180.0f64);
    let entries = (0..2_000).map(|n| {
        let (lat, lon) = place.new_tree(&mut runner).unwrap().current();
        scribe.write(complaint(n, [lat, lon]))
    });
    store.commit(&Batch { entries: entries.collect(), ..Batch::default() }).await.unwrap();
    assert_eq!(store.recover().await.unwrap().world.digest(), scribe.world.digest());
    store.snapshot(&scribe.world).await.unwrap();
    let recovered = store.recover().await.unwrap();
    assert_eq!((recovered.world.digest(), recovered.entries_replayed), (scribe.world.digest(), 0));
}

pub(crate) async fn two_cities_in_one_home_see_nothing_of_each_other(home: &impl Home) {
    let store = home.open().await;
    let mut scribe = Scribe::default();
    store.commit(&full(&mut scribe, 1)).await.unwrap();
    store.close().await;

    let store = home.open_city(&CityCode::new("lain").unwrap()).await;
    assert_eq!(store.recover().await.unwrap(), Recovered::default());
    assert_eq!(store.dead_letters(&DeadLetterQuery::newest(10)).await.unwrap(), []);
    assert!(store.dead_letter(1).await.unwrap().is_none());
    assert!(store.event(&event("e-1", "").key).await.unwrap().is_none());
    let mut scribe = Scribe::default();
    let other = Batch { samples: vec![sample("ap-1/clients", 1_000, 9.0)], ..scribe.batch(3) };
    store.commit(&other).await.unwrap();
    store.close().await;

    let store = home.open().await;
    let clients = series("ap-1/clients");
    let found = store.samples(&clients, NOON, NOON.plus_millis(5_000), 9).await.unwrap();
    assert_eq!(found, [(NOON.plus_millis(1_000), 3.5)]);
    assert_eq!(store.entries(&EntryQuery::first(100)).await.unwrap().len(), 8);
}

pub(crate) async fn a_closed_store_says_so(home: &impl Home) {
    let store = home.open().await;
    store.close().await;
    assert!(store.commit(&of_samples(vec![sample("a/b", 0, 1.0)])).await.is_err());
    assert!(store.ping().await.is_err());
}
