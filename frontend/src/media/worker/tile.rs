//! One tile in the worker: what was asked for, what came, and what was drawn.

use std::collections::VecDeque;

use pantau_schemas::ladder::{Rung, Sieve};
use pantau_schemas::media::{Header, Tile};
use pantau_schemas::stream::StreamKind;
use pantau_schemas::time::Timestamp;
use web_sys::VideoFrame;

use super::decoder::{Decoder, StreamConfig};
use super::packer::Packer;
use super::surface::{Surface, stretch};
use crate::browser::{monotonic_ms, now};
use crate::media::admission::Admission;
use crate::media::assembly::Assembler;
use crate::media::choice::PlayerKind;
use crate::media::load::Tally;
use crate::media::message::{Said, TileReport};
use crate::media::sampler::Sampler;
use crate::media::watchdog::{Seen, Watchdog};

/// Access units a decoder may be behind before the rest of the group is left out.
const MAX_BACKLOG: u32 = 30;
/// So few that wait at a decoder are decoded though their tile stepped down: opening another one costs more.
const FEW_WAITING: u32 = 3;
/// Frames between decoder and canvas that are remembered.
const MAX_MARKS: usize = 64;
/// Pictures that may wait for their repaint. Two that arrive together are drawn at two repaints, 17 ms apart; more
/// than a few are old, and the oldest is left out.
const MAX_PENDING: usize = 3;
/// Decoder failures in a row before the tile says that this browser cannot show the stream.
const MAX_FAILURES: u32 = 3;
/// How often the content is looked at between key frames, ms.
const LOOK_MS: f64 = 1_000.0;
/// How often the server is told what was shown, ms.
const SHOWN_MS: f64 = 1_000.0;

/// A frame on its way through the decoder.
struct Mark {
    stamp: u32,
    header: Header,
}

/// A decoded picture that waits for the next repaint.
struct Pending {
    frame: VideoFrame,
    header: Option<Header>,
}

/// Counts for the report.
#[derive(Default)]
struct Counts {
    received: u64,
    decoded: u64,
    drawn: u64,
    superseded: u64,
    dropped: u64,
    skipped: u64,
    left_out: u64,
    errors: u64,
    /// Of the dropped ones, those that a full decoder, or the page, did not take.
    refused: u64,
}

/// A tile.
pub(super) struct TilePlayer {
    pub(super) wanted: Tile,
    pub(super) kind: PlayerKind,
    pub(super) packer: Packer,
    pub(super) surface: Option<Surface>,
    pub(super) assembler: Assembler,
    pub(super) admission: Admission,
    pub(super) said: Option<Said>,
    pub(super) config: Option<StreamConfig>,
    pub(super) decoder: Option<Decoder>,
    /// Which decoder: results of an older one are thrown away.
    pub(super) generation: u32,
    pub(super) quality: Option<StreamKind>,
    /// How much the server sends, by its word.
    socket: Rung,
    /// How much is decoded, by this worker's ladder.
    decoder_rung: Rung,
    sieve: Sieve,
    /// The stream has frames that no other one refers to.
    pub(super) disposable: bool,
    /// When it was first asked for over an open socket.
    pub(super) asked: Option<f64>,
    stamps: u32,
    marks: VecDeque<Mark>,
    pending: VecDeque<Pending>,
    watchdog: Watchdog,
    looked: f64,
    shown: f64,
    first_picture_ms: Option<u32>,
    picture: Option<Timestamp>,
    size: (u32, u32),
    failures: u32,
    unsupported: bool,
    counts: Counts,
}

impl TilePlayer {
    pub(super) fn new(wanted: Tile, kind: PlayerKind) -> Self {
        Self {
            wanted,
            kind,
            packer: Packer::default(),
            surface: None,
            assembler: Assembler::default(),
            admission: Admission::default(),
            said: None,
            config: None,
            decoder: None,
            generation: 0,
            quality: None,
            socket: Rung::Full,
            decoder_rung: Rung::Full,
            sieve: Sieve::default(),
            disposable: false,
            asked: None,
            stamps: 0,
            marks: VecDeque::new(),
            pending: VecDeque::with_capacity(MAX_PENDING),
            watchdog: Watchdog::default(),
            looked: 0.0,
            shown: 0.0,
            first_picture_ms: None,
            picture: None,
            size: (0, 0),
            failures: 0,
            unsupported: false,
            counts: Counts::default(),
        }
    }

