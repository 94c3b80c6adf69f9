//! A window that cannot have everything: what it is given instead, who pays first, and the way back.

use std::time::Duration;

use pantau_schemas::ladder::Rung;
use pantau_schemas::media::Priority;
use pantau_tests::city::TestCity;
use pantau_tests::media::Media;
use pantau_tests::said::say;
use pantau_tests::socket::thin_line;
use pantau_tests::throttle::Rate;
use pantau_tests::tools::{Tool, have};

const LONG: Duration = Duration::from_secs(60);
/// After a long time on a thin line the next climb waits for a minute, and so does the one after.
const PATIENT: Duration = Duration::from_secs(240);
/// What the thin line takes, bytes a second: about two of its four cameras.
const THIN: usize = 250_000;

/// Reads until a tile got `frames` more.
async fn more<S>(media: &mut Media<S>, tile: u16, frames: u64)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let wanted = media.tile(tile).frames + frames;
    media.until("more frames", LONG, |media| media.tile(tile).frames >= wanted).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_gets_what_it_says_it_can_use_and_every_frame_can_be_decoded() {
    if !have("a_window_gets_what_it_says_it_can_use_and_every_frame_can_be_decoded", &[Tool::GstRtspServer]) {
        return;
    }
    let city = TestCity::plan().cameras(&[("cam-1", "ball-b"), ("cam-2", "ball")]).start().await.unwrap();
    let mut media = city.media(&["cam-1", "cam-2"]).await.unwrap();
    more(&mut media, 0, 30).await;
    assert!(media.tile(0).disposable > 5, "the camera marks what can be left out: {:?}", media.tile(0));
    assert_eq!(media.tile(1).disposable, 0, "and this one has nothing of the kind: {:?}", media.tile(1));

    media.limit(0, Rung::Reference).await.unwrap();
    media.limit(1, Rung::KeyFrames).await.unwrap();
    // What was under way comes first.
    more(&mut media, 0, 15).await;
    let (disposable, frames) = (media.tile(0).disposable, media.tile(1).frames - media.tile(1).key_frames);
    more(&mut media, 0, 15).await;
    more(&mut media, 1, 3).await;
    assert_eq!(media.tile(0).disposable, disposable, "nothing disposable comes");
    assert_eq!(media.tile(1).frames - media.tile(1).key_frames, frames, "key frames alone come");
    assert!(media.tile(1).skipped >= 3 * 14, "what was left out is told: {:?}", media.tile(1));

    media.limit(0, Rung::Full).await.unwrap();
    media.limit(1, Rung::Full).await.unwrap();
    more(&mut media, 0, 45).await;
    more(&mut media, 1, 45).await;
    assert!(media.tile(0).disposable > disposable, "whole again: {:?}", media.tile(0));
    for tile in [0, 1] {
        assert_eq!(media.tile(tile).holes, 0, "{:?}", media.tile(tile));
        assert_eq!(media.tile(tile).rung, Rung::Full, "a word of the window's is none of the server's");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thin_line_costs_the_least_important_first_and_gives_back_by_itself() {
    if !have("a_thin_line_costs_the_least_important_first_and_gives_back_by_itself", &[Tool::GstRtspServer]) {
        return;
    }
    let names = ["cam-1", "cam-2", "cam-3", "cam-4"];
    let city = TestCity::plan().alone().cameras(&names.map(|name| (name, "noise"))).start().await.unwrap();
    let mut fast = city.media(&names).await.unwrap();
    fast.until("pictures", LONG, |media| media.tiles.values().all(|tile| tile.frames > 15)).await.unwrap();
    let rate = Rate::of(THIN);
    let line = thin_line(city.address(), rate.clone()).await.unwrap();
    let mut thin = Media::over(line, city.address(), &names).await.unwrap();
    let ranks = [Priority::Alarm, Priority::Visible, Priority::Visible, Priority::Visible];
    let ranked: Vec<_> = names.into_iter().zip(ranks).collect();
    thin.ask_ranked(&ranked, (640, 360)).await.unwrap();

    let beside =
        async |fast: &mut Media, thin: &mut Media<_>, what: &str, done: &dyn Fn(&Media<_>) -> bool| {
            tokio::select! {
                took = thin.until(what, PATIENT, |media| done(media)) => took.unwrap(),
                gone = async { loop { fast.step().await.unwrap() } } => gone,
            }
        };
    let sparse = |media: &Media<_>| media.tile(3).rung.is_sparse() && media.tile(3).skipped > 0;
    let took = beside(&mut fast, &mut thin, "the last tile to step down", &sparse).await;
    say(&format!("MEASURED: the first step down {took:?} after a thin line was opened"));
    let alarm = thin.tile(0).frames + 45;
    beside(&mut fast, &mut thin, "pictures of the alarm", &|media| media.tile(0).frames >= alarm).await;
    assert_eq!(thin.tile(0).rung, Rung::Full, "others pay for the alarm: {:?}", thin.tiles);

    rate.open();
    let whole = |media: &Media<_>| media.tiles.values().all(|tile| tile.rung == Rung::Full);
    let took = beside(&mut fast, &mut thin, "everything again", &whole).await;
    say(&format!("MEASURED: everything again {took:?} after the line was wide"));
    for tile in 0..4 {
        more(&mut thin, tile, 30).await;
        assert_eq!(thin.tile(tile).holes, 0, "every frame that is missing was told: {:?}", thin.tile(tile));
        assert_eq!(fast.tile(tile).rung, Rung::Full, "a wide window pays nothing: {:?}", fast.tile(tile));
    }
}
