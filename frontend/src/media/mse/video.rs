//! One tile's `<video>`: fed, kept at the live edge, and watched as closely as a canvas.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::ArrayBuffer;
use pantau_schemas::ladder::Rung;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlVideoElement, MediaSource};

use super::shown::{Shown, Told, push_bounded, whole};
use super::source::{Refused, Source};
use crate::browser::{best_effort, monotonic_ms};
use crate::media::backlog::{Backlog, Piece};
use crate::media::edge::{Edge, Move, Playing, spare};
use crate::media::fmp4::TIMESCALE;
use crate::media::message::{Mark, TileReport};
use crate::media::sampler::Sampler;
use crate::media::watchdog::Seen;

/// Key frames whose beginnings are remembered; a buffer of a few seconds has fewer.
const MAX_KEYS: usize = 64;
/// Failures in a row before the tile says that this browser cannot show the stream.
const MAX_FAILURES: u32 = 3;

#[wasm_bindgen]
extern "C" {
    /// Older browsers lack it: then it throws.
    #[wasm_bindgen(extends = HtmlVideoElement)]
    type Framed;
    #[wasm_bindgen(method, catch, js_name = requestVideoFrameCallback)]
    fn request_frame(this: &Framed, call: &JsValue) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch, js_name = cancelVideoFrameCallback)]
    fn cancel_frame(this: &Framed, handle: f64) -> Result<(), JsValue>;
}

/// A tile's player. It ends when it is dropped.
pub(in crate::media) struct Video(Rc<RefCell<Inner>>);

struct Inner {
    element: HtmlVideoElement,
    source: Option<Source>,
    backlog: Backlog<ArrayBuffer>,
    edge: Edge,
    /// Beginnings of the key frames that were taken, s.
    keys: VecDeque<f64>,
    shown: Shown,
    /// Pictures are too far apart to be played: each is gone to.
    sparse: bool,
    /// What its edge said of standing until now, ms.
    stood: f64,
    failures: u32,
    unsupported: bool,
    dropped: u64,
    errors: u64,
    /// Keep the browser's calls alive.
    frame: Option<Closure<dyn FnMut(JsValue, JsValue)>>,
    /// The call that is asked for.
    frame_asked: Option<f64>,
    error: Option<Closure<dyn FnMut()>>,
}

impl Video {
    /// Takes the element over; pictures that are shown are told to `told`, about one a second.
    pub(in crate::media) fn new(element: HtmlVideoElement, sampler: Rc<Option<Sampler>>, told: Told) -> Self {
        // As a property: the attribute alone does not silence an element that a script made, and only what is
        // silent may play by itself.
        element.set_muted(true);
        let inner = Rc::new(RefCell::new(Inner {
            shown: Shown::new(element.clone(), sampler, told),
            element,
            source: None,
            backlog: Backlog::default(),
            edge: Edge::default(),
            keys: VecDeque::new(),
            sparse: false,
            stood: 0.0,
            failures: 0,
            unsupported: false,
            dropped: 0,
            errors: 0,
            frame: None,
            frame_asked: None,
            error: None,
        }));
        let own = Rc::downgrade(&inner);
        let frame = Closure::<dyn FnMut(JsValue, JsValue)>::new(move |_now, about: JsValue| {
            with(&own, |inner, _| inner.presented(&about));
        });
        let own = Rc::downgrade(&inner);
        let error = Closure::<dyn FnMut()>::new(move || {
            with(&own, |inner, own| {
                // One of an older source comes late.
                if inner.element.error().is_some() {
                    inner.failed(own);
                }
            });
        });
        {
            let mut inner = inner.borrow_mut();
            inner.element.set_onerror(Some(error.as_ref().unchecked_ref()));
            inner.frame = Some(frame);
            inner.error = Some(error);
            inner.ask_for_frame();
        }
        Self(inner)
    }

    /// The next segments are of this stream.
    pub(in crate::media) fn stream(&self, mime: &str, init: ArrayBuffer) {
        let mut inner = self.0.borrow_mut();
        inner.unsupported = !MediaSource::is_type_supported(mime);
        inner.failures = 0;
        inner.backlog.stream(mime.to_owned(), init);
    }

    /// One access unit.
    pub(in crate::media) fn segment(&self, mark: Mark, data: ArrayBuffer) {
        with(&Rc::downgrade(&self.0), |inner, own| inner.take(mark, data, own));
    }

    /// Segments that wait for the source buffer.
    pub(in crate::media) fn waiting(&self) -> u64 {
        u64::try_from(self.0.borrow().backlog.waiting()).unwrap_or(u64::MAX)
    }

    /// The page is seen again.
    pub(in crate::media) fn return_to_edge(&self) {
        let mut inner = self.0.borrow_mut();
        inner.edge.return_to_edge();
        inner.steer();
    }

    /// Looks at the player, and puts what is known of it into the worker's report of the tile.
    pub(in crate::media) fn report(&self, report: &mut TileReport) {
        let mut inner = self.0.borrow_mut();
        inner.paced(report.rung());
        inner.steer();
        if inner.shown.count_without_callback() {
            inner.failures = 0;
        }
        inner.fill(report);
    }

    /// How long it stood since it was last asked although it had something to play, ms; `None` while nothing is played.
    pub(in crate::media) fn stood(&self) -> Option<u64> {
        let mut inner = self.0.borrow_mut();
        let stood = inner.edge.stood();
        let new = stood - std::mem::replace(&mut inner.stood, stood);
        (!inner.sparse).then(|| u64::from(whole(new)))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.element.set_onerror(None);
        if let Some(asked) = self.frame_asked {
            best_effort(self.element.unchecked_ref::<Framed>().cancel_frame(asked));
        }
        self.source = None;
        best_effort(self.element.remove_attribute("src"));
        // Lets the decoder go now, and not whenever the element is collected.
        self.element.load();
    }
}

