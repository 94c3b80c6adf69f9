//! Reads one open session: frames into the ring, detectors into the state, counts into the meter.
//!
//! A frame costs no timer: one pulse at the next moment at which silence would mean something looks at the
//! time of the last frame.

use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::stream::{StreamCause, StreamState};
use pantau_schemas::time::Clock;
use tokio::time::Instant;

use crate::detect::pace::Pace;
use crate::detect::picture::{Codec, Picture};
use crate::detect::rtp_clock::RtpClock;
use crate::frame::{AccessUnit, StreamParameters};
use crate::health::Meter;
use crate::interrupt::{Interrupt, Interrupts};
use crate::low_delay::LowDelay;
use crate::report::Outbox;
use crate::ring::Entry;
use crate::settings::Settings;
use crate::source::{CameraSession, Item, SourceError, SourceFrame};
use crate::stream::Stream;

/// What a supervisor has at hand for its stream.
pub(crate) struct Desk {
    pub(crate) stream: Arc<Stream>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) meter: Meter,
    /// Number of the next access unit, over all sessions.
    pub(crate) next: u64,
    /// One frame interval, as far as earlier sessions know.
    pub(crate) interval: Duration,
    /// What viewers are told of the stream's parameters.
    pub(crate) low_delay: LowDelay,
}

impl Desk {
    /// Reports health if it is due; when it is due next.
    pub(crate) fn report(&mut self, now: Instant, clock: Option<&RtpClock>) -> Instant {
        if self.meter.due() <= now {
            let health = self.meter.report(now, clock);
            self.outbox.health(&self.stream.device, self.stream.kind, self.clock.now(), health);
        }
        self.meter.due()
    }
}

/// How a session ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) reason: Reason,
    /// How long there was a picture.
    pub(crate) live_for: Option<Duration>,
}

/// Why a session ended.
#[derive(Debug)]
pub(crate) enum Reason {
    Interrupted(Interrupt),
    Failed(SourceError),
}

impl From<SourceError> for Reason {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

/// One open session and what is known of it.
pub(crate) struct Reader<'a> {
    desk: &'a mut Desk,
    pace: Pace,
    picture: Picture,
    rtp: RtpClock,
    parameters: Option<Arc<StreamParameters>>,
    codec: Codec,
    opened: Instant,
    /// When the last frame was here whole; before the first, when the session was opened.
    last: Instant,
    frames: u64,
    live_since: Option<Instant>,
    discontinuity: bool,
    shown: Option<StreamState>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(desk: &'a mut Desk) -> Self {
        let (now, settings) = (Instant::now(), Arc::clone(&desk.settings));
        desk.meter.connected();
        Self {
            pace: Pace::new(desk.interval),
            desk,
            picture: Picture::new(settings.repeats, settings.repeats_last),
            rtp: RtpClock::new(settings.jump_forward, settings.jump_back),
            parameters: None,
            codec: Codec::H264,
            opened: now,
            last: now,
            frames: 0,
            live_since: None,
            discontinuity: true,
            shown: None,
        }
    }

    /// Reads until the session ends or somebody interrupts.
    pub(crate) async fn run<S: CameraSession>(mut self, mut session: S, interrupts: &mut Interrupts) -> End {
        let reason = self.read(&mut session, interrupts).await;
        if self.live_since.is_some() {
            self.desk.interval = self.pace.lesson();
        }
        End { reason, live_for: self.live_since.map(|since| since.elapsed()) }
    }

    async fn read<S: CameraSession>(&mut self, session: &mut S, interrupts: &mut Interrupts) -> Reason {
        let interrupt = interrupts.next();
        let pulse = tokio::time::sleep_until(self.opened);
        tokio::pin!(interrupt, pulse);
        loop {
            tokio::select! {
                // Frames first: after a pause of our own process, what waits in the socket must be seen
                // before the silence is judged.
                biased;
                item = session.next() => match item {
                    Ok(Some(item)) => if let Err(error) = self.take(item) { return error.into() },
                    Ok(None) => return SourceError::new(StreamCause::Closed, "the camera closed").into(),
                    Err(error) => return error.into(),
                },
                interrupt = &mut interrupt => return Reason::Interrupted(interrupt),
                () = &mut pulse => match self.pulse() {
                    Ok(next) => pulse.as_mut().reset(next),
                    Err(error) => return error.into(),
                },
            }
        }
    }

