//! Dead letters as a tool: equal ones counted, replayed ones marked, and no more than the quota allows.

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::Source;
use pantau_store::{
    Batch, DeadLetterQuery, LetterQuota, LetterState, LetterTotals, Replayed, Still, Store, StoredDeadLetter,
};

use super::Home;
use super::scribe::NOON;

fn letter(millis: i64, device: &str, leaf: &str, reason: Reason, raw: &str) -> DeadLetter {
    let topic = format!("pantau/1/metro/sensor/{device}/{leaf}");
    let at = NOON.plus_millis(millis);
    let letter = DeadLetter::new(at, "mqtt", &topic, reason, "/0", "why", raw.as_bytes());
    DeadLetter { device: DeviceId::new(device).ok(), ..letter }
}

fn of(dead_letters: Vec<DeadLetter>) -> Batch {
    Batch { dead_letters, ..Batch::default() }
}

fn replays(replayed: Vec<Replayed>) -> Batch {
    Batch { replayed, ..Batch::default() }
}

async fn waiting(store: &impl Store) -> Vec<StoredDeadLetter> {
    store.dead_letters(&DeadLetterQuery::oldest(1_000)).await.unwrap()
}

fn totals(replayed: u64, dropped: u64) -> Vec<LetterTotals> {
    vec![LetterTotals { source: Source::Mqtt, replayed, dropped }]
}

pub(crate) async fn letters_that_say_the_same_are_one_with_a_count(home: &impl Home) {
    let store = home.open().await;
    let state = |millis| letter(millis, "sen-9", "state", Reason::UnknownDevice, "ready");
    store.commit(&of(vec![state(1), state(2), state(0)])).await.unwrap();
    store.commit(&of(vec![state(9), state(5)])).await.unwrap();
    let differs = [
        letter(10, "sen-8", "state", Reason::UnknownDevice, "ready"),
        letter(11, "sen-9", "state", Reason::Schema, "ready"),
        letter(12, "sen-9", "state", Reason::UnknownDevice, "lost"),
        DeadLetter { speaker: "gateway".into(), ..state(13) },
        DeadLetter { size: 99_999, ..state(14) },
        // A reading without a time is one of its moment: two that look alike are two.
        letter(15, "sen-9", "tele/senml", Reason::UnknownDevice, "[]"),
        letter(16, "sen-9", "tele/senml", Reason::UnknownDevice, "[]"),
    ];
    store.commit(&of(differs.to_vec())).await.unwrap();

    let found = waiting(&store).await;
    assert_eq!(found.iter().map(|l| l.count).collect::<Vec<_>>(), [5, 1, 1, 1, 1, 1, 1, 1]);
    let first = &found[0];
    assert_eq!((first.letter.received, first.last), (NOON.plus_millis(1), NOON.plus_millis(9)));
    assert_eq!(found[1..].iter().map(|l| l.letter.clone()).collect::<Vec<_>>(), differs);
    assert_eq!(
        store.dead_letter_counts().await.unwrap(),
        [(Reason::Schema, 1), (Reason::UnknownDevice, 11)],
        "messages, not rows"
    );
}

