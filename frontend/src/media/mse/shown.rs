//! What was seen of a `<video>`: which picture stands there, since when, and whether it is a new one.

use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::Reflect;
use pantau_schemas::ladder::Rung;
use pantau_schemas::time::Timestamp;
use wasm_bindgen::JsValue;
use web_sys::HtmlVideoElement;

use crate::browser::{monotonic_ms, now};
use crate::media::fmp4::TIMESCALE;
use crate::media::message::{Mark, TileReport};
use crate::media::sampler::Sampler;
use crate::media::watchdog::{Seen, Watchdog};

/// Pictures between the backlog and the screen that are remembered; more than a source can be behind.
const MAX_MARKS: usize = 512;
/// How often the content is looked at between key frames, ms.
const LOOK_MS: f64 = 1_000.0;
/// How often the server is told what was shown, ms.
const SHOWN_MS: f64 = 1_000.0;
/// A picture's time is rounded on its way through the player, by less than this, µs.
const ROUNDING_US: u64 = 500;

/// Where pictures that were shown are told.
pub(in crate::media) type Told = Rc<dyn Fn(Mark)>;

/// The pictures of one element.
pub(super) struct Shown {
    element: HtmlVideoElement,
    /// Those that are on their way to it.
    marks: VecDeque<Mark>,
    watchdog: Watchdog,
    sampler: Rc<Option<Sampler>>,
    told: Told,
    looked: f64,
    told_at: f64,
    /// Pictures that the browser says it presented since it was asked first.
    presented: f64,
    /// The element's own count when there is no better one.
    total: u32,
    picture: Option<i64>,
    first_picture: Option<f64>,
    drawn: u64,
}

impl Shown {
    pub(super) fn new(element: HtmlVideoElement, sampler: Rc<Option<Sampler>>, told: Told) -> Self {
        Self {
            element,
            marks: VecDeque::new(),
            watchdog: Watchdog::default(),
            sampler,
            told,
            looked: 0.0,
            told_at: 0.0,
            presented: 0.0,
            total: 0,
            picture: None,
            first_picture: None,
            drawn: 0,
        }
    }

    /// A picture is on its way to the element.
    pub(super) fn expect(&mut self, mark: Mark) {
        push_bounded(&mut self.marks, mark, MAX_MARKS);
    }

    /// What was on its way is not any more, and the element counts anew.
    pub(super) fn forget(&mut self) {
        self.marks.clear();
        self.total = 0;
    }

    /// So many pictures are to be expected.
    pub(super) fn paced(&mut self, rung: Rung) {
        self.watchdog.paced(rung);
    }

    /// The browser says what it presents. Whether it could be read.
    pub(super) fn presented(&mut self, about: &JsValue) -> bool {
        let number = |name: &str| Reflect::get(about, &name.into()).ok().and_then(|value| value.as_f64());
        let (Some(at), Some(count)) = (number("mediaTime"), number("presentedFrames")) else { return false };
        let new = if count > self.presented { count - self.presented } else { 1.0 };
        self.presented = count;
        self.drew(at, whole(new).into());
        true
    }

    /// For browsers without that call: what the element counts, four times a second. Whether something new was shown.
    pub(super) fn count_without_callback(&mut self) -> bool {
        if self.presented > 0.0 {
            return false;
        }
        let total = self.element.get_video_playback_quality().total_video_frames();
        let new = total.saturating_sub(std::mem::replace(&mut self.total, total));
        if new > 0 {
            self.drew(self.element.current_time(), new.into());
        }
        new > 0
    }

    /// So many pictures were shown; the newest stands there in the stream, s.
    fn drew(&mut self, position: f64, new: u64) {
        let at = monotonic_ms();
        let reached = micros(position).saturating_add(ROUNDING_US);
        let (mut newest, mut key) = (None::<Mark>, false);
        // They are in the order of decoding; with reordered pictures that is not the one of showing.
        self.marks.retain(|mark| {
            let shown = mark.start <= reached;
            if shown {
                key |= mark.key;
                newest = newest.filter(|known| known.start > mark.start).or(Some(*mark));
            }
            !shown
        });
        self.drawn += new;
        self.first_picture.get_or_insert(at);
        self.watchdog.drawn(at);
        if key || at - self.looked >= LOOK_MS {
            let element = &self.element;
            let look = |sampler: &Sampler| {
                sampler.fingerprint(|pen, width, height| {
                    pen.draw_image_with_html_video_element_and_dw_and_dh(element, 0.0, 0.0, width, height)
                })
            };
            if let Some(fingerprint) = self.sampler.as_ref().as_ref().and_then(look) {
                self.looked = at;
                self.watchdog.content(at, fingerprint, key);
            }
        }
        let Some(mark) = newest else { return };
        self.picture = Some(mark.received_us);
        if at - self.told_at >= SHOWN_MS {
            self.told_at = at;
            (self.told)(mark);
        }
    }

    /// Puts what is known into the worker's report of the tile.
    pub(super) fn fill(&self, report: &mut TileReport) {
        let at = monotonic_ms();
        let ago = |moment: f64| now().plus_millis(-i64::from(whole(at - moment)));
        let (seen, since) = self.watchdog.seen(at);
        if let (Some(drawn), Some(waiting)) = (self.first_picture, report.waiting_ms) {
            let asked = at - f64::from(waiting);
            report.first_picture_ms = Some(whole(drawn - asked));
            report.waiting_ms = None;
        }
        report.silent_ms = self.watchdog.silent(at).map(whole);
        if report.seen != Seen::Lost {
            (report.seen, report.seen_since) = (seen, since.map(ago));
        }
        report.picture = self.picture.map(Timestamp::from_micros);
        report.size = (self.element.video_width(), self.element.video_height());
        let quality = self.element.get_video_playback_quality();
        report.decoded = quality.total_video_frames().into();
        report.superseded = quality.dropped_video_frames().into();
        report.drawn = self.drawn;
    }
}

/// Adds to a queue, whose oldest goes when it is full.
pub(super) fn push_bounded<T>(queue: &mut VecDeque<T>, value: T, bound: usize) {
    while queue.len() >= bound {
        queue.pop_front();
    }
    queue.push_back(value);
}

/// A place in a stream, µs.
fn micros(seconds: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let micros = (seconds.max(0.0) * f64::from(TIMESCALE)).round() as u64;
    micros
}

/// A number without its fraction.
pub(super) fn whole(value: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let whole = value.clamp(0.0, f64::from(u32::MAX)) as u32;
    whole
}
