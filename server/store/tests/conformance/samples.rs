//! Samples: each once, late ones too, the same sums everywhere.

use std::collections::BTreeMap;
use std::time::Duration;

use pantau_schemas::observation::{Sample, Source};
use pantau_schemas::time::Timestamp;
use pantau_store::{Batch, Bucket, SourceTotals, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::Home;
use super::scribe::{NOON, of_samples, sample, series, totals};

pub(crate) async fn a_sample_that_comes_again_is_counted_as_known(home: &impl Home) {
    let store = home.open().await;
    let first: Vec<Sample> = (0..1_000).map(|n| sample("a/x", n, 1.0)).collect();
    assert_eq!(store.commit(&of_samples(first.clone())).await.unwrap().samples_new, 1_000);

    let suspects = vec![
        first[990..].to_vec(),                                    // known
        vec![sample("a/x", 995, 7.0), sample("a/x", 1_000, 1.0)], // half new, half with another value
        vec![sample("a/x", 1_000, 1.0)],                          // known from the message before
        vec![sample("b/x", 0, 1.0), sample("a/x", 1_001, 1.0)],   // new
        vec![sample("c/x", 5, 1.0), sample("c/x", 5, 2.0)],       // the same twice in one message
    ];
    let committed = store.commit(&Batch { suspects, ..Batch::default() }).await.unwrap();
    assert_eq!(committed.suspects_new, [0, 1, 0, 2, 1]);
    assert_eq!(committed.samples_new, 4);
    // What was there first stays.
    let found = store.samples(&series("a/x"), NOON.plus_millis(995), NOON.plus_millis(996), 9).await.unwrap();
    assert_eq!(found, [(NOON.plus_millis(995), 1.0)]);
    let found = store.samples(&series("c/x"), NOON, NOON.plus_millis(9), 9).await.unwrap();
    assert_eq!(found, [(NOON.plus_millis(5), 1.0)]);
    // "Surely new" was wrong: nothing is lost and nothing doubled.
    let wrong: Vec<Sample> = (500..1_500).map(|n| sample("a/x", n, 2.0)).collect();
    assert_eq!(store.commit(&of_samples(wrong)).await.unwrap().samples_new, 498);
    let all = store.samples(&series("a/x"), NOON, NOON.plus_millis(10_000), 5_000).await.unwrap();
    assert_eq!(all.len(), 1_500);
}

/// The sum is stored with the data: a crash right after the commit forgets no message that came.
pub(crate) async fn a_suspect_is_counted_as_what_it_turns_out_to_be(home: &impl Home) {
    let store = home.open().await;
    store.commit(&of_samples(vec![sample("a/x", 0, 1.0)])).await.unwrap();
    let batch = Batch {
        suspects: vec![vec![sample("a/x", 0, 1.0)], vec![sample("a/x", 1, 1.0)], vec![sample("a/x", 0, 2.0)]],
        suspects_from: vec![Source::Mqtt; 3],
        totals: vec![totals(5)],
        ..Batch::default()
    };
    assert_eq!(store.commit(&batch).await.unwrap().suspects_new, [0, 1, 0]);
    let sum = SourceTotals { received: 8, stored: 6, duplicate: 2, ..totals(5) };
    assert_eq!(store.recover().await.unwrap().totals, [sum]);
}

pub(crate) async fn a_late_sample_is_kept_in_its_place_and_is_not_the_newest(home: &impl Home) {
    const HOUR: i64 = 3_600_000;
    let store = home.open().await;
    store.commit(&of_samples(vec![sample("a/x", 0, 1.0), sample("a/x", 10, 2.0)])).await.unwrap();
    let late = vec![vec![sample("a/x", -50 * HOUR, 3.0), sample("a/x", 5, 4.0)]];
    store.commit(&Batch { suspects: late, ..Batch::default() }).await.unwrap();
    let head = store.recover().await.unwrap().heads;
    assert_eq!(head.iter().map(|h| (h.time, h.value)).collect::<Vec<_>>(), [(NOON.plus_millis(10), 2.0)]);
    let a = series("a/x");
    let ask = async |from: i64, to: i64, limit| -> Vec<(i64, f64)> {
        let found = store.samples(&a, NOON.plus_millis(from), NOON.plus_millis(to), limit).await.unwrap();
        found.iter().map(|(time, value)| (time.millis_since(NOON), *value)).collect()
    };
    assert_eq!(ask(-99 * HOUR, HOUR, 9).await, [(-50 * HOUR, 3.0), (0, 1.0), (5, 4.0), (10, 2.0)]);
    assert_eq!(ask(-99 * HOUR, HOUR, 2).await, [(-50 * HOUR, 3.0), (0, 1.0)]);
    assert_eq!(ask(0, 10, 9).await, [(0, 1.0), (5, 4.0)]);
    assert_eq!(ask(11, HOUR, 9).await, []);
    assert_eq!(ask(10, 0, 9).await, []);
    let nobody = store.samples(&series("nobody/x"), Timestamp::EPOCH, NOON, 9).await.unwrap();
    assert_eq!(nobody, []);
}

/// However many change at once, and in however many commits.
pub(crate) async fn the_newest_of_very_many_series_is_there_after_a_restart(home: &impl Home) {
    let store = home.open().await;
    let names: Vec<String> = (0..1_200).map(|n| format!("s-{n}/x")).collect();
    for round in 0..3 {
        let samples = names.iter().map(|name| sample(name, 1_000 * i64::from(round), f64::from(round)));
        store.commit(&of_samples(samples.collect())).await.unwrap();
    }
    // One that came late, one that came again with another value, and one that is newer after all.
    let late = [sample("s-1/x", 500, 7.0), sample("s-2/x", 2_000, 7.0), sample("s-3/x", 2_001, 7.0)];
    let suspects = late.map(|sample| vec![sample]).to_vec();
    store.commit(&Batch { suspects, ..Batch::default() }).await.unwrap();
    store.close().await;
    let heads = home.open().await.recover().await.unwrap().heads;
    assert_eq!(heads.len(), names.len());
    for head in heads {
        let expected = if head.series == series("s-3/x") { (2_001, 7.0) } else { (2_000, 2.0) };
        assert_eq!((head.time.millis_since(NOON), head.value), expected, "{}", head.series);
    }
}

/// What the buckets must be, from the samples themselves.
fn by_hand(samples: &BTreeMap<i64, f64>, from: i64, to: i64, width: i64) -> Vec<Bucket> {
    let mut buckets: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (time, value) in samples.iter().filter(|(time, _)| (from..to).contains(time)) {
        buckets.entry(time.div_euclid(width)).or_default().push(*value);
    }
    let bucket = |(number, values): (i64, Vec<f64>)| Bucket {
        start: Timestamp::from_micros(number * width),
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        mean: values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap()),
        count: u64::try_from(values.len()).unwrap(),
        last: *values.last().unwrap(),
    };
    buckets.into_iter().map(bucket).collect()
}