pub(crate) async fn a_letter_that_was_understood_is_marked_once(home: &impl Home) {
    let store = home.open().await;
    let state = |millis| letter(millis, "sen-9", "state", Reason::UnknownDevice, "ready");
    store
        .commit(&of(vec![state(1), state(2), letter(3, "sen-9", "event", Reason::Json, "{")]))
        .await
        .unwrap();
    let id = waiting(&store).await[0].id;
    let at = NOON.plus_millis(50);
    let done = |at| replays(vec![Replayed { id, at, still: None }]);
    assert_eq!(store.commit(&done(at)).await.unwrap().letters, totals(2, 0));
    assert_eq!(store.commit(&done(NOON.plus_millis(60))).await.unwrap().letters, totals(2, 0), "once");
    let gone = replays(vec![Replayed { id: id + 77, at, still: None }]);
    assert_eq!(store.commit(&gone).await.unwrap().letters, totals(2, 0), "of nobody, nothing");

    let kept = store.dead_letter(id).await.unwrap().unwrap();
    assert_eq!((kept.replayed, kept.tried, kept.tries, kept.count), (Some(at), Some(at), 1, 2));
    assert_eq!((kept.letter.raw.len(), kept.letter.size), (0, 5), "its bytes are elsewhere now");
    let replayed = DeadLetterQuery { state: LetterState::Replayed, ..DeadLetterQuery::newest(9) };
    assert_eq!(store.dead_letters(&replayed).await.unwrap(), [kept]);
    assert_eq!(store.dead_letter_counts().await.unwrap(), [(Reason::Json, 1)]);
    // What comes after it is a letter of its own.
    store.commit(&of(vec![state(70)])).await.unwrap();
    let counts: Vec<_> = waiting(&store).await.iter().map(|l| l.count).collect();
    assert_eq!(counts, [1, 1]);
    assert_eq!(store.recover().await.unwrap().letters, totals(2, 0));
}

pub(crate) async fn a_letter_that_fails_again_has_its_new_reason(home: &impl Home) {
    let store = home.open().await;
    let first = letter(1, "sen-9", "state", Reason::UnknownDevice, "{");
    store.commit(&of(vec![first.clone()])).await.unwrap();
    let id = waiting(&store).await[0].id;
    let again = |reason, pointer: &str, millis| {
        let still = Still { reason, pointer: pointer.into(), detail: "now why".into() };
        replays(vec![Replayed { id, at: NOON.plus_millis(millis), still: Some(still) }])
    };
    assert_eq!(store.commit(&again(Reason::UnknownDevice, "/0", 20)).await.unwrap().letters, []);
    store.commit(&of(vec![first.clone()])).await.unwrap();
    let [found] = &waiting(&store).await[..] else { panic!("the same reason is the same letter") };
    assert_eq!((found.count, found.tries, found.letter.detail.as_str()), (2, 1, "now why"));

    store.commit(&again(Reason::Json, "", 30)).await.unwrap();
    store.commit(&of(vec![first.clone()])).await.unwrap();
    let found = waiting(&store).await;
    let [old, new] = &found[..] else { panic!("another reason is another letter") };
    assert_eq!(
        (old.letter.reason, old.letter.pointer.as_str(), old.tries, old.count),
        (Reason::Json, "", 2, 2)
    );
    assert_eq!((old.tried, old.replayed), (Some(NOON.plus_millis(30)), None));
    assert_eq!(old.letter.raw, first.raw);
    assert_eq!((new.letter.reason, new.tries), (Reason::UnknownDevice, 0));
}

