//! Who is let in: WebSocket handshakes and signed posts, each way to be wrong once.

use std::time::Duration;

use bytes::Bytes;
use pantau_tests::city::TestCity;
use pantau_tests::live::Live;
use pantau_tests::socket::{line, open_with};
use pantau_tests::webhook::{FOREIGN_KEY, Post, complaint};
use tokio_tungstenite::tungstenite::Error;

/// The status with which a handshake is refused; 101 when it is not.
async fn handshake(city: &TestCity, path: &str, headers: &[(&'static str, &'static str)]) -> u16 {
    let stream = line(city.address()).await.unwrap();
    match open_with(stream, city.address(), path, headers).await {
        Ok(_) => 101,
        Err(Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{path} {headers:?}: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_our_own_pages_and_programs_may_open_a_socket() {
    const LIVE: (&str, &str) = ("sec-websocket-protocol", "pantau.live.v1");
    const MEDIA: (&str, &str) = ("sec-websocket-protocol", "pantau.media.v1");
    let city = TestCity::plan().start().await.unwrap();
    for (path, protocol, other) in [("/v1/live", LIVE, MEDIA), ("/v1/media", MEDIA, LIVE)] {
        assert_eq!(handshake(&city, path, &[protocol]).await, 101, "a program has no origin");
        let several = ("sec-websocket-protocol", "v9, pantau.live.v1, pantau.media.v1");
        assert_eq!(handshake(&city, path, &[several]).await, 101, "one of several");
        assert_eq!(handshake(&city, path, &[]).await, 400, "{path} without a sub-protocol");
        assert_eq!(handshake(&city, path, &[other]).await, 400, "{path} with the other's sub-protocol");
        for origin in [
            "null",
            "http://evil.example",
            "https://127.0.0.1",
            "http://127.0.0.1",
            "http://127.0.0.1:1",
            "http://127.0.0.1.evil.example",
            "file://",
            "",
        ] {
            let status = handshake(&city, path, &[("origin", origin), protocol]).await;
            assert_eq!(status, 403, "{path} from {origin:?}");
        }
        let twice = [("origin", "http://evil.example"), ("origin", "http://localhost"), protocol];
        assert_eq!(handshake(&city, path, &twice).await, 403, "{path} with two origins");
    }
    for path in ["/v1/lives", "/v1/live/", "/", "/v1/events"] {
        let status = handshake(&city, path, &[LIVE]).await;
        assert!((400..500).contains(&status) || status == 200, "{path} answered {status}");
    }
    let own = format!("http://{}", city.address());
    let own: &'static str = Box::leak(own.into_boxed_str());
    assert_eq!(handshake(&city, "/v1/live", &[("origin", own), LIVE]).await, 101, "our own page");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_are_believed_by_their_signature_alone() {
    let city = TestCity::plan().start().await.unwrap();
    let server = city.address();
    let status = async |post: &Post| {
        let answer = post.send(server).await.unwrap();
        (answer.status.as_u16(), answer.text())
    };
    let event = complaint("LPR-1", "Lampu mati");
    let good = Post::new(event.to_string());

    for (what, post) in [
        ("another key", Post { key: FOREIGN_KEY.to_vec(), ..good.clone() }),
        ("ten minutes old", Post { timestamp: good.timestamp - 600, ..good.clone() }),
        ("ten minutes ahead", Post { timestamp: good.timestamp + 600, ..good.clone() }),
        ("no id", Post { id: String::new(), ..good.clone() }),
    ] {
        let (code, text) = status(&post).await;
        assert_eq!(code, 401, "{what}: {text}");
    }
    // A body that was changed on the way carries the signature of another.
    let request = hyper::Request::post("/v1/events")
        .header("content-type", good.content_type)
        .header("webhook-id", &good.id)
        .header("webhook-timestamp", good.timestamp)
        .header("webhook-signature", good.signature());
    let changed = Bytes::from(complaint("LPR-2", "Lampu mati").to_string());
    assert_eq!(pantau_tests::http::send(server, request, changed).await.unwrap().status, 401);
    let unsigned = hyper::Request::post("/v1/events").header("content-type", good.content_type);
    assert_eq!(pantau_tests::http::send(server, unsigned, good.body.clone()).await.unwrap().status, 401);
    assert_eq!(city.count("webhook", "received").await.unwrap(), 0, "who is not believed leaves no trace");

    assert_eq!(status(&good).await.0, 202);
    let (code, text) = status(&good).await;
    assert_eq!(code, 202, "a sender that did not hear us may say it again: {text}");
    assert!(text.contains("\"duplicate\":1"), "{text}");
    let mut other = event.clone();
    other["data"]["description"] = "Lampu menyala".into();
    let (code, text) = status(&Post::new(other.to_string())).await;
    assert_eq!(code, 409, "the same id with another body: {text}");
    let known = city.get("/v1/complaints/LPR-1").await.unwrap();
    assert_eq!(known["complaint"]["description"], "Lampu mati", "the first one stands");

    let large = Post::new(vec![b' '; 256 * 1024 + 1]);
    assert_eq!(status(&large).await.0, 413);
    let (code, text) = status(&Post { content_type: "text/plain", ..Post::new(event.to_string()) }).await;
    assert_eq!(code, 415, "{text}");
    let batch: Vec<_> = (10..20).map(|number| complaint(&format!("LPR-{number}"), "x")).collect();
    let (code, text) = status(&Post::batch(&batch)).await;
    assert_eq!((code, text.contains("\"accepted\":10")), (202, true), "{text}");

    let count = async |column: &str| city.count("webhook", column).await.unwrap();
    assert_eq!(
        (
            count("received").await,
            count("stored").await,
            count("duplicate").await,
            count("dead_lettered").await
        ),
        (13, 11, 1, 1)
    );
    // The reporter is nobody's business on a screen.
    let mut live: Live = city.live().await.unwrap();
    live.until("the complaints", Duration::from_secs(10), |live| live.world.complaints.len() == 11)
        .await
        .unwrap();
    assert!(!serde_json::to_string(&live.world).unwrap().contains("Siti"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_sender_nobody_may_post() {
    let city = TestCity::plan().no_sender().start().await.unwrap();
    let answer = Post::new(complaint("LPR-1", "x").to_string()).send(city.address()).await.unwrap();
    assert_eq!(answer.status, 401, "{}", answer.text());
    let problem = answer.json();
    assert_eq!(problem["status"], 401);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/problem+json"));
}
