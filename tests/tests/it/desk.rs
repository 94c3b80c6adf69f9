//! The operator's desk: two walls and a desk in one browser, worked with the keyboard alone.

use std::time::Duration;

use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use serde_json::{Value, json};

use crate::wall::{LONG, same_world};

/// Pages of the browser: two windows of one screen, and the desk.
const WALLS: [usize; 2] = [0, 1];
const DESK: usize = 2;

/// What a call-up must show, at most: a second on a machine that does nothing else. Here it is a deadline.
const SOON: Duration = LONG;

async fn open(city: &TestCity, browser: &mut Browser, page: usize, path: &str) {
    browser.turn(page).open(&format!("http://{}{path}", city.address()), 1920, 1080).await.unwrap();
    browser.ready(LONG).await.unwrap();
}

/// Carries a command out that must be.
async fn done(city: &TestCity, number: u32, command: &Value) {
    let answer = crate::walls::order(city, number, command).await;
    assert_eq!(answer.status, 200, "{command}: {}", answer.text());
}

/// True when a page of a wall shows exactly these cameras in its cells, from the left.
fn shows(cameras: &[&str]) -> String {
    let wanted = json!(cameras);
    format!(
        "JSON.stringify([...document.querySelectorAll('main.hung [data-camera]')] \
         .sort((a, b) => a.getBoundingClientRect().left - b.getBoundingClientRect().left) \
         .map((tile) => tile.dataset.camera)) === JSON.stringify({wanted})"
    )
}

/// Both walls show it; how long the slower one took.
async fn on_both(browser: &mut Browser, cameras: &[&str]) -> Duration {
    let mut took = Duration::ZERO;
    for wall in WALLS {
        took += browser.turn(wall).until(&shows(cameras), LONG).await.unwrap().1;
    }
    browser.turn(DESK);
    took
}

/// The newest line of the desk, once it says this.
async fn said(browser: &mut Browser, words: &str) {
    let line = format!("(document.querySelector('.orders li')?.innerText ?? '').includes({})", json!(words));
    let waited = browser.turn(DESK).until(&line, LONG).await;
    if let Err(error) = waited {
        let body = browser.eval("document.querySelector('.orders').innerText").await;
        panic!("{error}\nthe desk says: {body:?}");
    }
}

