//! The wall in a real browser: pictures that move, a state that is the server's, and the truth when it is not.

use std::time::Duration;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::stream::StreamState;
use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::live::Live;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use pantau_tests::webhook::complaint;

pub(crate) const LONG: Duration = Duration::from_secs(60);
pub(crate) const CAMERAS: [(&str, &str); 4] =
    [("cam-1", "ball"), ("cam-2", "noise"), ("cam-3", "pinwheel"), ("cam-4", "ball")];

/// The page of a city in a window of 1920×1080.
pub(crate) async fn wall(city: &TestCity) -> Browser {
    page(city, &format!("http://{}/wall/main", city.address())).await
}

/// The page at this address in a window of 1920×1080, once it knows the city.
pub(crate) async fn page(city: &TestCity, address: &str) -> Browser {
    let mut browser = Browser::start(city.dir()).await.unwrap();
    browser.open(address, 1920, 1080).await.unwrap();
    let loaded = browser.ready(LONG).await;
    if loaded.is_err() {
        let body = browser.eval("document.body.innerText").await;
        panic!("the wall does not come up: {loaded:?}\n{body:?}\n{:?}", browser.events().await);
    }
    browser
}

/// Waits until the browser's World is the server's, at the same entry.
pub(crate) async fn same_world(city: &TestCity, browser: &mut Browser) {
    until("the browser to hold the server's World", LONG, async || {
        let report = browser.report().await?;
        let world = city.server.status().await?["world"].take();
        if report["seq"] != world["seq"] {
            return Ok(None);
        }
        anyhow::ensure!(report["digest"] == world["digest"], "at entry {}: {report} {world}", world["seq"]);
        Ok(Some(()))
    })
    .await
    .unwrap();
}

/// True when every one of `cameras` shows a face.
pub(crate) fn faces(cameras: &[&str], face: &str) -> String {
    let tile =
        |camera: &&str| format!(r#"document.querySelector('[data-camera="{camera}"][data-face="{face}"]')"#);
    cameras.iter().map(tile).map(|tile| format!("!!{tile}")).collect::<Vec<_>>().join(" && ")
}

/// What a tile's worker says, by camera.
pub(crate) fn tile(camera: &str) -> String {
    format!(r#"window.__pantau.report().media.tiles.find((tile) => tile.camera === "{camera}")"#)
}

pub(crate) async fn server_says(live: &mut Live, camera: &str, state: StreamState) -> Duration {
    let id = DeviceId::new(camera).unwrap();
    let said = |live: &Live| {
        live.world.streams.get(&id).is_some_and(|streams| streams.values().any(|s| s.state == state))
    };
    live.until(&format!("{camera} to be {state:?}"), LONG, said).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_shows_living_pictures_and_knows_a_frozen_one() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("the_wall_shows_living_pictures_and_knows_a_frozen_one", &tools) {
        return;
    }
    let mut city = TestCity::plan().alone().cameras(&CAMERAS).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let mut browser = wall(&city).await;
    let programs = r#"[...new Set(performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname)
        .filter((path) => path.endsWith(".wasm")))].join(" ")"#;
    let loaded = browser.eval(programs).await.unwrap();
    assert_eq!(loaded, "/assets/page-wall_bg.wasm", "a wall loads nothing of a desk");
    let names = CAMERAS.map(|(name, _)| name);
    let (_, up) = browser.until(&faces(&names, "live"), LONG).await.unwrap();
    say(&format!("MEASURED: four live tiles {up:?} after the page knew the city"));
    for name in names {
        let drawn = browser.eval(&format!("{}.drawn", tile(name))).await.unwrap().as_u64().unwrap();
        browser.until(&format!("{}.drawn >= {}", tile(name), drawn + 30), LONG).await.unwrap();
    }
    city.post(&complaint("LPR-1", "Lampu mati")).await.unwrap();
    same_world(&city, &mut browser).await;

    city.cameras().unwrap().tell("freeze cam-1").await.unwrap();
    let server = server_says(&mut live, "cam-1", StreamState::Frozen).await;
    let (_, seen) = browser.until(&format!("{}.seen === 'frozen'", tile("cam-1")), LONG).await.unwrap();
    say(&format!(
        "MEASURED: frozen for the server after {server:?}, for the browser's watchdog {seen:?} later"
    ));
    browser.until(&faces(&["cam-1"], "frozen"), LONG).await.unwrap();
    browser.until(&faces(&["cam-2", "cam-3", "cam-4"], "live"), LONG).await.unwrap();

    city.cameras().unwrap().tell("stall cam-4").await.unwrap();
    server_says(&mut live, "cam-4", StreamState::Lost).await;
    browser.until(&faces(&["cam-4"], "lost"), LONG).await.unwrap();
    browser.until(&format!("{}.seen !== 'live'", tile("cam-4")), LONG).await.unwrap();

    city.cameras().unwrap().tell("go").await.unwrap();
    let (_, back) = browser.until(&faces(&names, "live"), LONG).await.unwrap();
    say(&format!("MEASURED: all live again after {back:?}"));
    same_world(&city, &mut browser).await;
    let events = browser.events().await.unwrap();
    assert_eq!(events, serde_json::json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wall_says_that_the_server_is_gone_and_comes_back_by_itself() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("the_wall_says_that_the_server_is_gone_and_comes_back_by_itself", &tools) {
        return;
    }
    let mut city = TestCity::plan().alone().cameras(&CAMERAS[..2]).start().await.unwrap();
    let mut browser = wall(&city).await;
    let names = ["cam-1", "cam-2"];
    browser.until(&faces(&names, "live"), LONG).await.unwrap();
    // Gone if the page is loaded again.
    browser.eval("window.__sameLife = true").await.unwrap();
    for round in 0..2 {
        city.post(&complaint(&format!("LPR-{round}"), "Lampu mati")).await.unwrap();
        same_world(&city, &mut browser).await;
        let before = browser.report().await.unwrap()["seq"].as_u64().unwrap();
        city.server.kill().unwrap();
        let banner = "(() => { const b = document.querySelector('.banner'); \
            return !!b && !b.hidden && b.dataset.kind === 'lost' && b.offsetWidth === innerWidth && \
            !!document.querySelector('.silent'); })()";
        let (_, told) = browser.until(banner, LONG).await.unwrap();
        assert!(
            browser
                .eval("document.querySelectorAll('[data-face=\"live\"]').length === 0")
                .await
                .unwrap()
                .as_bool()
                .unwrap(),
            "no tile claims to be live without a server"
        );
        city.server.start().await.unwrap();
        let calm = "(() => { const b = document.querySelector('.banner'); \
            return (b.hidden || b.dataset.kind !== 'lost') && !document.querySelector('.silent'); })()";
        let (_, back) = browser.until(calm, LONG).await.unwrap();
        let (_, pictures) = browser.until(&faces(&names, "live"), LONG).await.unwrap();
        say(&format!(
            "MEASURED: told {told:?} after kill -9; after the server was ready: back in {back:?}, pictures in {:?}",
            back + pictures
        ));
        same_world(&city, &mut browser).await;
        let after = browser.report().await.unwrap()["seq"].as_u64().unwrap();
        assert!(after > before, "the journal goes on: {before} {after}");
        assert_eq!(browser.eval("window.__sameLife").await.unwrap(), true, "the page was loaded again");
    }
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&serde_json::json!([]), &serde_json::json!([])));
}
