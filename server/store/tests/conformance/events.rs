//! The inbox and the dead letters.

use pantau_schemas::dead_letter::{DeadLetter, MAX_RAW, Reason};
use pantau_schemas::event::Reporter;
use pantau_schemas::observation::Source;
use pantau_store::{Batch, DeadLetterQuery, InboxRow, Retention, Store, body_digest, key_digest};

use super::Home;
use super::scribe::{NOON, event, of_samples, sample, series};

pub(crate) async fn an_event_is_kept_as_it_came_and_its_reporter_can_be_forgotten(home: &impl Home) {
    let store = home.open().await;
    let reporter = Some(Reporter { name: "Siti".to_owned(), contact: "+62 812".to_owned() });
    let row = InboxRow { reporter, ..event("LPR/1", "{\"a\": \"<script>\u{202E}\"}") };
    let inbox = vec![row.clone(), event("LPR/2", "{}")];
    store.commit(&Batch { inbox, ..Batch::default() }).await.unwrap();
    assert_eq!(store.event(&row.key).await.unwrap(), Some(row.clone()));
    assert_eq!(store.event(&event("LPR/3", "").key).await.unwrap(), None);

    let keep = Retention { reporters_before: Some(NOON), ..Retention::default() };
    assert_eq!(store.prune(&keep).await.unwrap().reporters, 0);
    let forget = Retention { reporters_before: Some(NOON.plus_millis(1)), ..Retention::default() };
    assert_eq!(store.prune(&forget).await.unwrap().reporters, 1);
    assert_eq!(store.event(&row.key).await.unwrap(), Some(InboxRow { reporter: None, ..row }));
}

pub(crate) async fn a_start_remembers_every_event_oldest_first(home: &impl Home) {
    let store = home.open().await;
    let rows: Vec<_> = (0..9_000).map(|n| event(&format!("LPR/{n}"), &n.to_string())).collect();
    store.commit(&Batch { inbox: rows.clone(), ..Batch::default() }).await.unwrap();
    let expected: Vec<_> =
        rows.iter().map(|row| (key_digest(&row.key), body_digest(&row.body_hash))).collect();
    assert!(store.recover().await.unwrap().inbox == expected);
}

pub(crate) async fn dead_letters_can_be_seen_counted_and_paged(home: &impl Home) {
    let store = home.open().await;
    let raw: Vec<u8> = (0..=255u8).cycle().take(MAX_RAW).collect();
    let letter = |n: i64, reason| {
        DeadLetter::new(NOON.plus_millis(n), "mqtt", &format!("t/{n}"), reason, "/x", "why", &raw)
    };
    let mut dead_letters: Vec<_> = (0..5).map(|n| letter(n, Reason::UnknownDevice)).collect();
    dead_letters.push(letter(5, Reason::Schema));
    store.commit(&Batch { dead_letters: dead_letters.clone(), ..Batch::default() }).await.unwrap();

    let counts = store.dead_letter_counts().await.unwrap();
    assert_eq!(counts, [(Reason::Schema, 1), (Reason::UnknownDevice, 5)]);
    let mut seen = Vec::new();
    let mut query = DeadLetterQuery::newest(4);
    loop {
        let page = store.dead_letters(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        query.beyond = Some(last.id);
        seen.extend(page);
    }
    assert_eq!(seen.iter().rev().map(|stored| stored.letter.clone()).collect::<Vec<_>>(), dead_letters);
    let schema = DeadLetterQuery { reason: Some(Reason::Schema), ..DeadLetterQuery::newest(9) };
    let found = store.dead_letters(&schema).await.unwrap();
    assert_eq!(found.iter().map(|stored| stored.letter.topic.as_str()).collect::<Vec<_>>(), ["t/5"]);
    let id = found[0].id;
    assert_eq!(store.dead_letter(id).await.unwrap().as_ref(), found.first());
    assert_eq!(store.dead_letter(id + 100).await.unwrap(), None);
}

pub(crate) async fn only_what_is_past_its_time_goes(home: &impl Home) {
    const DAY: i64 = 86_400_000;
    let store = home.open().await;
    let mut samples = Vec::new();
    for hour in 0..96 {
        for device in ["a", "b", "c"] {
            samples.push(sample(&format!("{device}/x"), hour * 3_600_000, 1.0));
        }
    }
    // That of the first day came again on the last.
    let dead_letters = [(0, "a"), (0, "b"), (1, "c"), (2, "d"), (3, "e"), (3, "a")].map(|(day, raw)| {
        let at = NOON.plus_millis(day * DAY);
        DeadLetter::new(at, "mqtt", "t", Reason::Json, "", "", raw.as_bytes())
    });
    let batch = Batch { dead_letters: dead_letters.into(), ..of_samples(samples) };
    store.commit(&batch).await.unwrap();

    let before = NOON.plus_millis(2 * DAY);
    let retention =
        Retention { samples_before: Some(before), dead_letters_before: Some(before), reporters_before: None };
    let pruned = store.prune(&retention).await.unwrap();
    assert_eq!(pruned.dead_letters, 2);
    let [letters] = store.recover().await.unwrap().letters[..] else { panic!("one way in") };
    assert_eq!((letters.source, letters.replayed, letters.dropped), (Source::Mqtt, 0, 2));
    let a = series("a/x");
    let left = store.samples(&a, NOON, NOON.plus_millis(9 * DAY), 1_000).await.unwrap();
    let young = left.iter().filter(|(time, _)| *time >= before).count();
    let old = left.iter().filter(|(time, _)| time.millis_since(before) < -DAY).count();
    assert_eq!((young, old), (48, 0));
    assert_eq!(pruned.samples, 3 * (96 - u64::try_from(left.len()).unwrap()));
    // The newest value stays known even when its sample is gone.
    let all = Retention { samples_before: Some(NOON.plus_millis(9 * DAY)), ..retention };
    store.prune(&all).await.unwrap();
    assert_eq!(store.samples(&a, NOON, NOON.plus_millis(9 * DAY), 9).await.unwrap(), []);
    assert_eq!(store.recover().await.unwrap().heads.len(), 3);
}
