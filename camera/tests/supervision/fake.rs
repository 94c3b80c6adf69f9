//! A camera made of memory: it answers as the test says, and can be changed while it plays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use pantau_camera::{
    CameraSession, CameraSource, Item, OpenRequest, Phase, SenderReport, SourceError, SourceFrame,
    StreamParameters,
};
use pantau_schemas::stream::StreamCause;
use tokio::time::Instant;

/// What a camera does at the moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    /// Plays.
    Play,
    /// Refuses, or ends an open session.
    Refuse(StreamCause),
    /// Never comes out of this phase; says nothing in an open session.
    Hang(Phase),
    /// Plays the same picture again and again.
    Freeze,
    /// Plays, but RTP time stands still.
    Still,
    /// Plays, but no key frame.
    NoKeys,
    /// Sends what breaks the parser.
    Panic,
    /// Plays, but RTP time jumps by an hour with every frame.
    Jump,
}

/// A camera's script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    pub(crate) mode: Mode,
    pub(crate) interval: Duration,
    pub(crate) gop: u64,
    /// Camera clock minus ours, ms, told by sender reports.
    pub(crate) skew_ms: Option<i64>,
    pub(crate) codec: &'static str,
    pub(crate) description: &'static [u8],
    /// Every third picture is shown before the one before it.
    pub(crate) reorders: bool,
}

impl Default for Script {
    fn default() -> Self {
        let interval = Duration::from_millis(100);
        Self {
            mode: Mode::Play,
            interval,
            gop: 10,
            skew_ms: None,
            codec: "avc1.4d401e",
            description: b"avcC",
            reorders: false,
        }
    }
}

/// One attempt to open a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) at: Instant,
    pub(crate) path: String,
}

/// All fake cameras, by `host/path`.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeSource {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    scripts: BTreeMap<String, Script>,
    attempts: Vec<Attempt>,
    opening: BTreeMap<String, usize>,
    most_opening: usize,
    sessions: usize,
}

impl FakeSource {
    pub(crate) fn script(&self, path: &str, change: impl FnOnce(&mut Script)) {
        change(self.shared.lock().unwrap().scripts.entry(path.to_owned()).or_default());
    }
    pub(crate) fn mode(&self, path: &str, mode: Mode) {
        self.script(path, |script| script.mode = mode);
    }
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.shared.lock().unwrap().attempts.clone()
    }
    /// The most attempts that one host saw at the same time.
    pub(crate) fn most_opening(&self) -> usize {
        self.shared.lock().unwrap().most_opening
    }
    /// Sessions open now.
    pub(crate) fn sessions(&self) -> usize {
        self.shared.lock().unwrap().sessions
    }
    fn read(&self, path: &str) -> Script {
        self.shared.lock().unwrap().scripts.get(path).copied().unwrap_or_default()
    }
}

/// Counts an attempt in flight for as long as it lives.
struct Opening(FakeSource, String);

impl Opening {
    fn new(source: &FakeSource, host: &str) -> Self {
        let mut shared = source.shared.lock().unwrap();
        let now = shared.opening.entry(host.to_owned()).or_default();
        *now += 1;
        let now = *now;
        shared.most_opening = shared.most_opening.max(now);
        Self(source.clone(), host.to_owned())
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        *self.0.shared.lock().unwrap().opening.get_mut(&self.1).unwrap() -= 1;
    }
}

impl CameraSource for FakeSource {
    type Session = FakeSession;
    type Memory = ();

