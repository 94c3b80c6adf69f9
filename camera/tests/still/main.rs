//! Still pictures from cameras that are well, and from those that are not.

#![expect(clippy::unwrap_used, reason = "a helper of tests panics as a test does")]

mod camera;

use std::sync::Arc;
use std::time::Duration;

use camera::{Asks, Gives, HttpCamera, PASSWORD, PICTURE, USER};
use pantau_camera::{Credentials, PAUSE, Still, StillConfig, StillError, StillUrl, Stills};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::{Clock, Timestamp};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A clock that always shows this, s since 1970.
const NOW: i64 = 1_795_320_669;
/// On a machine that is busy.
const LONG: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(NOW)
    }
}

struct Rig {
    stills: Stills,
    cancel: CancellationToken,
}

fn id() -> DeviceId {
    DeviceId::new("cam-1").unwrap()
}

fn config(camera: &HttpCamera, password: Option<&str>) -> StillConfig {
    StillConfig {
        id: id(),
        url: StillUrl::parse(&format!("http://{}/snap.cgi?ch=1", camera.address)).unwrap(),
        credentials: password.map(|password| Credentials { user: USER.into(), password: password.into() }),
    }
}

fn rig(config: StillConfig) -> Rig {
    let cancel = CancellationToken::new();
    let stills = Stills::new(Arc::new(StandingClock), TaskTracker::new(), cancel.clone());
    stills.configure(vec![config]);
    Rig { stills, cancel }
}

impl Rig {
    async fn ask(&self) -> Result<Still, StillError> {
        timeout(LONG, self.stills.of(&id())).await.unwrap()
    }
}

async fn once(asks: Asks, gives: Gives, password: Option<&str>) -> (Result<Still, StillError>, HttpCamera) {
    let camera = HttpCamera::start(asks, gives).await;
    let got = rig(config(&camera, password)).ask().await;
    (got, camera)
}

#[tokio::test]
async fn every_way_to_ask_for_a_password_is_answered() {
    for asks in [Asks::Nothing, Asks::Basic, Asks::Digest, Asks::OldDigest, Asks::Either] {
        for gives in [Gives::Picture, Gives::Chunked] {
            let (got, camera) = once(asks, gives, Some(PASSWORD)).await;
            let still = got.unwrap_or_else(|error| panic!("{asks:?} {gives:?}: {error}"));
            assert_eq!((still.jpeg.as_ref(), still.taken), (PICTURE, Timestamp::from_secs(NOW)));
            let requests = if asks == Asks::Nothing { 1 } else { 2 };
            assert_eq!((camera.asked(), camera.served()), (requests, 1), "{asks:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_once_and_not_guessed_at() {
    for asks in [Asks::Basic, Asks::Digest, Asks::OldDigest, Asks::Either] {
        let (got, camera) = once(asks, Gives::Picture, Some("salah")).await;
        assert_eq!((got, camera.served(), camera.asked()), (Err(StillError::Refused), 0, 2), "{asks:?}");
        let (got, camera) = once(asks, Gives::Picture, None).await;
        assert_eq!((got, camera.asked()), (Err(StillError::Refused), 1), "there is nothing to say");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_none() {
    let cases = [
        (Gives::NotFound, StillError::Status(404)),
        (Gives::Elsewhere, StillError::Status(302)),
        (Gives::Page, StillError::NoPicture),
        (Gives::Pretence, StillError::NoPicture),
        (Gives::Huge, StillError::TooLarge),
        (Gives::Endless, StillError::TooLarge),
        (Gives::Half, StillError::Broken),
        (Gives::Gibberish, StillError::Broken),
        (Gives::EndlessHead, StillError::Broken),
    ];
    for (gives, error) in cases {
        let (got, _) = once(Asks::Digest, gives, Some(PASSWORD)).await;
        assert_eq!(got, Err(error), "{gives:?}");
    }
}

#[tokio::test]
async fn a_camera_that_says_nothing_is_not_waited_for() {
    let (got, camera) = once(Asks::Nothing, Gives::Nothing, None).await;
    assert_eq!((got, camera.asked()), (Err(StillError::Late), 1));
    let nobody = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = StillUrl::parse(&format!("http://{}/", nobody.local_addr().unwrap())).unwrap();
    drop(nobody);
    let got = rig(StillConfig { id: id(), url, credentials: None }).ask().await;
    assert_eq!(got, Err(StillError::Unreachable));
    let other = DeviceId::new("cam-2").unwrap();
    assert_eq!(rig(config(&camera, None)).stills.of(&other).await, Err(StillError::None));
}

#[tokio::test]
async fn however_many_look_the_camera_is_asked_once() {
    let camera = HttpCamera::start(Asks::Nothing, Gives::Picture).await;
    let rig = rig(config(&camera, None));
    let looking = (0..50).map(|_| rig.ask());
    let got = futures_util::future::join_all(looking).await;
    assert!(got.iter().all(|still| still.as_ref().is_ok_and(|still| still.jpeg.as_ref() == PICTURE)));
    // On a machine that stood still for a second meanwhile, it was asked again; never once for each.
    assert!(camera.asked() < 10, "{}", camera.asked());

    // A viewer that leaves stops nothing.
    camera.give(Gives::Nothing);
    let stuck = async {
        while rig.ask().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, stuck).await.unwrap();
    left_alone(&rig, &camera, StillError::Late).await;
}

/// A failure is told to everybody who asks soon after, and the camera is not asked again.
async fn left_alone(rig: &Rig, camera: &HttpCamera, error: StillError) {
    let (asked, failed) = (camera.asked(), Instant::now());
    let got = rig.ask().await;
    // A machine that stood still for so long proves nothing.
    if failed.elapsed() < PAUSE / 2 {
        assert_eq!((got, camera.asked()), (Err(error), asked));
    }
}

#[tokio::test]
async fn a_viewer_that_leaves_takes_nothing_from_the_others() {
    let camera = HttpCamera::start(Asks::Nothing, Gives::Nothing).await;
    let rig = rig(config(&camera, None));
    {
        let mut leaving = Box::pin(rig.ask());
        while camera.served() == 0 {
            let _still_asking = futures_util::poll!(&mut leaving);
            tokio::task::yield_now().await;
        }
    }
    // Who comes then waits for what was asked for, and does not ask beside it.
    assert_eq!(rig.ask().await, Err(StillError::Late));
    assert_eq!(camera.asked(), 1);
}

#[tokio::test]
async fn another_address_is_asked_at_once_and_the_same_one_is_not() {
    let camera = HttpCamera::start(Asks::Nothing, Gives::NotFound).await;
    let rig = rig(config(&camera, None));
    assert_eq!(rig.ask().await, Err(StillError::Status(404)));
    rig.stills.configure(vec![config(&camera, None)]);
    left_alone(&rig, &camera, StillError::Status(404)).await;
    let other = HttpCamera::start(Asks::Nothing, Gives::Picture).await;
    rig.stills.configure(vec![config(&other, None)]);
    assert_eq!(rig.ask().await.unwrap().jpeg.as_ref(), PICTURE);
    rig.stills.configure(Vec::new());
    assert_eq!(rig.ask().await, Err(StillError::None));
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_camera() {
    let camera = HttpCamera::start(Asks::Nothing, Gives::Nothing).await;
    let rig = rig(config(&camera, None));
    rig.cancel.cancel();
    assert_eq!(rig.ask().await, Err(StillError::Stopping));
}
