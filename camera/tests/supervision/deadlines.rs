//! No phase of a connection may last for ever, and silence is noticed in time.

use std::time::Duration;

use pantau_camera::{Phase, StreamStatus};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use tokio::time::Instant;

use crate::fake::Mode;
use crate::rig::{Rig, camera, id};

#[tokio::test(start_paused = true)]
async fn a_camera_that_hangs_in_any_phase_is_lost_when_its_deadline_passes() {
    for (phase, seconds, cause) in [
        (Phase::Connect, 3, StreamCause::ConnectTimeout),
        (Phase::Describe, 5, StreamCause::HandshakeTimeout),
        (Phase::Setup, 5, StreamCause::HandshakeTimeout),
        (Phase::Play, 5, StreamCause::HandshakeTimeout),
    ] {
        let mut rig = Rig::new();
        rig.source.mode("cam/sub", Mode::Hang(phase));
        let start = Instant::now();
        rig.fleet.configure(vec![camera("cam")]);
        assert_eq!(rig.state().await.state, StreamState::Connecting);
        let lost = rig.until("cam", StreamState::Lost).await;
        assert_eq!(lost.cause, Some(cause), "{phase:?}");
        let took = start.elapsed().as_secs_f64();
        assert!((took - f64::from(seconds)).abs() < 0.1, "{phase:?} took {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_camera_without_key_frames_is_not_waited_for_longer_than_eight_seconds() {
    for (mode, cause) in
        [(Mode::NoKeys, StreamCause::NoKeyFrame), (Mode::Hang(Phase::Settle), StreamCause::Stalled)]
    {
        let mut rig = Rig::new();
        rig.source.mode("cam/sub", mode);
        let start = Instant::now();
        rig.fleet.configure(vec![camera("cam")]);
        let lost = rig.until("cam", StreamState::Lost).await;
        assert_eq!(lost.cause, Some(cause));
        assert!((start.elapsed().as_secs_f64() - 8.0).abs() < 0.2, "{:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn silence_on_an_open_connection_is_delayed_and_then_lost_within_two_seconds_and_a_frame() {
    for interval_ms in [40, 66, 500, 1_000] {
        let mut rig = Rig::new();
        let interval = Duration::from_millis(interval_ms);
        rig.source.script("cam/sub", |script| script.interval = interval);
        rig.fleet.configure(vec![camera("cam")]);
        rig.until("cam", StreamState::Live).await;
        rig.pass(Duration::from_secs(30)).await;
        let mut viewer = rig.viewer("cam", StreamKind::Sub);
        viewer.drain();
        viewer.frame().await;
        let last_frame = Instant::now();
        rig.source.mode("cam/sub", Mode::Hang(Phase::Connect));
        let delayed = rig.until("cam", StreamState::Delayed).await;
        assert_eq!(delayed.cause, Some(StreamCause::Late));
        assert!(last_frame.elapsed() <= Duration::from_millis(1_100) + interval);
        let lost = rig.until("cam", StreamState::Lost).await;
        assert_eq!(lost.cause, Some(StreamCause::Stalled));
        let noticed = last_frame.elapsed();
        assert!(noticed <= Duration::from_secs(2) + interval, "{noticed:?} at {interval_ms} ms");
        assert!(noticed > Duration::from_millis(1_800), "{noticed:?} is too eager");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_or_unsteady_camera_is_not_called_silent() {
    let mut rig = Rig::new();
    rig.source.script("cam/sub", |script| script.interval = Duration::from_secs(3));
    rig.fleet.configure(vec![camera("cam")]);
    rig.until("cam", StreamState::Live).await;
    // The first interval is not known yet; after it the camera is believed.
    rig.pass(Duration::from_secs(20)).await;
    rig.until_quiet(Duration::from_secs(600)).await;
    rig.source.script("cam/sub", |script| script.interval = Duration::from_millis(40));
    rig.until_quiet(Duration::from_secs(60)).await;
    rig.source.script("cam/sub", |script| script.interval = Duration::from_millis(900));
    rig.until_quiet(Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_short_pause_is_a_delay_and_no_reconnection() {
    let mut rig = Rig::live().await;
    rig.pass(Duration::from_secs(5)).await;
    rig.source.mode("cam/sub", Mode::Hang(Phase::Settle));
    rig.until("cam", StreamState::Delayed).await;
    rig.source.mode("cam/sub", Mode::Play);
    rig.until("cam", StreamState::Live).await;
    assert_eq!(rig.source.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn since_says_when_the_picture_was_lost_and_not_when_the_cause_changed() {
    let mut rig = Rig::live().await;
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Refused));
    let closed = rig.until_lost("cam", StreamCause::Closed).await;
    let refused = rig.until_lost("cam", StreamCause::Refused).await;
    assert_eq!(closed.since, refused.since);
    let StreamStatus { state, cause, since } = rig.fleet.state(&id("cam"), StreamKind::Sub).unwrap();
    assert_eq!((state, cause, since), (StreamState::Lost, Some(StreamCause::Refused), closed.since));
}

impl Rig {
    /// No report about a state for so long.
    async fn until_quiet(&mut self, time: Duration) {
        let report = tokio::time::timeout(time, self.state()).await;
        assert!(report.is_err(), "{report:?}");
    }
}
