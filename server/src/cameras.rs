//! From the camera room to the core: states as entries to be, health as samples.

use pantau_camera::CameraReport;
use pantau_ingest::delivery::{Delivery, Intake, Receipt};
use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::observation::{Body, Observation, Sample, SampleSet, Source, StreamReport};
use pantau_schemas::stream::{StreamHealth, StreamKind};
use pantau_schemas::time::{Clock, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Hands reports on until the cameras are gone, or until cancelled.
///
/// Waits when the core is full; the camera room does not wait for this task.
pub(crate) async fn forward(
    mut reports: mpsc::Receiver<CameraReport>,
    intake: Intake,
    clock: std::sync::Arc<dyn Clock>,
    cancel: CancellationToken,
) {
    while let Some(Some(report)) = cancel.run_until_cancelled(reports.recv()).await {
        let body = match report {
            CameraReport::State(report) => Body::Stream(StreamReport { ..report }),
            CameraReport::Health { device, stream, time, health } => {
                match samples(&device, stream, time, &health) {
                    Some(set) => Body::Samples(set),
                    None => continue,
                }
            }
        };
        let observation = Observation { source: Source::Camera, received: clock.now(), body };
        if intake.send(Delivery { observation, receipt: Receipt::none() }).await.is_err() {
            return;
        }
    }
}

/// The numbers of a second. A main stream's carry the prefix `main_`.
fn samples(
    device: &DeviceId,
    stream: StreamKind,
    time: Timestamp,
    health: &StreamHealth,
) -> Option<SampleSet> {
    let prefix = match stream {
        StreamKind::Sub => "",
        StreamKind::Main | StreamKind::Unknown => "main_",
    };
    #[expect(clippy::cast_precision_loss, reason = "counts of a second, and reconnects: far below 2^52")]
    let numbers = [
        ("fps", Some(health.fps)),
        ("bitrate", Some(health.bitrate_bps)),
        ("packet_loss", Some(health.packets_lost as f64)),
        ("jitter", health.jitter_ms),
        ("gop_frames", health.gop_frames.map(f64::from)),
        ("key_frame_age", health.key_frame_age_s),
        ("clock_skew", health.clock_skew_ms),
        ("reconnects", Some(health.reconnects as f64)),
    ];
    let samples: Vec<Sample> = numbers
        .into_iter()
        .filter_map(|(metric, value)| {
            let series = SeriesId::of(device, &format!("{prefix}{metric}")).ok()?;
            Some(Sample { series, time, value: value.filter(|value| value.is_finite())? })
        })
        .collect();
    (!samples.is_empty()).then(|| SampleSet {
        device: device.clone(),
        samples,
        backfill: false,
        device_seq: None,
    })
}
