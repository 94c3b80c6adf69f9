//! The window's video in the page: chooses the player, numbers the tiles and shares them out to the workers, hands over
//! their canvases or plays what a worker packs, hands out their reports.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Reflect};
use leptos::prelude::*;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::media::{MAX_TILES, Priority, Tile};
use pantau_schemas::order;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlCanvasElement, HtmlElement, HtmlVideoElement};

use super::choice::{Has, Missing, PlayerKind, choose, workers};
use super::hand::Hand;
use super::message::{Command, Mark, Reply, Report, TileReport};
use super::mse::Video;
use super::sampler::Sampler;
use super::watchdog::{Seen, seen_late};
use crate::browser::{after, every, monotonic_ms, now, reload_at_most_once_a_minute};
use crate::json;

/// Changes of the layout are gathered for so long before the server is told, ms.
const GATHER_MS: u32 = 20;

/// Without a report for so long, what the worker last said is not believed any more, ms.
const DOUBT_MS: f64 = 2_000.0;
/// Without one for so long, its pictures count as frozen, ms.
const FROZEN_MS: f64 = 10_000.0;
/// Without one for so long the page starts over: canvases cannot be taken back from a worker, ms.
const GIVE_UP_MS: f64 = 20_000.0;
/// How often that is looked at, ms.
const LOOK_MS: u32 = 5_000;
/// The worker is told what was taken after so many segments, far fewer than it lets be under way.
const TELL_TAKEN: u64 = 8;

/// What a tile's component follows.
pub(crate) type TileSignal = RwSignal<Option<TileReport>>;

/// Where a tile's pictures are to be seen; made for the window's [`PlayerKind`].
pub(crate) enum Place {
    /// For the worker's decoders.
    Canvas(HtmlCanvasElement),
    /// For a media source.
    Video(HtmlVideoElement),
}

struct Shown {
    /// Which worker has it.
    hand: usize,
    camera: DeviceId,
    priority: Priority,
    element: HtmlElement,
    signal: TileSignal,
    /// With a media source.
    played: Option<Played>,
}

/// A tile that is played in the page.
struct Played {
    video: Rc<Video>,
    /// Segments that came.
    came: u64,
    /// Of how many of them the worker knows that they wait no more.
    told: u64,
}

struct Inner {
    hands: Vec<Hand>,
    next: u16,
    tiles: BTreeMap<u16, Shown>,
    gathering: bool,
    /// Shared by all that play in the page.
    sampler: Rc<Option<Sampler>>,
}

/// The window's video. Clones are the same.
#[derive(Clone)]
pub(crate) struct Screen {
    inner: StoredValue<Rc<RefCell<Inner>>, LocalStorage>,
    /// What plays.
    pub(crate) player: PlayerKind,
}

impl Copy for Screen {}