    fn take(&mut self, item: Item) -> Result<(), SourceError> {
        match item {
            Item::Frame(frame) => return self.frame(frame),
            Item::SenderReport(report) => self.rtp.report(report, self.desk.clock.now()),
            Item::Parameters(parameters) => {
                self.codec = Codec::of(&parameters.codec);
                // The same parameters after a reconnection are the same object: no viewer is told twice.
                self.parameters = Some(self.desk.low_delay.parameters(parameters));
            }
        }
        Ok(())
    }

    fn frame(&mut self, frame: SourceFrame) -> Result<(), SourceError> {
        let now = Instant::now();
        self.last = now;
        self.frames += 1;
        self.rtp.frame(&frame).map_err(|jumped| {
            let detail = format!("RTP time jumped by {:.3} s", jumped.0);
            SourceError::new(StreamCause::TimestampsJumped, detail)
        })?;
        self.pace.frame(now);
        self.desk.meter.lost(frame.packets_lost);
        if frame.key {
            self.begin_group();
        }
        let Some(parameters) = self.parameters.as_ref().filter(|_| frame.key || self.live_since.is_some())
        else {
            return Ok(()); // nothing can be decoded before the first key frame
        };
        self.live_since.get_or_insert(now);
        self.desk.meter.frame(frame.key, frame.data.len(), now);
        let received = self.desk.clock.now();
        let discontinuity = std::mem::take(&mut self.discontinuity) || frame.packets_lost > 0;
        let unit = AccessUnit {
            sequence: wrapped(self.desk.next),
            key: frame.key,
            disposable: frame.disposable,
            discontinuity,
            capture: self.rtp.capture(&frame).unwrap_or(received),
            received,
            data: frame.data.clone(),
        };
        self.desk.next += 1;
        let parameters = Arc::clone(parameters);
        self.desk.stream.publish(Entry { unit: Arc::new(unit), parameters, arrived: now });
        // After publishing: what the detectors think is not worth a delay of the picture.
        self.desk.low_delay.frame(frame.key, discontinuity, &frame.data);
        if frame.key {
            self.picture.key_frame(self.codec, &frame.data, now);
        }
        if self.rtp.still_for() >= self.desk.settings.still {
            self.show(StreamState::Frozen, Some(StreamCause::TimestampsStill));
        } else if self.picture.frozen() {
            self.show(StreamState::Frozen, Some(StreamCause::RepeatedPicture));
        } else {
            self.show(StreamState::Live, None);
        }
        Ok(())
    }

    /// With a key frame, a decoder can begin with other parameters.
    fn begin_group(&mut self) {
        let (Some(told), Some(now)) = (&self.parameters, self.desk.low_delay.current()) else { return };
        if !Arc::ptr_eq(told, &now) {
            let (camera, stream) = (&self.desk.stream.device, self.desk.stream.kind);
            tracing::info!(%camera, ?stream, "what decoders are told of the order of pictures changed");
            self.parameters = Some(now);
        }
    }

    /// Looks at the time. When to look again.
    fn pulse(&mut self) -> Result<Instant, SourceError> {
        let now = Instant::now();
        let health = self.desk.report(now, Some(&self.rtp));
        let settings = &self.desk.settings;
        if self.live_since.is_none() {
            let deadline = self.opened + settings.first_key_frame;
            if now >= deadline {
                let cause = if self.frames == 0 { StreamCause::Stalled } else { StreamCause::NoKeyFrame };
                let seconds = settings.first_key_frame.as_secs_f64();
                let detail = format!("{} frames, but no key frame in {seconds} s", self.frames);
                return Err(SourceError::new(cause, detail));
            }
            return Ok(health.min(deadline));
        }
        let expected = self.last + self.pace.interval();
        let (delayed, stalled) = (expected + settings.delayed, expected + settings.stalled);
        if now >= stalled {
            let silence = now.saturating_duration_since(self.last).as_secs_f64();
            return Err(SourceError::new(StreamCause::Stalled, format!("nothing came for {silence:.1} s")));
        }
        if now >= delayed {
            self.show(StreamState::Delayed, Some(StreamCause::Late));
            return Ok(health.min(stalled));
        }
        Ok(health.min(delayed))
    }

    /// Says what may be said of the picture; the cheap way out is that nothing changed since the last frame.
    fn show(&mut self, state: StreamState, cause: Option<StreamCause>) {
        if state == StreamState::Live && self.shown == Some(state) {
            return;
        }
        self.shown = Some(state);
        if self.desk.stream.set(state, cause) {
            let (camera, stream) = (&self.desk.stream.device, self.desk.stream.kind);
            tracing::info!(%camera, ?stream, ?state, ?cause, "picture changed");
        }
    }
}

/// The sequence on the wire has 32 bits.
fn wrapped(index: u64) -> u32 {
    u32::try_from(index & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