fn grid() -> Value {
    json!({"kind": "wall_layout", "screen": "main", "layout": {"columns": 2, "rows": 1, "cells": []}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_keyboard_alone_a_camera_comes_to_the_monitor_and_to_every_wall() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("by_keyboard_alone_a_camera_comes_to_the_monitor_and_to_every_wall", &tools) {
        return;
    }
    let cameras = [("cam-1", "ball"), ("cam-2", "pinwheel")];
    let plan = TestCity::plan().alone().cameras(&cameras).large("cam-2", "cam-2-large", "noise");
    let mut city = plan.start().await.unwrap();
    let mut browser = Browser::start(city.dir()).await.unwrap();
    for wall in WALLS {
        open(&city, &mut browser, wall, "/wall/main").await;
    }
    open(&city, &mut browser, DESK, "/desk").await;
    done(&city, 1, &grid()).await;
    browser.until("document.querySelectorAll('.pick').length === 2", LONG).await.unwrap();

    // A number and Enter: large, and the large stream.
    browser.press(&["2"]).await.unwrap();
    browser.until("document.querySelector('.call-up output').innerText.includes('2')", LONG).await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    let large = "!!document.querySelector('.monitor [data-camera=\"cam-2\"][data-face=\"live\"]') && \
        window.__pantau.report().media.tiles.find((tile) => tile.camera === 'cam-2').quality === 'main'";
    let (_, took) = browser.until(large, SOON).await.unwrap();
    say(&format!("MEASURED: a called camera was large and live {took:?} after Enter"));
    browser.press(&["9", "Enter"]).await.unwrap();
    said(&mut browser, "Tidak ada kamera nomor 9").await;

    // Into the second cell, by the arrow keys; then the first camera into the first, by its number.
    browser.press(&["w", "ArrowRight", "*"]).await.unwrap();
    said(&mut browser, "tersimpan").await;
    on_both(&mut browser, &["cam-2"]).await;
    browser.press(&["ArrowLeft", "1", "*"]).await.unwrap();
    on_both(&mut browser, &["cam-1", "cam-2"]).await;
    said(&mut browser, "tersimpan").await;
    let small = "['cam-1', 'cam-2'].every((camera) => \
        document.querySelector(`.miniature [data-camera=\"${camera}\"][data-face=\"live\"]`)?.offsetWidth > 100)";
    browser.until(small, LONG).await.unwrap();
    let kept =
        json!({"kind": "wall_preset_save", "screen": "main", "preset": "pagi", "name": "Pagi", "number": 1});
    done(&city, 2, &kept).await;
    browser
        .until("document.querySelector('[data-preset=\"1\"]').innerText.includes('Pagi')", LONG)
        .await
        .unwrap();

    // The search, the list, and Enter on a camera: into the selected cell.
    browser.press(&["/", "k", "a", "m", "e", "r", "a", " ", "2"]).await.unwrap();
    // Not one letter is lost between the keys.
    assert_eq!(browser.eval("document.querySelector('#search').value").await.unwrap(), "kamera 2");
    let one =
        "document.querySelectorAll('[data-item]').length === 1 && !!document.querySelector('#item-cam-2')";
    browser.until(one, LONG).await.unwrap();
    browser.press(&["ArrowDown"]).await.unwrap();
    browser.until("document.activeElement.id === 'item-cam-2'", LONG).await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    on_both(&mut browser, &["cam-2", "cam-2"]).await;

    browser.press(&["1", "l"]).await.unwrap();
    let took = on_both(&mut browser, &["cam-1", "cam-2"]).await;
    say(&format!("MEASURED: a preset was seen on two walls {took:?} after its key"));
    said(&mut browser, "tersimpan").await;
    browser.press(&["Control+z"]).await.unwrap();
    on_both(&mut browser, &["cam-2", "cam-2"]).await;
    said(&mut browser, "tersimpan").await;

    // No command is lost or done twice when its answer is.
    browser.lose("/v1/commands", 1).await.unwrap();
    let before = city.get("/v1/status").await.unwrap()["seq"].as_u64().unwrap();
    browser.press(&["1", "l"]).await.unwrap();
    said(&mut browser, "tersimpan").await;
    on_both(&mut browser, &["cam-1", "cam-2"]).await;
    until("the command to be asked for again with its id", LONG, async || {
        Ok((city.count("command", "duplicate").await? == 1).then_some(()))
    })
    .await
    .unwrap();
    said(&mut browser, "tersimpan").await;
    let entries = city.get(&format!("/v1/entries?after={before}&kind=wall_changed")).await.unwrap();
    assert_eq!(entries["items"].as_array().unwrap().len(), 1, "{entries}");

    // Refused in words, with nothing changed; then gone and back, with all as before.
    browser.press(&["w", "p"]).await.unwrap();
    said(&mut browser, "tersimpan").await;
    browser.press(&["2", "*"]).await.unwrap();
    said(&mut browser, "ditolak").await;
    city.server.kill().unwrap();
    let blocked = "!document.querySelector('.blocked').hidden && \
        document.querySelector('.banner').dataset.kind === 'lost' && \
        document.querySelector('[data-preset=\"1\"]').ariaDisabled === 'true'";
    browser.until(blocked, LONG).await.unwrap();
    browser.press(&["Shift+Escape"]).await.unwrap();
    said(&mut browser, "Tidak tersambung").await;
    city.server.start().await.unwrap();
    browser.until("document.querySelector('.blocked').hidden", LONG).await.unwrap();
    on_both(&mut browser, &["cam-1", "cam-2"]).await;
    browser.until("document.querySelector('.pick').dataset.pinned === 'true'", LONG).await.unwrap();
    // A window that was closed and opened again is as before, beside the one that stayed.
    browser.turn(WALLS[1]).close().await.unwrap();
    open(&city, &mut browser, WALLS[1], "/wall/main").await;
    on_both(&mut browser, &["cam-1", "cam-2"]).await;
    for page in [WALLS[0], WALLS[1], DESK] {
        same_world(&city, browser.turn(page)).await;
    }
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&json!([]), &json!([])));
}

