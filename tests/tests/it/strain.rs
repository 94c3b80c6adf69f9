//! A page whose machine cannot decode all its tiles: who pays, and what stands on the tiles meanwhile.
//!
//! What the browser offers is made slow before the page is loaded; the page and its server are those of a city.

use std::time::Duration;

use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use serde_json::{Value, json};

use crate::honesty::{RECORD, never_a_lie, record};
use crate::wall::{LONG, faces, tile};
use crate::walls::order;

/// On a machine that is busy with something else; and the ladder itself waits for up to a minute when it was too much again.
const PATIENT: Duration = Duration::from_secs(240);
/// What the slow decoders take, pictures a second: one tile whole, and key frames of the others.
const SLOW: u32 = 26;
/// What a segment costs the slow page, ms: all of its time goes for two tiles whole, and it has four.
const COST: u32 = 32;

/// Keeps what must not be: that the tile of `focus` is given less while another one still moves.
const UNFAIR: &str = "(() => {
    window.__unfair = [];
    setInterval(() => {
        const tiles = window.__pantau.report().media.tiles;
        const focus = tiles.find((tile) => tile.camera === 'FOCUS');
        const others = tiles.filter((tile) => tile !== focus);
        const paid = others.every((tile) => tile.decoder === 'still');
        if (focus && focus.decoder !== 'full' && !paid) {
            window.__unfair.push(tiles.map((tile) => [tile.camera, tile.decoder]));
        }
    }, 50);
})()";

/// How many of these cameras are not decoded as they move.
fn low(cameras: &[&str]) -> String {
    let cameras = json!(cameras);
    format!(
        "window.__pantau.report().media.tiles.filter((tile) => {cameras}.includes(tile.camera)
            && ['key_frames', 'still'].includes(tile.decoder)).length"
    )
}

/// Tiles of these cameras show less than everything because of the decoders, and say so.
fn told(cameras: &[&str]) -> String {
    let cameras = json!(cameras);
    format!(
        "{cameras}.filter((camera) => {{
            const report = window.__pantau.report().media.tiles.find((tile) => tile.camera === camera);
            const tile = document.querySelector(`.tile[data-camera=\"${{camera}}\"]`);
            const low = ['key_frames', 'still'];
            return low.includes(report.decoder) && low.includes(tile.dataset.rung) && low.includes(tile.dataset.face)
                && /gambar (kunci|diam) [0-9]+ /.test(tile.querySelector('.chip').innerText);
        }})"
    )
}

/// Every tile is whole again by itself and says that it lives, and pictures come as fast as the camera makes them.
async fn whole_again(browser: &mut Browser, cameras: &[&str]) -> Duration {
    let all = json!(cameras);
    let whole = format!(
        "{all}.every((camera) => window.__pantau.report().media.tiles
            .some((tile) => tile.camera === camera && tile.decoder === 'full'))"
    );
    let (_, took) = browser.until(&whole, PATIENT).await.unwrap();
    browser.until(&faces(cameras, "live"), PATIENT).await.unwrap();
    for camera in cameras {
        let drawn = browser.eval(&format!("{}.drawn", tile(camera))).await.unwrap().as_u64().unwrap();
        browser.until(&format!("{}.drawn >= {}", tile(camera), drawn + 30), LONG).await.unwrap();
    }
    took
}

