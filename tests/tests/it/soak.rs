//! Months in a minute: events, cameras that fail and return, a server that dies, over and over, under one page that is
//! never loaded again. It may miss nothing, show nothing without an age, and hold on to nothing.
//!
//! In `cargo verify` a short form. `PANTAU_SOAK_HOURS=8` makes it as long as a shift of so many hours at 1,000 events a
//! minute, with 25 restarts an hour, as fast as the machine can (`ops/docs/guide/soak.md`).

use std::time::Duration;

use pantau_schemas::stream::StreamState;
use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::said::say;
use pantau_tests::time::now;
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait::until;
use pantau_tests::webhook::{Post, SOURCE, complaint};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::legible::silent_cameras;
use crate::wall::{CAMERAS, LONG, faces, same_world, server_says, wall};
use crate::walls::done;

/// Restarts of the short form, of which one is for warming up.
const RESTARTS: u32 = 3;
/// Restarts for warming up, of the long form: so long the browser goes on compiling what it runs, and makes the parts of
/// its own library that a page touches for the first time.
const WARM_UP: u32 = 10;
/// Events between two of them, of the short form: a thousand a minute, at its pace.
const EVENTS: u32 = 240;
/// Restarts for an hour of the long form.
const RESTARTS_AN_HOUR: u32 = 25;
/// Events between two of them, of the long form: 60,000 an hour.
const EVENTS_BETWEEN: u32 = 2_400;
/// Tickets that the complaints are about: what a page keeps of them is bounded by their number.
const TICKETS: u32 = 40;
/// Events of one post.
const BATCH: u32 = 60;

/// Growth that is allowed after that: 5 %, and what a browser keeps at its own whim.
const GROWTH_PERCENT: u64 = 5;
/// Of the short form, in which the browser is still warming up.
const HEAP_WHIM: u64 = 1024 * 1024;
const NODES_WHIM: u64 = 150;
const LISTENERS_WHIM: u64 = 50;
/// WebAssembly memory grows by pages of 64 KiB, and by several where a page is busy for once.
const MEMORY_WHIM: u64 = 512 * 1024;

/// Every tile has a state, and the state its age: how old the picture is, or since when there is none.
const HONEST: &str = "(() => { const tiles = [...document.querySelectorAll('.tile')]; \
    return tiles.length > 0 && tiles.every((tile) => { \
        const moves = ['live', 'delayed'].includes(tile.dataset.face); \
        const words = tile.querySelector(moves ? '.chip' : '.verdict').innerText; \
        return words.trim() !== '' && (moves || tile.dataset.face === 'connecting' || words.includes('sejak')); \
    }); })()";

/// What hours are asked for; none for the short form.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn hours() -> Option<u32> {
    std::env::var("PANTAU_SOAK_HOURS").ok()?.parse().ok()
}

/// The n-th event: a ticket goes round its steps, for ever.
fn event(number: u32) -> Value {
    let ticket = format!("LPR-{}", number % TICKETS);
    if number < TICKETS {
        return complaint(&ticket, "Lampu mati");
    }
    let step =
        ["assigned", "responded", "closed", "reopened"][usize::try_from(number / TICKETS % 4).unwrap()];
    json!({
        "specversion": "1.0",
        "id": format!("soak/{number}"),
        "source": format!("{SOURCE}lapor"),
        "type": format!("id.pantau.complaint.{step}.v1"),
        "subject": format!("complaint/{ticket}"),
        "time": now().to_string(),
        "datacontenttype": "application/json",
        "data": {"service_request_id": ticket, "agency": "pupr"},
    })
}

/// Posts the events from one number to another; a sender that is told to wait comes again.
async fn post(city: &TestCity, from: u32, to: u32) {
    let mut next = from;
    while next < to {
        let end = to.min(next + BATCH);
        let events: Vec<Value> = (next..end).map(event).collect();
        until("the events to be let in", LONG, async || {
            let answer = Post::batch(&events).send(city.address()).await?;
            anyhow::ensure!(
                [202, 429].contains(&answer.status.as_u16()),
                "{}: {}",
                answer.status,
                answer.text()
            );
            Ok((answer.status == 202).then_some(()))
        })
        .await
        .unwrap();
        next = end;
    }
}

