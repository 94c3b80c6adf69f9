//! Sends a film to whoever watches it, in time.
//!
//! One timer for a stream, however many viewers it has; none while it has no viewer. All viewers get the same
//! bytes. A viewer whose queue is full is dropped: cameras do the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pantau_schemas::time::Clock;
use rand::Rng;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::camera::CameraFault;
use super::film::{Film, Packets, RTP_CLOCK, Stamp};
use super::rtcp::Report;
use super::trouble::Trouble;

/// Seconds between sender reports.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// A pump that is later than this does not catch up; its clock goes on as if nothing had been missed.
const TOO_LATE: Duration = Duration::from_secs(1);

/// Where packets go; a viewer begins with a key frame.
struct Viewer {
    packets: mpsc::Sender<Bytes>,
    started: bool,
}

/// What a pump works with.
pub(crate) struct Parts {
    pub(crate) film: Arc<Film>,
    pub(crate) joins: mpsc::Receiver<mpsc::Sender<Bytes>>,
    pub(crate) trouble: watch::Receiver<Trouble<CameraFault>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) token: CancellationToken,
}

/// The running stream.
pub(crate) struct Pump {
    parts: Parts,
    viewers: Vec<Viewer>,
    source: u32,
    sequence: u16,
    packets: u32,
    octets: u32,
    /// The moment of picture 0, its RTP time, and the number of the next picture.
    anchor: (Instant, u32),
    number: u64,
    place: usize,
    standing: Option<usize>,
    held: Option<u32>,
    report_at: Instant,
}

impl Pump {
    /// A stream without viewers.
    pub(crate) fn new(parts: Parts) -> Self {
        let mut random = rand::rng();
        let now = Instant::now();
        Self {
            parts,
            viewers: Vec::new(),
            source: random.random(),
            sequence: random.random(),
            packets: 0,
            octets: 0,
            anchor: (now, random.random()),
            number: 0,
            place: 0,
            standing: None,
            held: None,
            report_at: now,
        }
    }

    /// Runs until it is cancelled or nobody can join any more.
    pub(crate) async fn run(mut self) {
        let token = self.parts.token.clone();
        loop {
            let idle = self.viewers.is_empty();
            let due = self.due();
            // Leaving first, so that an endless stream can be stopped; then viewers, who are few.
            tokio::select! {
                biased;
                () = token.cancelled() => return,
                joined = self.parts.joins.recv() => {
                    let Some(packets) = joined else { return };
                    if idle {
                        self.restart();
                    }
                    self.viewers.push(Viewer { packets, started: false });
                }
                () = tokio::time::sleep_until(due), if !idle => self.tick(),
            }
        }
    }