pub(crate) async fn the_oldest_of_whoever_has_too_many_go_first(home: &impl Home) {
    let store = home.open().await;
    let quota = LetterQuota { per_source: 6, per_device: 4 };
    let within = |letters: Vec<DeadLetter>| Batch { letter_quota: quota, ..of(letters) };
    let babble = |n: i64| letter(n, "sen-9", "state", Reason::Json, &format!("{{{n}"));
    let webhook = DeadLetter::new(NOON, "webhook", "/v1/events", Reason::Json, "", "", b"{");
    let quiet = letter(0, "sen-1", "state", Reason::Json, "{");
    // One counts for two messages.
    let first = vec![webhook.clone(), quiet.clone(), babble(0), babble(0)];
    assert_eq!(store.commit(&within(first)).await.unwrap().letters, []);
    let flood = (1..=9).map(babble).collect();
    assert_eq!(store.commit(&within(flood)).await.unwrap().letters, totals(0, 7));
    let left: Vec<DeadLetter> = waiting(&store).await.into_iter().map(|l| l.letter).collect();
    assert_eq!(left, [webhook.clone(), quiet, babble(6), babble(7), babble(8), babble(9)]);

    // Many devices together are the way in's quota, and its oldest goes whoever it is of.
    let others = (2..=4).map(|n| letter(n, &format!("sen-{n}"), "state", Reason::Json, "{")).collect();
    assert_eq!(store.commit(&within(others)).await.unwrap().letters, totals(0, 9));
    let devices: Vec<_> = waiting(&store).await.into_iter().map(|l| l.letter.device).collect();
    let names: Vec<&str> = devices.iter().map(|d| d.as_ref().map_or("", |d| d.as_str())).collect();
    assert_eq!(names, ["", "sen-9", "sen-9", "sen-9", "sen-2", "sen-3", "sen-4"]);

    // Of those that were replayed as many are remembered, and none of them was dropped.
    for n in 0..8 {
        store.commit(&within(vec![babble(100 + n)])).await.unwrap();
        let id = waiting(&store).await.last().unwrap().id;
        let done = vec![Replayed { id, at: NOON, still: None }];
        store.commit(&Batch { letter_quota: quota, ..replays(done) }).await.unwrap();
    }
    let replayed = DeadLetterQuery { state: LetterState::Replayed, ..DeadLetterQuery::newest(99) };
    assert_eq!(store.dead_letters(&replayed).await.unwrap().len(), 6);
    let [mqtt] = store.recover().await.unwrap().letters[..] else { panic!("one way in lost letters") };
    let waits: u64 =
        waiting(&store).await.iter().filter(|l| l.letter.source == "mqtt").map(|l| l.count).sum();
    assert_eq!(mqtt.replayed, 8);
    // Quiet and babbling ones, the flood, the others, the replayed ones: nothing is unaccounted for.
    assert_eq!(waits + mqtt.replayed + mqtt.dropped, 3 + 9 + 3 + 8);
}

pub(crate) async fn letters_can_be_asked_for_by_way_device_and_state(home: &impl Home) {
    let store = home.open().await;
    let mut letters: Vec<DeadLetter> = (0..6)
        .map(|n| letter(n, &format!("sen-{}", n % 3), "state", Reason::UnknownDevice, &n.to_string()))
        .collect();
    letters.push(letter(6, "sen-1", "state", Reason::Schema, "x"));
    letters.push(DeadLetter::new(NOON, "webhook", "/v1/events", Reason::Schema, "", "", b"{}"));
    store.commit(&of(letters.clone())).await.unwrap();

    let ask = async |query: DeadLetterQuery| -> Vec<DeadLetter> {
        store.dead_letters(&query).await.unwrap().into_iter().map(|stored| stored.letter).collect()
    };
    let devices = |names: &[&str]| Some(names.iter().map(|name| DeviceId::new(name).unwrap()).collect());
    let all = DeadLetterQuery::oldest(99);
    assert_eq!(ask(all.clone()).await, letters);
    assert_eq!(ask(DeadLetterQuery { source: Some(Source::Webhook), ..all.clone() }).await, letters[7..]);
    let some = DeadLetterQuery { devices: devices(&["sen-0", "sen-2"]), ..all.clone() };
    let expected: Vec<_> = [0, 2, 3, 5].map(|n| letters[n].clone()).into();
    assert_eq!(ask(some).await, expected);
    let one = DeadLetterQuery { devices: devices(&["sen-1"]), reason: Some(Reason::Schema), ..all.clone() };
    assert_eq!(ask(one).await, letters[6..7]);
    assert_eq!(ask(DeadLetterQuery { devices: devices(&[]), ..all.clone() }).await, []);
    let first = store.dead_letters(&DeadLetterQuery::oldest(2)).await.unwrap();
    let next = DeadLetterQuery { beyond: Some(first[1].id), limit: 3, ..all.clone() };
    assert_eq!(ask(next).await, letters[2..5]);

    let names = |found: Vec<DeviceId>| found.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(store.unregistered().await.unwrap()), ["sen-0", "sen-1", "sen-2"]);
    let ids: Vec<u64> = store.dead_letters(&all).await.unwrap().iter().map(|stored| stored.id).collect();
    let done = [0, 3].map(|n| Replayed { id: ids[n], at: NOON, still: None });
    store.commit(&replays(done.into())).await.unwrap();
    assert_eq!(names(store.unregistered().await.unwrap()), ["sen-1", "sen-2"]);
}