impl Screen {
    /// Chooses the player and starts the workers. `asked` gives what the page's address asks for: `player`, `workers`.
    ///
    /// # Errors
    /// What this browser lacks; no picture is asked for then.
    pub(crate) fn start(asked: impl Fn(&str) -> Option<String>) -> Result<Self, Missing> {
        let player = choose(asked("player").as_deref(), has())?;
        let count = workers(asked("workers").as_deref(), player);
        let hands = (0..count).map(|_| Hand::start(player)).collect::<Result<Vec<_>, _>>()?;
        let inner = Inner {
            hands,
            next: 1,
            tiles: BTreeMap::new(),
            gathering: false,
            sampler: Rc::new((player == PlayerKind::MediaSource).then(Sampler::new).flatten()),
        };
        let this = Self { inner: StoredValue::new_local(Rc::new(RefCell::new(inner))), player };
        for (number, hand) in this.inner.get_value().borrow().hands.iter().enumerate() {
            hand.listen(move |data| this.heard(number, data));
        }
        let seen = Closure::<dyn FnMut()>::new(move || {
            this.return_to_edge();
            this.gather();
        });
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_onvisibilitychange(Some(seen.into_js_value().unchecked_ref()));
        }
        let resized = Closure::<dyn FnMut()>::new(move || this.gather());
        if let Some(window) = web_sys::window() {
            window.set_onresize(Some(resized.into_js_value().unchecked_ref()));
        }
        every(LOOK_MS, move || {
            let now = monotonic_ms();
            if this.inner.get_value().borrow().hands.iter().any(|hand| now - hand.heard > GIVE_UP_MS) {
                reload_at_most_once_a_minute();
            }
        });
        Ok(this)
    }

    /// Shows a camera there. Gives the tile's number and its reports.
    pub(crate) fn add(self, camera: DeviceId, place: Place, signal: TileSignal) -> Option<u16> {
        let inner = self.inner.get_value();
        let mut inner = inner.borrow_mut();
        if inner.tiles.len() >= MAX_TILES {
            return None;
        }
        let number = inner.next;
        inner.next = inner.next.wrapping_add(1).max(1);
        let hand = inner.idlest();
        let (element, played) = match place {
            Place::Canvas(canvas) => {
                let offscreen = canvas.transfer_control_to_offscreen().ok()?;
                inner.post(hand, &Command::Canvas { tile: number }, Some(offscreen.into()));
                (canvas.into(), None)
            }
            Place::Video(element) => {
                let told = Rc::new(move |mark: Mark| self.shown(number, mark));
                let video = Video::new(element.clone(), Rc::clone(&inner.sampler), told);
                (element.into(), Some(Played { video: Rc::new(video), came: 0, told: 0 }))
            }
        };
        inner
            .tiles
            .insert(number, Shown { hand, camera, priority: Priority::Visible, element, signal, played });
        drop(inner);
        self.gather();
        Some(number)
    }

    /// How much this tile matters: one in focus gets the large stream, and who matters less pays first.
    pub(crate) fn rank(self, tile: u16, priority: Priority) {
        let inner = self.inner.get_value();
        let changed = inner
            .borrow_mut()
            .tiles
            .get_mut(&tile)
            .is_some_and(|shown| std::mem::replace(&mut shown.priority, priority) != priority);
        if changed {
            self.gather();
        }
    }

    /// Shows it no longer.
    pub(crate) fn remove(self, tile: u16) {
        let removed = self.inner.get_value().borrow_mut().tiles.remove(&tile);
        if removed.is_some() {
            self.gather();
        }
    }

    /// Tiles may have another size now.
    pub(crate) fn resized(self) {
        self.gather();
    }

    /// Makes the best of a report that may be old: a worker that stands still proves nothing. Nor does a picture that
    /// was old when it was drawn, however regularly they come; `offset_ms` is what to add to this machine's clock to
    /// get the server's.
    pub(crate) fn doubt(self, report: &mut TileReport, offset_ms: i64) {
        if let (Some(picture), Some(silent)) = (report.picture, report.silent_ms) {
            let age = now().plus_millis(offset_ms).millis_since(picture);
            report.seen = report.seen.max(seen_late(age.saturating_sub(silent.into())));
        }
        let inner = self.inner.get_value();
        let inner = inner.borrow();
        let hand = inner.tiles.get(&report.tile).and_then(|shown| inner.hands.get(shown.hand));
        let silent = monotonic_ms() - hand.map_or(0.0, |hand| hand.heard);
        if silent > FROZEN_MS {
            report.seen = report.seen.max(Seen::Frozen);
        } else if silent > DOUBT_MS {
            report.seen = report.seen.max(Seen::Delayed);
        }
    }

    /// The workers' last reports, as one.
    pub(crate) fn report(self) -> Report {
        let inner = self.inner.get_value();
        let inner = inner.borrow();
        let link = inner.hands.iter().all(|hand| hand.report.link);
        let mut tiles: Vec<_> = inner.hands.iter().flat_map(|hand| hand.report.tiles.clone()).collect();
        order::sort_by_key(&mut tiles, |tile| tile.tile);
        Report { link, missing: None, tiles }
    }

    fn heard(self, hand: usize, data: &JsValue) {
        // Text alone, or text and bytes.
        let parts = data.dyn_ref::<Array>();
        let text = parts.map_or_else(|| data.as_string(), |parts| parts.get(0).as_string());
        let bytes = parts.and_then(|parts| parts.get(1).dyn_into::<ArrayBuffer>().ok());
        let reply = text.and_then(|text| json::read::<Reply>(&text).ok());
        match (reply, bytes) {
            (Some(Reply::Ready), _) => {
                if let Some(hand) = self.inner.get_value().borrow_mut().hands.get_mut(hand) {
                    hand.ready();
                }
            }
            (Some(Reply::Report(report)), _) => self.reported(hand, report),
            (Some(Reply::Stream { tile, mime }), Some(init)) => {
                if let Some(video) = self.video(tile) {
                    video.stream(&mime, init);
                }
            }
            (Some(Reply::Segment { tile, mark }), Some(data)) => self.take(tile, mark, data),
            _ => {}
        }
    }

    /// The tile's player. Not borrowed from anything: it may tell what it shows.
    fn video(self, tile: u16) -> Option<Rc<Video>> {
        let inner = self.inner.get_value();
        let inner = inner.borrow();
        inner.tiles.get(&tile)?.played.as_ref().map(|played| Rc::clone(&played.video))
    }

    fn take(self, tile: u16, mark: Mark, data: ArrayBuffer) {
        let Some(video) = self.video(tile) else { return };
        video.segment(mark, data);
        let inner = self.inner.get_value();
        let mut inner = inner.borrow_mut();
        if let Some(played) = inner.tiles.get_mut(&tile).and_then(|shown| shown.played.as_mut()) {
            played.came += 1;
        }
        inner.tell_taken(tile);
    }

    /// A picture is on the screen: the server is told.
    fn shown(self, tile: u16, mark: Mark) {
        let command = Command::Shown { tile, sequence: mark.sequence, capture_us: mark.capture_us };
        let inner = self.inner.get_value();
        let mut inner = inner.borrow_mut();
        if let Some(hand) = inner.tiles.get(&tile).map(|shown| shown.hand) {
            inner.post(hand, &command, None);
        }
    }

    fn return_to_edge(self) {
        let inner = self.inner.get_value();
        for played in inner.borrow().tiles.values().filter_map(|shown| shown.played.as_ref()) {
            played.video.return_to_edge();
        }
    }

    fn reported(self, hand: usize, mut report: Report) {
        let inner = self.inner.get_value();
        let (mut stood, mut players) = (0_u64, 0_u64);
        for tile in &mut report.tiles {
            if let Some(video) = self.video(tile.tile) {
                video.report(tile);
                if let Some(ms) = video.stood() {
                    stood = stood.saturating_add(ms);
                    players += 1;
                }
            }
        }
        let signals: Vec<(TileSignal, TileReport)> = {
            let inner = inner.borrow();
            let tile = |tile: &TileReport| Some((inner.tiles.get(&tile.tile)?.signal, tile.clone()));
            report.tiles.iter().filter_map(tile).collect()
        };
        {
            let mut inner = inner.borrow_mut();
            for tile in &report.tiles {
                inner.tell_taken(tile.tile);
            }
            let Some(hand) = inner.hands.get_mut(hand) else { return };
            hand.report = report;
            hand.heard = monotonic_ms();
            if let Some(ms) = stood.checked_div(players).filter(|ms| *ms > 0) {
                hand.post(&Command::Stood { ms }, None);
            }
        }
        for (signal, report) in signals {
            signal.set(Some(report));
        }
    }

    /// Tells each worker its whole set, once a burst of changes is over.
    fn gather(self) {
        let inner = self.inner.get_value();
        if std::mem::replace(&mut inner.borrow_mut().gathering, true) {
            return;
        }
        after(GATHER_MS, move || {
            let mut inner = inner.borrow_mut();
            inner.gathering = false;
            let scale = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
            let tile = |(number, shown): (&u16, &Shown)| {
                let tile = shown.tile(*number, scale);
                if is_hidden() { Tile { priority: Priority::Hidden, ..tile } } else { tile }
            };
            let shares: Vec<(usize, Tile)> =
                inner.tiles.iter().map(|(number, shown)| (shown.hand, tile((number, shown)))).collect();
            for (number, hand) in inner.hands.iter_mut().enumerate() {
                let own = shares.iter().filter(|(hand, _)| *hand == number);
                hand.post(&Command::Tiles { tiles: own.map(|(_, tile)| tile.clone()).collect() }, None);
            }
        });
    }
}