    /// A new stream follows: nothing of the old one may be mixed with it.
    pub(super) fn configure(&mut self, config: StreamConfig, quality: StreamKind) {
        self.decoder = None;
        self.generation = self.generation.wrapping_add(1);
        self.assembler = Assembler::default();
        self.admission = Admission::default();
        self.marks.clear();
        self.sieve = Sieve::default();
        self.disposable = false;
        self.quality = Some(quality);
        self.failures = 0;
        self.unsupported = self.kind == PlayerKind::MediaSource && self.packer.stream(&config).is_err();
        self.config = Some(config);
    }

    /// The server sends so much of the stream from now on.
    pub(super) fn sent(&mut self, rung: Rung) {
        self.socket = rung;
        self.pace();
    }

    /// So much of it is to be decoded. `true` when that is news.
    pub(super) fn limit(&mut self, rung: Rung) -> bool {
        let before = std::mem::replace(&mut self.decoder_rung, rung);
        if rung > before && rung.is_sparse() {
            self.let_go();
        }
        self.pace();
        rung != before
    }

    /// What waits at a decoder that is behind would be decoded for nothing, at the cost of the other tiles.
    fn let_go(&mut self) {
        let waiting = self.decoder.as_ref().map_or(0, Decoder::backlog);
        if waiting > FEW_WAITING {
            self.decoder = None;
            self.generation = self.generation.wrapping_add(1);
            self.marks.clear();
            self.admission.interrupted();
            self.counts.dropped += u64::from(waiting);
        }
    }

    /// How much of it is decoded.
    pub(super) const fn limited(&self) -> Rung {
        self.decoder_rung
    }

    fn pace(&mut self) {
        self.watchdog.paced(self.socket.max(self.decoder_rung));
    }

    /// The server left frames out.
    pub(super) fn skipped(&mut self, frames: u64) {
        self.counts.skipped = self.counts.skipped.saturating_add(frames);
        self.admission.interrupted();
    }

    /// Chunks that did not fit together.
    pub(super) fn broken(&mut self) {
        self.counts.dropped += 1;
        self.admission.interrupted();
    }

    /// Whether a whole frame should be decoded or packed; a decoder is needed for the first.
    pub(super) fn admits(&mut self, header: &Header) -> bool {
        self.counts.received += 1;
        self.disposable |= header.flags.disposable;
        let (key, disposable) = (header.flags.key, header.flags.disposable);
        if !self.sieve.passes(self.decoder_rung, key, disposable, clock_ms()) {
            self.counts.left_out += 1;
            // What passes next needs nothing of what was held back, but perhaps of what is missing before it.
            if header.flags.discontinuity {
                self.admission.interrupted();
            }
            self.packer.left_out();
            return false;
        }
        let behind = self.decoder.as_ref().is_some_and(|decoder| decoder.backlog() > MAX_BACKLOG);
        let full = behind || self.packer.is_full();
        if full {
            self.admission.interrupted();
        }
        let admitted = !self.unsupported && self.admission.admits(header.flags) && !full;
        if !admitted {
            self.counts.dropped += 1;
            self.counts.refused += u64::from(full);
            self.packer.left_out();
        }
        admitted
    }

