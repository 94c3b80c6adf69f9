//! Whether RTP time runs as time does, and what the camera's own clock says.

use std::time::Duration;

use pantau_schemas::time::Timestamp;
use tokio::time::Instant;

use crate::source::{SenderReport, SourceFrame};

/// RTP time jumped further than it may, seconds; negative is back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Jumped(pub(crate) f64);

/// 1970 in the seconds of NTP, which count from 1900.
const UNIX_IN_NTP: u32 = 2_208_988_800;
/// A camera clock further off than this was never set (or counts from boot): it gives no capture times.
const UNSET: i64 = 366 * 86_400 * 1_000_000;

#[derive(Debug, Clone, Copy)]
struct Report {
    unix_micros: i64,
    rtp: i64,
    skew_micros: i64,
}

/// Follows the RTP clock of one session.
#[derive(Debug)]
pub(crate) struct RtpClock {
    forward: Duration,
    back: Duration,
    last: Option<(i64, Instant)>,
    moved: Option<Instant>,
    jitter_s: Option<f64>,
    report: Option<Report>,
}

impl RtpClock {
    /// Allows RTP time to go so far forward and so far back from one frame to the next.
    pub(crate) const fn new(forward: Duration, back: Duration) -> Self {
        Self { forward, back, last: None, moved: None, jitter_s: None, report: None }
    }

    /// A frame came.
    pub(crate) fn frame(&mut self, frame: &SourceFrame) -> Result<(), Jumped> {
        let Some((rtp, started)) = self.last.replace((frame.rtp, frame.started)) else {
            self.moved = Some(frame.started);
            return Ok(());
        };
        let by = seconds(frame.rtp.saturating_sub(rtp), frame.clock_rate);
        if by > self.forward.as_secs_f64() || by < -self.back.as_secs_f64() {
            return Err(Jumped(by));
        }
        if frame.rtp != rtp {
            self.moved = Some(frame.started);
        }
        // RFC 3550, section 6.4.1, on the first packet of each access unit.
        let deviation = (frame.started.saturating_duration_since(started).as_secs_f64() - by).abs();
        let jitter = self.jitter_s.unwrap_or(0.0);
        self.jitter_s = Some(jitter + (deviation - jitter) / 16.0);
        Ok(())
    }

    /// How long RTP time has been standing still while frames came.
    pub(crate) fn still_for(&self) -> Duration {
        match (self.last, self.moved) {
            (Some((_, last)), Some(moved)) => last.saturating_duration_since(moved),
            _ => Duration::ZERO,
        }
    }

    /// A sender report came.
    pub(crate) fn report(&mut self, report: SenderReport, now: Timestamp) {
        if report.ntp == 0 {
            return; // RFC 3550: a sender without any clock
        }
        let secs = u32::try_from(report.ntp >> 32).unwrap_or(0).wrapping_sub(UNIX_IN_NTP);
        let fraction = i64::try_from(((report.ntp & 0xffff_ffff) * 1_000_000) >> 32).unwrap_or(0);
        let unix_micros = i64::from(secs) * 1_000_000 + fraction;
        self.report = Some(Report { unix_micros, rtp: report.rtp, skew_micros: unix_micros - now.micros() });
    }

    /// When the camera took the frame, by its clock; `None` without a clock that was set.
    pub(crate) fn capture(&self, frame: &SourceFrame) -> Option<Timestamp> {
        let report = self.report.filter(|report| report.skew_micros.abs() < UNSET)?;
        let rate = i64::from(frame.clock_rate.max(1));
        // A session would have to last 3,000 years to overflow this.
        let since = frame.rtp.saturating_sub(report.rtp).saturating_mul(1_000_000) / rate;
        Some(Timestamp::from_micros(report.unix_micros.saturating_add(since)))
    }

    pub(crate) fn jitter_ms(&self) -> Option<f64> {
        self.jitter_s.map(|jitter| jitter * 1e3)
    }

    pub(crate) fn skew_ms(&self) -> Option<f64> {
        self.report.map(|report| millis(report.skew_micros))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a difference of RTP times is far below 2^52")]
fn seconds(units: i64, rate: u32) -> f64 {
    units as f64 / f64::from(rate.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "microseconds between two dates are far below 2^52 ms")]
fn millis(micros: i64) -> f64 {
    micros as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn frame(rtp: i64, started: Instant) -> SourceFrame {
        let (clock_rate, data) = (90_000, Bytes::new());
        SourceFrame { rtp, clock_rate, key: false, disposable: false, packets_lost: 0, started, data }
    }

    fn clock() -> RtpClock {
        RtpClock::new(Duration::from_secs(10), Duration::from_secs(1))
    }

    #[test]
    fn frames_in_decoding_order_are_no_jump_but_an_hour_is() {
        let (mut clock, now) = (clock(), Instant::now());
        for rtp in [0, 18_000, 6_000, 12_000, 36_000] {
            assert_eq!(clock.frame(&frame(rtp, now)), Ok(()));
        }
        assert_eq!(clock.frame(&frame(36_000 + 90_000 * 3_600, now)), Err(Jumped(3_600.0)));
        let mut clock = self::clock();
        clock.frame(&frame(900_000, now)).unwrap();
        assert_eq!(clock.frame(&frame(0, now)), Err(Jumped(-10.0)));
    }

    #[test]
    fn jitter_is_the_mean_deviation_of_rfc_3550() {
        let (mut clock, start) = (clock(), Instant::now());
        for index in 0..200u64 {
            let late = if index % 2 == 0 { 0 } else { 10 };
            let at = start + Duration::from_millis(40 * index + late);
            clock.frame(&frame(i64::try_from(3_600 * index).unwrap(), at)).unwrap();
        }
        assert!((clock.jitter_ms().unwrap() - 10.0).abs() < 0.1);
    }

    #[test]
    fn capture_time_is_the_cameras_and_its_error_is_known() {
        let (mut clock, now) = (clock(), Timestamp::from_secs(1_795_320_669));
        let ntp = (u64::from(UNIX_IN_NTP) + 1_795_320_671) << 32 | 0x8000_0000;
        clock.report(SenderReport { ntp, rtp: 90_000 }, now);
        assert_eq!(clock.skew_ms(), Some(2_500.0));
        let capture = clock.capture(&frame(180_000, Instant::now())).unwrap();
        assert_eq!(capture, Timestamp::from_micros(1_795_320_672_500_000));
    }

    #[test]
    fn a_clock_that_was_never_set_gives_no_capture_times() {
        let (mut clock, now) = (clock(), Timestamp::from_secs(1_795_320_669));
        for ntp in [0, 90 << 32, (u64::from(UNIX_IN_NTP) + 60) << 32] {
            clock.report(SenderReport { ntp, rtp: 0 }, now);
            assert_eq!(clock.capture(&frame(0, Instant::now())), None);
        }
    }
}