impl Shown {
    fn tile(&self, number: u16, scale: f64) -> Tile {
        let pixels = |css: i32| u32::try_from(css).map_or(0, |css| whole(f64::from(css) * scale));
        Tile {
            tile: number,
            camera: self.camera.clone(),
            width: pixels(self.element.client_width()),
            height: pixels(self.element.client_height()),
            priority: self.priority,
        }
    }
}

impl Inner {
    fn post(&mut self, hand: usize, command: &Command, canvas: Option<JsValue>) {
        if let Some(hand) = self.hands.get_mut(hand) {
            hand.post(command, canvas);
        }
    }

    /// Tells the tile's worker how many segments wait no more.
    fn tell_taken(&mut self, tile: u16) {
        let Some(shown) = self.tiles.get_mut(&tile) else { return };
        let (Some(played), hand) = (shown.played.as_mut(), shown.hand) else { return };
        let count = played.came.saturating_sub(played.video.waiting());
        if count.saturating_sub(played.told) >= TELL_TAKEN {
            played.told = count;
            self.post(hand, &Command::Taken { tile, count }, None);
        }
    }

    /// The worker with the fewest tiles.
    fn idlest(&self) -> usize {
        let tiles = |hand: &usize| self.tiles.values().filter(|shown| shown.hand == *hand).count();
        (0..self.hands.len()).min_by_key(tiles).unwrap_or_default()
    }
}

/// Nobody sees this page: another tab is in front of it, or its window is minimised.
pub(crate) fn is_hidden() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|document| document.hidden())
}

/// What this browser has on this page.
fn has() -> Has {
    let global = js_sys::global();
    let has = |name: &str| Reflect::has(&global, &JsValue::from_str(name)).unwrap_or(false);
    let secure = Reflect::get(&global, &JsValue::from_str("isSecureContext")).is_ok_and(|v| v.is_truthy());
    Has { webcodecs: has("VideoDecoder"), media_source: has("MediaSource"), secure }
}

/// Device pixels.
fn whole(pixels: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let whole = pixels.round().clamp(0.0, 16_384.0) as u32;
    whole
}
