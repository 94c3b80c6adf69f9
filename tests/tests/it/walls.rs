//! Walls are the city's, not a browser's: what one person hangs is on every screen, and is still there after the
//! server was killed.

use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use pantau_schemas::entry::{Cause, Entry};
use pantau_schemas::ids::ScreenId;
use pantau_schemas::wall::{At, Screen, Walls};
use pantau_tests::city::TestCity;
use pantau_tests::http::{self, Answer};
use pantau_tests::live::Live;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use serde_json::{Value, json};

use crate::wall::{same_world, wall};

const LONG: Duration = Duration::from_secs(60);

/// Two cameras that nobody answers for: walls are about what hangs there, not about what it shows.
pub(crate) const CAMERAS: &str = r#"
[[device]]
id = "cam-01"
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
id = "cam-02"
class = "camera"
name = "Alun-Alun selatan"
site = "alun-alun"
domain = "cctv"
[device.camera]
url = "rtsp://127.0.0.1:9/b"
purpose = "lalu-lintas"
notice = "papan di tiang"
retention_days = 14
"#;

async fn city() -> TestCity {
    TestCity::plan().registry(CAMERAS).start().await.unwrap()
}

fn id(number: u32) -> String {
    format!("01936f2e-5c1b-7a3e-9c55-{number:012}")
}

/// Posts any body, with these headers beside its length.
async fn post(city: &TestCity, headers: &[(&str, &str)], body: &str) -> Answer {
    let request = headers
        .iter()
        .fold(Request::post("/v1/commands"), |request, (name, value)| request.header(*name, *value));
    http::send(city.address(), request, Bytes::from(body.to_owned())).await.unwrap()
}

pub(crate) async fn order(city: &TestCity, number: u32, command: &Value) -> Answer {
    let body = json!({"id": id(number), "command": command}).to_string();
    post(city, &[("content-type", "application/json")], &body).await
}

/// A command that must be carried out; the entries it made.
pub(crate) async fn done(city: &TestCity, number: u32, command: &Value) -> Vec<Entry> {
    let answer = order(city, number, command).await;
    assert_eq!(answer.status, 200, "{command}: {}", answer.text());
    serde_json::from_value(answer.json()["entries"].clone()).unwrap()
}

pub(crate) fn show(column: u8, camera: &str) -> Value {
    json!({"kind": "wall_show", "screen": "main", "at": {"column": column, "row": 1},
           "tile": {"kind": "camera", "camera": camera}})
}

fn main_screen(walls: &Walls) -> &Screen {
    walls.screens.get(&ScreenId::new("main").unwrap()).unwrap()
}

