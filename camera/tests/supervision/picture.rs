//! A picture that lies is found out: frozen, standing, or from another time.

use std::time::Duration;

use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use tokio::time::Instant;

use crate::fake::Mode;
use crate::rig::Rig;

#[tokio::test(start_paused = true)]
async fn a_repeated_picture_is_frozen_within_three_groups_and_live_with_the_next_new_one() {
    let mut rig = Rig::live().await; // ten frames a group, one group a second
    rig.pass(Duration::from_secs(5)).await;
    rig.source.mode("cam/sub", Mode::Freeze);
    let start = Instant::now();
    let frozen = rig.until("cam", StreamState::Frozen).await;
    assert_eq!(frozen.cause, Some(StreamCause::RepeatedPicture));
    assert!(start.elapsed() <= Duration::from_secs(3), "{:?}", start.elapsed());
    rig.source.mode("cam/sub", Mode::Play);
    let start = Instant::now();
    rig.until("cam", StreamState::Live).await;
    assert!(start.elapsed() <= Duration::from_millis(1_100));
    assert_eq!(rig.source.attempts().len(), 1, "a frozen picture is no reason to reconnect");
}

#[tokio::test(start_paused = true)]
async fn timestamps_that_stand_still_are_a_frozen_picture() {
    let mut rig = Rig::live().await;
    rig.source.mode("cam/sub", Mode::Still);
    let frozen = rig.until("cam", StreamState::Frozen).await;
    assert_eq!(frozen.cause, Some(StreamCause::TimestampsStill));
    rig.source.mode("cam/sub", Mode::Play);
    rig.until("cam", StreamState::Live).await;
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_the_timestamps_is_a_new_connection_that_says_why() {
    let mut rig = Rig::live().await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    viewer.drain();
    rig.source.mode("cam/sub", Mode::Jump);
    let lost = rig.until("cam", StreamState::Lost).await;
    assert_eq!(lost.cause, Some(StreamCause::TimestampsJumped));
    rig.source.mode("cam/sub", Mode::Play);
    rig.until("cam", StreamState::Live).await;
    assert!(viewer.frame().await.key);
}

#[tokio::test(start_paused = true)]
async fn health_is_measured_once_a_second() {
    let mut rig = Rig::new();
    rig.source.script("cam/sub", |script| script.skew_ms = Some(-2_500));
    rig.fleet.configure(vec![crate::rig::camera("cam")]);
    rig.pass(Duration::from_secs(20)).await;
    assert!((19..=21).contains(&rig.health.len()), "{} reports", rig.health.len());
    let health = rig.health.last().unwrap();
    assert!((health.fps - 10.0).abs() < 1.1, "{health:?}");
    assert!((health.bitrate_bps - 10.0 * 29.0 * 8.0).abs() < 240.0, "{health:?}");
    assert_eq!((health.gop_frames, health.packets_lost, health.reconnects), (Some(10), 0, 0));
    assert!(health.key_frame_age_s.unwrap() <= 1.0);
    assert!(health.jitter_ms.unwrap() < 5.0, "{health:?}");
    assert!((health.clock_skew_ms.unwrap() + 2_500.0).abs() < 1.0, "{health:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_camera_goes_on_telling_that_it_gives_nothing() {
    let mut rig = Rig::live().await;
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Refused));
    rig.pass(Duration::from_secs(30)).await;
    assert!(rig.health.len() >= 29, "{}", rig.health.len());
    let health = rig.health.last().unwrap();
    assert_eq!((health.fps, health.bitrate_bps), (0.0, 0.0));
    assert!(health.key_frame_age_s.unwrap() > 25.0);
    rig.source.mode("cam/sub", Mode::Play);
    rig.until("cam", StreamState::Live).await;
    rig.pass(Duration::from_secs(2)).await;
    assert_eq!(rig.health.last().unwrap().reconnects, 1);
}

#[tokio::test(start_paused = true)]
async fn capture_time_is_the_cameras_own() {
    let mut rig = Rig::new();
    rig.source.script("cam/sub", |script| script.skew_ms = Some(-2_500));
    rig.fleet.configure(vec![crate::rig::camera("cam")]);
    rig.until("cam", StreamState::Live).await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    let first = viewer.frame().await;
    assert_eq!(first.capture, first.received, "no report yet");
    for _ in 0..5 {
        let frame = viewer.frame().await;
        let behind = frame.received.millis_since(frame.capture);
        assert!((2_300..=2_600).contains(&behind), "{behind} ms");
    }
}
