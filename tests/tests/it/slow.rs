//! A reader of one kilobyte a second: nobody else notices, the server does not grow, and the slow one ends
//! with the truth.

use std::time::Duration;

use pantau_schemas::ids::Seq;
use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::live::Live;
use pantau_tests::media::Media;
use pantau_tests::said::say;
use pantau_tests::socket::thin_line;
use pantau_tests::throttle::{Rate, Throttled};
use pantau_tests::tools::{Tool, have};
use pantau_tests::webhook::Post;
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

const LONG: Duration = Duration::from_secs(60);
/// What the slow ones may read, bytes a second.
const SLOW: usize = 1_000;
/// How long the slow readers are slow.
const FLOOD: Duration = Duration::from_secs(12);
/// Rounds of traffic before that, without them; memory is measured in the second half.
const WARM_UP: u32 = 120;
/// What a slow reader may cost the server.
const COST_KIB: u64 = 12 * 1024;

/// Megabytes of notes, of which the World keeps a hundred, and a hundred series that change all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_live_reader_costs_nobody_and_ends_with_the_truth() {
    if !have("a_slow_live_reader_costs_nobody_and_ends_with_the_truth", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).start().await.unwrap();
    let mut device = city.device("flood").await.unwrap();
    let mut fast = city.live().await.unwrap();
    fast.remembers = false;
    // Once without anybody slow, so that what every server of this size needs is there before it is measured.
    let mut posted = 0;
    let mut pace = interval(Duration::from_millis(50));
    let mut warm = 0;
    while posted < WARM_UP {
        if posted == WARM_UP / 2 {
            warm = city.server.resident_kib().unwrap();
        }
        pace.tick().await;
        posted += 1;
        pour(&city, &mut device, posted).await;
        fast.until("the newest note", LONG, |live| newest(live) == posted).await.unwrap();
    }
    let rate = Rate::of(SLOW);
    let line = thin_line(city.address(), rate.clone()).await.unwrap();
    let mut slow = Live::greet(line, city.address(), None).await.unwrap();
    slow.remembers = false;
    let before = city.server.resident_kib().unwrap();
    // What a round costs anyway: the log of entries that all readers share fills up to its bound.
    let anyway = before.saturating_sub(warm) / u64::from(WARM_UP / 2);
    let begun = fast.world.seq;
    fast.silence = Duration::ZERO;
    let until = Instant::now() + FLOOD;
    while Instant::now() < until {
        pace.tick().await;
        posted += 1;
        pour(&city, &mut device, posted).await;
        // The fast one has it; the slow one is polled beside it, at its own pace.
        tokio::select! {
            took = fast.until("the newest note", LONG, |live| newest(live) == posted) => drop(took.unwrap()),
            ended = async { while slow.step().await? {} anyhow::Ok(()) } => {
                panic!("the slow reader was thrown out: {ended:?}")
            }
        }
    }
    let grown = city.server.resident_kib().unwrap().saturating_sub(before);
    let expected = anyway * u64::from(posted - WARM_UP);
    say(&format!(
        "MEASURED: {} entries past a reader of 1 kB/s: the fast one's longest silence {:?}, the server grew by {grown} KiB, \
         without the slow reader it would be {expected}",
        fast.world.seq.0 - begun.0,
        fast.silence
    ));
    assert!(grown < expected + COST_KIB, "the server grew by {grown} KiB, not by {expected}");
    assert!(slow.world.seq < begun, "the slow reader was not slow: it is at {}", slow.world.seq);

    // It reads again, and has the truth.
    let status = city.server.status().await.unwrap();
    let seq = Seq(status["world"]["seq"].as_u64().unwrap());
    rate.open();
    let caught_up = slow.until("the truth", LONG, |live| live.world.seq >= seq).await.unwrap();
    fast.until("the truth", LONG, |live| live.world.seq >= seq).await.unwrap();
    assert_eq!(slow.world.digest().to_string(), status["world"]["digest"], "the slow one");
    assert_eq!(fast.world.digest().to_string(), status["world"]["digest"], "the fast one");
    let last = |value: &f64| (*value - f64::from(posted)).abs() < f64::EPSILON;
    let all = |live: &Live<Throttled>| {
        (0..100).all(|n| live.heads.get(&format!("sen-01/level-{n}")).is_some_and(|(_, value)| last(value)))
    };
    slow.until("the newest values", LONG, all).await.unwrap();
    say(&format!("MEASURED: caught up {caught_up:?} after it read again, with {} snapshots", slow.snapshots));
}

