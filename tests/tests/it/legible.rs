//! What hangs on a wall can be read from where people sit: every letter, in every colour that may be behind it, whole.
//!
//! A page is measured as a browser draws it (`tests/browser/legible.js`), for screens and distances of real rooms, in a
//! language whose words are two fifths longer than Indonesian's, and in the hours when nothing is well.

use std::time::Duration;

use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::said::say;
use pantau_tests::tools::{Tool, have};
use serde_json::{Value, json};

use crate::wall::{CAMERAS, LONG, faces, page};

/// The least that letters must have for their farthest reader, minutes of arc.
const SMALLEST: f64 = 16.0;
/// The least contrast of words with what is behind them: WCAG 2 for text of any size.
const CONTRAST: f64 = 4.5;

/// A room: window, pixel pitch in mm, distance in m.
type Room = (u32, u32, f64, f64);

/// 55 inches of full HD from three distances, 55 inches of 4K, an LED wall.
const ROOMS: [Room; 5] = [
    (1920, 1080, 0.63, 3.0),
    (1920, 1080, 0.63, 5.0),
    (1920, 1080, 0.63, 8.0),
    (3840, 2160, 0.315, 3.0),
    (1920, 1080, 1.9, 6.0),
];

const PROBE: &str = include_str!("../../browser/legible.js");

/// Eight cameras that nobody answers for: with those that play, more than a page has room for from afar.
pub(crate) fn silent_cameras() -> String {
    let camera = |number| {
        format!(
            "[[device]]\nid = \"off-{number}\"\nclass = \"camera\"\nname = \"Simpang Jenderal Sudirman {number}\"\n\
             site = \"alun-alun\"\ndomain = \"cctv\"\n[device.camera]\nurl = \"rtsp://127.0.0.1:9/{number}\"\n\
             purpose = \"lalu-lintas\"\nnotice = \"papan di tiang\"\nretention_days = 14\ncategory = \"jalan raya\"\n"
        )
    };
    (1..=8).map(camera).collect()
}

struct Orders<'c> {
    city: &'c TestCity,
    number: u32,
}

impl Orders<'_> {
    async fn give(&mut self, command: Value) {
        self.number += 1;
        let answer = crate::walls::order(self.city, self.number, &command).await;
        assert_eq!(answer.status, 200, "{command}: {}", answer.text());
    }

    async fn measure(&mut self, (.., pitch, distance): Room) {
        let measured = json!({"kind": "screen_change", "screen": "main", "panel_pitch_mm": pitch,
                              "viewing_distance_m": distance});
        self.give(measured).await;
    }
}

async fn open(city: &TestCity, browser: &mut Browser, path: &str, (width, height, ..): Room) {
    browser.open(&format!("http://{}{path}", city.address()), width, height).await.unwrap();
    browser.ready(LONG).await.unwrap();
}

/// Measures what the page shows; every fault, in words. Without a room the size of letters is not judged.
async fn faults(browser: &mut Browser, room: Option<Room>) -> Vec<String> {
    let measured = browser.eval(PROBE).await.unwrap();
    let texts = measured["texts"].as_array().unwrap();
    assert!(texts.len() > 5, "the page says nothing: {measured}");
    let number = |text: &Value, key: &str| text[key].as_f64().unwrap();
    let mut faults: Vec<String> = Vec::new();
    for text in texts {
        let said = format!("{} in .{}", text["text"], text["where"]);
        if let Some((.., pitch, distance)) = room {
            let half = number(text, "cap_px") * pitch / 2_000.0 / distance;
            let arcmin = half.atan().to_degrees() * 120.0;
            // Browsers round heights of letters to parts of a pixel.
            if arcmin < SMALLEST * 0.995 {
                faults.push(format!("{said} has {arcmin:.1} minutes of arc"));
            }
        }
        if number(text, "contrast") < CONTRAST {
            faults.push(format!("{said} has a contrast of {}", text["contrast"]));
        }
        if text["cut"] == true && text["name"] == false {
            faults.push(format!("{said} is cut: {text}"));
        }
    }
    let whole: Vec<&Value> = texts.iter().filter(|text| text["over"] == false).collect();
    for (index, a) in whole.iter().enumerate() {
        for b in whole.iter().skip(index + 1) {
            let across = |low: &str, high: &str| {
                number(a, high).min(number(b, high)) - number(a, low).max(number(b, low))
            };
            if a["number"] != b["number"] && across("left", "right") > 1.0 && across("top", "bottom") > 1.0 {
                faults.push(format!("{} lies over {}", a["text"], b["text"]));
            }
        }
    }
    faults
        .extend(measured["marks"].as_array().unwrap().iter().map(|selector| format!("no mark: {selector}")));
    faults
}

