//! A camera's own still pictures through the server: what a page gets of them, and what nobody gets.

use hyper::Request;
// Of the camera below.
use md5 as _;
use pantau_tests::city::TestCity;
use pantau_tests::http::{self, Answer};

use self::camera::{Asks, Gives, HttpCamera, PASSWORD, PICTURE, USER};

// The camera of the camera room's own tests, which provoke more of its faults.
#[path = "../../../camera/tests/still/camera.rs"]
#[expect(dead_code, reason = "of what it does wrong, one thing is enough here")]
pub(crate) mod camera;

const MASK: &str = "[[device.camera.mask]]\ncorners = [0, 0, 0.5, 0, 0.5, 0.25]\n";

/// A camera of the registry whose stream nobody serves.
fn device(id: &str, stills: Option<&HttpCamera>, more: &str) -> String {
    let stills = stills.map(|camera| format!("snapshot_url = \"http://{}/snap.cgi?ch=1\"\n", camera.address));
    format!(
        "[[device]]\nid = \"{id}\"\nclass = \"camera\"\nname = \"Kamera {id}\"\nsite = \"alun-alun\"\n\
         domain = \"cctv\"\n[device.camera]\nurl = \"rtsp://127.0.0.1:9/x\"\n{}user = \"{USER}\"\n\
         password_file = \"secrets/cams\"\npurpose = \"lalu-lintas\"\nnotice = \"papan di tiang\"\n{more}",
        stills.unwrap_or_default()
    )
}

async fn register(city: &TestCity, devices: &[String]) {
    std::fs::write(city.dir().join("city/stills.toml"), devices.concat()).unwrap();
    let reload = http::send(city.address(), Request::post("/v1/registry/reload"), "".into()).await.unwrap();
    assert_eq!(reload.status, 200, "{}", reload.text());
}

async fn still(city: &TestCity, id: &str) -> Answer {
    let request = Request::get(format!("/v1/cameras/{id}/still.jpg")).header("accept-language", "id");
    http::send(city.address(), request, "".into()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_s_own_picture_is_passed_on_and_where_it_came_from_is_not() {
    let good = HttpCamera::start(Asks::Digest, Gives::Picture).await;
    let bad = HttpCamera::start(Asks::Basic, Gives::Page).await;
    let city = TestCity::plan().start().await.unwrap();
    std::fs::write(city.dir().join("secrets/cams"), PASSWORD).unwrap();
    let devices = [
        device("cam-good", Some(&good), ""),
        device("cam-bad", Some(&bad), ""),
        device("cam-masked", Some(&good), MASK),
        device("cam-none", None, ""),
    ];
    register(&city, &devices).await;

    let answer = still(&city, "cam-good").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_ref()), (200, PICTURE), "{}", answer.text());
    let header =
        |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!((header("content-type"), header("cache-control")), ("image/jpeg", "no-store"));
    assert!(header("pantau-taken-us").parse::<i64>().is_ok_and(|taken| taken > 1_700_000_000_000_000));

    let served = good.served();
    let cases = [
        ("cam-bad", 502, "still-unusable", "bukan JPEG"),
        ("cam-masked", 403, "masked", "ditutup"),
        ("cam-none", 404, "no-still", "tidak punya gambar diam"),
        ("cam-nobody", 404, "no-still", "tidak punya gambar diam"),
        ("ap-01", 404, "no-still", "tidak punya gambar diam"),
    ];
    for (id, status, kind, words) in cases {
        let answer = still(&city, id).await;
        let problem = answer.json();
        assert_eq!(answer.status, status, "{id}: {}", answer.text());
        assert_eq!(problem["type"], format!("urn:pantau:problem:{kind}"), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    assert_eq!(good.served(), served, "nobody was asked for a picture that is covered");

    // Neither where it is nor as whom it was asked stands anywhere.
    for path in ["/v1/devices/cam-bad", "/v1/devices?limit=100", "/v1/entries?limit=1000", "/metrics"] {
        let text = http::get(city.address(), path).await.unwrap().text();
        assert!(!text.contains("snap.cgi") && !text.contains(PASSWORD), "{path}: {text}");
    }
    let log = std::fs::read_to_string(city.dir().join("pantau.log")).unwrap();
    assert!(!log.contains("snap.cgi") && !log.contains(PASSWORD), "{log}");

    // All or nothing, and at once: a camera that has none any more gives none.
    register(&city, &[device("cam-good", None, "")]).await;
    assert_eq!(still(&city, "cam-good").await.status, 404);
}
