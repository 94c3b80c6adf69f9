//! A change of one camera is nobody else's business.

use std::time::Duration;

use pantau_camera::{CameraConfig, CameraReport, Credentials, Settings, Signal, Step, StreamUrl};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};

use crate::fake::Mode;
use crate::logged;
use crate::rig::{Rig, camera, id};

#[tokio::test(start_paused = true)]
async fn untouched_cameras_lose_no_frame_while_others_come_go_and_move() {
    let mut rig = Rig::new();
    rig.fleet.configure(vec![camera("stays"), camera("goes"), camera("moves")]);
    for name in ["stays", "goes", "moves"] {
        rig.until(name, StreamState::Live).await;
    }
    let mut stays = rig.viewer("stays", StreamKind::Sub);
    let (mut goes, mut moves) = (rig.viewer("goes", StreamKind::Sub), rig.viewer("moves", StreamKind::Sub));
    for viewer in [&mut goes, &mut moves] {
        viewer.frame().await;
    }
    let mut last = stays.frame().await.sequence;
    let moved =
        CameraConfig { sub: Some(StreamUrl::parse("rtsp://elsewhere/sub").unwrap()), ..camera("moves") };
    rig.fleet.configure(vec![camera("comes"), moved, camera("stays")]);
    rig.until("comes", StreamState::Live).await;
    for _ in 0..100 {
        match stays.step().await {
            Step::Frame(frame) => {
                assert_eq!(frame.sequence, last + 1);
                assert!(!frame.discontinuity);
                last = frame.sequence;
            }
            step => panic!("{step:?}"),
        }
    }
    let tries = rig.source.attempts();
    assert_eq!(tries.iter().filter(|attempt| attempt.path == "stays/sub").count(), 1);
    assert!(tries.iter().any(|attempt| attempt.path == "elsewhere/sub"));

    let closed = goes.drain().into_iter().rev().find(|step| matches!(step, Step::State { .. }));
    assert!(matches!(closed, Some(Step::State { state: StreamState::Closed, .. })), "{closed:?}");
    assert!(rig.fleet.watch(&id("goes"), StreamKind::Sub, &Signal::new(), 0).is_none());
    assert_eq!(rig.source.sessions(), 3);
    moves.drain();
    moves.frame().await; // its viewers go with a camera that moves
}

#[tokio::test(start_paused = true)]
async fn the_small_stream_can_be_taken_away_and_given_back() {
    let mut rig = Rig::live().await;
    rig.fleet.configure(vec![CameraConfig { sub: None, ..camera("cam") }]);
    let live = rig.until("cam", StreamState::Live).await;
    assert_eq!(live.stream, StreamKind::Main);
    assert_eq!(rig.source.sessions(), 1);
    rig.fleet.configure(vec![camera("cam")]);
    assert_eq!(rig.until("cam", StreamState::Live).await.stream, StreamKind::Sub);
    rig.until("cam", StreamState::Closed).await;
    assert_eq!(rig.source.sessions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_is_covered_is_not_fetched_and_shows_nothing_of_before() {
    let mut rig = Rig::live().await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    viewer.frame().await;
    rig.fleet.configure(vec![CameraConfig { covered: true, ..camera("cam") }]);
    rig.until("cam", StreamState::Masked).await;
    assert_eq!(rig.source.sessions(), 0);
    viewer.drain();
    // Nor for somebody who comes now, nor by the large stream, however long they wait.
    let mut late = rig.viewer("cam", StreamKind::Main);
    tokio::time::sleep(Duration::from_secs(600)).await; // test time, not ours: nothing may come
    for viewer in [&mut viewer, &mut late] {
        let shown = viewer.drain();
        assert!(!shown.iter().any(|step| matches!(step, Step::Frame(_))), "{shown:?}");
    }
    let state = |kind| rig.fleet.state(&id("cam"), kind).unwrap().state;
    assert_eq!((state(StreamKind::Sub), state(StreamKind::Main)), (StreamState::Masked, StreamState::Masked));
    assert_eq!(rig.source.attempts().len(), 1, "only from before");

    rig.fleet.configure(vec![camera("cam")]);
    rig.until("cam", StreamState::Live).await;
    viewer.frame().await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_sleeps_gets_the_newest_state_of_every_stream() {
    let mut rig = Rig::with(Settings::default(), 1);
    rig.fleet.configure(vec![camera("a"), camera("b")]);
    for turn in 0..20 {
        let mode = if turn % 2 == 0 { Mode::Refuse(StreamCause::Refused) } else { Mode::Play };
        rig.source.mode("a/sub", mode);
        rig.source.mode("b/sub", Mode::Refuse(StreamCause::NotFound));
        tokio::time::sleep(Duration::from_secs(5)).await; // test time, not ours: nobody reads
    }
    let mut newest = std::collections::BTreeMap::new();
    let end = tokio::time::Instant::now() + Duration::from_secs(3);
    let mut taken = 0;
    while let Ok(Some(report)) = tokio::time::timeout_at(end, rig.reports.recv()).await {
        if let CameraReport::State(report) = report {
            taken += 1;
            newest.insert(report.device.to_string(), (report.state, report.cause));
        }
    }
    assert_eq!(newest["a"], (StreamState::Live, None));
    assert_eq!(newest["b"], (StreamState::Lost, Some(StreamCause::NotFound)));
    assert!(taken <= 6, "{taken} reports waited");
}

#[tokio::test(start_paused = true)]
async fn no_password_is_printed_whatever_happens_to_the_camera() {
    let mut rig = Rig::new();
    let secret = CameraConfig {
        sub: Some(StreamUrl::parse("rtsp://cam/user=admin&password=s3cr3t-path").unwrap()),
        credentials: Some(Credentials { user: "us3r-name".into(), password: "s3cr3t-word".into() }),
        ..camera("cam")
    };
    let path = "cam/user=admin&password=s3cr3t-path";
    rig.fleet.configure(vec![secret.clone()]);
    for cause in [StreamCause::Refused, StreamCause::Protocol, StreamCause::Unauthorized] {
        rig.source.mode(path, Mode::Refuse(cause));
        rig.until_lost("cam", cause).await;
    }
    let viewer = rig.viewer("cam", StreamKind::Sub);
    let debug = format!(
        "{secret:?} {:?} {viewer:?} {:?}",
        rig.fleet,
        rig.fleet.state(&id("cam"), StreamKind::Sub),
        viewer = viewer.watch
    );
    let text = logged::text() + &debug;
    assert!(text.contains("stream lost"), "nothing was logged: {text}");
    assert!(!text.contains("s3cr3t") && !text.contains("us3r-name"), "{text}");
}