    /// Decodes an admitted frame.
    pub(super) fn decode(&mut self, header: Header, data: &[u8]) {
        let Some(decoder) = &self.decoder else { return };
        self.stamps = self.stamps.wrapping_add(1);
        if decoder.decode(data, self.stamps, header.flags.key).is_err() {
            self.failed(false);
            return;
        }
        while self.marks.len() >= MAX_MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark { stamp: self.stamps, header });
    }

    /// The decoder failed; `unsupported` when it never will do better.
    pub(super) fn failed(&mut self, unsupported: bool) {
        self.decoder = None;
        self.generation = self.generation.wrapping_add(1);
        self.marks.clear();
        self.admission.interrupted();
        self.counts.errors += 1;
        self.failures = self.failures.saturating_add(1);
        self.unsupported = unsupported;
    }

    /// A picture came out of the decoder. It waits for its repaint; when too many wait, the oldest is closed.
    pub(super) fn decoded(&mut self, frame: VideoFrame) {
        self.counts.decoded += 1;
        let stamp = frame.timestamp();
        let mut header = None;
        // Pictures come in the order of presentation, which may differ from that of decoding by a few.
        if let Some(at) = self.marks.iter().position(|mark| f64::from(mark.stamp) == stamp) {
            header = self.marks.remove(at).map(|mark| mark.header);
        }
        self.pending.push_back(Pending { frame, header });
        if self.pending.len() > MAX_PENDING
            && let Some(old) = self.pending.pop_front()
        {
            old.frame.close();
            self.counts.superseded += 1;
            // A key picture that was never drawn still tells that the content was new: not looked at, so
            // the next one is.
            self.looked = 0.0;
        }
    }

    /// Something waits for a repaint.
    pub(super) fn waits(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Draws the next picture that waits. Gives what to tell the server, about once a second.
    pub(super) fn paint(&mut self, sampler: Option<&Sampler>) -> Option<Header> {
        let Pending { frame, header } = self.pending.pop_front()?;
        let Some(surface) = &self.surface else {
            frame.close();
            return None;
        };
        let drawn = surface.draw(&frame, (self.wanted.width, self.wanted.height)).is_ok();
        let at = monotonic_ms();
        let key = header.is_some_and(|header| header.flags.key);
        if drawn
            && (key || at - self.looked >= LOOK_MS)
            && let Some(fingerprint) = sampler.and_then(|sampler| {
                sampler.fingerprint(|pen, width, height| stretch(pen, &frame, width, height))
            })
        {
            self.looked = at;
            self.watchdog.content(at, fingerprint, key);
        }
        self.size = (frame.display_width(), frame.display_height());
        frame.close();
        if !drawn {
            return None;
        }
        self.counts.drawn += 1;
        self.failures = 0;
        self.watchdog.drawn(at);
        self.picture = header.map(|header| header.received).or(self.picture);
        if let (None, Some(asked)) = (self.first_picture_ms, self.asked) {
            self.first_picture_ms = Some(whole_ms(at - asked));
        }
        if at - self.shown < SHOWN_MS {
            return None;
        }
        self.shown = at;
        header
    }

    /// Adds what it counted to what all tiles did.
    pub(super) fn tally(&self, sum: &mut Tally) {
        let backlog = self.decoder.as_ref().map_or_else(|| self.packer.under_way(), Decoder::backlog);
        sum.backlog = sum.backlog.max(backlog);
        sum.waiting += u64::from(backlog);
        sum.refused += self.counts.refused;
        sum.decoded += self.counts.decoded;
        sum.superseded += self.counts.superseded;
    }

    /// How the tile is.
    pub(super) fn report(&self) -> TileReport {
        let at = monotonic_ms();
        let (mut seen, mut since) = self.watchdog.seen(at);
        if self.unsupported || self.failures >= MAX_FAILURES {
            (seen, since) = (Seen::Lost, None);
        }
        let waiting = (seen == Seen::Nothing).then_some(self.asked).flatten();
        TileReport {
            tile: self.wanted.tile,
            camera: self.wanted.camera.clone(),
            player: self.kind,
            said: self.said,
            seen,
            seen_since: since.map(|since| now().plus_millis(-i64::from(whole_ms(at - since)))),
            socket: self.socket,
            decoder: self.decoder_rung,
            silent_ms: self.watchdog.silent(at).map(whole_ms),
            picture: self.picture,
            waiting_ms: waiting.map(|asked| whole_ms(at - asked)),
            first_picture_ms: self.first_picture_ms,
            quality: self.quality,
            size: self.size,
            received: self.counts.received,
            decoded: self.counts.decoded,
            drawn: self.counts.drawn,
            superseded: self.counts.superseded,
            dropped: self.counts.dropped,
            skipped: self.counts.skipped,
            left_out: self.counts.left_out,
            errors: self.counts.errors,
            behind_ms: None,
        }
    }
}

impl Drop for TilePlayer {
    fn drop(&mut self) {
        for pending in self.pending.drain(..) {
            pending.frame.close();
        }
    }
}

/// The worker's monotonic time as a whole number of ms.
pub(super) fn clock_ms() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ms since the worker began")]
    let whole = monotonic_ms().max(0.0) as u64;
    whole
}

/// Milliseconds as a whole number.
fn whole_ms(ms: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let whole = ms.clamp(0.0, f64::from(u32::MAX)) as u32;
    whole
}
