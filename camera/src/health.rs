//! What is counted between two reports of health.

use std::time::Duration;

use pantau_schemas::stream::StreamHealth;
use tokio::time::Instant;

use crate::detect::rtp_clock::RtpClock;

/// Counts of one stream; lives as long as its supervisor.
#[derive(Debug)]
pub(crate) struct Meter {
    every: Duration,
    began: Instant,
    frames: u32,
    bytes: u64,
    lost: u64,
    gop: Option<u32>,
    gop_complete: Option<u32>,
    key_at: Option<Instant>,
    connections: u64,
}

impl Meter {
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            began: Instant::now(),
            frames: 0,
            bytes: 0,
            lost: 0,
            gop: None,
            gop_complete: None,
            key_at: None,
            connections: 0,
        }
    }

    /// A session was opened; a group of pictures does not reach over its border.
    pub(crate) fn connected(&mut self) {
        self.connections += 1;
        self.gop = None;
    }

    pub(crate) fn lost(&mut self, packets: u32) {
        self.lost += u64::from(packets);
    }

    pub(crate) fn frame(&mut self, key: bool, bytes: usize, now: Instant) {
        self.frames += 1;
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        if key {
            self.key_at = Some(now);
            self.gop_complete = self.gop.replace(1).or(self.gop_complete);
        } else if let Some(gop) = &mut self.gop {
            *gop += 1;
        }
    }

    /// When the next report is due.
    pub(crate) fn due(&self) -> Instant {
        self.began + self.every
    }

    /// Begins to count anew without a report (nobody wanted the stream until now).
    pub(crate) fn restart(&mut self, now: Instant) {
        self.began = now;
        (self.frames, self.bytes, self.lost) = (0, 0, 0);
    }

    /// What was measured since the last report; `clock` of the session, if one is open.
    pub(crate) fn report(&mut self, now: Instant, clock: Option<&RtpClock>) -> StreamHealth {
        let seconds = now.saturating_duration_since(self.began).as_secs_f64().max(1e-3);
        let health = StreamHealth {
            fps: f64::from(self.frames) / seconds,
            bitrate_bps: bits(self.bytes) / seconds,
            packets_lost: self.lost,
            jitter_ms: clock.and_then(RtpClock::jitter_ms),
            gop_frames: self.gop_complete,
            key_frame_age_s: self.key_at.map(|at| now.saturating_duration_since(at).as_secs_f64()),
            clock_skew_ms: clock.and_then(RtpClock::skew_ms),
            reconnects: self.connections.saturating_sub(1),
        };
        self.restart(now);
        health
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a second are far below 2^52")]
fn bits(bytes: u64) -> f64 {
    bytes as f64 * 8.0
}
