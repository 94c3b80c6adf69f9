//! A tile never says more than is so: every state, provoked by a camera, in the words of server and browser; a frozen
//! picture that the server calls live; and a screen that cannot take everything.
//!
//! The page itself keeps the record: twenty times a second, what the server said of each tile, what the worker saw,
//! and what stood on it; and every face that a tile had, however short.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::Request;
use pantau_schemas::stream::StreamState;
use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::http;
use pantau_tests::proxy::Proxy;
use pantau_tests::said::say;
use pantau_tests::throttle::Rate;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use serde_json::{Value, json};

use crate::stills::camera::{Asks, Gives, HttpCamera};
use crate::wall::{CAMERAS, LONG, faces, page, server_says, tile, wall};
use crate::walls::order;

/// What the thin line of a page takes, bytes a second: about one of its three cameras, and key frames.
const THIN: usize = 180_000;
/// After a long time on a thin line the next climb waits for a minute, and so does the one after.
const PATIENT: Duration = Duration::from_secs(240);

/// Begins the record: every change of a tile, oldest first.
pub(crate) const RECORD: &str = "(() => {
    const last = {};
    window.__record = [];
    window.__faces = [];
    new MutationObserver((changes) => {
        for (const { target, oldValue } of changes) {
            window.__faces.push([target.dataset.camera, oldValue], [target.dataset.camera, target.dataset.face]);
        }
    }).observe(document.body, { subtree: true, attributeFilter: ['data-face'], attributeOldValue: true });
    setInterval(() => {
        for (const tile of window.__pantau.report().media.tiles) {
            const element = document.querySelector(`.tile[data-camera=\"${tile.camera}\"]`);
            if (!element) continue;
            const text = (selector) => element.querySelector(selector)?.innerText ?? '';
            const picture = getComputedStyle(element.querySelector('canvas, video'));
            const now = {
                camera: tile.camera, said: tile.said?.state ?? null, seen: tile.seen,
                face: element.dataset.face, rung: element.dataset.rung,
                chip: text('.chip').replace(/[0-9]+/g, 'N'), words: text('.verdict').replace(/[0-9]+/g, 'N'),
                picture: picture.visibility === 'hidden' ? 'none' : picture.filter === 'none' ? 'plain' : 'grey',
            };
            const line = JSON.stringify(now);
            if (line !== last[tile.camera]) window.__record.push(now);
            last[tile.camera] = line;
        }
    }, 50);
})()";

/// Whether the browser itself says that it decodes a codec for a player.
const DECODES: &str = "async (player, codec) => player === 'mse' \
    ? MediaSource.isTypeSupported(`video/mp4; codecs=\"${codec}\"`) \
    : (await VideoDecoder.isConfigSupported({ codec })).supported";

pub(crate) async fn record(browser: &mut Browser) -> Vec<Value> {
    browser.eval("window.__record").await.unwrap().as_array().unwrap().clone()
}

/// What holds for every moment of every tile, whatever happens.
pub(crate) fn never_a_lie(record: &[Value]) {
    assert!(record.len() >= 3, "nothing was recorded: {record:?}");
    for now in record {
        let (said, seen, face) = (&now["said"], &now["seen"], now["face"].as_str().unwrap());
        let is = |wanted: &[&str]| wanted.contains(&face);
        match face {
            "live" => {
                // Before the socket said anything, the journal's word counts.
                assert!(said == "live" || said.is_null(), "live against the server's word: {now}");
                assert_eq!(seen, "live", "live against what was seen: {now}");
                assert!(now["rung"] == "full" || now["rung"] == "reference", "live on a low rung: {now}");
            }
            "key_frames" => assert!(aged(now, "gambar kunci"), "{now}"),
            "still" => assert!(aged(now, "gambar diam"), "{now}"),
            "delayed" => assert!(aged(now, "tertunda"), "{now}"),
            "frozen" => assert!(now["words"].as_str().unwrap().contains("BEKU"), "{now}"),
            "lost" => assert!(now["words"].as_str().unwrap().contains("PADAM"), "{now}"),
            "connecting" => assert!(now["words"].as_str().unwrap().contains("Menyambung"), "{now}"),
            "forbidden" => assert!(now["words"].as_str().unwrap().contains("Tidak ada izin"), "{now}"),
            "masked" => assert!(now["words"].as_str().unwrap().contains("Ditutup"), "{now}"),
            _ => panic!("no such face: {now}"),
        }
        match said.as_str() {
            Some("lost") => assert!(is(&["lost"]), "{now}"),
            Some("frozen") => assert!(is(&["frozen", "lost"]), "{now}"),
            Some("forbidden") => assert!(is(&["forbidden"]), "{now}"),
            Some("masked") => assert!(is(&["masked"]), "{now}"),
            _ => {}
        }
        let picture = match face {
            "live" | "delayed" | "key_frames" => "plain",
            "frozen" | "still" => "grey",
            _ => "none",
        };
        assert_eq!(now["picture"], picture, "how the picture looks: {now}");
    }
}

