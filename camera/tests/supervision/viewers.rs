//! What viewers see, and that none of them costs another.

use std::time::Duration;

use pantau_camera::Step;
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use tokio::time::Instant;

use crate::fake::Mode;
use crate::rig::{Rig, camera, id};

#[tokio::test(start_paused = true)]
async fn a_new_viewer_gets_state_parameters_and_the_group_from_its_key_frame_at_once() {
    let mut rig = Rig::live().await;
    rig.pass(Duration::from_millis(3_550)).await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    assert!(viewer.signal.take().contains(3), "the bell rings for what is there already");
    let steps = viewer.drain();
    assert!(matches!(steps[0], Step::State { state: StreamState::Live, .. }), "{steps:?}");
    assert!(matches!(&steps[1], Step::Parameters(parameters) if parameters.codec == "avc1.4d401e"));
    assert!(matches!(&steps[2], Step::Frame(frame) if frame.key));
    let frames = steps.iter().filter(|step| matches!(step, Step::Frame(_))).count();
    assert_eq!(frames, steps.len() - 2);
    assert_eq!(frames, 6, "0.55 s after the fourth key frame");
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_was_slow_skips_to_a_key_frame_and_knows_what_it_lost() {
    let mut rig = Rig::live().await;
    let (mut fast, mut slow) = (rig.viewer("cam", StreamKind::Sub), rig.viewer("cam", StreamKind::Sub));
    let first = slow.frame().await.sequence;
    let end = Instant::now() + Duration::from_millis(22_050);
    let mut last_fast = None;
    while Instant::now() < end {
        for step in fast.drain() {
            assert!(!matches!(step, Step::Skipped(_)), "the slow viewer cost the fast one a frame");
            if let Step::Frame(frame) = step {
                assert!(last_fast.is_none_or(|last| frame.sequence == last + 1));
                last_fast = Some(frame.sequence);
            }
        }
        rig.pass(Duration::from_millis(50)).await;
    }
    let newest = fast.drain().into_iter().rev().find_map(|step| match step {
        Step::Frame(frame) => Some(frame.sequence),
        _ => None,
    });
    let steps = slow.drain();
    let Step::Skipped(lost) = steps[0] else { panic!("{:?}", steps[0]) };
    let Step::Frame(next) = &steps[1] else { panic!("{:?}", steps[1]) };
    assert!(next.key);
    assert_eq!(u64::from(next.sequence), u64::from(first) + 1 + lost);
    let Some(Step::Frame(last)) = steps.last() else { panic!("{steps:?}") };
    assert_eq!(Some(last.sequence), newest.or(last_fast), "back at full rate");
}

#[tokio::test(start_paused = true)]
async fn numbers_rise_over_a_reconnection_and_the_gap_is_marked() {
    let mut rig = Rig::live().await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    let first = viewer.frame().await;
    assert!(first.discontinuity && !viewer.frame().await.discontinuity);
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Refused));
    rig.until("cam", StreamState::Lost).await;
    viewer.drain();
    rig.source.mode("cam/sub", Mode::Play);
    let mut steps = vec![viewer.step().await];
    while !matches!(steps.last(), Some(Step::Frame(_))) {
        steps.push(viewer.step().await);
    }
    let Some(Step::Frame(after)) = steps.last() else { unreachable!() };
    assert!(after.key && after.discontinuity && after.sequence > first.sequence);
    let again = steps.iter().any(|step| matches!(step, Step::Parameters(_)));
    assert!(!again, "the same parameters are not told twice: {steps:?}");
}

#[tokio::test(start_paused = true)]
async fn new_parameters_come_before_the_first_frame_that_needs_them() {
    let mut rig = Rig::live().await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    viewer.drain();
    rig.source.script("cam/sub", |script| script.codec = "hvc1.1.6.L93.B0");
    let step = viewer.step().await;
    assert!(matches!(&step, Step::Parameters(new) if new.codec == "hvc1.1.6.L93.B0"), "{step:?}");
    assert!(matches!(viewer.step().await, Step::Frame(_)));
    rig.pass(Duration::from_secs(1)).await;
}

/// An avcC whose SPS says nothing of reordering, and counts the order with eight bits.
const SILENT: &[u8] = &[
    1, 0x4d, 0, 31, 0xff, 0xe1, 0, 11, 0x67, 0x4d, 0, 31, 0x96, 0x54, 0x03, 0xc0, 0x11, 0x3f, 0x2a, 1, 0, 4,
    0x68, 0xce, 0x3c, 0x80,
];