    fn due(&self) -> Instant {
        let nanos = u128::from(self.number) * 1_000_000_000 / u128::from(self.parts.film.fps());
        self.anchor.0 + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn timestamp(&self) -> u32 {
        let ticks = u128::from(self.number) * u128::from(RTP_CLOCK) / u128::from(self.parts.film.fps());
        self.anchor.1.wrapping_add(wrapped(ticks))
    }

    /// Makes now the moment of the next picture; RTP time has gone on meanwhile.
    fn restart(&mut self) {
        let now = Instant::now();
        let passed =
            now.saturating_duration_since(self.anchor.0).as_micros() * u128::from(RTP_CLOCK) / 1_000_000;
        self.anchor = (now, self.anchor.1.wrapping_add(wrapped(passed)));
        self.number = 0;
        self.place = self.parts.film.key_from(self.place);
        self.report_at = now;
    }

    fn tick(&mut self) {
        if self.due().elapsed() > TOO_LATE {
            self.restart();
        }
        let fault = self.parts.trouble.borrow().now();
        let timestamp = match (fault, self.held) {
            (Some(CameraFault::Still), Some(held)) => held,
            (Some(CameraFault::Still), None) => *self.held.insert(self.timestamp()),
            _ => {
                self.held = None;
                self.timestamp()
            }
        };
        let stamp = Stamp {
            sequence: self.sequence,
            timestamp,
            source: self.source,
            sent_micros: self.parts.clock.now().micros(),
        };
        let picture = match fault {
            Some(CameraFault::Freeze) => {
                let place = self.standing.map_or(0, |place| place + 1);
                self.standing = Some(place);
                self.parts.film.standing(place, stamp)
            }
            _ => {
                if self.standing.take().is_some() {
                    self.place = self.parts.film.key_from(self.place);
                }
                let key = self.parts.film.is_key(self.place);
                self.parts.film.packets(self.place, stamp).map(|packets| (packets, key))
            }
        };
        if fault != Some(CameraFault::Stall)
            && let Some((packets, key)) = picture
        {
            self.send(packets, key);
        }
        self.place = self.parts.film.after(self.place);
        self.number += 1;
    }

    fn send(&mut self, packets: Packets, key: bool) {
        let begins = key && self.viewers.iter().any(|viewer| !viewer.started);
        let report = (begins || self.report_at <= Instant::now()).then(|| self.report());
        self.viewers.retain_mut(|viewer| {
            viewer.started |= key;
            if !viewer.started {
                return !viewer.packets.is_closed();
            }
            let report = report.iter().cloned();
            report.chain([packets.bytes.clone()]).all(|bytes| viewer.packets.try_send(bytes).is_ok())
        });
        self.sequence = self.sequence.wrapping_add(packets.count);
        self.packets = self.packets.wrapping_add(u32::from(packets.count));
        self.octets = self.octets.wrapping_add(packets.octets);
    }

    fn report(&mut self) -> Bytes {
        let now = Instant::now();
        self.report_at = now + REPORT_EVERY;
        let late = now.saturating_duration_since(self.due()).as_micros() * u128::from(RTP_CLOCK) / 1_000_000;
        Report {
            source: self.source,
            now: self.parts.clock.now(),
            timestamp: self.timestamp().wrapping_add(wrapped(late)),
            packets: self.packets,
            octets: self.octets,
        }
        .packet()
    }
}

/// A count of RTP ticks as the 32 bits that a packet has for it.
fn wrapped(ticks: u128) -> u32 {
    u32::try_from(ticks % (1 << 32)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use pantau_schemas::time::Timestamp;

    use super::*;
    use crate::sim::clip::Clip;
    use crate::sim::synthetic::synthetic;

    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1_795_320_669)
        }
    }

    struct Stage {
        joins: mpsc::Sender<mpsc::Sender<Bytes>>,
        trouble: watch::Sender<Trouble<CameraFault>>,
        token: CancellationToken,
        clip: Clip,
    }

    impl Stage {
        fn new(tasks: &tokio_util::task::TaskTracker) -> Self {
            let (joins, join_queue) = mpsc::channel(4);
            let (trouble, watched) = watch::channel(Trouble::NONE);
            let token = CancellationToken::new();
            let clip = synthetic(320, 180, 10, 200_000);
            let film = Arc::new(Film::new(&clip, false));
            let parts = Parts {
                film,
                joins: join_queue,
                trouble: watched,
                clock: Arc::new(Fixed),
                token: token.clone(),
            };
            tasks.spawn(Pump::new(parts).run());
            Self { joins, trouble, token, clip }
        }

        async fn join(&self, queue: usize) -> mpsc::Receiver<Bytes> {
            let (packets, queue) = mpsc::channel(queue);
            self.joins.send(packets).await.unwrap();
            queue
        }
    }

    /// The RTP time of the next picture, the report before it skipped.
    async fn picture(queue: &mut mpsc::Receiver<Bytes>) -> Option<(u32, Bytes)> {
        loop {
            let bytes = queue.recv().await?;
            if bytes[1] == 0 {
                return Some((u32::from_be_bytes(bytes[8..12].try_into().unwrap()), bytes));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_rises_evenly_across_the_end_of_the_loop() {
        let tasks = tokio_util::task::TaskTracker::new();
        let stage = Stage::new(&tasks);
        let mut queue = stage.join(8).await;
        let (mut last, first) = picture(&mut queue).await.unwrap();
        // The first thing a viewer gets is a key frame: parameter sets in a STAP-A.
        assert_eq!(first[16] & 0x1f, 24);
        for _ in 0..stage.clip.units.len() + 5 {
            let (next, _) = picture(&mut queue).await.unwrap();
            assert_eq!(next.wrapping_sub(last), 9_000);
            last = next;
        }
        stage.token.cancel();
        tasks.close();
        tasks.wait().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_frozen_picture_repeats_while_time_goes_on() {
        let tasks = tokio_util::task::TaskTracker::new();
        let stage = Stage::new(&tasks);
        let mut queue = stage.join(8).await;
        let (mut last, _) = picture(&mut queue).await.unwrap();
        stage.trouble.send_replace(Trouble::new(CameraFault::Freeze, None));
        let mut keys = Vec::new();
        for _ in 0..60 {
            let (next, bytes) = picture(&mut queue).await.unwrap();
            assert_eq!(next.wrapping_sub(last), 9_000);
            last = next;
            if bytes[16] & 0x1f == 24 {
                // Inside the second packet: the picture without anything that counts on.
                keys.push(bytes.slice(60..1000));
            }
        }
        assert!(
            keys.len() >= 3 && keys.windows(2).all(|pair| pair[0] == pair[1]),
            "{} key frames",
            keys.len()
        );
        stage.trouble.send_replace(Trouble::NONE);
        let (_, bytes) = picture(&mut queue).await.unwrap();
        assert_eq!(bytes[16] & 0x1f, 24, "after a frozen picture the stream goes on with a key frame");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_viewer_is_dropped_and_costs_the_others_nothing() {
        let tasks = tokio_util::task::TaskTracker::new();
        let stage = Stage::new(&tasks);
        let mut slow = stage.join(3).await;
        let mut quick = stage.join(8).await;
        for _ in 0..40 {
            picture(&mut quick).await.unwrap();
        }
        let mut left = 0;
        while slow.recv().await.is_some() {
            left += 1;
        }
        assert_eq!(left, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_stream_is_silent_and_comes_back() {
        let tasks = tokio_util::task::TaskTracker::new();
        let stage = Stage::new(&tasks);
        let mut queue = stage.join(8).await;
        picture(&mut queue).await.unwrap();
        stage.trouble.send_replace(Trouble::new(CameraFault::Stall, Some(Duration::from_secs(20))));
        let before = Instant::now();
        picture(&mut queue).await.unwrap();
        assert!(before.elapsed() >= Duration::from_secs(19));
    }
}
