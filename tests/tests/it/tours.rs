//! A wall is given its shape, and a tour is written, at the desk and by keyboard alone.

use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::tools::{Tool, have};
use serde_json::{Value, json};

use crate::wall::{LONG, same_world};
use crate::walls::{CAMERAS, done};

const WALL: usize = 0;
const DESK: usize = 1;

async fn open(city: &TestCity, browser: &mut Browser, page: usize, path: &str) {
    browser.turn(page).open(&format!("http://{}{path}", city.address()), 1920, 1080).await.unwrap();
    browser.ready(LONG).await.unwrap();
}

/// The newest line of the desk, once it says this.
async fn said(browser: &mut Browser, words: &str) {
    let line = format!("(document.querySelector('.orders li')?.innerText ?? '').includes({})", json!(words));
    browser.turn(DESK).until(&line, LONG).await.unwrap();
}

/// Types a word, key by key.
async fn types(browser: &mut Browser, word: &str) {
    let keys: Vec<String> = word.chars().map(String::from).collect();
    browser.press(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
}

async fn layout(city: &TestCity) -> Value {
    city.get("/v1/walls/main").await.unwrap()["wall"]["content"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cells_are_merged_and_a_tour_is_written_by_keyboard() {
    if !have("cells_are_merged_and_a_tour_is_written_by_keyboard", &[Tool::Browser]) {
        return;
    }
    let city = TestCity::plan().registry(CAMERAS).start().await.unwrap();
    let grid = json!({"columns": 3, "rows": 2, "cells": [
        {"area": {"column": 1, "row": 1}, "tile": {"kind": "camera", "camera": "cam-01"}},
        {"area": {"column": 3, "row": 2}, "tile": {"kind": "clock"}, "rank": "pinned"}]});
    done(&city, 1, &json!({"kind": "wall_layout", "screen": "main", "layout": grid})).await;
    let before = layout(&city).await;
    let mut browser = Browser::start(city.dir()).await.unwrap();
    open(&city, &mut browser, WALL, "/wall/main").await;
    open(&city, &mut browser, DESK, "/desk").await;
    browser.until("document.querySelectorAll('.pick').length === 6", LONG).await.unwrap();

    // Merged to the right and down: the wall has one large picture.
    browser.press(&["w", "Shift+ArrowRight"]).await.unwrap();
    said(&mut browser, "tersimpan").await;
    browser.until("document.querySelectorAll('.pick').length === 5", LONG).await.unwrap();
    browser.press(&["w", "Shift+ArrowDown"]).await.unwrap();
    browser.until("document.querySelectorAll('.pick').length === 3", LONG).await.unwrap();
    let large = "(() => { const tile = document.querySelector('main.hung [data-camera=\"cam-01\"]'); \
        return tile?.style.gridColumn === '1 / span 2' && tile.style.gridRow === '1 / span 2'; })()";
    browser.turn(WALL).until(large, LONG).await.unwrap();
    // What is pinned is not swallowed, and the grid has an end: said in words, with nothing asked of the server.
    browser.turn(DESK).press(&["w", "Shift+ArrowRight"]).await.unwrap();
    said(&mut browser, "disematkan").await;
    browser.press(&["Shift+ArrowUp"]).await.unwrap();
    said(&mut browser, "Tidak ada sel").await;
    browser.press(&["w", "Shift+B"]).await.unwrap();
    browser.until("document.querySelectorAll('.pick').length === 6", LONG).await.unwrap();
    assert_eq!(layout(&city).await, before, "split, it is what it was");
    browser.press(&["Control+z"]).await.unwrap();
    browser.turn(WALL).until(large, LONG).await.unwrap();
    for _ in 0..2 {
        browser.turn(DESK).press(&["Control+z"]).await.unwrap();
        said(&mut browser, "tersimpan").await;
    }
    browser.until("document.querySelectorAll('.pick').length === 6", LONG).await.unwrap();

    // The cell is offered to alarms, then kept from them, then left as it was; the cell says so.
    for (zone, said_of_it) in [("may", "untuk alarm"), ("may_not", "tanpa alarm")] {
        browser.press(&["w", "Shift+A"]).await.unwrap();
        let says = format!(
            "(() => {{ const cell = document.querySelector('.pick'); \
                return cell.ariaLabel.endsWith('{said_of_it}') && cell.innerText.includes('{said_of_it}'); }})()"
        );
        browser.until(&says, LONG).await.unwrap();
        let zones = json!([{"area": {"row": 1, "column": 1, "columns": 1, "rows": 1}, "alarms": zone}]);
        assert_eq!(layout(&city).await["zones"], zones);
    }
    browser.press(&["w", "Shift+A"]).await.unwrap();
    browser.until("!document.querySelector('.pick').innerText.includes('alarm')", LONG).await.unwrap();
    assert_eq!(layout(&city).await, before);

    // A tour, written in the sheet: by the camera's name and by its number, with a fault that is named first.
    browser.eval("document.querySelector('.tours .title button').focus()").await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    let open_sheet = "document.querySelector('#tour').open && document.activeElement.id === 'tour-name'";
    browser.until(open_sheet, LONG).await.unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    types(&mut browser, "Pasar").await;
    browser.press(&["Enter"]).await.unwrap();
    let fault = |words: &str| {
        format!("document.querySelector('#tour [role=alert]').innerText.includes({})", json!(words))
    };
    browser.until(&fault("Langkah 1"), LONG).await.unwrap();
    browser.eval("document.querySelector('#tour [data-leg=\"0\"]').focus()").await.unwrap();
    types(&mut browser, "selatan").await;
    let found = "document.querySelector('#tour .found').innerText === 'Alun-Alun selatan'";
    browser.until(found, LONG).await.unwrap();
    browser.eval("[...document.querySelectorAll('#tour .bar button')].find((b) => b.innerText === '+ langkah').focus()")
        .await
        .unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until("document.querySelectorAll('#tour .legs > li').length === 2", LONG).await.unwrap();
    browser.eval("document.querySelector('#tour [data-leg=\"1\"]').focus()").await.unwrap();
    types(&mut browser, "1").await;
    browser.eval("document.querySelectorAll('#tour input[type=number]')[1].select()").await.unwrap();
    types(&mut browser, "2").await;
    browser.press(&["Enter"]).await.unwrap();
    browser.until(&fault("3 sampai 3600"), LONG).await.unwrap();
    // One word typed is one change to take back.
    browser.eval("[...document.querySelectorAll('#tour .bar button')].find((b) => b.innerText === 'Urungkan').focus()")
        .await
        .unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser
        .until("document.querySelectorAll('#tour input[type=number]')[1].value === '10'", LONG)
        .await
        .unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    browser.eval("document.querySelector('#tour-name').focus()").await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    // The sheet closes when the city has the tour.
    browser.until("!document.querySelector('#tour').open", LONG).await.unwrap();
    let tour = city.get("/v1/walls").await.unwrap()["tours"][0].take();
    assert_eq!((&tour["name"], &tour["pause_on"]), (&json!("Pasar"), &json!("trouble")));
    let cameras = |tour: &Value| {
        let steps = tour["steps"].as_array().unwrap().clone();
        steps.iter().map(|step| step["shots"][0]["camera"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(cameras(&tour), ["cam-02", "cam-01"]);

    // It is started and stopped; while it runs nobody changes it; then its steps change places.
    let button = |name: &str| {
        format!(
            "[...document.querySelectorAll('.tours li button')].find((b) => (b.title || b.innerText) === {})",
            json!(name)
        )
    };
    browser.until(&format!("!!{}", button("Mulai Pasar")), LONG).await.unwrap();
    browser.eval(&format!("{}.focus()", button("Mulai Pasar"))).await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until(&format!("!!{}", button("Hentikan Pasar")), LONG).await.unwrap();
    browser
        .turn(WALL)
        .until("!!document.querySelector('main.hung [data-camera=\"cam-02\"]')", LONG)
        .await
        .unwrap();
    browser
        .turn(DESK)
        .until(&format!("{}.ariaDisabled === 'true'", button("Ubah Pasar")), LONG)
        .await
        .unwrap();
    browser.eval(&format!("{}.focus()", button("Hentikan Pasar"))).await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until(&format!("{}.ariaDisabled === 'false'", button("Ubah Pasar")), LONG).await.unwrap();
    browser.eval(&format!("{}.focus()", button("Ubah Pasar"))).await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until("document.querySelector('#tour').open", LONG).await.unwrap();
    browser
        .eval("document.querySelector('#tour [aria-label=\"Lebih akhir: Langkah 1\"]').focus()")
        .await
        .unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.eval("document.querySelector('#tour [type=submit]').focus()").await.unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until("!document.querySelector('#tour').open", LONG).await.unwrap();
    let tour = city.get("/v1/walls").await.unwrap()["tours"][0].take();
    assert_eq!(cameras(&tour), ["cam-01", "cam-02"]);
    same_world(&city, &mut browser).await;
    let events = browser.events().await.unwrap();
    assert_eq!(events, json!({ "dialogs": [], "errors": [], "foreign": [] }));
}
