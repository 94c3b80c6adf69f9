//! Dead letters: what could not be used is there, says why, and is used once the cause is mended.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use pantau_tests::city::{Plan, TestCity};
use pantau_tests::http::{self, Answer};
use pantau_tests::tools::{Tool, have};
use pantau_tests::wait;
use pantau_tests::webhook::{Post, complaint};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use pantau_tests::readings::Readings;

const LONG: Duration = Duration::from_secs(30);

async fn post(city: &TestCity, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    http::send(city.address(), request, Bytes::from(body.to_string())).await.unwrap()
}

async fn asked(city: &TestCity, path: &str, body: &Value) -> Value {
    let answer = post(city, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

async fn waiting(city: &TestCity, filter: &str) -> Vec<Value> {
    let page = city.get(&format!("/v1/dead-letters?limit=1000{filter}")).await.unwrap();
    page["items"].as_array().unwrap().clone()
}

/// Adds to the registry, and has it read again.
pub(crate) async fn register(city: &TestCity, name: &str, toml: &str) {
    std::fs::write(city.dir().join("city").join(name), toml).unwrap();
    asked(city, "/v1/registry/reload", &json!({})).await;
}

/// Has a sensor of the registry be of another class.
pub(crate) async fn register_as(city: &TestCity, id: &str, class: &str) {
    let base = city.dir().join("city/base.toml");
    let registry = std::fs::read_to_string(&base).unwrap();
    let mended = registry.replace(
        &format!("id = \"{id}\"\nclass = \"sensor\""),
        &format!("id = \"{id}\"\nclass = \"{class}\""),
    );
    assert_ne!(registry, mended, "no sensor {id}");
    std::fs::write(&base, mended).unwrap();
    asked(city, "/v1/registry/reload", &json!({})).await;
}

fn sensor(id: &str) -> String {
    format!(
        "[[device]]\nid = \"{id}\"\nclass = \"sensor\"\nname = \"{id}\"\nsite = \"alun-alun\"\ndomain = \"monitoring\"\n"
    )
}

/// Waits until MQTT's dead letters became so many that wait, were replayed, were dropped; then these are all there were.
async fn accounted(city: &TestCity, expected: [u64; 3]) {
    let what = format!("{expected:?}");
    let account = wait::until(&what, LONG, async || {
        let letters = city.get("/v1/dead-letters").await?;
        let sources = letters["sources"].as_array().unwrap();
        let mqtt = sources.iter().find(|source| source["source"] == "mqtt").unwrap();
        let all = ["waiting", "replayed", "dropped"].map(|column| mqtt[column].as_u64().unwrap());
        Ok((all == expected).then_some(()))
    });
    account.await.unwrap();
    assert_eq!(city.count("mqtt", "dead_lettered").await.unwrap(), expected.iter().sum::<u64>());
}

/// A sensor nobody knows speaks; it is registered; everything it said is there, at the times at which it said it.
async fn a_stranger_is_registered(plan: Plan) {
    let mut city = plan.start().await.unwrap();
    let mut stranger = city.device("sen-99").await.unwrap();
    let readings = Readings::of("sen-99");
    let state = "pantau/1/metro/sensor/sen-99/state";
    let (meta, other) = ("pantau/1/metro/sensor/sen-99/meta", "pantau/1/metro/sensor/sen-98/state");
    stranger.publish(state, r#"{"state":"ready","boot_id":"b1","interval_s":3600}"#).await.unwrap();
    stranger.publish(meta, r#"{"model":"TMA-2"}"#).await.unwrap();
    for number in 0..300 {
        stranger.publish(&readings.topic(), readings.payload(number)).await.unwrap();
    }
    // Two that look alike and have no time of their own are two readings.
    for _ in 0..2 {
        stranger.publish(&readings.topic(), r#"[{"n":"voltage","u":"V","v":3.6}]"#).await.unwrap();
        stranger.acknowledged(LONG).await.unwrap();
    }
    stranger.publish(&readings.topic(), r#"[{"n":"water_level","u":"V","v":1}]"#).await.unwrap();
    for _ in 0..3 {
        stranger.publish(other, "ready").await.unwrap();
    }
    stranger.acknowledged(LONG).await.unwrap();
    accounted(&city, [308, 0, 0]).await;
    let letters = waiting(&city, "&device=sen-99&brief=true").await;
    assert_eq!(letters.len(), 305);
    assert!(letters.iter().all(|letter| letter["reason"] == "unknown_device" && letter.get("raw").is_none()));
    let [folded] = &waiting(&city, "&device=sen-98").await[..] else { panic!("equal letters are one") };
    assert_eq!((folded["count"].as_u64(), folded["raw"].as_str()), (Some(3), Some("ready")));

    // They wait for days if they must.
    city.server.kill().unwrap();
    city.server.start().await.unwrap();
    register(&city, "stranger.toml", &sensor("sen-99")).await;
    let left = wait::until("the readings", LONG, async || {
        let left = waiting(&city, "&device=sen-99").await;
        Ok((left.len() < 2).then_some(left))
    });
    let (left, _) = left.await.unwrap();
    assert_eq!(left[0]["reason"], "unit", "what is wrong otherwise stays, and says what: {left:?}");
    assert_eq!(
        readings.stored(&city).await.unwrap(),
        (0..300).collect::<Vec<_>>(),
        "in their order, each once"
    );
    let voltage = city.get("/v1/series/sen-99%2Fvoltage/samples?limit=10").await.unwrap();
    assert_eq!(voltage["items"].as_array().unwrap().len(), 2, "{voltage}");
    let device = city.get("/v1/devices/sen-99").await.unwrap();
    assert_eq!(device["state"], "up", "{device}");
    accounted(&city, [4, 304, 0]).await;
    let acts = city.get("/v1/entries?kind=dead_letters_replayed").await.unwrap();
    let acts = acts["items"].as_array().unwrap();
    assert!(acts.len() >= 2, "305 letters are more than one step: {acts:?}");
    assert!(acts.iter().all(|act| act["actor"] == "system" && act["cause"] == "registry"));
    let named: usize = acts.iter().filter_map(|act| act["change"]["replayed"].as_array()).map(Vec::len).sum();
    assert_eq!(named, 304);

    // It speaks on, and nothing that waited is newer than what it says now.
    let mut known = city.device("sen-99").await.unwrap();
    known.publish(&readings.topic(), readings.payload(1_000)).await.unwrap();
    known.acknowledged(LONG).await.unwrap();
    let device = city.get("/v1/devices/sen-99").await.unwrap();
    let heads: Vec<String> = device["heads"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let newest = heads.iter().find(|head| head.contains("water_level")).unwrap();
    assert!(newest.contains("1000.0"), "{newest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_unknown_device_said_is_there_once_it_is_registered() {
    a_stranger_is_registered(TestCity::plan().direct()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_unknown_device_said_is_there_in_postgres_too() {
    if have("what_an_unknown_device_said_is_there_in_postgres_too", &[Tool::Postgres]) {
        a_stranger_is_registered(TestCity::plan().direct().postgres()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_replays_one_many_or_all_of_a_reason_and_nothing_twice() {
    let mut city = TestCity::plan().direct().start().await.unwrap();
    // For an agency that is not registered yet.
    let mut event = complaint("LPR-7", "Lampu mati");
    event["data"]["agency"] = json!("dlh");
    for _ in 0..2 {
        let refused = Post::new(event.to_string()).send(city.address()).await.unwrap();
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    let [letter] = &waiting(&city, "&source=webhook").await[..] else { panic!("one letter") };
    assert_eq!((letter["count"].as_u64(), letter["reason"].as_str()), (Some(2), Some("unknown_agency")));
    assert_eq!(letter["pointer"], "/data/agency");
    let one = format!("/v1/dead-letters/{}/replay", letter["id"]);
    let again = asked(&city, &one, &json!({})).await;
    assert_eq!(
        (again["outcome"].as_str(), again["tries"].as_u64()),
        (Some("dead_lettered"), Some(1)),
        "{again}"
    );

    register(
        &city,
        "dlh.toml",
        "[[agency]]\ncode = \"dlh\"\nname = \"Dinas Lingkungan Hidup\"\nkind = \"dinas\"\n",
    )
    .await;
    // It waits no longer, by itself; whoever asks for it now is answered, and nothing is done again.
    let done = wait::until("the agency's letter", LONG, async || {
        Ok(waiting(&city, "&source=webhook").await.is_empty().then_some(()))
    });
    done.await.unwrap();
    let done = asked(&city, &one, &json!({})).await;
    assert_eq!(done["outcome"], "replayed", "{done}");
    let known = city.get("/v1/complaints/LPR-7").await.unwrap();
    assert_eq!(known["agency"], "dlh", "{known}");
    let before = city.count("replay", "received").await.unwrap();
    let twice = asked(&city, &one, &json!({})).await;
    assert_eq!((twice["outcome"].as_str(), &twice["replayed"]), (Some("replayed"), &done["replayed"]));
    assert_eq!(city.count("replay", "received").await.unwrap(), before, "nothing was done");
    // The sender's own second try is the event that is known.
    city.post(&event).await.unwrap();
    assert_eq!(city.count("webhook", "duplicate").await.unwrap(), 1);
    let replayed = waiting(&city, "&state=replayed").await;
    assert_eq!(
        (replayed.len(), replayed[0]["raw"].as_str()),
        (1, Some("")),
        "no second copy of a citizen's name"
    );
    let acts = city.get("/v1/entries?kind=dead_letters_replayed").await.unwrap();
    let who: Vec<&str> =
        acts["items"].as_array().unwrap().iter().map(|act| act["actor"].as_str().unwrap()).collect();
    assert_eq!(who, ["operator:loopback", "system"]);
    assert_eq!(acts["items"][1]["cause"], "registry");

    // Registered as another class, repaired, and everything it said read again, a bounded number at once.
    let mut device = city.device("sen-01").await.unwrap();
    let readings = Readings::of("sen-01");
    let wrong = "pantau/1/metro/ap/sen-01/tele/senml";
    for number in 0..25 {
        device.publish(wrong, readings.payload(number)).await.unwrap();
        device.publish(&readings.topic(), format!("{{{number}")).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    register_as(&city, "sen-01", "ap").await;
    let identity = waiting(&city, "&reason=identity").await;
    let one = format!("/v1/dead-letters/{}/replay", identity.last().unwrap()["id"]);
    let done = asked(&city, &one, &json!({})).await;
    assert_eq!(done["outcome"], "stored", "{done}");
    let (mut cursor, mut stored) = (Value::Null, Vec::new());
    loop {
        let mut body = json!({ "reason": "identity", "limit": 10 });
        if cursor.is_string() {
            body["cursor"] = cursor;
        }
        let step = asked(&city, "/v1/dead-letters/replay", &body).await;
        stored.push(step["stored"].as_u64().unwrap());
        cursor = step["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(stored, [10, 10, 4]);
    assert_eq!(readings.stored(&city).await.unwrap(), (0..25).collect::<Vec<_>>());
    let malformed = waiting(&city, "&reason=json").await;
    let ids: Vec<u64> = malformed.iter().map(|letter| letter["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), 25);
    let step = asked(&city, "/v1/dead-letters/replay", &json!({ "ids": ids })).await;
    assert_eq!(
        (step["dead_lettered"].as_u64(), step["items"][0]["id"].as_u64()),
        (Some(25), ids.last().copied())
    );
    accounted(&city, [25, 25, 0]).await;
}

/// An agency that nobody knows yet sends by both ways in; what it sent is there once it is registered, and what waits for
/// another one is left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_unknown_agency_sent_is_there_once_it_is_registered() {
    const LETTERS: usize = 300;
    let mut city = TestCity::plan().direct().start().await.unwrap();
    let mut system = city.device("opd").await.unwrap();
    let event = |agency: &str, number: usize| {
        let mut event = complaint(&format!("OPD-{agency}-{number:03}"), "Sampah menumpuk");
        event["data"]["agency"] = json!(agency);
        event
    };
    let by_mqtt = |agency: &str, number: usize| {
        let mut event = event(agency, number);
        event["source"] = json!(format!("/metro/{agency}/sampah"));
        event.to_string()
    };
    for number in 0..LETTERS {
        let topic = "pantau/1/metro/opd/dlh/event";
        system.publish(topic, by_mqtt("dlh", number)).await.unwrap();
    }
    system.publish("pantau/1/metro/opd/bpbd/event", by_mqtt("bpbd", 0)).await.unwrap();
    system.acknowledged(LONG).await.unwrap();
    for agency in ["dlh", "bpbd"] {
        let refused = Post::new(event(agency, 900).to_string()).send(city.address()).await.unwrap();
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    assert_eq!(waiting(&city, "&reason=unknown_agency").await.len(), LETTERS + 3);

    register(
        &city,
        "dlh.toml",
        "[[agency]]\ncode = \"dlh\"\nname = \"Dinas Lingkungan Hidup\"\nkind = \"dinas\"\n",
    )
    .await;
    let left = wait::until("the agency's letters", LONG, async || {
        let left = waiting(&city, "&reason=unknown_agency").await;
        Ok((left.len() <= 2).then_some(left))
    });
    let (left, _) = left.await.unwrap();
    let tries: Vec<_> = left.iter().map(|letter| letter["tries"].as_u64()).collect();
    assert_eq!(tries, [Some(0), Some(0)], "{left:?}");
    for ticket in ["OPD-dlh-000", "OPD-dlh-299", "OPD-dlh-900"] {
        let known = city.get(&format!("/v1/complaints/{ticket}")).await.unwrap();
        assert_eq!(known["agency"], "dlh", "{known}");
    }
    let acts = city.get("/v1/entries?kind=dead_letters_replayed").await.unwrap();
    let acts = acts["items"].as_array().unwrap();
    assert!(acts.iter().all(|act| act["actor"] == "system" && act["cause"] == "registry"), "{acts:?}");
    let named: usize = acts.iter().filter_map(|act| act["change"]["replayed"].as_array()).map(Vec::len).sum();
    assert_eq!(named, LETTERS + 1, "each once");
    assert!(acts.iter().all(|act| act["change"]["failed"].as_array().is_none_or(Vec::is_empty)), "{acts:?}");
    assert_eq!(city.count("replay", "stored").await.unwrap(), LETTERS as u64 + 1);
    assert_eq!(city.count("replay", "duplicate").await.unwrap(), 0);
}

/// Everything of a reason, step by step, until the server says that there is no more; a step whose answer does not come in
/// time is asked for again.
async fn replay_all(address: SocketAddr, reason: &str) -> anyhow::Result<()> {
    let mut body = json!({ "reason": reason, "limit": 50 });
    let mut patience = 20;
    loop {
        let request = Request::post("/v1/dead-letters/replay").header("content-type", "application/json");
        let answer = http::send(address, request, Bytes::from(body.to_string())).await?;
        if answer.status == 503 && patience > 0 {
            patience -= 1;
            continue;
        }
        anyhow::ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
        match &answer.json()["next"] {
            Value::Null => return Ok(()),
            next => body["cursor"] = next.clone(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_is_cut_off_or_asked_for_by_many_at_once_is_done_once() {
    const LETTERS: u32 = 1_500;
    let mut city = TestCity::plan().direct().start().await.unwrap();
    let mut device = city.device("sen-01").await.unwrap();
    let readings = Readings::of("sen-01");
    for number in 0..LETTERS {
        device.publish("pantau/1/metro/ap/sen-01/tele/senml", readings.payload(number)).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    accounted(&city, [u64::from(LETTERS), 0, 0]).await;
    register_as(&city, "sen-01", "ap").await;

    // Killed in the middle.
    let address = city.address();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { replay_all(address, "identity").await });
    let some = wait::until("some to be replayed", LONG, async || {
        Ok((city.count("replay", "stored").await? >= 200).then_some(()))
    });
    some.await.unwrap();
    city.server.kill().unwrap();
    tasks.join_all().await;
    city.server.start().await.unwrap();

    // By many at once.
    let mut tasks = JoinSet::new();
    for _ in 0..6 {
        tasks.spawn(async move { replay_all(address, "identity").await });
    }
    for replayed in tasks.join_all().await {
        replayed.unwrap();
    }
    accounted(&city, [0, u64::from(LETTERS), 0]).await;
    assert_eq!(readings.stored(&city).await.unwrap(), (0..LETTERS).collect::<Vec<_>>());
    assert_eq!(city.count("replay", "stored").await.unwrap(), u64::from(LETTERS), "each once");
    assert_eq!(city.count("replay", "duplicate").await.unwrap(), 0, "and nobody did it twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_questions_about_dead_letters_are_told_what_is_wrong() {
    let city = TestCity::plan().start().await.unwrap();
    let all = "/v1/dead-letters/replay";
    for (path, body, status) in [
        ("/v1/dead-letters/77/replay", json!({}), 404),
        ("/v1/dead-letters/x/replay", json!({}), 404),
        (all, json!([]), 400),
        (all, json!({ "reasn": "json" }), 400),
        (all, json!({ "reason": "no-such" }), 400),
        (all, json!({ "source": "fax" }), 400),
        (all, json!({ "device": "a/b" }), 400),
        (all, json!({ "cursor": "x" }), 400),
        (all, json!({ "limit": 257 }), 400),
        (all, json!({ "ids": [1], "reason": "json" }), 400),
        (all, json!({ "ids": (0..257).collect::<Vec<_>>() }), 400),
        (all, json!({ "ids": [77] }), 200),
        (all, json!({}), 200),
    ] {
        let answer = post(&city, path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
    }
    let foreign =
        Request::post(all).header("content-type", "application/json").header("origin", "http://evil.example");
    assert_eq!(http::send(city.address(), foreign, Bytes::from("{}")).await.unwrap().status, 403);
    let plain = Request::post(all).header("content-type", "text/plain");
    assert_eq!(http::send(city.address(), plain, Bytes::from("{}")).await.unwrap().status, 415);
    let entries = city.get("/v1/entries?kind=dead_letters_replayed").await.unwrap();
    assert_eq!(entries["items"], json!([]), "nothing was done, and nothing is said to have been");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_babbles_costs_nobody_elses_letters_and_bytes_are_shown_as_they_are() {
    let plan = TestCity::plan().direct().settings("[dead_letters]\nper_source = 40\nper_device = 10\n");
    let mut city = plan.start().await.unwrap();
    let mut device = city.device("babbler").await.unwrap();
    let quiet = "pantau/1/metro/sensor/sen-02/state";
    let bytes = b"{\"mac\":\"AC:84:C6:00:11:22\",\"\xff\xfe\":1}".to_vec();
    device.publish(quiet, bytes).await.unwrap();
    let long = format!("[{}]", " ".repeat(100_000));
    device.publish("pantau/1/metro/sensor/sen-77/tele/senml", long.clone()).await.unwrap();
    for number in 0..50 {
        device.publish("pantau/1/metro/sensor/sen-01/state", format!("babble {number}")).await.unwrap();
    }
    device.acknowledged(LONG).await.unwrap();
    accounted(&city, [12, 0, 40]).await;
    let metrics = http::get(city.address(), "/metrics").await.unwrap().text();
    for line in [
        "waiting{source=\"mqtt\"} 12",
        "dropped_total{source=\"mqtt\"} 40",
        "replayed_total{source=\"mqtt\"} 0",
    ] {
        assert!(metrics.contains(&format!("pantau_dead_letters_{line}\n")), "no {line} in\n{metrics}");
    }
    let newest = waiting(&city, "&device=sen-01").await;
    assert_eq!(
        (newest.len(), newest[0]["raw"].as_str(), newest[9]["raw"].as_str()),
        (10, Some("babble 49"), Some("babble 40"))
    );

    let [letter] = &waiting(&city, "&device=sen-02").await[..] else {
        panic!("the quiet one's letter is there")
    };
    let whole = city.get(&format!("/v1/dead-letters/{}", letter["id"])).await.unwrap();
    assert_eq!(&whole, letter);
    assert_eq!(whole["reason"], "utf8");
    let hex = whole["raw_hex"].as_str().unwrap();
    assert!(hex.starts_with("7b226d6163223a22") && hex.contains("fffe"), "{hex}");
    assert!(!whole["raw"].as_str().unwrap().contains("AC:84"), "no MAC address is kept: {whole}");

    // What was not kept whole cannot be read again, even if its device is registered.
    let [cut] = &waiting(&city, "&device=sen-77").await[..] else { panic!("one long letter") };
    assert_eq!((cut["truncated"].as_bool(), cut["size"].as_u64()), (Some(true), Some(100_002)));
    assert_eq!(cut["raw"].as_str().unwrap().len(), 65_536);
    std::fs::write(city.dir().join("city/long.toml"), sensor("sen-77")).unwrap();
    city.server.process().unwrap().signal(rustix::process::Signal::HUP).unwrap();
    let (cut, _) = wait::until("the verdict", LONG, async || {
        let letters = waiting(&city, "&device=sen-77").await;
        Ok(letters.into_iter().find(|letter| letter["reason"] == "too_big"))
    })
    .await
    .unwrap();
    assert!(cut["detail"].as_str().unwrap().contains("65536"), "{cut}");
}
