//! Which of a camera's two streams a tile shows, and how it goes from one to the other.

use std::time::Duration;

use pantau_schemas::stream::StreamKind;
use pantau_tests::city::TestCity;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};

const LONG: Duration = Duration::from_secs(30);
const SMALL: Option<(StreamKind, u32, u32)> = Some((StreamKind::Sub, 640, 360));
const LARGE: Option<(StreamKind, u32, u32)> = Some((StreamKind::Main, 1_280, 720));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tile_shows_the_large_stream_while_it_is_large_and_never_nothing_in_between() {
    if !have(
        "a_tile_shows_the_large_stream_while_it_is_large_and_never_nothing_in_between",
        &[Tool::GstRtspServer],
    ) {
        return;
    }
    let plan = TestCity::plan().cameras(&[("cam-1", "ball")]).large("cam-1", "cam-1-large", "ball-large");
    let mut city = plan.start().await.unwrap();
    let mut media = city.media(&["cam-1"]).await.unwrap();
    media.until("small pictures", LONG, |media| media.tile(0).frames >= 15).await.unwrap();
    assert_eq!(media.tile(0).stream, SMALL);

    media.ask(&["cam-1"], (1_920, 1_080)).await.unwrap();
    let rise = media.until("the large stream", LONG, |media| media.tile(0).stream == LARGE).await.unwrap();
    say(&format!("MEASURED: the large stream, opened for this, shows {rise:?} after it was asked for"));
    let before = media.tile(0).frames;
    assert!(before > 15, "the small pictures went on meanwhile");
    media.until("large pictures", LONG, |media| media.tile(0).frames >= before + 15).await.unwrap();

    // A size between the two thresholds changes nothing; a small one does.
    media.ask(&["cam-1"], (880, 495)).await.unwrap();
    let before = media.tile(0).frames;
    media.until("more pictures", LONG, |media| media.tile(0).frames >= before + 15).await.unwrap();
    assert_eq!(media.tile(0).stream, LARGE);
    media.ask(&["cam-1"], (640, 360)).await.unwrap();
    media.until("the small stream", LONG, |media| media.tile(0).stream == SMALL).await.unwrap();
    assert_eq!(media.tile(0).changes, 2, "there and back");
    assert_eq!(media.tile(0).holes, 0, "{:?}", media.tile(0));

    // A large stream that stands still is no reason to show nothing: the small one is there.
    media.ask(&["cam-1"], (1_920, 1_080)).await.unwrap();
    media.until("the large stream", LONG, |media| media.tile(0).stream == LARGE).await.unwrap();
    city.cameras().unwrap().tell("stall cam-1-large").await.unwrap();
    media.until("the small stream instead", LONG, |media| media.tile(0).stream == SMALL).await.unwrap();
    city.cameras().unwrap().tell("go").await.unwrap();
    media.until("the large stream again", LONG, |media| media.tile(0).stream == LARGE).await.unwrap();

    // Nor the other way round.
    media.ask(&["cam-1"], (640, 360)).await.unwrap();
    media.until("the small stream", LONG, |media| media.tile(0).stream == SMALL).await.unwrap();
    city.cameras().unwrap().tell("stall cam-1").await.unwrap();
    media.until("the large stream instead", LONG, |media| media.tile(0).stream == LARGE).await.unwrap();
    city.cameras().unwrap().tell("go").await.unwrap();
    media.until("the small stream again", LONG, |media| media.tile(0).stream == SMALL).await.unwrap();
}
