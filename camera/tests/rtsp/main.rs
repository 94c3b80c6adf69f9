//! `RetinaSource` and its supervisor against a camera on a real socket.

#![expect(clippy::unwrap_used, reason = "a helper of tests panics as a test does")]

#[path = "../logged/mod.rs"]
mod logged;
mod server;

use std::sync::Arc;
use std::time::Duration;

use pantau_camera::{
    AccessUnit, CameraConfig, CameraReport, Credentials, Fleet, RetinaSource, Settings, Signal, Step,
    StreamParameters, StreamUrl,
};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::{Clock, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::server::{Camera, Script};

/// Noon of the day on which the camera says it is midnight.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_795_305_600 + 12 * 3_600)
    }
}

struct Rig {
    fleet: Fleet,
    reports: mpsc::Receiver<CameraReport>,
    cancel: CancellationToken,
    tracker: TaskTracker,
}

fn cam() -> DeviceId {
    DeviceId::new("cam").unwrap()
}

fn config(url: &str, password: &str) -> CameraConfig {
    let credentials = Some(Credentials { user: "viewer".into(), password: password.into() });
    CameraConfig { id: cam(), main: StreamUrl::parse(url).unwrap(), sub: None, credentials, covered: false }
}

impl Rig {
    fn new(settings: Settings, camera: CameraConfig) -> Self {
        logged::start();
        let (sender, reports) = mpsc::channel(1_000);
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let fleet =
            Fleet::start(settings, RetinaSource, Arc::new(Noon), sender, tracker.clone(), cancel.clone());
        fleet.configure(vec![camera]);
        Self { fleet, reports, cancel, tracker }
    }

    async fn until(&mut self, state: StreamState, cause: Option<StreamCause>) {
        let found = async {
            while let Some(report) = self.reports.recv().await {
                if let CameraReport::State(report) = report
                    && (report.state, report.cause) == (state, cause)
                {
                    return;
                }
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), found).await;
        assert!(
            found.is_ok(),
            "never {state:?} {cause:?}; it is {:?}",
            self.fleet.state(&cam(), StreamKind::Main)
        );
    }

