//! Malformed input of every kind: one dead letter each, with its reason, and ingestion goes on.

use std::time::Duration;

use pantau_tests::broker::Memory;
use pantau_tests::city::TestCity;
use pantau_tests::readings::Readings;
use pantau_tests::time::now;
use pantau_tests::tools::{Tool, have};
use pantau_tests::webhook::{Post, complaint};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(30);
const SENML: &str = "sensor/sen-01/tele/senml";
const NETJSON: &str = "ap/ap-01/tele/netjson";
const EVENT: &str = "opd/pupr/event";

/// What somebody sends, and the reason that it must get.
struct Bad {
    what: &'static str,
    payload: Vec<u8>,
    reason: &'static str,
}

fn bad(what: &'static str, payload: impl Into<Vec<u8>>, reason: &'static str) -> Bad {
    Bad { what, payload: payload.into(), reason }
}

/// What no JSON reader may take, whatever the schema.
fn not_json() -> Vec<Bad> {
    vec![
        bad("empty", "", "json"),
        bad("blank", "  \n ", "json"),
        bad("not UTF-8", b"[{\"n\":\"water_level\",\"v\":1,\"x\":\"\xff\xfe\"}]".to_vec(), "utf8"),
        bad("NUL", "[{\"n\":\"water\0level\",\"v\":1}]", "json"),
        bad("NaN", r#"[{"n":"water_level","v":NaN}]"#, "json"),
        bad("infinity", r#"[{"n":"water_level","v":-Infinity}]"#, "json"),
        bad("1e400", r#"[{"n":"water_level","v":1e400}]"#, "json"),
        bad("100,000 deep", "[".repeat(100_000), "json"),
        bad("100,000 deep, closed", "[".repeat(100_000) + &"]".repeat(100_000), "json"),
        bad("the same key twice", r#"[{"n":"water_level","v":1,"v":2}]"#, "json"),
        bad("a huge integer", r#"[{"n":"water_level","v":340282366920938463463374607431768211456}]"#, "json"),
        bad("cut off", r#"[{"n":"water_level","v":1"#, "json"),
        bad("an error page", "<html><body>502 Bad Gateway</body></html>", "json"),
        bad("two texts", "[] []", "json"),
    ]
}

fn on_topics() -> Vec<(String, Bad)> {
    let at = |topic: &str, bad: Bad| (format!("pantau/1/metro/{topic}"), bad);
    let mut all: Vec<_> = not_json().into_iter().map(|bad| at(SENML, bad)).collect();
    all.extend(not_json().into_iter().map(|bad| at(NETJSON, bad)));
    all.extend(not_json().into_iter().map(|bad| at(EVENT, bad)));
    let far = now().plus_millis(86_400_000).millis() / 1000;
    let old = now().plus_millis(-3 * 86_400_000).millis() / 1000;
    let good = r#"[{"n":"water_level","u":"m","v":1}]"#;
    let event = |change: fn(&mut Value)| {
        let mut event = complaint("LPR-BAD", "x");
        event["source"] = json!("/metro/pupr/lapor");
        change(&mut event);
        event.to_string()
    };
    all.extend([
        at(SENML, bad("no pack", "{}", "schema")),
        at(SENML, bad("a number as text", r#"[{"n":"water_level","v":"1"}]"#, "schema")),
        at(SENML, bad("a metric without a name", r#"[{"v":1}]"#, "schema")),
        at(SENML, bad("a temperature as a level", r#"[{"n":"water_level","u":"Cel","v":30}]"#, "unit")),
        at(SENML, bad("tomorrow", format!(r#"[{{"bt":{far},"n":"rain","v":1}}]"#), "clock_skew")),
        at(SENML, bad("last week", format!(r#"[{{"bt":{old},"n":"rain","v":1}}]"#), "clock_skew")),
        at(SENML, bad("as another", r#"[{"bn":"sen-02/","n":"rain","v":1}]"#, "identity")),
        at(SENML, bad("1.2 MiB", format!("[{}]", " ".repeat(1_200_000)), "too_big")),
        at(NETJSON, bad("no object", "[]", "schema")),
        at("sensor/sen-99/tele/senml", bad("a stranger", good, "unknown_device")),
        at("sensor/sen-01/tele/xml", bad("no such leaf", good, "topic")),
        at("toaster/sen-01/tele/senml", bad("no such class", good, "topic")),
        at("ap/ap-01/state", bad("no such word", "dancing", "schema")),
        at("ap/ap-01/state", bad("a state of another", r#"{"state":"ready","id":"ap-02"}"#, "identity")),
        at(EVENT, bad("no such type", event(|event| event["type"] = json!("x")), "schema")),
        at(EVENT, bad("no ticket", event(|event| event["data"] = json!({"service_code": "x"})), "schema")),
        at(
            EVENT,
            bad("no such agency", event(|event| event["data"]["agency"] = json!("nope")), "unknown_agency"),
        ),
        at(
            EVENT,
            bad("from tomorrow", event(|event| event["time"] = json!("2199-01-01T00:00:00Z")), "clock_skew"),
        ),
    ]);
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_messages_are_dead_letters_each_with_its_reason() {
    if !have("malformed_messages_are_dead_letters_each_with_its_reason", &[Tool::Mosquitto]) {
        return;
    }
    let mut city = TestCity::plan().broker(Memory::Forgets).start().await.unwrap();
    let mut device = city.device("mischief").await.unwrap();
    let readings = Readings::of("sen-02");
    let sent = on_topics();
    for (number, (topic, bad)) in (0..).zip(&sent) {
        device.publish(topic, bad.payload.clone()).await.unwrap();
        // Good ones in between: one bad message may cost nobody else's.
        device.publish(&readings.topic(), readings.payload(number)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    city.received("mqtt", 2 * sent.len() as u64, LONG).await.unwrap();
    let letters = city.get("/v1/dead-letters?limit=1000").await.unwrap();
    let mut letters = letters["items"].as_array().unwrap().clone();
    letters.reverse();
    let got: Vec<String> =
        letters.iter().map(|letter| format!("{} {}", letter["topic"], letter["reason"])).collect();
    let wanted: Vec<String> =
        sent.iter().map(|(topic, bad)| format!("{:?} {:?}", topic, bad.reason)).collect();
    for ((got, wanted), ((_, bad), letter)) in got.iter().zip(&wanted).zip(sent.iter().zip(&letters)) {
        assert_eq!(got, wanted, "{}: {}", bad.what, letter["detail"]);
    }
    assert_eq!(got.len(), wanted.len(), "a dead letter each");
    assert_eq!(city.count("mqtt", "dead_lettered").await.unwrap(), sent.len() as u64);
    assert_eq!(city.count("mqtt", "stored").await.unwrap(), sent.len() as u64);
    assert_eq!(readings.stored(&city).await.unwrap().len(), sent.len(), "no good reading is missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_posts_are_refused_and_kept_as_dead_letters() {
    let city = TestCity::plan().start().await.unwrap();
    let mut sent: Vec<Bad> = not_json();
    let with = |change: fn(&mut Value)| {
        let mut event = complaint("LPR-1", "x");
        change(&mut event);
        event.to_string()
    };
    sent.extend([
        bad("a list", "[]", "schema"),
        bad("no id", with(|event| event["id"] = Value::Null), "schema"),
        bad("an old version", with(|event| event["specversion"] = json!("0.3")), "schema"),
        bad("a line feed in the id", with(|event| event["id"] = json!("a\nb")), "schema"),
        bad("beyond the pole", with(|event| event["data"]["lat"] = json!(91)), "schema"),
        bad("half a position", with(|event| event["data"]["lat"] = Value::Null), "schema"),
        bad("for somebody else", with(|event| event["source"] = json!("/metro/pupr/lapor")), "source"),
        bad("no such agency", with(|event| event["data"]["agency"] = json!("nope")), "unknown_agency"),
        bad("from tomorrow", with(|event| event["time"] = json!("2199-01-01T00:00:00Z")), "clock_skew"),
    ]);
    for (number, bad) in sent.iter().enumerate() {
        let answer = Post::new(bad.payload.clone()).send(city.address()).await.unwrap();
        assert_eq!(answer.status, 400, "{}: {}", bad.what, answer.text());
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:pantau:problem:{}", bad.reason), "{}: {problem}", bad.what);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        city.post(&complaint(&format!("LPR-GOOD-{number}"), "x")).await.unwrap();
    }
    let letters = city.get("/v1/dead-letters?limit=1000").await.unwrap();
    let got: Vec<_> =
        letters["items"].as_array().unwrap().iter().rev().map(|l| l["reason"].clone()).collect();
    let wanted: Vec<_> = sent.iter().map(|bad| json!(bad.reason)).collect();
    assert_eq!(got, wanted);
    assert_eq!(city.count("webhook", "dead_lettered").await.unwrap(), sent.len() as u64);
    assert_eq!(city.count("webhook", "stored").await.unwrap(), sent.len() as u64);
}