/// Three cameras that nobody answers for, one with a number of its own.
const CAMERAS: &str = r#"
[[device]]
id = "cam-a"
class = "camera"
name = "Alun-Alun utara"
site = "alun-alun"
domain = "cctv"
[device.camera]
url = "rtsp://127.0.0.1:9/a"
purpose = "lalu-lintas"
notice = "papan di tiang"
retention_days = 14
[[device]]
id = "cam-b"
class = "camera"
name = "Simpang Café"
site = "alun-alun"
domain = "cctv"
[device.camera]
url = "rtsp://127.0.0.1:9/b"
purpose = "lalu-lintas"
notice = "papan di tiang"
retention_days = 14
number = 123
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_dragged_to_a_cell_and_nobody_is_kept_out() {
    if !have("a_camera_is_dragged_to_a_cell_and_nobody_is_kept_out", &[Tool::Browser]) {
        return;
    }
    let city = TestCity::plan().registry(CAMERAS).start().await.unwrap();
    let mut browser = Browser::start(city.dir()).await.unwrap();
    open(&city, &mut browser, WALLS[0], "/wall/main").await;
    open(&city, &mut browser, WALLS[1], "/wall/main").await;
    open(&city, &mut browser, DESK, "/desk").await;
    // The screen arranges itself: the desk says so, and offers a grid.
    browser
        .until("!!document.querySelector('.miniature .screen .bar button')?.offsetWidth", LONG)
        .await
        .unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    done(&city, 1, &grid()).await;
    browser.until("document.querySelectorAll('.pick').length === 2", LONG).await.unwrap();

    browser.drag("#item-cam-a", "[data-at='2,1']").await.unwrap();
    on_both(&mut browser, &["cam-a"]).await;
    browser.drag("[data-at='2,1']", "[data-at='1,1']").await.unwrap();
    on_both(&mut browser, &["cam-a", "cam-a"]).await;
    browser.drag("#item-cam-b", ".monitor .screen").await.unwrap();
    let called = "!!document.querySelector('.monitor [data-camera=\"cam-b\"]') && \
        document.querySelector('#monitor-title').innerText.includes('123')";
    browser.until(called, LONG).await.unwrap();
    browser.press(&["/", "c", "a", "f", "e", "Enter", "Escape"]).await.unwrap();
    let found =
        "document.activeElement.id === 'item-cam-b' && document.querySelectorAll('[data-item]').length === 1";
    browser.until(found, LONG).await.unwrap();

    // The sheet of shortcuts keeps the focus, and Escape closes it and clears nothing.
    browser.press(&["?"]).await.unwrap();
    let inside = "document.querySelector('#shortcuts').open && \
        document.querySelector('#shortcuts').contains(document.activeElement)";
    browser.until(inside, LONG).await.unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    browser.press(&["1", "Escape"]).await.unwrap();
    browser.until("!document.querySelector('#shortcuts').open", LONG).await.unwrap();
    assert_eq!(browser.eval("document.querySelector('.call-up b').innerText").await.unwrap(), "");

    for page in [WALLS[0], DESK] {
        let barriers = browser.turn(page).barriers().await.unwrap();
        assert!(barriers.is_empty(), "page {page}: {barriers:#?}");
    }
    let events = browser.events().await.unwrap();
    assert_eq!(events, json!({ "dialogs": [], "errors": [], "foreign": [] }));
}