    /// The next frames, and the parameters before the first.
    async fn frames(&self, count: usize) -> (Arc<StreamParameters>, Vec<Arc<AccessUnit>>) {
        let signal = Signal::new();
        let mut watch = self.fleet.watch(&cam(), StreamKind::Main, &signal, 0).unwrap();
        let (mut parameters, mut frames) = (None, Vec::new());
        let read = async {
            while frames.len() < count {
                match watch.next() {
                    Some(Step::Frame(frame)) => frames.push(frame),
                    Some(Step::Parameters(new)) => parameters = Some(new),
                    Some(_) => {}
                    None => drop(signal.wait().await),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("too few frames");
        (parameters.expect("no parameters"), frames)
    }
}

async fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn frames_come_whole_with_parameters_and_the_cameras_time() {
    let camera =
        Camera::start("127.0.0.1:0", Script { password: Some("hunter2"), ..Script::default() }).await;
    let mut rig = Rig::new(Settings::default(), config(&camera.url("s"), "hunter2"));
    rig.until(StreamState::Live, None).await;
    let (parameters, frames) = rig.frames(40).await;
    assert_eq!(parameters.codec, "avc1.4D001F");
    assert_eq!((parameters.width, parameters.height), (1280, 720));
    assert_eq!(parameters.description.first(), Some(&1), "an avcC");
    assert!(frames[0].key);
    let key = frames.iter().rev().find(|frame| frame.key).unwrap();
    // One IDR slice behind its length in four bytes, put together from three fragments.
    assert_eq!(key.data[..5], [0, 0, 0x0a, 0x99, 0x65]);
    assert_eq!(key.data.len(), 4 + 1 + 3 * 904);
    for (before, after) in frames.iter().zip(&frames[1..]) {
        assert_eq!(after.sequence, before.sequence + 1);
    }
    // Of frames after the sender report: the camera says midnight, our clock says noon.
    let last = frames.last().unwrap();
    let skew = last.received.millis_since(last.capture);
    assert!((11 * 3_600_000..=12 * 3_600_000).contains(&skew), "{skew} ms");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_given_up_after_three_tries() {
    let camera =
        Camera::start("127.0.0.1:0", Script { password: Some("hunter2"), ..Script::default() }).await;
    let settings = Settings { retry_unauthorized: Duration::from_millis(20), ..Settings::default() };
    let mut rig = Rig::new(settings, config(&camera.url("s"), "wrong"));
    rig.until(StreamState::Lost, Some(StreamCause::Unauthorized)).await;
    rig.until(StreamState::Lost, Some(StreamCause::Quarantined)).await;
    assert_eq!(camera.seen().connections, 3);
    rig.fleet.configure(vec![config(&camera.url("s"), "hunter2")]);
    rig.until(StreamState::Live, None).await;
    assert_eq!(camera.seen().connections, 4);
}

#[tokio::test]
async fn a_camera_that_goes_and_comes_back_is_live_again() {
    let camera = Camera::start("127.0.0.1:0", Script::default()).await;
    let (address, url) = (camera.address.to_string(), camera.url("s"));
    let mut rig = Rig::new(Settings::default(), config(&url, "x"));
    rig.until(StreamState::Live, None).await;
    let (_, before) = rig.frames(3).await;
    drop(camera);
    rig.until(StreamState::Lost, Some(StreamCause::Refused)).await;
    let _camera = Camera::start(&address, Script::default()).await;
    rig.until(StreamState::Live, None).await;
    let (_, after) = rig.frames(1).await;
    assert!(after[0].key && after[0].sequence > before[0].sequence);
}

#[tokio::test]
async fn a_camera_that_falls_silent_is_lost_as_stalled_and_its_session_torn_down() {
    let camera = Camera::start("127.0.0.1:0", Script::default()).await;
    let mut rig = Rig::new(Settings::default(), config(&camera.url("s"), "x"));
    rig.until(StreamState::Live, None).await;
    rig.frames(5).await;
    camera.script(|script| script.silent = true);
    rig.until(StreamState::Delayed, Some(StreamCause::Late)).await;
    rig.until(StreamState::Lost, Some(StreamCause::Stalled)).await;
    wait_for("the old session is torn down", || camera.seen().teardowns >= 1).await;
    camera.script(|script| script.silent = false);
    rig.until(StreamState::Live, None).await;
    rig.cancel.cancel();
    rig.tracker.close();
    rig.tracker.wait().await;
    wait_for("no session is left behind", || camera.seen().teardowns == camera.seen().plays).await;
}

#[tokio::test]
async fn what_cannot_be_shown_says_why() {
    for (path, script, cause) in [
        ("s", Script { codec: "MP4V-ES/90000", ..Script::default() }, StreamCause::UnsupportedCodec),
        ("s", Script { codec: "JPEG/90000", ..Script::default() }, StreamCause::UnsupportedCodec),
        ("nowhere", Script::default(), StreamCause::NotFound),
    ] {
        let camera = Camera::start("127.0.0.1:0", script).await;
        let mut rig = Rig::new(Settings::default(), config(&camera.url(path), "x"));
        rig.until(StreamState::Lost, Some(cause)).await;
    }
}

#[tokio::test]
async fn a_camera_that_is_there_but_does_not_answer_is_no_network_fault() {
    let camera = Camera::start("127.0.0.1:0", Script { deaf: true, ..Script::default() }).await;
    let settings = Settings { describe: Duration::from_millis(200), ..Settings::default() };
    let mut rig = Rig::new(settings, config(&camera.url("s"), "x"));
    rig.until(StreamState::Lost, Some(StreamCause::HandshakeTimeout)).await;
}

#[tokio::test]
async fn no_password_reaches_the_log_from_any_failure() {
    let script = Script { password: Some("another"), ..Script::default() };
    let camera = Camera::start("127.0.0.1:0", script).await;
    let settings = Settings { retry_unauthorized: Duration::from_millis(20), ..Settings::default() };
    let path = "user=us3r-name&password=s3cr3t-path";
    let mut rig = Rig::new(settings, config(&camera.url(path), "s3cr3t-word"));
    rig.until(StreamState::Lost, Some(StreamCause::Quarantined)).await;
    camera.script(|script| (script.password, script.codec) = (None, "MP4V-ES/90000"));
    rig.fleet.configure(vec![config(&camera.url(path), "s3cr3t-word2")]);
    rig.until(StreamState::Lost, Some(StreamCause::UnsupportedCodec)).await;
    camera.script(|script| script.codec = "H264/90000");
    rig.fleet.configure(vec![config(&camera.url(path), "s3cr3t-word3")]);
    rig.until(StreamState::Live, None).await;
    drop(camera);
    rig.until(StreamState::Lost, Some(StreamCause::Refused)).await;
    let text = logged::text();
    assert!(text.contains("stream lost"), "nothing was logged: {text}");
    assert!(!text.contains("s3cr3t") && !text.contains("us3r-name"), "{text}");
}