/// Posts a batch of notes, the last of which names `number`, and a reading of each of a hundred series.
async fn pour(city: &TestCity, device: &mut Device, number: u32) {
    let title = "rapat koordinasi ".repeat(12);
    let notes: Vec<Value> = (0..20)
        .map(|n| {
            json!({
                "specversion": "1.0", "id": format!("{number}-{n}"), "source": "/metro/dinkominfo/catatan",
                "type": "id.pantau.agency.note.v1", "subject": number.to_string(),
                "data": { "agency": "dinkominfo", "title": title, "text": title },
            })
        })
        .collect();
    let answer = Post::batch(&notes).send(city.address()).await.unwrap();
    assert_eq!(answer.status, 202, "{}", answer.text());
    let records: Vec<String> =
        (0..100).map(|series| format!(r#"{{"n":"level-{series}","v":{number}}}"#)).collect();
    let pack = format!("[{}]", records.join(","));
    device.publish("pantau/1/metro/sensor/sen-01/tele/senml", pack).await.unwrap();
}

/// The number that the newest note names.
fn newest(live: &Live) -> u32 {
    live.world.notes.back().and_then(|note| note.subject.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_window_costs_nobody_and_goes_on_at_the_newest_key_frame() {
    if !have("a_slow_window_costs_nobody_and_goes_on_at_the_newest_key_frame", &[Tool::GstRtspServer]) {
        return;
    }
    let city =
        TestCity::plan().alone().cameras(&[("cam-1", "noise"), ("cam-2", "noise")]).start().await.unwrap();
    let cameras = ["cam-1", "cam-2"];
    let mut fast = city.media(&cameras).await.unwrap();
    fast.until("pictures", LONG, |media| media.tiles.values().all(|tile| tile.frames > 30)).await.unwrap();
    let before = city.server.resident_kib().unwrap();
    let rate = Rate::of(SLOW);
    let line = thin_line(city.address(), rate.clone()).await.unwrap();
    let mut slow = Media::over(line, city.address(), &cameras).await.unwrap();

    let frames = fast.tile(0).frames;
    let started = Instant::now();
    while started.elapsed() < FLOOD {
        tokio::select! {
            step = fast.step() => step.unwrap(),
            step = slow.step() => step.unwrap(),
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let fps = (fast.tile(0).frames - frames) as f64 / seconds;
    let grown = city.server.resident_kib().unwrap().saturating_sub(before);
    say(&format!(
        "MEASURED: beside a window of 1 kB/s: {fps:.1} frames a second for the fast one, holes {}, the server grew by {grown} KiB",
        fast.tile(0).holes
    ));
    assert_eq!(fast.tile(0).skipped + fast.tile(0).holes, 0, "the fast window lost frames");
    assert!(grown < COST_KIB, "the server grew by {grown} KiB");
    assert!(slow.tile(0).frames < 30, "the slow window was not slow");

    rate.open();
    // It is told what it lost, and is at the present again: it has the frame that the fast one has.
    slow.until("to be told what it lost", LONG, |media| media.tile(0).skipped > 0).await.unwrap();
    fast.until("one more frame", LONG, |media| {
        media.tile(0).newest_at.is_some_and(|at| at.elapsed().as_millis() < 50)
    })
    .await
    .unwrap();
    let present = fast.tile(0).newest.unwrap().sequence;
    let caught_up =
        slow.until("the present", LONG, |media| media.tile(0).newest.is_some_and(|h| h.sequence >= present));
    say(&format!("MEASURED: at the present {:?} after it read again", caught_up.await.unwrap()));
    let tile = slow.tile(0);
    assert_eq!(tile.holes, 0, "every frame that is missing was told: {tile:?}");
    say(&format!("MEASURED: the slow window was told of {} lost frames", tile.skipped));
}