/// Calls, unless the tile is gone. Browser events never nest, so it is free.
fn with(own: &Weak<RefCell<Inner>>, call: impl FnOnce(&mut Inner, &Weak<RefCell<Inner>>)) {
    if let Some(inner) = own.upgrade()
        && let Ok(mut inner) = inner.try_borrow_mut()
    {
        call(&mut inner, own);
    }
}

impl Inner {
    fn take(&mut self, mark: Mark, data: ArrayBuffer, own: &Weak<RefCell<Self>>) {
        if self.unsupported {
            self.dropped += 1;
            return;
        }
        let bytes = usize::try_from(data.byte_length()).unwrap_or(usize::MAX);
        self.dropped += self.backlog.push(data, bytes, mark.key);
        self.shown.expect(mark);
        if mark.key {
            push_bounded(&mut self.keys, seconds(mark.start), MAX_KEYS);
        }
        if self.source.is_none() {
            self.open(own);
        }
        self.feed(own);
    }

    fn open(&mut self, own: &Weak<RefCell<Self>>) {
        let ring = Weak::clone(own);
        match Source::open(&self.element, move || with(&ring, Self::feed)) {
            Ok(source) => self.source = Some(source),
            Err(_) => self.errors += 1,
        }
    }

    /// Gives the source what it can take now; it rings when it is done.
    fn feed(&mut self, own: &Weak<RefCell<Self>>) {
        self.steer();
        let Some(source) = self.source.as_mut().filter(|source| source.is_free()) else { return };
        let position = self.element.current_time();
        if let Some((begin, _)) = source.first()
            && let Some(end) = spare(&mut self.keys, begin, position)
            && source.give_back(end)
        {
            return;
        }
        let refused = match self.backlog.take_next() {
            None => return,
            Some(Piece::Init(mime, data)) => source.begin(&mime, &data).err(),
            Some(Piece::Segment(data)) => match source.append(&data) {
                Err(Refused::Full) => {
                    let last = self.keys.iter().rfind(|key| **key <= position).copied();
                    let room = last.is_some_and(|last| source.give_back(last));
                    if room {
                        let bytes = usize::try_from(data.byte_length()).unwrap_or(usize::MAX);
                        self.backlog.put_back(data, bytes);
                        return;
                    }
                    Some(Refused::Full)
                }
                other => other.err(),
            },
        };
        if refused.is_some() {
            self.failed(own);
        }
    }

    /// The player is of no use any more: a new one, from the next key frame on.
    fn failed(&mut self, own: &Weak<RefCell<Self>>) {
        self.errors += 1;
        self.failures = self.failures.saturating_add(1);
        self.dropped += self.backlog.anew();
        self.shown.forget();
        self.keys.clear();
        (self.edge, self.stood) = (Edge::default(), 0.0);
        self.source = None;
        self.open(own);
    }

    fn paced(&mut self, rung: Rung) {
        self.shown.paced(rung);
        let before = std::mem::replace(&mut self.sparse, rung.is_sparse());
        if before && !self.sparse {
            self.edge.return_to_edge();
        }
    }

    /// Keeps it playing, at the live edge.
    fn steer(&mut self) {
        let Some(newest) = self.source.as_ref().and_then(Source::newest) else { return };
        let (element, position) = (&self.element, self.element.current_time());
        if self.sparse {
            return self.go_to_newest(newest.1);
        }
        let playing = Playing { position, seeking: element.seeking(), newest };
        let rate = match self.edge.look(monotonic_ms(), playing) {
            Move::Rate(rate) => rate,
            Move::Seek(to) => {
                element.set_current_time(to);
                1.0
            }
        };
        if (element.playback_rate() - rate).abs() > 0.005 {
            element.set_playback_rate(rate);
        }
        if element.paused()
            && let Ok(begun) = element.play()
        {
            // Refused when the source changes meanwhile; the next look asks again.
            spawn_local(async move { best_effort(JsFuture::from(begun).await) });
        }
    }

    /// Shows the newest key frame as a picture. A player that plays would wait for a second one before it shows the
    /// first, and those are seconds apart.
    fn go_to_newest(&self, end: f64) {
        let element = &self.element;
        if !element.paused() {
            best_effort(element.pause());
        }
        let newest = self.keys.iter().rfind(|key| **key < end);
        if let Some(key) = newest.filter(|key| **key > element.current_time() && !element.seeking()) {
            element.set_current_time(*key);
        }
    }

    fn ask_for_frame(&mut self) {
        let element: &Framed = self.element.unchecked_ref();
        self.frame_asked = self.frame.as_ref().and_then(|call| element.request_frame(call.as_ref()).ok());
    }

    /// A picture is on the screen.
    fn presented(&mut self, about: &JsValue) {
        self.ask_for_frame();
        if self.shown.presented(about) {
            self.failures = 0;
        }
    }

    fn fill(&self, report: &mut TileReport) {
        self.shown.fill(report);
        if self.unsupported || self.failures >= MAX_FAILURES {
            (report.seen, report.seen_since) = (Seen::Lost, None);
        }
        report.dropped += self.dropped;
        report.errors += self.errors;
        let newest = self.source.as_ref().and_then(Source::newest);
        report.behind_ms = newest.map(|(_, end)| whole((end - self.element.current_time()) * 1_000.0));
    }
}

/// A place in a stream, s.
fn seconds(start: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "2^53 µs are 285 years")]
    let micros = start as f64;
    micros / f64::from(TIMESCALE)
}