#[tokio::test(start_paused = true)]
async fn viewers_learn_with_a_key_frame_that_nothing_is_reordered_and_with_another_that_it_is_after_all() {
    let mut rig = Rig::new();
    rig.source.script("cam/sub", |script| script.description = SILENT);
    rig.fleet.configure(vec![camera("cam")]);
    rig.until("cam", StreamState::Live).await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    let mut told = async |rig: &Rig| loop {
        let Step::Parameters(parameters) = viewer.step().await else { continue };
        let Step::Frame(frame) = viewer.step().await else { panic!("no frame") };
        assert!(frame.key, "a decoder can begin with it");
        assert_eq!(rig.source.attempts().len(), 1, "in the same session");
        return parameters.description.clone();
    };
    assert_eq!(told(&rig).await, SILENT);
    let rewritten = told(&rig).await;
    assert_ne!(rewritten, SILENT);
    rig.source.script("cam/sub", |script| script.reorders = true);
    assert_eq!(told(&rig).await, SILENT);

    // For good, also in the next session.
    rig.source.script("cam/sub", |script| script.reorders = false);
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Refused));
    rig.until("cam", StreamState::Lost).await;
    rig.source.mode("cam/sub", Mode::Play);
    rig.until("cam", StreamState::Live).await;
    rig.pass(Duration::from_secs(60)).await;
    let again = viewer.drain();
    assert!(!again.iter().any(|step| matches!(step, Step::Parameters(_))), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn the_large_picture_is_open_only_while_somebody_looks_and_ten_seconds_longer() {
    let mut rig = Rig::live().await;
    assert_eq!(rig.source.sessions(), 1);
    assert_eq!(rig.fleet.state(&id("cam"), StreamKind::Main).unwrap().state, StreamState::Closed);
    let mut viewer = rig.viewer("cam", StreamKind::Main);
    assert_eq!(viewer.watch.kind(), StreamKind::Main);
    viewer.frame().await;
    drop(viewer);
    rig.pass(Duration::from_secs(9)).await;
    let mut again = rig.viewer("cam", StreamKind::Main);
    again.frame().await;
    assert_eq!(rig.source.attempts().len(), 2, "it was kept warm");
    rig.pass(Duration::from_secs(60)).await;
    assert_eq!(rig.source.sessions(), 2, "somebody looks");
    drop(again);
    let left = Instant::now();
    while rig.source.sessions() == 2 {
        rig.pass(Duration::from_millis(100)).await;
    }
    assert!((9.5..=11.0).contains(&left.elapsed().as_secs_f64()), "{:?}", left.elapsed());
    assert_eq!(rig.fleet.state(&id("cam"), StreamKind::Main).unwrap().state, StreamState::Closed);
    assert_eq!(rig.fleet.state(&id("cam"), StreamKind::Sub).unwrap().state, StreamState::Live);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_large_picture_that_nobody_wants_any_more() {
    let mut rig = Rig::live().await;
    rig.source.mode("cam/main", Mode::Refuse(StreamCause::Refused));
    let viewer = rig.viewer("cam", StreamKind::Main);
    rig.until("cam", StreamState::Lost).await;
    drop(viewer);
    rig.until("cam", StreamState::Closed).await;
    let attempts = rig.source.attempts().len();
    rig.pass(Duration::from_secs(600)).await;
    assert_eq!(rig.source.attempts().len(), attempts);
}

#[tokio::test(start_paused = true)]
async fn a_camera_with_one_stream_shows_it_as_the_small_one_too() {
    let mut rig = Rig::new();
    rig.fleet.configure(vec![pantau_camera::CameraConfig { sub: None, ..camera("cam") }]);
    let live = rig.until("cam", StreamState::Live).await;
    assert_eq!(live.stream, StreamKind::Main);
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    assert_eq!(viewer.watch.kind(), StreamKind::Main);
    viewer.frame().await;
    rig.pass(Duration::from_secs(120)).await;
    assert_eq!(rig.source.attempts().len(), 1, "always open");
}

#[tokio::test(start_paused = true)]
async fn a_viewer_can_begin_again_for_a_new_decoder() {
    let mut rig = Rig::live().await;
    rig.pass(Duration::from_millis(1_550)).await;
    let mut viewer = rig.viewer("cam", StreamKind::Sub);
    let first = viewer.frame().await;
    viewer.drain();
    viewer.watch.rewind();
    assert!(matches!(viewer.watch.next(), Some(Step::Parameters(_))));
    let Some(Step::Frame(again)) = viewer.watch.next() else { panic!("no frame") };
    assert_eq!(again, first);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_of_a_lost_camera_is_told_so_and_gets_no_old_picture() {
    let mut rig = Rig::live().await;
    rig.source.mode("cam/sub", Mode::Refuse(StreamCause::Refused));
    rig.until("cam", StreamState::Lost).await;
    let steps = rig.viewer("cam", StreamKind::Sub).drain();
    assert!(matches!(steps[0], Step::State { state: StreamState::Lost, cause: Some(_), .. }), "{steps:?}");
    assert!(!steps.iter().any(|step| matches!(step, Step::Frame(_))), "{steps:?}");
}
