//! A screen is a device: it is missed when it falls silent, it is as before when it is back, and it loads itself anew for
//! another build without anybody losing an alarm from sight.

use pantau_schemas::entry::DeviceState;
use pantau_schemas::ids::ScreenId;
use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::live::Live;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use serde_json::{Value, json};

use crate::wall::{LONG, same_world};
use crate::walls::{CAMERAS, done, show};

fn state(live: &Live, screen: &str) -> Option<DeviceState> {
    let id = ScreenId::new(screen).unwrap();
    live.world.walls.screens.get(&id)?.status.map(|status| status.state)
}

async fn open(city: &TestCity, browser: &mut Browser, page: usize, path: &str) {
    browser.turn(page).open(&format!("http://{}{path}", city.address()), 1920, 1080).await.unwrap();
    browser.until("!!window.__pantau && window.__pantau.report().seq > 0", LONG).await.unwrap();
}

/// What hangs on a page of a wall, cell by cell.
const HUNG: &str = "JSON.stringify([...document.querySelectorAll('main.hung > *')].map((cell) => \
    [cell.dataset.camera ?? cell.dataset.panel, cell.style.gridColumn, cell.style.gridRow]).sort())";

fn layout() -> Value {
    let cells =
        json!([{"area": {"column": 1, "row": 2, "columns": 3, "rows": 1}, "tile": {"kind": "trouble"}}]);
    json!({"kind": "wall_layout", "screen": "main", "layout": {"columns": 3, "rows": 2, "cells": cells}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screen_that_is_switched_off_is_missed_and_is_back_as_before() {
    if !have("a_screen_that_is_switched_off_is_missed_and_is_back_as_before", &[Tool::Browser]) {
        return;
    }
    let mut city = TestCity::plan().registry(CAMERAS).start().await.unwrap();
    let mut live = city.live().await.unwrap();
    let add = |screen: &str, name: &str| json!({"kind": "screen_add", "screen": screen, "name": name});
    done(&city, 1, &add("panel-3", "Panel 3")).await;
    done(&city, 2, &add("panel-4", "Panel 4")).await;
    done(&city, 3, &layout()).await;
    done(&city, 4, &show(2, "cam-01")).await;
    let mut browser = Browser::start(city.dir()).await.unwrap();
    open(&city, &mut browser, 0, "/wall/main").await;
    open(&city, &mut browser, 1, "/wall/panel-3").await;
    let up =
        |live: &Live| ["main", "panel-3"].iter().all(|screen| state(live, screen) == Some(DeviceState::Up));
    live.until("both screens to beat", LONG, up).await.unwrap();
    let hung = browser.turn(0).eval(HUNG).await.unwrap();
    let status = city.get("/v1/status").await.unwrap();
    let screens = status["screens"].as_array().unwrap();
    let line = screens.iter().find(|line| line["screen"] == "main").unwrap();
    assert_eq!((&line["build"], &line["state"]), (&status["build"], &json!("up")), "{line}");

    browser.turn(1).close().await.unwrap();
    let down = |live: &Live| state(live, "panel-3") == Some(DeviceState::Down);
    let took = live.until("the screen to be missed", LONG, down).await.unwrap();
    say(&format!("MEASURED: a screen that was switched off was missed after {took:?}"));
    let missed = "[...document.querySelectorAll('.trouble li')].some((line) => \
        line.dataset.device === 'panel-3' && line.innerText.replace(/\\s+/g, ' ').includes('Layar Panel 3 tidak merespons'))";
    browser.turn(0).until(missed, LONG).await.unwrap();
    assert_eq!(state(&live, "panel-4"), None, "nobody ever opened it");
    assert_eq!(state(&live, "main"), Some(DeviceState::Up));

    // The server's own absence is nobody's silence, and what it knew it still knows.
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    let mut live = city.live().await.unwrap();
    assert_eq!(state(&live, "panel-3"), Some(DeviceState::Down));
    browser.turn(0).close().await.unwrap();
    open(&city, &mut browser, 0, "/wall/main").await;
    browser.until(&format!("{HUNG} === {hung}"), LONG).await.unwrap();
    live.until("the wall to beat", LONG, |live| state(live, "main") == Some(DeviceState::Up)).await.unwrap();
    open(&city, &mut browser, 1, "/wall/panel-3").await;
    live.until("the screen to be back", LONG, up).await.unwrap();
    browser.turn(0).until(&format!("!{missed}"), LONG).await.unwrap();

    // Nobody expects it any more: it is silent, and not missed.
    browser.turn(1).close().await.unwrap();
    live.until("the screen to be missed", LONG, down).await.unwrap();
    open(&city, &mut browser, 2, "/desk").await;
    browser.until("document.querySelectorAll('.pick').length > 0", LONG).await.unwrap();
    browser
        .eval(
            "(() => { const s = document.querySelector('.miniature select'); s.value = 'panel-3'; \
        s.dispatchEvent(new Event('change')); })()",
        )
        .await
        .unwrap();
    browser.until("!!document.querySelector('.silent-screen button')?.offsetWidth", LONG).await.unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    browser.eval("document.querySelector('.silent-screen button').focus()").await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    live.until("the screen to be forgotten", LONG, |live| state(live, "panel-3").is_none()).await.unwrap();
    browser.turn(0).until(&format!("!{missed}"), LONG).await.unwrap();
    same_world(&city, &mut browser).await;
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_build_is_loaded_between_two_frames_and_never_in_an_alarm() {
    if !have("another_build_is_loaded_between_two_frames_and_never_in_an_alarm", &[Tool::Browser]) {
        return;
    }
    let mut city = TestCity::plan().direct().registry(CAMERAS).start().await.unwrap();
    let mut browser = Browser::start(city.dir()).await.unwrap();
    browser.pretend("one").await.unwrap();
    open(&city, &mut browser, 0, "/wall/main").await;
    done(&city, 1, &layout()).await;
    let step =
        |camera: &str| json!({"dwell_s": 3, "shots": [{"at": {"column": 3, "row": 1}, "camera": camera}]});
    let tour = json!({"id": "pasar", "name": "Pasar", "pause_on": "nothing", "steps": [step("cam-01"), step("cam-02")]});
    done(&city, 2, &json!({"kind": "wall_tour_save", "tour": tour})).await;
    done(&city, 3, &json!({"kind": "wall_tour_start", "screen": "main", "tour": "pasar"})).await;
    let mut device = city.device("cam-01").await.unwrap();
    device
        .publish("pantau/1/metro/camera/cam-01/state", json!({"state": "alert"}).to_string())
        .await
        .unwrap();
    device.acknowledged(LONG).await.unwrap();
    browser.until("!!document.querySelector('[data-alarm=\"rings\"]')", LONG).await.unwrap();
    browser.eval("window.__life = 1").await.unwrap();

    // A server of another build, while somebody looks at an alarm: two steps of the tour go by.
    browser.pretend("two").await.unwrap();
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    same_world(&city, &mut browser).await;
    for camera in ["cam-01", "cam-02", "cam-01"] {
        let shown = format!("!!document.querySelector('[data-camera=\"{camera}\"]:not([data-alarm])')");
        browser.until(&shown, LONG).await.unwrap();
    }
    assert_eq!(browser.eval("window.__life").await.unwrap(), 1, "loaded anew in the middle of an alarm");

    let alarm = city.get("/v1/walls/main").await.unwrap()["alarms"][0].take();
    done(&city, 4, &json!({"kind": "wall_clear", "screen": "main", "at": alarm["at"]})).await;
    let anew = "window.__life === undefined && !!window.__pantau && window.__pantau.report().seq > 0 && \
        !!document.querySelector('main.hung [data-camera]')";
    let (_, took) = browser.until(anew, LONG).await.unwrap();
    say(&format!("MEASURED: a page of another build was loaded anew {took:?} after the alarm was set aside"));

    // Yet another one a moment later: two reloads are a minute apart.
    browser.eval("window.__life = 2").await.unwrap();
    done(&city, 5, &json!({"kind": "wall_tour_stop", "screen": "main"})).await;
    browser.pretend("three").await.unwrap();
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    same_world(&city, &mut browser).await;
    done(&city, 6, &show(1, "cam-02")).await;
    browser.until("!!document.querySelector('[data-camera=\"cam-02\"]')", LONG).await.unwrap();
    assert_eq!(browser.eval("window.__life").await.unwrap(), 2, "a wall that flashes");
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&json!([]), &json!([])));
}