/// Equal but for the rounding of the mean, which the homes sum up in different orders.
fn alike(a: &Bucket, b: &Bucket) -> bool {
    let close = (a.mean - b.mean).abs() <= 1e-9 * a.mean.abs().max(1.0);
    close && *a == Bucket { mean: a.mean, ..*b }
}

pub(crate) async fn buckets_are_what_one_would_count_by_hand(home: &impl Home) {
    let store = home.open().await;
    // Around 1970, where rounding down and rounding to zero differ, and around noon; some hours wide.
    let times = prop_oneof![
        -8_000_000_000..8_000_000_000i64,
        (NOON.micros() - 8_000_000_000)..(NOON.micros() + 8_000_000_000),
    ];
    let values = prop_oneof![-1e6..1e6f64, Just(0.0), Just(-1.5)];
    let widths = prop_oneof![1..5_000_000i64, Just(60_000_000), Just(3_600_000_000), 1..20_000_000_000i64];
    let case = (
        proptest::collection::btree_map(times.clone(), values, 1..60),
        times.clone(),
        times,
        widths,
        1..80u32,
    );
    let mut runner = TestRunner::deterministic();
    for n in 0..150 {
        let (samples, from, to, width, limit) = case.new_tree(&mut runner).unwrap().current();
        let name = format!("s-{n}/x");
        let rows = samples.iter().map(|(time, value)| Sample {
            series: series(&name),
            time: Timestamp::from_micros(*time),
            value: *value,
        });
        store.commit(&of_samples(rows.collect())).await.unwrap();
        let (start, end) = (Timestamp::from_micros(from), Timestamp::from_micros(to));
        let wide = Duration::from_micros(u64::try_from(width).unwrap());
        let found = store.buckets(&series(&name), start, end, wide, limit).await.unwrap();
        let mut expected = by_hand(&samples, from, to, width);
        expected.truncate(usize::try_from(limit).unwrap());
        assert_eq!(found.len(), expected.len(), "case {n}: {samples:?} {from}..{to} by {width}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(alike(found, expected), "case {n}: {found:?} should be {expected:?}");
        }
        let raw = store.samples(&series(&name), start, end, 1_000).await.unwrap();
        let expected =
            samples.range(from..to.max(from)).map(|(time, value)| (Timestamp::from_micros(*time), *value));
        assert!(raw.into_iter().eq(expected), "case {n}");
    }
}