fn camera_at(live: &Live, column: u8) -> Option<&str> {
    let layout = main_screen(&live.world.walls).wall.content.layout()?;
    let cell = layout.cells().iter().find(|cell| cell.area.covers(At::new(column, 1).unwrap()))?;
    cell.tile.camera().map(|camera| camera.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preset_is_on_every_screen_and_survives_a_killed_server() {
    let mut city = city().await;
    let mut screens = [city.live().await.unwrap(), city.live().await.unwrap()];
    let grid = json!({"columns": 3, "rows": 2, "cells": [
        {"area": {"column": 1, "row": 2, "columns": 3, "rows": 1}, "tile": {"kind": "trouble"}}]});
    done(&city, 1, &json!({"kind": "wall_layout", "screen": "main", "layout": grid})).await;
    done(&city, 2, &show(1, "cam-01")).await;
    let morning = json!({"kind": "wall_preset_save", "screen": "main", "preset": "pagi", "name": "Pagi",
                         "number": 1});
    done(&city, 3, &morning).await;
    done(&city, 4, &show(1, "cam-02")).await;
    let apply = json!({"kind": "wall_preset_apply", "screen": "main", "preset": "pagi"});
    let made = done(&city, 5, &apply).await;
    assert_eq!(made.len(), 1);
    let entry = made.first().unwrap();
    assert_eq!(serde_json::to_value(&entry.cause).unwrap(), json!({ "command": id(5) }));
    assert!(matches!(entry.cause, Cause::Command(_)));
    assert_eq!((entry.actor.0.as_str(), entry.change.kind()), ("operator:loopback", "wall_changed"));
    for screen in &mut screens {
        let took = screen
            .until("the preset", LONG, |live| {
                main_screen(&live.world.walls).wall.preset.is_some() && camera_at(live, 1) == Some("cam-01")
            })
            .await
            .unwrap();
        assert_eq!(screen.snapshots, 1, "told by entries, not by a new snapshot");
        say(&format!("MEASURED: a preset was on a screen {took:?} after its command was answered"));
    }

    let before = screens[0].world.walls.clone();
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    let mut back = city.live().await.unwrap();
    assert_eq!(back.world.walls, before, "the wall hangs as before, with what can be undone");

    // The answer was lost on the way, say: the same command is answered the same, and done no second time.
    assert_eq!(done(&city, 5, &apply).await, made);
    let other = order(&city, 5, &show(1, "cam-02")).await;
    assert_eq!((other.status.as_u16(), &other.json()["pointer"]), (409, &json!("/id")));
    let undone = done(&city, 6, &json!({"kind": "wall_undo", "screen": "main"})).await;
    back.until("the undo", LONG, |live| camera_at(live, 1) == Some("cam-02")).await.unwrap();
    assert_eq!(back.world.seq, undone.last().unwrap().seq);

    let wall = city.get("/v1/walls/main").await.unwrap();
    assert_eq!(wall["shown"]["cells"][0]["tile"], json!({"kind": "camera", "camera": "cam-02"}));
    assert_eq!((&wall["moving"], &wall["heavy"]), (&json!(1), &json!(false)));
    let walls = city.get("/v1/walls").await.unwrap();
    assert_eq!(walls["items"], json!([wall]));
    assert_eq!((&walls["presets"][0]["id"], &walls["presets"][0]["number"]), (&json!("pagi"), &json!(1)));
    let column = async |column: &str| city.count("command", column).await.unwrap();
    assert_eq!((column("received").await, column("stored").await, column("duplicate").await), (7, 6, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_may_not_be_is_refused_with_its_place_in_the_language_asked_for() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    let city = city().await;
    let nowhere = json!({"id": id(1), "command": show(1, "cam-01")}).to_string();
    for (language, detail, said) in [
        ("en-GB,en;q=0.9", "this screen arranges itself; set a layout first", "en"),
        ("id-ID,id;q=0.9,en;q=0.5", "layar ini mengatur dirinya sendiri; pasang tata letak dahulu", "id"),
    ] {
        let answer = post(&city, &[JSON, ("accept-language", language)], &nowhere).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.headers.get("content-type").unwrap(), "application/problem+json");
        assert_eq!(answer.headers.get("content-language").unwrap(), said);
        let problem = answer.json();
        assert_eq!(
            (&problem["type"], &problem["pointer"], &problem["detail"], &problem["status"]),
            (&json!("urn:pantau:problem:no-layout"), &json!("/command/screen"), &json!(detail), &json!(422))
        );
    }

    let overlapping = json!({"columns": 2, "rows": 2, "cells": [
        {"area": {"column": 1, "row": 1, "columns": 2}, "tile": {"kind": "clock"}},
        {"area": {"column": 2, "row": 1}, "tile": {"kind": "feed"}}]});
    let far = json!({"columns": 2, "rows": 2, "cells": [{"area": {"column": 0, "row": 1}}]});
    let layout = |layout: Value| json!({"kind": "wall_layout", "screen": "main", "layout": layout});
    let screen = json!({"kind": "wall_undo", "screen": "nowhere"});
    let unknown = json!({"kind": "wall_presset_apply", "screen": "main", "preset": "pagi"});
    for (command, kind, pointer) in [
        (layout(overlapping), "overlap", "/command/layout/cells/1"),
        (layout(far), "command", "/command/layout/cells/0/area/column"),
        (screen, "unknown-screen", "/command/screen"),
        (json!({"kind": "wall_clear", "screen": "main"}), "command", "/command"),
        (json!({"screen": "main"}), "command", "/command"),
        (unknown, "unknown-kind", "/command/kind"),
    ] {
        let answer = order(&city, 2, &command).await;
        let problem = answer.json();
        assert_eq!(answer.status, 422, "{command}: {}", answer.text());
        assert_eq!(
            (&problem["type"], &problem["pointer"]),
            (&json!(format!("urn:pantau:problem:{kind}")), &json!(pointer)),
            "{command}"
        );
        if kind == "unknown-kind" {
            assert!(problem["detail"].as_str().unwrap().contains("`wall_preset_apply`"), "{problem}");
        }
    }

    let good = json!({"id": id(3), "command": layout(json!({"columns": 2, "rows": 2}))}).to_string();
    let no_id = json!({"id": "7", "command": layout(json!({"columns": 2, "rows": 2}))}).to_string();
    for (headers, body, status) in [
        (vec![JSON, ("origin", "http://evil.example")], good.as_str(), 403),
        (vec![JSON, ("origin", "null")], &good, 403),
        (vec![("content-type", "text/plain")], &good, 415),
        (vec![], &good, 415),
        (vec![JSON], "{\"id\":", 400),
        (vec![JSON], &no_id, 422),
    ] {
        let answer = post(&city, &headers, body).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?} {body}: {}", answer.text());
    }
    let huge = format!("{{\"id\":\"{}\"}}", "x".repeat(300_000));
    assert_eq!(post(&city, &[JSON], &huge).await.status, 413);
    assert_eq!(city.count("command", "received").await.unwrap(), 0, "nothing of it was taken in");

    let own = format!("http://{}", city.address());
    let ours =
        post(&city, &[("content-type", "application/json; charset=utf-8"), ("origin", &own)], &good).await;
    assert_eq!(ours.status, 200, "our own page: {}", ours.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_pictures_than_people_can_watch_are_warned_of_and_far_more_refused() {
    let city = city().await;
    let cells = |count: u8| -> Vec<Value> {
        (0..count)
            .map(|n| {
                json!({"area": {"column": n % 6 + 1, "row": n / 6 + 1},
                       "tile": {"kind": "camera", "camera": "cam-01"}})
            })
            .collect()
    };
    let layout = |count| {
        json!({"kind": "wall_layout", "screen": "main",
               "layout": {"columns": 6, "rows": 3, "cells": cells(count)}})
    };
    assert_eq!(order(&city, 1, &layout(9)).await.json().get("warnings"), None);
    let heavy = order(&city, 2, &layout(10)).await;
    assert_eq!((heavy.status.as_u16(), &heavy.json()["warnings"][0]["moving"]), (200, &json!(10)));
    let refused = order(&city, 3, &layout(17)).await;
    assert_eq!(refused.json()["type"], "urn:pantau:problem:too-many-moving");
    assert_eq!(city.get("/v1/walls/main").await.unwrap()["heavy"], json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_draws_what_hangs_on_its_screen() {
    if !have("a_page_draws_what_hangs_on_its_screen", &[Tool::Browser]) {
        return;
    }
    let city = city().await;
    let mut browser = wall(&city).await;
    let everything = "!!document.querySelector('.cameras [data-camera=\"cam-02\"]') && \
        !!document.querySelector('.figures') && !document.querySelector('main.hung')";
    browser.until(everything, LONG).await.unwrap();

    let layout = json!({"columns": 3, "rows": 2, "cells": [
        {"area": {"column": 1, "row": 1, "columns": 2, "rows": 2}, "tile": {"kind": "camera", "camera": "cam-01"}},
        {"area": {"column": 3, "row": 1}, "tile": {"kind": "text", "text": "<b>Posko 112</b>"}},
        {"area": {"column": 3, "row": 2}, "tile": {"kind": "clock"}}]});
    done(&city, 1, &json!({"kind": "wall_layout", "screen": "main", "layout": layout})).await;
    // Wider than two single cells, for the gap between them is its own as well.
    let drawn = "(() => { \
        const tile = document.querySelector('main.hung [data-camera=\"cam-01\"]'); \
        const clock = document.querySelector('main.hung [data-panel=\"clock\"]'); \
        const text = document.querySelector('main.hung [data-panel=\"text\"]'); \
        if (!tile || !clock || !text || document.querySelector('.cameras')) return false; \
        const [large, small] = [tile.getBoundingClientRect(), clock.getBoundingClientRect()]; \
        return large.width >= 2 * small.width && large.height >= 2 * small.height && \
            large.right <= small.left && small.bottom <= innerHeight && \
            text.innerText.trim() === '<b>Posko 112</b>' && /[0-9]/.test(clock.innerText); })()";
    browser.until(drawn, LONG).await.unwrap();

    browser.eval("window.__tile = document.querySelector('[data-camera=\"cam-01\"]'), 0").await.unwrap();
    done(&city, 2, &json!({"kind": "wall_pin", "screen": "main", "at": {"column": 1, "row": 1}})).await;
    let pinned = "window.__tile.dataset.rank === 'pinned' && window.__tile.innerText.includes('disematkan')";
    browser.until(pinned, LONG).await.unwrap();
    let alone = json!({"columns": 3, "rows": 3, "cells": []});
    done(&city, 3, &json!({"kind": "wall_layout", "screen": "main", "layout": alone})).await;
    let kept = "document.querySelectorAll('main.hung > *').length === 1 && window.__tile.isConnected";
    browser.until(kept, LONG).await.unwrap();
    same_world(&city, &mut browser).await;

    done(&city, 4, &json!({"kind": "wall_unpin", "screen": "main", "at": {"column": 1, "row": 1}})).await;
    done(&city, 5, &json!({"kind": "wall_auto", "screen": "main"})).await;
    browser.until(everything, LONG).await.unwrap();
    let events = browser.events().await.unwrap();
    assert_eq!(events, json!({ "dialogs": [], "errors": [], "foreign": [] }));
}
