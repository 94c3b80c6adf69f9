//! The wall's other player: the same bytes in a `<video>`, as honest as on a canvas; and the page that has no choice.

use anyhow::Context;
use pantau_schemas::stream::StreamState;
use pantau_tests::city::TestCity;
use pantau_tests::http;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use serde_json::{Value, json};

use crate::wall::{CAMERAS, LONG, faces, page, server_says, tile};

/// Where the cover of the only tile lies, in percent of the picture.
const COVER: &str = "(() => {
    const of = (selector) => document.querySelector(selector).getBoundingClientRect();
    const [picture, cover] = [of('.tile video'), of('.tile .masks polygon')];
    const across = (x) => Math.round((x - picture.left) / picture.width * 100);
    const down = (y) => Math.round((y - picture.top) / picture.height * 100);
    return [across(cover.left), down(cover.top), across(cover.right), down(cover.bottom)];
})()";

/// Pictures of this city that browsers have told the server to be on a screen, and their ages in sum, s.
async fn shown(city: &TestCity) -> anyhow::Result<(f64, f64)> {
    let metrics = http::get(city.address(), "/metrics").await?.text();
    let number = |name: &str| -> anyhow::Result<f64> {
        let start = format!("pantau_media_glass_to_glass_seconds_{name} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(start.as_str()));
        Ok(line.with_context(|| format!("no {start}in the metrics"))?.trim().parse()?)
    };
    Ok((number("count")?, number("sum")?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_of_media_sources_shows_living_pictures_and_knows_a_frozen_one() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_wall_of_media_sources_shows_living_pictures_and_knows_a_frozen_one", &tools) {
        return;
    }
    let mut city = TestCity::plan().alone().cameras(&CAMERAS).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let mut browser = page(&city, &format!("http://{}/wall/main?player=mse", city.address())).await;
    let names = CAMERAS.map(|(name, _)| name);
    let (_, up) = browser.until(&faces(&names, "live"), LONG).await.unwrap();
    say(&format!("MEASURED: four live tiles of media sources {up:?} after the page knew the city"));
    for name in names {
        let report = browser.eval(&tile(name)).await.unwrap();
        assert_eq!(report["player"], "mse", "{report}");
        let drawn = report["drawn"].as_u64().unwrap();
        browser.until(&format!("{}.drawn >= {}", tile(name), drawn + 30), LONG).await.unwrap();
        let report = browser.eval(&tile(name)).await.unwrap();
        say(&format!(
            "MEASURED: {name} by MSE: first picture after {} ms, {} ms behind its buffer, {} superseded, {} dropped",
            report["first_picture_ms"], report["behind_ms"], report["superseded"], report["dropped"]
        ));
    }
    let told = async || Ok(Some(shown(&city).await?).filter(|(count, _)| *count >= 8.0));
    let ((count, sum), _) = until("the server to be told what is shown", LONG, told).await.unwrap();
    say(&format!("MEASURED: glass to glass by MSE, mean of {count}: {:.0} ms", sum / count * 1_000.0));

    city.cameras().unwrap().tell("freeze cam-1").await.unwrap();
    server_says(&mut live, "cam-1", StreamState::Frozen).await;
    browser.until(&format!("{}.seen === 'frozen'", tile("cam-1")), LONG).await.unwrap();
    browser.until(&faces(&["cam-1"], "frozen"), LONG).await.unwrap();
    browser.until(&faces(&["cam-2", "cam-3", "cam-4"], "live"), LONG).await.unwrap();

    city.cameras().unwrap().tell("stall cam-4").await.unwrap();
    server_says(&mut live, "cam-4", StreamState::Lost).await;
    browser.until(&faces(&["cam-4"], "lost"), LONG).await.unwrap();
    browser.until(&format!("{}.seen !== 'live'", tile("cam-4")), LONG).await.unwrap();

    city.cameras().unwrap().tell("go").await.unwrap();
    let (_, back) = browser.until(&faces(&names, "live"), LONG).await.unwrap();
    say(&format!("MEASURED: all live again after {back:?}"));
    // Not the word alone: pictures come again.
    for name in names {
        let drawn = browser.eval(&format!("{}.drawn", tile(name))).await.unwrap().as_u64().unwrap();
        browser.until(&format!("{}.drawn >= {}", tile(name), drawn + 30), LONG).await.unwrap();
        say(&format!("MEASURED: {name} afterwards: {}", browser.eval(&tile(name)).await.unwrap()));
    }
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_not_secure_plays_by_media_source_and_goes_over_to_the_large_stream() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_page_that_is_not_secure_plays_by_media_source_and_goes_over_to_the_large_stream", &tools) {
        return;
    }
    let plan = TestCity::plan().alone().named("pantau.test").cameras(&[("cam-1", "ball")]);
    let plan = plan.masked("cam-1", &[0.25, 0.0, 0.5, 0.0, 0.5, 0.5, 0.25, 0.5]);
    let city = plan.large("cam-1", "cam-1-large", "ball-large").start().await.unwrap();
    let address = format!("http://pantau.test:{}/wall/main", city.address().port());
    let mut browser = page(&city, &address).await;
    assert_eq!(browser.eval("isSecureContext || 'VideoDecoder' in window").await.unwrap(), false);
    browser.until(&faces(&["cam-1"], "live"), LONG).await.unwrap();
    assert_eq!(browser.eval(&tile("cam-1")).await.unwrap()["player"], "mse");

    // One camera fills the wall: the server goes over to its large stream, in the same source buffer.
    let large = format!("{0}.quality === 'main' && {0}.size[0] === 1280", tile("cam-1"));
    browser.until(&large, LONG).await.unwrap();
    let drawn = browser.eval(&format!("{}.drawn", tile("cam-1"))).await.unwrap().as_u64().unwrap();
    browser.until(&format!("{}.drawn >= {}", tile("cam-1"), drawn + 30), LONG).await.unwrap();
    // What is masked stays covered, on the large stream as on the small one.
    let cover = browser.eval(COVER).await.unwrap();
    assert_eq!(cover, json!([25, 0, 50, 50]), "left, top, right, bottom in percent of the picture");
    let report = browser.eval(&tile("cam-1")).await.unwrap();
    assert_eq!((&report["errors"], &report["player"]), (&json!(0), &json!("mse")), "{report}");

    // What this page cannot have is said, in both languages, and nothing is asked of the cameras.
    for (language, words) in [("id", "Buka lewat"), ("en", "Open this page")] {
        browser.open(&format!("{address}?player=webcodecs&lang={language}"), 1920, 1080).await.unwrap();
        browser.until(&faces(&["cam-1"], "unable"), LONG).await.unwrap();
        let said = browser.eval("document.querySelector('.tile .verdict').innerText").await.unwrap();
        assert!(
            said.as_str().is_some_and(|said| said.contains(words) && said.contains("localhost")),
            "{said}"
        );
        let media = browser.report().await.unwrap()["media"].take();
        assert_eq!((&media["missing"], &media["tiles"]), (&json!("secure_context"), &Value::Array(vec![])));
    }
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}
