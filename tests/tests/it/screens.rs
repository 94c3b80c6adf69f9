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
    browser.ready(LONG).await.unwrap();
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
    done(&city, 5, &add("panel-5", "Panel 5")).await;
    done(&city, 3, &layout()).await;
    done(&city, 4, &show(2, "cam-01")).await;
    let mut browser = Browser::start(city.dir()).await.unwrap();
    let pages = ["main", "panel-3", "panel-4"];
    for (page, screen) in pages.into_iter().enumerate() {
        open(&city, &mut browser, page, &format!("/wall/{screen}")).await;
    }
    let up = |live: &Live| pages.iter().all(|screen| state(live, screen) == Some(DeviceState::Up));
    live.until("the screens to beat", LONG, up).await.unwrap();
    let hung = browser.turn(0).eval(HUNG).await.unwrap();
    let status = city.get("/v1/status").await.unwrap();
    let screens = status["screens"].as_array().unwrap();
    let line = screens.iter().find(|line| line["screen"] == "main").unwrap();
    assert_eq!((&line["build"], &line["state"]), (&status["build"], &json!("up")), "{line}");

    for page in [1, 2] {
        browser.turn(page).close().await.unwrap();
    }
    let off = ["panel-3", "panel-4"];
    let down = |live: &Live| off.iter().all(|screen| state(live, screen) == Some(DeviceState::Down));
    let took = live.until("the screens to be missed", LONG, down).await.unwrap();
    say(&format!("MEASURED: two screens that were switched off were missed after {took:?}"));
    let missed = |screen: &str, words: &str| {
        format!(
            "[...document.querySelectorAll('.trouble li')].some((line) => line.dataset.device === '{screen}' && \
             line.innerText.replace(/\\s+/g, ' ').includes('{words}'))"
        )
    };
    let third = missed("panel-3", "Layar Panel 3 tidak merespons");
    browser.turn(0).until(&third, LONG).await.unwrap();
    assert_eq!(state(&live, "panel-5"), None, "nobody ever opened it");
    assert_eq!(state(&live, "main"), Some(DeviceState::Up));

    // What the server knew it still knows; its own absence is nobody's silence.
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    let mut live = city.live().await.unwrap();
    assert!(down(&live));
    browser.turn(0).close().await.unwrap();
    open(&city, &mut browser, 0, "/wall/main").await;
    browser.until(&format!("{HUNG} === {hung}"), LONG).await.unwrap();
    live.until("the wall to beat", LONG, |live| state(live, "main") == Some(DeviceState::Up)).await.unwrap();
    open(&city, &mut browser, 1, "/wall/panel-3").await;
    live.until("the screen to be back", LONG, |live| state(live, "panel-3") == Some(DeviceState::Up))
        .await
        .unwrap();
    browser.turn(0).until(&format!("!{third}"), LONG).await.unwrap();

    // The other one is not expected any more: it is silent, and not missed.
    open(&city, &mut browser, 2, "/desk").await;
    browser.until("document.querySelectorAll('.pick').length > 0", LONG).await.unwrap();
    let choose = "(() => { const s = document.querySelector('.miniature select'); s.value = 'panel-4'; \
        s.dispatchEvent(new Event('change')); })()";
    browser.eval(choose).await.unwrap();
    let silent = "document.querySelector('.silent-screen strong')?.innerText.includes('Panel 4') && \
        document.querySelector('.silent-screen button').offsetWidth > 0";
    browser.until(silent, LONG).await.unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    browser.eval("document.querySelector('.silent-screen button').focus()").await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    live.until("the screen to be forgotten", LONG, |live| state(live, "panel-4").is_none()).await.unwrap();
    let fourth = missed("panel-4", "");
    browser.turn(0).until(&format!("!{fourth}"), LONG).await.unwrap();
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