/// A sensor rings, and is well again: its alarm comes and goes on the wall.
async fn ring(city: &mut TestCity) {
    let mut device = city.device("sen-01").await.unwrap();
    for state in ["alert", "ready"] {
        let topic = "pantau/1/metro/sensor/sen-01/state";
        device.publish(topic, json!({"state": state}).to_string()).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
}

/// What the page holds on to.
async fn weight(browser: &mut Browser) -> [u64; 4] {
    let weight = browser.weight().await.unwrap();
    let report = browser.report().await.unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    [
        number(&weight["heap"]),
        number(&weight["nodes"]),
        number(&weight["listeners"]),
        number(&report["memory_bytes"]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_never_loaded_again_misses_nothing_and_grows_by_nothing() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_page_that_is_never_loaded_again_misses_nothing_and_grows_by_nothing", &tools) {
        return;
    }
    let (restarts, events, warm_up, heap_whim) = match hours() {
        Some(hours) => (hours * RESTARTS_AN_HOUR, EVENTS_BETWEEN, WARM_UP, 0),
        None => (RESTARTS, EVENTS, 1, HEAP_WHIM),
    };
    let mut city = TestCity::plan().alone().direct().cameras(&CAMERAS[..2]).start().await.unwrap();
    let mut browser = wall(&city).await;
    let names = ["cam-1", "cam-2"];
    browser.until(&faces(&names, "live"), LONG).await.unwrap();
    browser.eval("window.__sameLife = true").await.unwrap();
    let began = Instant::now();
    let (mut sent, mut cold, mut warm) = (0, None, None);
    for round in 0..restarts {
        let mut live = city.live().await.unwrap();
        let failing = names[usize::try_from(round).unwrap() % names.len()];
        city.cameras().unwrap().tell(&format!("stall {failing}")).await.unwrap();
        ring(&mut city).await;
        post(&city, sent, sent + events).await;
        sent += events;
        server_says(&mut live, failing, StreamState::Lost).await;
        browser.until(&faces(&[failing], "lost"), LONG).await.unwrap();
        browser.until(HONEST, LONG).await.unwrap();
        city.cameras().unwrap().tell("go").await.unwrap();

        city.server.kill().unwrap();
        browser.until("document.querySelectorAll('[data-face=\"live\"]').length === 0", LONG).await.unwrap();
        browser.until(HONEST, LONG).await.unwrap();
        city.server.start().await.unwrap();
        browser.until(&faces(&names, "live"), LONG).await.unwrap();
        browser.until(HONEST, LONG).await.unwrap();
        same_world(&city, &mut browser).await;

        let report = browser.report().await.unwrap();
        assert_eq!(report["gaps"], 0, "an entry was missed");
        assert_eq!(report["media"]["tiles"].as_array().unwrap().len(), names.len(), "decoders are left over");
        let now = weight(&mut browser).await;
        cold.get_or_insert(now);
        if round + 1 < warm_up {
            continue;
        }
        let before = *warm.get_or_insert(now);
        let whims = [heap_whim, NODES_WHIM, LISTENERS_WHIM, MEMORY_WHIM];
        for (what, ((before, now), whim)) in ["heap", "DOM nodes", "listeners", "WebAssembly memory"]
            .iter()
            .zip(before.iter().zip(&now).zip(whims))
        {
            let most = before + before * GROWTH_PERCENT / 100 + whim;
            assert!(
                *now <= most,
                "{what} grew from {before} to {now} in {} restarts, {sent} events",
                round + 1
            );
        }
    }
    let now = weight(&mut browser).await;
    let weights = [cold.unwrap(), warm.unwrap(), now].map(|[heap, nodes, listeners, memory]| {
        format!("heap {heap}, {nodes} nodes, {listeners} listeners, WebAssembly {memory}")
    });
    let took = began.elapsed();
    let a_minute = f64::from(sent) / took.as_secs_f64() * Duration::from_secs(60).as_secs_f64();
    say(&format!(
        "MEASURED: {restarts} restarts and {sent} events in {took:?} ({a_minute:.0} a minute); bytes and counts after \
         restart 1: {}; after {warm_up}: {}; after the last: {}",
        weights[0], weights[1], weights[2]
    ));
    assert_eq!(browser.eval("window.__sameLife").await.unwrap(), true, "the page was loaded again");
    let column = async |column: &str| city.count("webhook", column).await.unwrap();
    assert_eq!((column("stored").await, column("dead_lettered").await), (u64::from(sent), 0));
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&json!([]), &json!([])));
}

/// Changes of what hangs on a wall, a day's tour in half a minute; the first ones are for warming up.
const CHANGES: u32 = 120;
const WARM_UP_CHANGES: u32 = 30;
/// WebAssembly memory grows by pages of 64 KiB; a page that leaked what a row reads grew by five of them.
const CHANGES_WHIM: u64 = 64 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_whose_cells_change_all_day_holds_on_to_nothing() {
    if !have("a_wall_whose_cells_change_all_day_holds_on_to_nothing", &[Tool::Browser]) {
        return;
    }
    let city = TestCity::plan().registry(&silent_cameras()).start().await.unwrap();
    let mut browser = wall(&city).await;
    let mut warm = None;
    for change in 0..CHANGES {
        let first = if change % 2 == 0 { 1 } else { 5 };
        let cell = |column: u32| {
            json!({"area": {"column": column, "row": 1},
                   "tile": {"kind": "camera", "camera": format!("off-{}", first + column - 1)}})
        };
        let mut cells: Vec<Value> = (1..=4).map(cell).collect();
        for (column, kind) in [(5, "trouble"), (6, "feed"), (7, "clock"), (8, "figures")] {
            if change % 3 == 0 {
                cells.push(json!({"area": {"column": column, "row": 1}, "tile": {"kind": kind}}));
            }
        }
        let layout = json!({"columns": 8, "rows": 1, "cells": cells});
        done(&city, change, &json!({"kind": "wall_layout", "screen": "main", "layout": layout})).await;
        let hangs = format!("!!document.querySelector('main.hung [data-camera=\"off-{first}\"]')");
        browser.until(&hangs, LONG).await.unwrap();
        if change + 1 == WARM_UP_CHANGES {
            warm = Some(weight(&mut browser).await);
        }
    }
    let ([heap, nodes, listeners, memory], now) = (warm.unwrap(), weight(&mut browser).await);
    say(&format!(
        "MEASURED: {} changes of eight cells: heap {heap} and {} bytes, WebAssembly {memory} and {} bytes",
        CHANGES - WARM_UP_CHANGES,
        now[0],
        now[3]
    ));
    assert!(now[3] <= memory + CHANGES_WHIM, "WebAssembly memory grew from {memory} to {}", now[3]);
    assert!(now[1] <= nodes + NODES_WHIM && now[2] <= listeners, "{now:?}");
}