    async fn open(&self, request: OpenRequest, _memory: Arc<()>) -> Result<FakeSession, SourceError> {
        let url = request.url.expose();
        let path = format!("{}{}", url.host_str().unwrap(), url.path());
        let _opening = Opening::new(self, request.url.authority());
        self.shared.lock().unwrap().attempts.push(Attempt { at: Instant::now(), path: path.clone() });
        for phase in [Phase::Connect, Phase::Describe, Phase::Setup, Phase::Play] {
            request.progress.enter(phase);
            match self.read(&path).mode {
                Mode::Hang(hangs) if hangs == phase => std::future::pending().await,
                Mode::Refuse(cause) if phase == Phase::Connect => {
                    return Err(SourceError::new(cause, "the script says so"));
                }
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
        self.shared.lock().unwrap().sessions += 1;
        let next_at = Instant::now();
        Ok(FakeSession {
            source: self.clone(),
            path,
            next_at,
            index: 0,
            rtp: 0,
            told: None,
            started: next_at,
        })
    }
}

pub(crate) struct FakeSession {
    source: FakeSource,
    path: String,
    next_at: Instant,
    started: Instant,
    index: u64,
    rtp: i64,
    told: Option<&'static str>,
}

impl Drop for FakeSession {
    fn drop(&mut self) {
        self.source.shared.lock().unwrap().sessions -= 1;
    }
}

impl CameraSession for FakeSession {
    async fn next(&mut self) -> Result<Option<Item>, SourceError> {
        loop {
            tokio::time::sleep_until(self.next_at).await;
            let script = self.source.read(&self.path);
            if self.told != Some(script.codec) {
                self.told = Some(script.codec);
                return Ok(Some(Item::Parameters(StreamParameters {
                    codec: script.codec.to_owned(),
                    description: Bytes::from_static(script.description),
                    width: 640,
                    height: 360,
                })));
            }
            match script.mode {
                Mode::Refuse(_) => return Ok(None),
                Mode::Panic => panic!("the script says so"),
                Mode::Hang(_) => self.next_at += script.interval,
                _ => break,
            }
        }
        let script = self.source.read(&self.path);
        if let Some(skew) = script.skew_ms.filter(|_| self.index == 1) {
            self.index += 1; // a report takes the place of one frame
            let micros = i64::try_from(self.started.elapsed().as_micros()).unwrap();
            let now = super::rig::BASE_S * 1_000_000 + super::rig::micros_since_start() + skew * 1_000;
            assert!(micros >= 0);
            let secs = u64::try_from(now / 1_000_000).unwrap() + 2_208_988_800;
            let fraction = (u64::try_from(now % 1_000_000).unwrap() << 32) / 1_000_000;
            return Ok(Some(Item::SenderReport(SenderReport { ntp: secs << 32 | fraction, rtp: self.rtp })));
        }
        let key = self.index.is_multiple_of(script.gop) && script.mode != Mode::NoKeys;
        match script.mode {
            Mode::Still => {}
            Mode::Jump => self.rtp += 3_600 * 90_000,
            _ => self.rtp += i64::try_from(script.interval.as_micros()).unwrap() * 9 / 100,
        }
        let picture = if script.mode == Mode::Freeze { 7 } else { self.index };
        let place = self.index % script.gop;
        let order = if script.reorders && place % 3 == 2 { place * 2 - 3 } else { place * 2 };
        let mut data = vec![0, 0, 0, 25, if key { 0x65 } else { 0x41 }];
        data.extend_from_slice(&slice(key, u32::try_from(order).unwrap()).to_be_bytes());
        data.extend(format!("{picture:020}").bytes()); // no start code in it
        let frame = SourceFrame {
            rtp: self.rtp,
            clock_rate: 90_000,
            key,
            disposable: false,
            packets_lost: 0,
            started: Instant::now(),
            data: data.into(),
        };
        self.index += 1;
        self.next_at += script.interval;
        Ok(Some(Item::Frame(frame)))
    }
}

/// The head of a slice (H.264 7.3.3) with eight bits each for `frame_num` and `pic_order_cnt_lsb`.
fn slice(idr: bool, order: u32) -> u32 {
    let order = order % 256;
    if idr {
        0b10_0010_0010_0000_0001 << 14 | order << 6 | 0x3f
    } else {
        0b100_1101_0000_0000 << 17 | order << 9 | 0x1ff
    }
}