/// A chip that says this, and an age behind it.
fn aged(now: &Value, words: &str) -> bool {
    let chip = now["chip"].as_str().unwrap_or_default();
    chip.strip_prefix(words).is_some_and(|age| age.contains("N "))
}

/// A tile had this face, at least for a moment.
fn had(camera: &str, face: &str) -> String {
    format!("window.__faces.some(([camera, face]) => camera === '{camera}' && face === '{face}')")
}

/// A camera that takes connections and answers nothing.
fn mute(address: SocketAddr) -> String {
    format!(
        "[[device]]\nid = \"cam-mute\"\nclass = \"camera\"\nname = \"Kamera bisu\"\nsite = \"alun-alun\"\n\
         domain = \"cctv\"\n[device.camera]\nurl = \"rtsp://{address}/x\"\npurpose = \"lalu-lintas\"\n\
         notice = \"papan di tiang\"\nretention_days = 14\n"
    )
}

async fn reload(city: &TestCity) {
    let reload = http::send(city.address(), Request::post("/v1/registry/reload"), "".into()).await.unwrap();
    assert_eq!(reload.status, 200, "{}", reload.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_a_tile_is_provoked_and_said_by_both_sides() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("every_state_of_a_tile_is_provoked_and_said_by_both_sides", &tools) {
        return;
    }
    let mut city = TestCity::plan().alone().cameras(&CAMERAS).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let mut browser = wall(&city).await;
    browser.eval(RECORD).await.unwrap();
    browser.until(&faces(&CAMERAS.map(|(name, _)| name), "live"), LONG).await.unwrap();

    // Connecting: a camera that is new and does not answer.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    std::fs::write(city.dir().join("city/mute.toml"), mute(silent.local_addr().unwrap())).unwrap();
    reload(&city).await;
    browser.until("window.__record.some((now) => now.camera === 'cam-mute')", LONG).await.unwrap();

    city.cameras().unwrap().tell("freeze cam-2").await.unwrap();
    server_says(&mut live, "cam-2", StreamState::Frozen).await;
    browser.until(&faces(&["cam-2"], "frozen"), LONG).await.unwrap();
    city.cameras().unwrap().tell("stall cam-3").await.unwrap();
    server_says(&mut live, "cam-3", StreamState::Lost).await;
    server_says(&mut live, "cam-mute", StreamState::Lost).await;
    browser.until(&faces(&["cam-3", "cam-mute"], "lost"), LONG).await.unwrap();
    browser.until(&faces(&["cam-1", "cam-4"], "live"), LONG).await.unwrap();
    city.cameras().unwrap().tell("go").await.unwrap();
    browser.until(&faces(&CAMERAS.map(|(name, _)| name), "live"), LONG).await.unwrap();

    // Covered as a whole, and open again.
    let file = city.dir().join("city/cameras.toml");
    let open = std::fs::read_to_string(&file).unwrap();
    let cover = |device: &str| {
        let whole = "[[device.camera.mask]]\ncorners = [0, 0, 1, 0, 1, 1, 0, 1]\n";
        format!("{device}{}", if device.contains("\"cam-4\"") { whole } else { "" })
    };
    let covered: Vec<String> = open.split("[[device]]").map(cover).collect();
    std::fs::write(&file, covered.join("[[device]]")).unwrap();
    reload(&city).await;
    server_says(&mut live, "cam-4", StreamState::Masked).await;
    browser.until(&faces(&["cam-4"], "masked"), LONG).await.unwrap();
    std::fs::write(&file, open).unwrap();
    reload(&city).await;
    browser.until(&faces(&["cam-4"], "live"), LONG).await.unwrap();

    let seen = record(&mut browser).await;
    never_a_lie(&seen);
    for (camera, face) in [
        ("cam-1", "live"),
        ("cam-2", "frozen"),
        ("cam-3", "delayed"),
        ("cam-3", "lost"),
        ("cam-4", "masked"),
        ("cam-mute", "connecting"),
        ("cam-mute", "lost"),
    ] {
        let had = browser.eval(&had(camera, face)).await.unwrap();
        assert_eq!(had, true, "{camera} was never {face}: {seen:?}");
    }

    // How old each picture is when it is seen: for machines, and for people.
    let cameras = ["cam-1", "cam-2", "cam-3", "cam-4"];
    let told = async || {
        let ages = city.get("/v1/status").await?["glass_to_glass"].take();
        Ok(cameras.iter().all(|camera| ages[camera]["p50_ms"].is_u64()).then_some(ages))
    };
    let (ages, _) = until("the ages of pictures on a screen", LONG, told).await.unwrap();
    say(&format!("MEASURED: glass to glass by camera: {ages}"));
    assert!(ages["cam-mute"].is_null(), "nobody saw a picture of that one: {ages}");
    let metrics = http::get(city.address(), "/metrics").await.unwrap().text();
    for camera in cameras {
        let line = format!("pantau_camera_glass_to_glass_seconds_count{{camera=\"{camera}\"}} ");
        assert!(metrics.contains(&line), "no {line}in {metrics}");
    }
    browser.turn(1).open(&format!("http://{}/ops", city.address()), 1920, 1080).await.unwrap();
    let shown = "/^[0-9]+ .+ [0-9]+$/.test(document.querySelector('tr[data-camera=\"cam-1\"] .glass')?.innerText ?? '')";
    browser.until(shown, LONG).await.unwrap();
    browser.turn(0);

    // A cell without a camera is nothing at all.
    let layout = json!({"columns": 2, "rows": 1, "cells": [
        {"area": {"column": 1, "row": 1, "columns": 1, "rows": 1}, "tile": {"kind": "camera", "camera": "cam-1"}},
        {"area": {"column": 2, "row": 1, "columns": 1, "rows": 1}, "tile": {"kind": "empty"}}]});
    let answer = order(&city, 1, &json!({"kind": "wall_layout", "screen": "main", "layout": layout})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser.until("document.querySelectorAll('[data-camera]').length === 1", LONG).await.unwrap();
    browser.until(&faces(&["cam-1"], "live"), LONG).await.unwrap();
    let nothing = "[...document.querySelectorAll('[data-panel=\"empty\"]')].every((cell) => {
        const style = getComputedStyle(cell);
        return cell.innerText === '' && style.borderTopWidth === '0px' && style.outlineStyle === 'none'
            && style.backgroundColor === 'rgba(0, 0, 0, 0)';
    })";
    assert_eq!(browser.eval(nothing).await.unwrap(), true);
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

/// The server's word is turned into "live" on its way; the picture stands still, or does not come any more.
async fn a_lie_is_found(player: &str) {
    let mut city = TestCity::plan().alone().cameras(&CAMERAS[..3]).start().await.unwrap();
    let mut media = city.media(&["cam-1", "cam-2"]).await.unwrap();
    let proxy = Proxy::start(city.address(), None).await.unwrap();
    proxy.say("live");
    let address = format!("http://{}/wall/main?player={player}", proxy.address());
    let mut browser = page(&city, &address).await;
    browser.eval(RECORD).await.unwrap();
    browser.until(&faces(&["cam-1", "cam-2", "cam-3"], "live"), LONG).await.unwrap();
    assert_eq!(browser.eval(&format!("{}.player", tile("cam-1"))).await.unwrap(), player);

    city.cameras().unwrap().tell("freeze cam-1").await.unwrap();
    let (_, frozen) = browser.until(&faces(&["cam-1"], "frozen"), LONG).await.unwrap();
    city.cameras().unwrap().tell("stall cam-2").await.unwrap();
    let (_, late) = browser.until(&faces(&["cam-2"], "delayed"), LONG).await.unwrap();
    let (_, still) = browser.until(&faces(&["cam-2"], "frozen"), LONG).await.unwrap();
    say(&format!(
        "MEASURED: by {player}, the server saying live: a repeated picture found after {frozen:?}; one that does not \
         come late after {late:?}, frozen {still:?} later"
    ));
    // The server itself knew, and did not get through.
    media.until_state(0, StreamState::Frozen, LONG).await.unwrap();
    media.until_state(1, StreamState::Lost, LONG).await.unwrap();
    let seen = record(&mut browser).await;
    never_a_lie(&seen);
    assert!(seen.iter().all(|now| now["said"] == "live" || now["said"].is_null()), "{seen:?}");
    let why =
        browser.eval("document.querySelector('[data-camera=\"cam-1\"] .verdict').innerText").await.unwrap();
    assert!(why.as_str().unwrap().contains("tidak ada gambar baru"), "{why}");
    browser.until(&faces(&["cam-3"], "live"), LONG).await.unwrap();
    city.cameras().unwrap().tell("go").await.unwrap();
    browser.until(&faces(&["cam-1", "cam-2", "cam-3"], "live"), LONG).await.unwrap();
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_picture_is_found_though_the_server_says_live() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if have("a_frozen_picture_is_found_though_the_server_says_live", &tools) {
        a_lie_is_found("webcodecs").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_picture_is_found_by_a_media_source_too() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if have("a_frozen_picture_is_found_by_a_media_source_too", &tools) {
        a_lie_is_found("mse").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_seen_is_not_shown_though_its_pictures_come() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("what_may_not_be_seen_is_not_shown_though_its_pictures_come", &tools) {
        return;
    }
    let city = TestCity::plan().alone().cameras(&CAMERAS[..1]).start().await.unwrap();
    let proxy = Proxy::start(city.address(), None).await.unwrap();
    let address = format!("http://{}/wall/main", proxy.address());
    proxy.say("forbidden");
    let mut browser = page(&city, &address).await;
    for state in ["forbidden", "masked"] {
        proxy.say(state);
        browser.open(&address, 1920, 1080).await.unwrap();
        browser.ready(LONG).await.unwrap();
        browser.until(&faces(&["cam-1"], state), LONG).await.unwrap();
        browser.eval(RECORD).await.unwrap();
        browser
            .until(&format!("{}.drawn > 30 && window.__record.length > 0", tile("cam-1")), LONG)
            .await
            .unwrap();
        let seen = record(&mut browser).await;
        assert!(seen.iter().all(|now| now["face"] == state && now["picture"] == "none"), "{seen:?}");
    }
}

/// A page over a thin line: the server gives less, every tile says so, and what comes can be decoded.
async fn a_thin_line_is_told(player: &str) {
    let noise = [("cam-1", "noise-b"), ("cam-2", "noise"), ("cam-3", "noise")];
    let city = TestCity::plan().alone().cameras(&noise).start().await.unwrap();
    let rate = Rate::of(THIN);
    let proxy = Proxy::start(city.address(), Some(rate.clone())).await.unwrap();
    let address = format!("http://{}/wall/main?player={player}", proxy.address());
    let mut browser = page(&city, &address).await;
    browser.eval(RECORD).await.unwrap();
    let low = "!!document.querySelector('[data-face=\"key_frames\"], [data-face=\"still\"]')";
    let (_, took) = browser.until(low, LONG).await.unwrap();
    say(&format!("MEASURED: by {player}, a thin line is told on a tile after {took:?}"));
    // Pictures go on coming there, each with its age.
    let sparse =
        "document.querySelector('[data-rung=\"key_frames\"], [data-rung=\"still\"]')?.dataset.camera ?? ''";
    let camera = browser.eval(sparse).await.unwrap();
    let drawn = format!("({}?.drawn ?? 0)", tile(camera.as_str().unwrap()));
    let before = browser.eval(&drawn).await.unwrap().as_u64().unwrap();
    browser.until(&format!("{drawn} > {before} + 1"), PATIENT).await.unwrap();

    rate.open();
    let names = noise.map(|(name, _)| name);
    let whole = "window.__pantau.report().media.tiles.every((tile) => tile.socket === 'full')";
    let (_, took) = browser.until(whole, PATIENT).await.unwrap();
    browser.until(&faces(&names, "live"), PATIENT).await.unwrap();
    say(&format!("MEASURED: by {player}, whole again {took:?} after the line was wide"));
    for name in names {
        let drawn = browser.eval(&format!("{}.drawn", tile(name))).await.unwrap().as_u64().unwrap();
        browser.until(&format!("{}.drawn >= {}", tile(name), drawn + 30), LONG).await.unwrap();
        let report = browser.eval(&tile(name)).await.unwrap();
        assert_eq!(report["errors"], 0, "a frame that cannot be decoded was let through: {report}");
    }
    never_a_lie(&record(&mut browser).await);
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_over_a_thin_line_shows_less_and_says_so() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if have("a_page_over_a_thin_line_shows_less_and_says_so", &tools) {
        a_thin_line_is_told("webcodecs").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_media_source_over_a_thin_line_shows_less_and_says_so() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if have("a_media_source_over_a_thin_line_shows_less_and_says_so", &tools) {
        a_thin_line_is_told("mse").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_codec_that_the_browser_lacks_is_said_and_costs_nobody_else_a_picture() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_codec_that_the_browser_lacks_is_said_and_costs_nobody_else_a_picture", &tools) {
        return;
    }
    let cameras = [("cam-1", "ball"), ("cam-2", "ball-h265")];
    let mut city = TestCity::plan().alone().cameras(&cameras).start().await.unwrap();
    // The server carries it: it looks into the packets, and needs no decoder.
    let mut live = city.live().await.unwrap();
    server_says(&mut live, "cam-2", StreamState::Live).await;
    let mut media = city.media(&["cam-2"]).await.unwrap();
    media.until("pictures of H.265", LONG, |media| media.tile(0).key_frames >= 2).await.unwrap();
    let codec = media.tile(0).codec.clone().unwrap();
    assert!(codec.starts_with("hvc1.1.6.L"), "main profile by ISO 14496-15: {codec}");

    for player in ["webcodecs", "mse"] {
        let mut browser = page(&city, &format!("http://{}/wall/main?player={player}", city.address())).await;
        browser.until(&faces(&["cam-1"], "live"), LONG).await.unwrap();
        let asked = format!("({DECODES})('{player}', '{codec}')");
        if browser.eval(&asked).await.unwrap() == true {
            browser.until(&faces(&["cam-2"], "live"), LONG).await.unwrap();
            say(&format!("this browser decodes {codec} by {player}"));
            continue;
        }
        browser.until(&faces(&["cam-2"], "lost"), LONG).await.unwrap();
        let words =
            browser.eval("document.querySelector('[data-camera=\"cam-2\"] .verdict').innerText").await;
        assert!(words.as_ref().unwrap().as_str().unwrap().contains("format video"), "{words:?}");
        let drawn = browser.eval(&format!("{}.drawn", tile("cam-1"))).await.unwrap().as_u64().unwrap();
        browser.until(&format!("{}.drawn > {}", tile("cam-1"), drawn + 30), LONG).await.unwrap();
        assert_eq!(browser.eval(&faces(&["cam-1"], "live")).await.unwrap(), true);
    }
    // The camera's own still pictures are the last resort, and say how old they are.
    let stills = HttpCamera::start(Asks::Nothing, Gives::Picture).await;
    let file = city.dir().join("city/cameras.toml");
    let known = std::fs::read_to_string(&file).unwrap();
    let gives = |device: &str| {
        let url = format!("[device.camera]\nsnapshot_url = \"http://{}/snap.jpg\"\n", stills.address);
        if device.contains("\"cam-2\"") {
            device.replace("[device.camera]\n", &url)
        } else {
            device.to_owned()
        }
    };
    let with_stills: Vec<String> = known.split("[[device]]").map(gives).collect();
    std::fs::write(&file, with_stills.join("[[device]]")).unwrap();
    reload(&city).await;
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    let decodes = browser.eval(&format!("({DECODES})('webcodecs', '{codec}')")).await.unwrap() == true;
    if !decodes {
        browser.until(&faces(&["cam-2"], "still"), LONG).await.unwrap();
        let seen = "(() => { const tile = document.querySelector('[data-camera=\"cam-2\"]'); \
            const picture = tile.querySelector('img.own'); \
            return [tile.querySelector('.chip').innerText, picture.naturalWidth, picture.checkVisibility()]; })()";
        let seen = browser.eval(seen).await.unwrap();
        assert!(seen[0].as_str().unwrap().starts_with("gambar diam"), "{seen}");
        assert_eq!((&seen[1], &seen[2]), (&json!(8), &json!(true)));
        stills.give(Gives::NotFound);
        browser.until(&faces(&["cam-2"], "lost"), LONG).await.unwrap();
    }
    // A standstill is found in these packets, too.
    city.cameras().unwrap().tell("freeze cam-2").await.unwrap();
    server_says(&mut live, "cam-2", StreamState::Frozen).await;
}
