//! The page's end of the media worker: numbers the tiles, hands over their canvases, hands out their reports.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use js_sys::Array;
use leptos::prelude::*;
use pantau_schemas::ids::DeviceId;
use pantau_schemas::media::{MAX_TILES, Priority, Tile};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlCanvasElement, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::message::{Command, Missing, Reply, Report, TileReport};
use super::watchdog::Seen;
use crate::browser::{after, best_effort, every, monotonic_ms};

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

/// What a tile's component follows.
pub(crate) type TileSignal = RwSignal<Option<TileReport>>;

struct Shown {
    camera: DeviceId,
    priority: Priority,
    canvas: HtmlCanvasElement,
    signal: TileSignal,
}

struct Inner {
    worker: Worker,
    /// The worker listens; before that, messages wait.
    ready: bool,
    waiting: Vec<Array>,
    next: u16,
    tiles: BTreeMap<u16, Shown>,
    gathering: bool,
    report: Report,
    /// When the worker last reported.
    heard: f64,
}

/// The window's video. Clones are the same.
#[derive(Clone)]
pub(crate) struct Screen {
    inner: StoredValue<Rc<RefCell<Inner>>, LocalStorage>,
    /// What this browser lacks.
    pub(crate) missing: RwSignal<Option<Missing>>,
}

impl Copy for Screen {}

impl Screen {
    /// Starts the worker. `None` when the browser has no module workers.
    pub(crate) fn start() -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("/assets/media-worker.js", &options).ok()?;
        let inner = Inner {
            worker: worker.clone(),
            ready: false,
            waiting: Vec::new(),
            next: 1,
            tiles: BTreeMap::new(),
            gathering: false,
            report: Report::default(),
            heard: monotonic_ms(),
        };
        let this = Self {
            inner: StoredValue::new_local(Rc::new(RefCell::new(inner))),
            missing: RwSignal::new(None),
        };
        let replies = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let reply = event.data().as_string().and_then(|text| serde_json::from_str::<Reply>(&text).ok());
            match reply {
                Some(Reply::Ready) => this.ready(),
                Some(Reply::Report(report)) => this.reported(report),
                None => {}
            }
        });
        worker.set_onmessage(Some(replies.into_js_value().unchecked_ref()));
        let resized = Closure::<dyn FnMut()>::new(move || this.gather());
        if let Some(window) = web_sys::window() {
            window.set_onresize(Some(resized.into_js_value().unchecked_ref()));
        }
        every(LOOK_MS, move || {
            if monotonic_ms() - this.inner.get_value().borrow().heard > GIVE_UP_MS
                && let Some(window) = web_sys::window()
            {
                best_effort(window.location().reload());
            }
        });
        Some(this)
    }

    /// Shows a camera on a canvas. Gives the tile's number and its reports.
    pub(crate) fn add(self, camera: DeviceId, canvas: HtmlCanvasElement, signal: TileSignal) -> Option<u16> {
        let offscreen = canvas.transfer_control_to_offscreen().ok()?;
        let inner = self.inner.get_value();
        let mut inner = inner.borrow_mut();
        if inner.tiles.len() >= MAX_TILES {
            return None;
        }
        let number = inner.next;
        inner.next = inner.next.wrapping_add(1).max(1);
        inner.tiles.insert(number, Shown { camera, priority: Priority::Visible, canvas, signal });
        inner.post(&Command::Canvas { tile: number }, Some(offscreen.into()));
        drop(inner);
        self.gather();
        Some(number)
    }

    /// Somebody looks at this tile: the server gives it the large stream, and serves it first.
    pub(crate) fn focus(self, tile: u16) {
        if let Some(shown) = self.inner.get_value().borrow_mut().tiles.get_mut(&tile) {
            shown.priority = Priority::Focus;
        }
        self.gather();
    }

    /// Shows it no longer.
    pub(crate) fn remove(self, tile: u16) {
        if self.inner.get_value().borrow_mut().tiles.remove(&tile).is_some() {
            self.gather();
        }
    }

    /// Makes the best of a report that may be old: a worker that stands still proves nothing.
    pub(crate) fn doubt(self, report: &mut TileReport) {
        let silent = monotonic_ms() - self.inner.get_value().borrow().heard;
        if silent > FROZEN_MS {
            report.seen = report.seen.max(Seen::Frozen);
        } else if silent > DOUBT_MS {
            report.seen = report.seen.max(Seen::Delayed);
        }
    }

    /// The worker's last report.
    pub(crate) fn report(self) -> Report {
        self.inner.get_value().borrow().report.clone()
    }

    fn ready(self) {
        let inner = self.inner.get_value();
        let mut inner = inner.borrow_mut();
        inner.ready = true;
        for message in std::mem::take(&mut inner.waiting) {
            inner.send(&message);
        }
    }

    fn reported(self, report: Report) {
        if self.missing.get_untracked() != report.missing {
            self.missing.set(report.missing);
        }
        let inner = self.inner.get_value();
        let signals: Vec<(TileSignal, TileReport)> = {
            let inner = inner.borrow();
            let tile = |tile: &TileReport| Some((inner.tiles.get(&tile.tile)?.signal, tile.clone()));
            report.tiles.iter().filter_map(tile).collect()
        };
        {
            let mut inner = inner.borrow_mut();
            inner.report = report;
            inner.heard = monotonic_ms();
        }
        for (signal, report) in signals {
            signal.set(Some(report));
        }
    }

    /// Tells the worker the whole set, once a burst of changes is over.
    fn gather(self) {
        let inner = self.inner.get_value();
        if std::mem::replace(&mut inner.borrow_mut().gathering, true) {
            return;
        }
        after(GATHER_MS, move || {
            let mut inner = inner.borrow_mut();
            inner.gathering = false;
            let scale = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
            let tiles = inner.tiles.iter().map(|(number, shown)| shown.tile(*number, scale)).collect();
            inner.post(&Command::Tiles { tiles }, None);
        });
    }
}

impl Shown {
    fn tile(&self, number: u16, scale: f64) -> Tile {
        let pixels = |css: i32| u32::try_from(css).map_or(0, |css| whole(f64::from(css) * scale));
        Tile {
            tile: number,
            camera: self.camera.clone(),
            width: pixels(self.canvas.client_width()),
            height: pixels(self.canvas.client_height()),
            priority: self.priority,
        }
    }
}

impl Inner {
    fn post(&mut self, command: &Command, canvas: Option<JsValue>) {
        let Ok(text) = serde_json::to_string(command) else { return };
        let message = Array::of1(&JsValue::from_str(&text));
        if let Some(canvas) = canvas {
            message.push(&canvas);
        }
        if self.ready {
            self.send(&message);
        } else {
            self.waiting.push(message);
        }
    }

    fn send(&self, message: &Array) {
        let transfer = message.slice(1, message.length());
        best_effort(self.worker.post_message_with_transfer(message, &transfer));
    }
}

/// Device pixels.
fn whole(pixels: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let whole = pixels.round().clamp(0.0, 16_384.0) as u32;
    whole
}