/// Waits until the page is drawn for its room, and measures it.
async fn legible(browser: &mut Browser, what: &str, room: Option<Room>) {
    let drawn = match room {
        Some(_) => "document.fonts.ready && !!document.querySelector('.wall.scaled')",
        None => "document.fonts.ready && !!document.querySelector('.wall:not(.scaled)')",
    };
    browser.until(drawn, LONG).await.unwrap();
    let found = faults(browser, room).await;
    assert!(found.is_empty(), "{what} in {room:?}: {found:#?}");
}

/// Every kind of panel beside a picture of each kind.
fn panels() -> Value {
    let cell = |column: u8, row: u8, columns: u8, rows: u8, tile: Value| json!({"area": {"column": column, "row": row, "columns": columns, "rows": rows}, "tile": tile, "rank": "context"});
    let camera = |id: &str| json!({"kind": "camera", "camera": id});
    let kind = |kind: &str| json!({"kind": kind});
    json!({"kind": "wall_layout", "screen": "main", "layout": {"columns": 4, "rows": 4, "cells": [
        cell(1, 1, 1, 1, camera("cam-1")), cell(2, 1, 1, 1, camera("cam-2")), cell(3, 1, 1, 1, camera("off-1")),
        cell(4, 1, 1, 1, kind("clock")), cell(1, 2, 2, 1, kind("domains")), cell(3, 2, 1, 2, kind("trouble")),
        cell(4, 2, 1, 1, json!({"kind": "text", "text": "Posko 112"})), cell(1, 3, 2, 1, kind("figures")),
        cell(4, 3, 1, 1, json!({"kind": "series", "series": "sen-01/water_level"})),
        cell(1, 4, 2, 1, kind("feed")), cell(3, 4, 2, 1, camera("cam-3"))]}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_letter_is_as_large_as_its_reader_needs_and_no_word_is_cut() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("every_letter_is_as_large_as_its_reader_needs_and_no_word_is_cut", &tools) {
        return;
    }
    let plan = TestCity::plan().alone().cameras(&CAMERAS).scene("cam-1", 5.0).registry(&silent_cameras());
    let mut city = plan.start().await.unwrap();
    city.post(&pantau_tests::webhook::complaint("LPR-1", "Lampu jalan mati di depan pasar")).await.unwrap();
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    browser.until(&faces(&["cam-1", "cam-2", "cam-3", "cam-4"], "live"), LONG).await.unwrap();
    let cameras = city.cameras().unwrap();
    cameras.tell("freeze cam-2").await.unwrap();
    cameras.tell("stall cam-4").await.unwrap();
    browser.until(&faces(&["cam-2"], "frozen"), LONG).await.unwrap();
    browser.until(&faces(&["cam-4", "off-1", "off-8"], "lost"), LONG).await.unwrap();
    let city = city;
    let mut orders = Orders { city: &city, number: 0 };

    // Not measured: the proportions of before.
    for language in ["id", "en", "id-x-long"] {
        open(&city, &mut browser, &format!("/wall/main?lang={language}"), ROOMS[0]).await;
        browser.until(&faces(&["cam-1"], "live"), LONG).await.unwrap();
        browser.until(&faces(&["cam-2"], "frozen"), LONG).await.unwrap();
        legible(&mut browser, language, None).await;
    }
    let mut fewer = usize::MAX;
    for room in ROOMS {
        orders.measure(room).await;
        for language in ["id", "id-x-long"] {
            open(&city, &mut browser, &format!("/wall/main?lang={language}"), room).await;
            browser.until(&faces(&["cam-1"], "live"), LONG).await.unwrap();
            legible(&mut browser, language, Some(room)).await;
            if language == "id" {
                let shown = browser.eval("document.querySelectorAll('.wall .tile').length").await.unwrap();
                let shown = usize::try_from(shown.as_u64().unwrap()).unwrap();
                say(&format!("MEASURED: {room:?} shows {shown} of 12 cameras"));
                assert!(shown >= 1);
                if room.0 == 1920 && room.2 < 1.0 {
                    assert!(shown <= fewer, "farther away, and more cameras");
                    fewer = shown;
                }
            }
        }
    }
    assert!(fewer < 12, "from 8 m twelve cameras cannot be read");

    // What somebody hung themselves, however small the cells are.
    orders.give(panels()).await;
    for room in [ROOMS[1], ROOMS[3]] {
        orders.measure(room).await;
        for language in ["id", "id-x-long"] {
            open(&city, &mut browser, &format!("/wall/main?lang={language}"), room).await;
            browser.until("document.querySelectorAll('main.hung > *').length === 11", LONG).await.unwrap();
            legible(&mut browser, &format!("panels, {language}"), Some(room)).await;
        }
    }
    let events = browser.events().await.unwrap();
    assert_eq!((&events["dialogs"], &events["errors"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_without_its_server_says_so_in_letters_that_can_be_read() {
    if !have("a_wall_without_its_server_says_so_in_letters_that_can_be_read", &[Tool::Browser]) {
        return;
    }
    let mut city = TestCity::plan().registry(&silent_cameras()).start().await.unwrap();
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    browser.until(&faces(&["off-1", "off-8"], "lost"), LONG).await.unwrap();
    for page in [1, 2] {
        Orders { city: &city, number: u32::try_from(page).unwrap() * 10 }.measure(ROOMS[page]).await;
        open(&city, browser.turn(page), "/wall/main?lang=id-x-long", ROOMS[page]).await;
        browser.until("!!document.querySelector('.wall.scaled')", LONG).await.unwrap();
    }
    city.server.kill().unwrap();
    for page in [1, 2] {
        let told = "document.querySelector('.banner')?.dataset.kind === 'lost' && !!document.querySelector('.silent')";
        browser.turn(page).until(told, LONG).await.unwrap();
        // Both windows are of one screen: it was measured last for the second.
        let (width, height, ..) = ROOMS[page];
        let (.., pitch, distance) = ROOMS[2];
        legible(&mut browser, "without a server", Some((width, height, pitch, distance))).await;
        let banner =
            browser.eval("document.querySelector('.banner').getBoundingClientRect().width === innerWidth");
        assert_eq!(banner.await.unwrap(), true, "over the full width");
    }
    city.server.start().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tile_says_what_can_be_told_from_its_picture() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_tile_says_what_can_be_told_from_its_picture", &tools) {
        return;
    }
    // 640 pixels on 5 m are 128 a metre.
    let plan = TestCity::plan().alone().cameras(&CAMERAS[..2]).scene("cam-1", 5.0);
    let city = plan.start().await.unwrap();
    let mut orders = Orders { city: &city, number: 0 };
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    let level = |word: &str| {
        format!(
            "document.querySelector('[data-camera=\"cam-1\"][data-face=\"live\"] .level')?.dataset.level === '{word}'"
        )
    };
    let said = "document.querySelector('[data-camera=\"cam-1\"] .level').innerText";
    browser.until(&level("recognise"), LONG).await.unwrap();
    assert_eq!(browser.eval(said).await.unwrap(), "kenali");
    browser.until(&faces(&["cam-2"], "live"), LONG).await.unwrap();
    let unknown = "document.querySelector('[data-camera=\"cam-2\"] .level').checkVisibility()";
    assert_eq!(browser.eval(unknown).await.unwrap(), false, "nobody measured that scene");

    // From 8 m the eye parts fewer pixels than the panel has.
    orders.measure(ROOMS[2]).await;
    browser.until(&level("detect"), LONG).await.unwrap();
    orders.give(json!({"kind": "screen_unmeasure", "screen": "main"})).await;
    browser.until(&level("recognise"), LONG).await.unwrap();
    // A small cell shows less than its stream has.
    let cell = json!({"area": {"column": 1, "row": 1}, "tile": {"kind": "camera", "camera": "cam-1"}});
    orders
        .give(json!({"kind": "wall_layout", "screen": "main", "layout": {"columns": 4, "rows": 4, "cells": [cell]}}))
        .await;
    browser.until(&level("observe"), LONG).await.unwrap();

    open(&city, &mut browser, "/desk", ROOMS[0]).await;
    browser.press(&["1", "Enter"]).await.unwrap();
    let monitor =
        "document.querySelector('.monitor .tile[data-face=\"live\"] .level')?.dataset.level === 'recognise'";
    browser.until(monitor, LONG).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screen_gets_its_measures_at_the_desk() {
    if !have("a_screen_gets_its_measures_at_the_desk", &[Tool::Browser]) {
        return;
    }
    let city = TestCity::plan().registry(&silent_cameras()).start().await.unwrap();
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    open(&city, browser.turn(1), "/desk", ROOMS[0]).await;
    // 23.3 mm: 37 pixels, of a font of about 53.
    let label = "parseFloat(getComputedStyle(document.querySelector('.wall')).getPropertyValue('--t-label'))";
    let fill = async |browser: &mut Browser, pitch: &'static str, distance: &'static str| {
        browser.eval("document.querySelector('[data-open=\"measures\"]').focus()").await.unwrap();
        browser.press(&["Enter"]).await.unwrap();
        browser.until("document.querySelector('#measures').open", LONG).await.unwrap();
        for (name, text) in [("pitch", pitch), ("distance", distance)] {
            let focus = format!("document.querySelector('#measures [name={name}]').select()");
            browser.eval(&focus).await.unwrap();
            let keys: Vec<String> = text.chars().map(String::from).collect();
            browser.press(&["Delete"]).await.unwrap();
            browser.press(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
        }
    };

    // What is no measure is refused with its limits, and nothing is sent.
    fill(&mut browser, "6,3 mm", "0").await;
    browser.press(&["Enter"]).await.unwrap();
    let refused = "document.querySelector('#pitch-bad').innerText.includes('0,03') && \
        document.querySelector('#distance-bad').innerText.includes('100') && \
        document.querySelector('#measures').open";
    browser.until(refused, LONG).await.unwrap();
    let barriers = browser.barriers().await.unwrap();
    assert!(barriers.is_empty(), "{barriers:#?}");
    browser.press(&["Escape"]).await.unwrap();

    fill(&mut browser, "0,63", "5").await;
    browser
        .until("document.querySelector('#measures .letters').innerText.includes('53')", LONG)
        .await
        .unwrap();
    browser.press(&["Enter"]).await.unwrap();
    browser.until("!document.querySelector('#measures').open", LONG).await.unwrap();
    browser.turn(0).until(&format!("Math.abs({label} - 53) < 4"), LONG).await.unwrap();
    let screen = city.get("/v1/walls/main").await.unwrap();
    assert_eq!((&screen["panel_pitch_mm"], &screen["viewing_distance_m"]), (&json!(0.63), &json!(5.0)));

    // Opened again it says what it knows, and forgets it when asked.
    browser.turn(1).eval("document.querySelector('[data-open=\"measures\"]').click()").await.unwrap();
    browser.until("document.querySelector('#measures [name=pitch]').value === '0,63'", LONG).await.unwrap();
    browser.eval("document.querySelector('#measures .bar button:nth-child(2)').click()").await.unwrap();
    browser.turn(0).until("!document.querySelector('.wall.scaled')", LONG).await.unwrap();
    let screen = city.get("/v1/walls/main").await.unwrap();
    assert_eq!((&screen["panel_pitch_mm"], &screen["viewing_distance_m"]), (&Value::Null, &Value::Null));
}

/// Everything that moves by style, and how often it flashes at most, per second: every key frame as a flash.
const ANIMATIONS: &str = "document.getAnimations().map((animation) => { \
    const { duration, iterations } = animation.effect.getComputedTiming(); \
    const frames = animation.effect.getKeyframes().length; \
    return { name: animation.animationName ?? animation.transitionProperty, \
             flashes: iterations > 1 ? Math.max(1, frames - 1) * 1000 / duration : 0 }; })";

/// The same of every rule of the style sheets, whether something moves by it now or not.
const RULES: &str = "(() => { const frames = {}, rules = []; \
    const walk = (list) => { for (const rule of list) { \
        if (rule instanceof CSSKeyframesRule) frames[rule.name] = rule.cssRules.length; \
        else { if (rule.style?.animationName && rule.style.animationName !== 'none') rules.push(rule); \
               if (rule.cssRules) walk(rule.cssRules); } } }; \
    for (const sheet of document.styleSheets) walk(sheet.cssRules); \
    return rules.map(({ selectorText, style }) => ({ name: selectorText, \
        flashes: style.animationIterationCount === '1' ? 0 : \
            Math.max(1, (frames[style.animationName] ?? 99) - 1) / (parseFloat(style.animationDuration) || 0.001) })); })()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_flashes_fast_and_nothing_moves_for_those_who_ask_for_calm() {
    if !have("nothing_flashes_fast_and_nothing_moves_for_those_who_ask_for_calm", &[Tool::Browser]) {
        return;
    }
    let city = TestCity::plan().registry(&silent_cameras()).start().await.unwrap();
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    // The probe itself: without calm, a blink is seen, and a fast one is called so.
    let blink = "document.querySelector('.wall .tile').animate([{ opacity: 1 }, { opacity: 0 }, { opacity: 1 }], \
        { duration: 200, iterations: Infinity }).id";
    for path in ["/wall/main", "/desk", "/ops", "/"] {
        for calm in [false, true] {
            browser.calm(calm).await.unwrap();
            browser.open(&format!("http://{}{path}", city.address()), 1920, 1080).await.unwrap();
            browser
                .until("!document.querySelector('#boot') && document.body.innerText.length > 20", LONG)
                .await
                .unwrap();
            if path == "/wall/main" {
                browser.until(&faces(&["off-1", "off-8"], "lost"), LONG).await.unwrap();
            }
            for rule in browser.eval(RULES).await.unwrap().as_array().unwrap() {
                assert!(rule["flashes"].as_f64().unwrap() <= 3.0, "{path} has a rule that flashes: {rule}");
            }
            let running = browser.eval(ANIMATIONS).await.unwrap();
            for animation in running.as_array().unwrap() {
                assert!(!calm, "{path} moves: {animation}");
                assert!(animation["flashes"].as_f64().unwrap() <= 3.0, "{path} flashes: {animation}");
            }
            if path == "/wall/main" && !calm {
                browser.eval(blink).await.unwrap();
                let seen = browser.eval(ANIMATIONS).await.unwrap();
                assert_eq!(seen.as_array().unwrap().last().unwrap()["flashes"], 10.0, "{seen}");
                let rule = "(() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('@keyframes fast { to { opacity: 0 } } \
                    .never { animation: fast 0.1s infinite }'); const all = [...document.styleSheets, sheet]; \
                    Object.defineProperty(document, 'styleSheets', { value: all, configurable: true }); })()";
                browser.eval(rule).await.unwrap();
                let seen = browser.eval(RULES).await.unwrap();
                assert_eq!(seen.as_array().unwrap().last().unwrap()["flashes"], 10.0, "{seen}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wall_wanders_and_no_picture_changes() {
    let tools = [Tool::GstRtspServer, Tool::Browser];
    if !have("a_wall_wanders_and_no_picture_changes", &tools) {
        return;
    }
    let city =
        TestCity::plan().alone().cameras(&CAMERAS[..2]).registry(&silent_cameras()).start().await.unwrap();
    let mut browser = page(&city, &format!("http://{}/wall/main", city.address())).await;
    browser.until(&faces(&["cam-1", "cam-2"], "live"), LONG).await.unwrap();
    browser.until(&faces(&["off-1", "off-8"], "lost"), LONG).await.unwrap();
    // Where the page stands by itself: whole pixels, a few of them.
    let shift = "['x', 'y'].map((way) => parseFloat(document.querySelector('.wall').style.getPropertyValue(`--shift-${way}`)))";
    let shift = browser.eval(shift).await.unwrap();
    let known = shift
        .as_array()
        .unwrap()
        .iter()
        .all(|way| (0..=4).any(|px| *way == json!(f64::from(px)) || *way == json!(px)));
    assert!(known, "{shift}");
    // All at once, so that nothing but the shift changes in between: 0, 0 comes first.
    let shifts = [(0, 0), (4, 0), (0, 4), (4, 4), (1, 3)];
    let moves = format!(
        "{}.map(([x, y]) => {{ const wall = document.querySelector('.wall'); \
         wall.style.setProperty('--shift-x', `${{x}}px`); wall.style.setProperty('--shift-y', `${{y}}px`); \
         return [...wall.querySelectorAll('canvas, h1, .clock, .domain, aside, .feed')].map((part) => {{ \
         const {{ left, top, width, height }} = part.getBoundingClientRect(); return [left, top, width, height]; }}); }})",
        json!(shifts)
    );
    let boxes: Vec<Vec<[f64; 4]>> = serde_json::from_value(browser.eval(&moves).await.unwrap()).unwrap();
    let home = boxes.first().unwrap();
    assert!(home.len() > 10);
    for ((x, y), moved) in shifts.into_iter().zip(&boxes) {
        for (before, after) in home.iter().zip(moved) {
            let expected = [before[0] + f64::from(x), before[1] + f64::from(y), before[2], before[3]];
            let same = after.iter().zip(expected).all(|(after, expected)| (after - expected).abs() < 0.02);
            assert!(same, "moved by {x}, {y}: {before:?} became {after:?}");
        }
    }
    legible(&mut browser, "moved", None).await;
    // The picture that was there is there, and goes on.
    browser.until(&faces(&["cam-1", "cam-2"], "live"), Duration::from_secs(60)).await.unwrap();
}
