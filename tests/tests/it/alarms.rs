//! An alarm takes a cell of the wall, says so, and gives it back: on the wall and at the desk, and after the server was
//! killed.

use pantau_schemas::entry::{Cause, Change};
use pantau_schemas::wall::AlarmEnd;
use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use serde_json::{Value, json};

use crate::wall::{LONG, same_world};
use crate::walls::{CAMERAS, done, show};

/// A camera says of itself how it is; the journal has it when this returns.
async fn says(device: &mut Device, camera: &str, state: &str) {
    device
        .publish(&format!("pantau/1/metro/camera/{camera}/state"), json!({"state": state}).to_string())
        .await
        .unwrap();
    device.acknowledged(LONG).await.unwrap();
}

/// A page shows exactly these cameras by alarm, each framed, with a symbol and a word.
fn rings(cameras: &[&str]) -> String {
    format!(
        "(() => {{ const tiles = [...document.querySelectorAll('[data-rank=\"alarm\"][data-alarm=\"rings\"]')]; \
         return JSON.stringify(tiles.map((tile) => tile.dataset.camera).sort()) === JSON.stringify({}) && \
         tiles.every((tile) => tile.querySelector('.ringing').innerText.startsWith('ALARM') && \
         getComputedStyle(tile.querySelector('.ringing strong'), '::before').content.includes('◆') && \
         parseFloat(getComputedStyle(tile).outlineWidth) >= 2); }})()",
        json!(cameras)
    )
}

/// On a tile so small that its alarm has two lines, what is wrong with the picture is said below them, whole.
const BELOW: &str = "(() => {
    const tile = document.querySelector('[data-camera=\"cam-01\"][data-alarm=\"rings\"]');
    tile.querySelector('.ringing bdi').textContent = 'Alun-Alun utara, dekat Taman Merdeka';
    tile.querySelector('.picture').style.cssText = 'width: 270px; height: 152px';
    const [band, word, picture] =
        ['.ringing', '.verdict strong', '.picture'].map((part) => tile.querySelector(part).getBoundingClientRect());
    return word.height > 0 && word.top > band.bottom - 1 && word.bottom < picture.bottom + 1;
})()";

async fn alarms(city: &TestCity) -> Value {
    city.get("/v1/walls/main").await.unwrap()["alarms"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_rings_is_on_the_wall_until_it_is_set_aside() {
    if !have("who_rings_is_on_the_wall_until_it_is_set_aside", &[Tool::Browser]) {
        return;
    }
    let mut city = TestCity::plan().direct().registry(CAMERAS).start().await.unwrap();
    let mut browser = Browser::start(city.dir()).await.unwrap();
    for (page, path) in ["/wall/main", "/desk"].into_iter().enumerate() {
        browser.turn(page).open(&format!("http://{}{path}", city.address()), 1920, 1080).await.unwrap();
        browser.ready(LONG).await.unwrap();
    }
    let mut device = city.device("cam-01").await.unwrap();
    // A screen that arranges itself marks the camera's own tile.
    says(&mut device, "cam-01", "alert").await;
    let (_, took) = browser.turn(0).until(&rings(&["cam-01"]), LONG).await.unwrap();
    say(&format!("MEASURED: a ringing camera was marked {took:?} after its message was durable"));
    browser.until(BELOW, LONG).await.unwrap();

    let layout = json!({"columns": 3, "rows": 1, "cells": [
        {"area": {"column": 1, "row": 1}, "tile": {"kind": "clock"}, "rank": "pinned"},
        {"area": {"column": 2, "row": 1}, "tile": {"kind": "feed"}},
        {"area": {"column": 3, "row": 1}, "tile": {"kind": "text", "text": "Posko 112"}}]});
    done(&city, 1, &json!({"kind": "wall_layout", "screen": "main", "layout": layout})).await;
    says(&mut device, "cam-02", "alert").await;
    for page in [0, 1] {
        browser.turn(page).until(&rings(&["cam-01", "cam-02"]), LONG).await.unwrap();
    }
    let beside = "!!document.querySelector('main.hung [data-panel=\"clock\"][data-rank=\"pinned\"]') && \
        !document.querySelector('main.hung [data-panel=\"feed\"]')";
    browser.turn(0).until(beside, LONG).await.unwrap();
    for page in [0, 1] {
        let barriers = browser.turn(page).barriers().await.unwrap();
        assert!(barriers.is_empty(), "page {page}: {barriers:#?}");
    }

    // The journal says why each is there.
    let shown = city.get("/v1/entries?kind=wall_alarm_shown").await.unwrap();
    for entry in shown["items"].as_array().unwrap() {
        let after = entry["cause"]["entry"].as_u64().unwrap() - 1;
        let mut before = city.get(&format!("/v1/entries?after={after}&limit=1")).await.unwrap();
        let cause = before["items"][0].take();
        assert!(
            ["device_changed", "wall_changed"].contains(&cause["change"]["kind"].as_str().unwrap()),
            "{cause}"
        );
    }

    // All as before when the server is back, and over when the camera says so: the picture stays a while.
    let before = alarms(&city).await;
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    assert_eq!(alarms(&city).await, before);
    browser.turn(0).until(&rings(&["cam-01", "cam-02"]), LONG).await.unwrap();
    let mut device = city.device("cam-01").await.unwrap();
    says(&mut device, "cam-01", "ready").await;
    let over = "document.querySelector('[data-camera=\"cam-01\"][data-alarm=\"over\"] .ringing')\
        ?.innerText.startsWith('ALARM SELESAI')";
    browser.turn(0).until(over, LONG).await.unwrap();

    // A person takes the other one's cell: what hung there is back, and the alarm has ended once.
    let at =
        before.as_array().unwrap().iter().find(|alarm| alarm["device"] == "cam-02").unwrap()["at"].clone();
    let entries = done(&city, 2, &json!({"kind": "wall_clear", "screen": "main", "at": at})).await;
    assert!(matches!(&entries[0].cause, Cause::Command(_)));
    assert!(
        matches!(&entries[0].change, Change::WallAlarmEnded { end: AlarmEnd::SetAside, .. }),
        "{entries:?}"
    );
    browser.turn(0).until(&rings(&[]), LONG).await.unwrap();
    let back = "document.querySelectorAll('main.hung [data-panel]').length === 2";
    browser.until(back, LONG).await.unwrap();
    // What a person hangs there next is hung.
    done(&city, 3, &show(2, "cam-02")).await;
    same_world(&city, &mut browser).await;
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&json!([]), &json!([])));
}