/// Four cameras side by side on the wall.
async fn hang(city: &TestCity, cameras: &[&str]) {
    let cells: Vec<Value> = (1..)
        .zip(cameras)
        .map(|(column, camera)| {
            json!({"area": {"column": column, "row": 1, "columns": 1, "rows": 1},
                   "tile": {"kind": "camera", "camera": camera}})
        })
        .collect();
    let layout = json!({"columns": cameras.len(), "rows": 1, "cells": cells});
    let answer = order(city, 1, &json!({"kind": "wall_layout", "screen": "main", "layout": layout})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decoders_that_are_too_slow_cost_the_least_important_first_and_every_tile_says_so() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("decoders_that_are_too_slow_cost_the_least_important_first_and_every_tile_says_so", &tools) {
        return;
    }
    let cameras = [
        ("cam-1", "ball"),
        ("cam-2", "pinwheel"),
        ("cam-3", "ball"),
        ("cam-4", "pinwheel"),
        ("cam-5", "ball"),
    ];
    let names = cameras.map(|(name, _)| name);
    let (focus, others) = ("cam-5", &names[..4]);
    let city = TestCity::plan().alone().cameras(&cameras).start().await.unwrap();
    hang(&city, others).await;
    let mut browser = Browser::start(city.dir()).await.unwrap();
    browser.tamper("slow-decoders.js", Some("/assets/media-worker.js")).await.unwrap();
    browser.open(&format!("http://{}/desk", city.address()), 1920, 1080).await.unwrap();
    browser.ready(LONG).await.unwrap();
    browser.until("document.querySelectorAll('.pick').length === 4", LONG).await.unwrap();
    browser.press(&["5"]).await.unwrap();
    browser.until("document.querySelector('.call-up output').innerText.includes('5')", LONG).await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until(&faces(&names, "live"), LONG).await.unwrap();
    browser.eval(&UNFAIR.replace("FOCUS", focus)).await.unwrap();
    browser.eval(RECORD).await.unwrap();

    browser.eval("(window.__rate = new BroadcastChannel('decoders'), 0)").await.unwrap();
    browser.eval(&format!("window.__rate.postMessage({SLOW})")).await.unwrap();
    let (_, took) = browser.until(&format!("{}.length > 0", told(others)), PATIENT).await.unwrap();
    say(&format!("MEASURED: slow decoders are told on a tile after {took:?}"));
    // At rest: the one that somebody looks at is whole, and others pay for it.
    let settled = format!("{}.decoder === 'full' && {} >= 3", tile(focus), low(others));
    browser.until(&settled, PATIENT).await.unwrap();
    browser.until(&faces(&[focus], "live"), PATIENT).await.unwrap();
    let report = browser.eval("window.__pantau.report().media.tiles").await.unwrap();
    say(&format!("MEASURED: with {SLOW} pictures a second: {report}"));

    browser.eval("window.__rate.postMessage(null)").await.unwrap();
    let took = whole_again(&mut browser, &names).await;
    say(&format!("MEASURED: everything again {took:?} after the decoders were fast"));

    never_a_lie(&record(&mut browser).await);
    let unfair = browser.eval("window.__unfair").await.unwrap();
    assert_eq!(unfair, json!([]), "the tile in focus paid before others");
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_cannot_play_all_its_media_sources_shows_fewer_whole_and_says_so() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_page_that_cannot_play_all_its_media_sources_shows_fewer_whole_and_says_so", &tools) {
        return;
    }
    let cameras = [("cam-1", "ball"), ("cam-2", "pinwheel"), ("cam-3", "ball"), ("cam-4", "pinwheel")];
    let names = cameras.map(|(name, _)| name);
    let city = TestCity::plan().alone().cameras(&cameras).start().await.unwrap();
    let mut browser = Browser::start(city.dir()).await.unwrap();
    browser.tamper("slow-page.js", None).await.unwrap();
    browser.open(&format!("http://{}/wall/main?player=mse", city.address()), 1920, 1080).await.unwrap();
    browser.ready(LONG).await.unwrap();
    browser.until(&faces(&names, "live"), LONG).await.unwrap();
    browser.eval(RECORD).await.unwrap();

    browser.eval(&format!("(window.__cost = {COST}, 0)")).await.unwrap();
    let (_, took) = browser.until(&format!("{}.length > 0", told(&names)), PATIENT).await.unwrap();
    say(&format!(
        "MEASURED: a page that is too slow for its media sources tells it on a tile after {took:?}"
    ));
    let (_, took) = browser.until(&format!("{} >= 2", low(&names)), PATIENT).await.unwrap();
    say(&format!("MEASURED: and two of four pay {took:?} later"));
    // Pictures go on coming there, each with its age.
    let paying = format!("{}[0]", told(&names));
    let (camera, _) = browser.until(&paying, PATIENT).await.unwrap();
    let drawn = format!("({}?.drawn ?? 0)", tile(camera.as_str().unwrap()));
    let before = browser.eval(&drawn).await.unwrap().as_u64().unwrap();
    browser.until(&format!("{drawn} > {before} + 1"), PATIENT).await.unwrap();
    let report = browser.eval("window.__pantau.report().media.tiles").await.unwrap();
    say(&format!("MEASURED: at {COST} ms a segment: {report}"));

    browser.eval("(window.__cost = 0, 0)").await.unwrap();
    let took = whole_again(&mut browser, &names).await;
    say(&format!("MEASURED: everything again {took:?} after the page was fast"));

    never_a_lie(&record(&mut browser).await);
    assert_eq!(browser.events().await.unwrap(), json!({ "dialogs": [], "errors": [], "foreign": [] }));
}
