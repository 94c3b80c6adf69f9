//! Text that wants to be more than text: in names, complaints, notes, what devices say of themselves.

use pantau_tests::broker::Memory;
use pantau_tests::browser::Browser;
use pantau_tests::city::TestCity;
use pantau_tests::device::Device;
use pantau_tests::tools::{Tool, have};
use pantau_tests::webhook::complaint;
use serde_json::{Value, json};

use crate::wall::{LONG, same_world, wall};

const SCRIPT: &str = "<script>window.__hacked=1</script><img src=x onerror=\"window.__hacked=1;alert(1)\">\
    </bdi></article><style>*{display:none}</style>{{7*7}}";

/// Every trick in one text each. The wall shows the newest few, so the worst come last.
fn tricks() -> Vec<String> {
    let zalgo: String =
        "jalan".chars().map(|c| format!("{c}{}", "\u{0301}\u{0316}\u{0489}".repeat(40))).collect();
    vec![
        format!("\u{202e}\u{2066}{SCRIPT}\u{202d}terbalik\u{2069}"),
        format!("nol\u{200b}\u{200d}\u{feff}\u{2060}lebar \u{ad}\u{61c}x"),
        "javascript:window.__hacked=1".to_owned(),
        "\u{0}\u{1b}[31m\r\n\t\u{7f}\u{85}\u{2028}\u{2029}".to_owned(),
        "👩‍👩‍👧‍👦".repeat(400),
        "ﷺ".repeat(500),
        zalgo,
        "A".repeat(10_000),
        SCRIPT.to_owned(),
    ]
}

fn note(id: usize, text: &str) -> Value {
    json!({
        "specversion": "1.0", "id": format!("note-{id}"), "source": "/metro/dinkominfo/catatan",
        "type": "id.pantau.agency.note.v1", "subject": text, "time": pantau_tests::time::now().to_string(),
        "data": { "agency": "dinkominfo", "title": text, "text": text, "note": text },
    })
}

/// Where the parts of the wall are, in pixels.
async fn places(browser: &mut Browser) -> Value {
    let boxes = "[...document.querySelectorAll('.wall > *, .wall > main > *')].map((part) => { \
        const box = part.getBoundingClientRect(); \
        return [box.x, box.y, box.width, box.height].map(Math.round); })";
    browser.eval(boxes).await.unwrap()
}

/// The page fits its window, nothing ran, and no element came from the text.
async fn unharmed(browser: &mut Browser, scripts: &Value, scrolls: bool) {
    let size = "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]";
    let over = browser.eval(size).await.unwrap();
    assert!(over[0].as_i64().unwrap() <= 0, "the page is {} px too wide", over[0]);
    assert!(scrolls || over[1].as_i64().unwrap() <= 0, "the page is {} px too high", over[1]);
    assert_eq!(browser.eval("typeof window.__hacked").await.unwrap(), "undefined");
    assert_eq!(&browser.eval("document.scripts.length").await.unwrap(), scripts);
    let foreign = "document.querySelectorAll('img[src=\"x\"], [onerror], main style').length";
    assert_eq!(browser.eval(foreign).await.unwrap(), 0);
    let events = browser.events().await.unwrap();
    assert_eq!(events, json!({ "dialogs": [], "errors": [], "foreign": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_is_shown_as_text_and_does_nothing_else() {
    if !have("hostile_text_is_shown_as_text_and_does_nothing_else", &[Tool::Mosquitto, Tool::Browser]) {
        return;
    }
    let mut registry = String::new();
    for (number, trick) in tricks().iter().enumerate() {
        // A registry is written by people of the house, and copied from sheets that are not.
        let name: String = trick.chars().filter(|c| !c.is_control()).take(300).collect();
        let name = Value::from(format!("x{name}"));
        registry += &format!(
            "[[device]]\nid = \"ap-h{number}\"\nclass = \"ap\"\nname = {name}\nsite = \"alun-alun\"\n\
             domain = \"wireless\"\n"
        );
    }
    let plan = TestCity::plan().alone().broker(Memory::Forgets).registry(&registry);
    let mut city = plan.start().await.unwrap();
    let mut browser = wall(&city).await;
    let scripts = browser.eval("document.scripts.length").await.unwrap();
    let calm = places(&mut browser).await;
    assert!(calm.as_array().is_some_and(|parts| parts.len() > 5), "{calm}");

    let broker = city.broker().unwrap().address();
    for (number, trick) in tricks().iter().enumerate() {
        let base = format!("pantau/1/metro/ap/ap-h{number}");
        let will = (format!("{base}/state"), "lost");
        let mut device =
            Device::connect(broker, &format!("h{number}"), Some((&will.0, will.1))).await.unwrap();
        let state = json!({ "state": "ready", "fw": trick, "boot_id": "b-1" });
        device.retain(&will.0, state.to_string()).await.unwrap();
        let meta = json!({ "name": trick, "manufacturer": trick, "model": trick, "serial": trick });
        device.retain(&format!("{base}/meta"), meta.to_string()).await.unwrap();
        let wireless =
            json!([{ "name": trick, "type": "wireless", "wireless": { "ssid": trick, "clients": [] } }]);
        let netjson =
            json!({ "type": "DeviceMonitoring", "general": { "hostname": trick }, "interfaces": wireless });
        device.publish(&format!("{base}/tele/netjson"), netjson.to_string()).await.unwrap();
        device.acknowledged(LONG).await.unwrap();
        // Its last will puts its name on the list of troubles.
        drop(device);
        let mut event = complaint(&format!("LPR-H{number}"), &format!("{trick}!"));
        for field in ["service_name", "address", "channel"] {
            event["data"][field] = json!(format!("x{trick}"));
        }
        city.post(&event).await.unwrap();
        city.post(&note(number, &format!("x{trick}"))).await.unwrap();
        let messages = 4 * (u64::try_from(number).unwrap() + 1);
        city.received("mqtt", messages, LONG).await.unwrap();
        same_world(&city, &mut browser).await;
        unharmed(&mut browser, &scripts, false).await;
        assert_eq!(places(&mut browser).await, calm, "the wall's parts moved at trick {number}");
    }
    // The attack arrived: it stands on the page, as text, in the list of troubles and in the line of events.
    let attack = "document.body.textContent.split('<script>window.__hacked').length > 2";
    if browser.until(attack, LONG).await.is_err() {
        panic!("the attack is not on the page: {}", browser.eval("document.body.innerText").await.unwrap());
    }
    for (path, width, height, scrolls) in
        [("/wall/main", 1280, 720, false), ("/wall/main", 3840, 2160, false), ("/ops", 1920, 1080, true)]
    {
        browser.open(&format!("http://{}{path}", city.address()), width, height).await.unwrap();
        browser.ready(LONG).await.unwrap();
        same_world(&city, &mut browser).await;
        unharmed(&mut browser, &scripts, scrolls).await;
    }
}
