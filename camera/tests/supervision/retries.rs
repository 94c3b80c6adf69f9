//! A camera that is back is shown again soon, and a camera that is not is left in peace.

use std::time::Duration;

use pantau_camera::{CameraConfig, Credentials, Phase, StreamUrl};
use pantau_schemas::stream::{StreamCause, StreamState};
use tokio::time::Instant;

use crate::fake::Mode;
use crate::rig::{Rig, camera};

const REFUSED: Mode = Mode::Refuse(StreamCause::Refused);

#[tokio::test(start_paused = true)]
async fn a_refused_camera_is_lost_at_once() {
    let mut rig = Rig::new();
    rig.source.mode("cam/sub", REFUSED);
    let start = Instant::now();
    rig.fleet.configure(vec![camera("cam")]);
    assert_eq!(rig.until("cam", StreamState::Lost).await.cause, Some(StreamCause::Refused));
    assert!(start.elapsed() < Duration::from_millis(50), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_closes_is_lost_within_its_next_frame() {
    let mut rig = Rig::live().await;
    let start = Instant::now();
    rig.source.mode("cam/sub", REFUSED);
    assert_eq!(rig.until("cam", StreamState::Lost).await.cause, Some(StreamCause::Closed));
    assert!(start.elapsed() <= Duration::from_millis(150));
}

#[tokio::test(start_paused = true)]
async fn twenty_times_killed_and_started_it_is_live_again_within_five_seconds() {
    let mut rig = Rig::live().await;
    for turn in 0..20_u64 {
        rig.source.mode("cam/sub", REFUSED);
        rig.until("cam", StreamState::Lost).await;
        rig.pass(Duration::from_millis(300 + 450 * turn)).await;
        let back = Instant::now();
        rig.source.mode("cam/sub", Mode::Play);
        rig.until("cam", StreamState::Live).await;
        assert!(back.elapsed() < Duration::from_secs(3), "turn {turn}: {:?}", back.elapsed());
        rig.pass(Duration::from_millis(700)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_is_gone_for_long_is_tried_at_least_once_a_minute_and_not_much_more() {
    let mut rig = Rig::new();
    rig.source.mode("cam/sub", REFUSED);
    rig.fleet.configure(vec![camera("cam")]);
    rig.pass(Duration::from_secs(600)).await;
    let before = rig.source.attempts().len();
    rig.pass(Duration::from_secs(3_600)).await;
    let tries = rig.source.attempts().len() - before;
    assert!((60..=125).contains(&tries), "{tries} tries an hour");
}

#[tokio::test(start_paused = true)]
async fn three_refusals_of_the_password_are_the_last_until_the_configuration_changes() {
    let mut rig = Rig::new();
    for stream in ["cam/main", "cam/sub"] {
        rig.source.mode(stream, Mode::Refuse(StreamCause::Unauthorized));
    }
    rig.fleet.configure(vec![camera("cam")]);
    // Somebody wants the large picture too: the account that would be locked is the same.
    let _viewer = rig.viewer("cam", pantau_schemas::stream::StreamKind::Main);
    rig.until_lost("cam", StreamCause::Unauthorized).await;
    rig.until_lost("cam", StreamCause::Quarantined).await;
    rig.pass(Duration::from_secs(86_400)).await;
    assert_eq!(rig.source.attempts().len(), 3);
    // The same configuration again changes nothing.
    rig.fleet.configure(vec![camera("cam")]);
    rig.pass(Duration::from_secs(600)).await;
    assert_eq!(rig.source.attempts().len(), 3);

    for stream in ["cam/main", "cam/sub"] {
        rig.source.mode(stream, Mode::Play);
    }
    let credentials = Some(Credentials { user: "viewer".into(), password: "right".into() });
    rig.fleet.configure(vec![CameraConfig { credentials, ..camera("cam") }]);
    rig.until("cam", StreamState::Live).await;
    rig.until("cam", StreamState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn any_change_of_a_cameras_configuration_ends_its_quarantine() {
    let mut rig = Rig::new();
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Unauthorized));
    rig.fleet.configure(vec![camera("cam")]);
    rig.until_lost("cam", StreamCause::Quarantined).await;
    rig.source.mode("cam/sub", Mode::Play);
    let main = StreamUrl::parse("rtsp://cam/another").unwrap();
    rig.fleet.configure(vec![CameraConfig { main, ..camera("cam") }]);
    rig.until("cam", StreamState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn refusals_are_forgotten_when_the_camera_lets_in_again() {
    let mut rig = Rig::live().await;
    for _ in 0..5 {
        rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Unauthorized));
        rig.until_lost("cam", StreamCause::Unauthorized).await;
        rig.source.mode("cam/sub", Mode::Play);
        rig.until("cam", StreamState::Live).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_is_asked_for_one_channel_at_a_time() {
    let mut rig = Rig::new();
    let channel = |number: u32| {
        let name = format!("ch-{number}");
        rig.source.mode(&format!("nvr/{number}"), Mode::Hang(Phase::Describe));
        let main = StreamUrl::parse(&format!("rtsp://nvr/{number}")).unwrap();
        CameraConfig { main, sub: None, ..camera(&name) }
    };
    let cameras: Vec<_> = (0..16).map(channel).collect();
    rig.fleet.configure(cameras);
    rig.pass(Duration::from_secs(120)).await;
    assert_eq!(rig.source.most_opening(), 1);
    assert!(rig.source.attempts().len() >= 20);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_cameras_that_return_are_not_asked_all_at_once() {
    let mut rig = Rig::new();
    let cameras: Vec<_> = (0..500).map(|number| camera(&format!("cam-{number}"))).collect();
    rig.fleet.configure(cameras);
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(rig.source.sessions(), 500);
    let times: Vec<_> = rig.source.attempts().iter().map(|attempt| attempt.at).collect();
    for window in times.windows(52) {
        let (first, last) = (window[0], window[51]);
        assert!(last - first >= Duration::from_secs(1), "52 attempts in {:?}", last - first);
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_nobody_can_show_is_said_and_seldom_tried() {
    let mut rig = Rig::new();
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::UnsupportedCodec));
    rig.fleet.configure(vec![camera("cam")]);
    rig.until_lost("cam", StreamCause::UnsupportedCodec).await;
    rig.pass(Duration::from_secs(600)).await;
    assert!(rig.source.attempts().len() <= 21);
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_breaks_the_parser_costs_a_session_and_not_the_camera() {
    let mut rig = Rig::live().await;
    rig.source.mode("cam/sub", Mode::Panic);
    assert_eq!(rig.until("cam", StreamState::Lost).await.cause, Some(StreamCause::Protocol));
    rig.source.mode("cam/sub", Mode::Play);
    rig.until("cam", StreamState::Live).await;
    assert_eq!(rig.source.sessions(), 1);
}
