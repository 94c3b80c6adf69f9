//! All tiles of the window, and the socket they share.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use js_sys::{Array, Uint8Array};
use pantau_schemas::ladder::{Ladder, Rung};
use pantau_schemas::media::{Header, MediaNotice, MediaRequest, Priority, Tile};
use pantau_schemas::stream::StreamState;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, DomException, OffscreenCanvas, VideoFrame};

use super::decoder::{Decoder, StreamConfig};
use super::packer::Parcel;
use super::surface::Surface;
use super::tile::{TilePlayer, clock_ms};
use crate::browser::{Socket, best_effort, monotonic_ms};
use crate::media::assembly::Assembled;
use crate::media::choice::PlayerKind;
use crate::media::load::{Load, Tally};
use crate::media::message::{Report, Said};
use crate::media::sampler::Sampler;

/// The window's video.
pub(super) struct Player {
    scope: DedicatedWorkerGlobalScope,
    socket: Socket,
    link: bool,
    kind: PlayerKind,
    tiles: BTreeMap<u16, TilePlayer>,
    /// Canvases that came before their tile.
    canvases: BTreeMap<u16, OffscreenCanvas>,
    ladder: Ladder,
    load: Load,
    /// How long the players in the page stood, ms.
    stood: u64,
    sampler: Option<Sampler>,
    /// A repaint is asked for.
    painting: bool,
}

/// Decoders give their pictures back through this.
pub(super) type Shared = Rc<RefCell<Player>>;

impl Player {
    pub(super) fn new(scope: DedicatedWorkerGlobalScope, socket: Socket) -> Self {
        Self {
            kind: PlayerKind::WebCodecs,
            scope,
            socket,
            link: false,
            tiles: BTreeMap::new(),
            canvases: BTreeMap::new(),
            ladder: Ladder::default(),
            load: Load::of(PlayerKind::WebCodecs),
            stood: 0,
            sampler: Sampler::new(),
            painting: false,
        }
    }

    /// What the page chose; before the first tile.
    pub(super) fn plays_with(&mut self, kind: PlayerKind) {
        self.kind = kind;
        self.load = Load::of(kind);
    }

    /// The players in the page stood for so long again, ms.
    pub(super) fn stood(&mut self, ms: u64) {
        self.stood = self.stood.saturating_add(ms);
    }

    /// The page took so many segments of a tile in all.
    pub(super) fn taken(&mut self, tile: u16, count: u64) {
        if let Some(tile) = self.tiles.get_mut(&tile) {
            tile.packer.taken(count);
        }
    }

    /// A canvas to draw a tile on.
    pub(super) fn canvas(&mut self, tile: u16, canvas: OffscreenCanvas) {
        match self.tiles.get_mut(&tile) {
            Some(player) => player.surface = Surface::new(canvas),
            None => {
                self.canvases.insert(tile, canvas);
            }
        }
    }

    /// The window shows these tiles from now on.
    pub(super) fn show(this: &Shared, tiles: Vec<Tile>) {
        let mut player = this.borrow_mut();
        player.tiles.retain(|number, old| {
            tiles.iter().any(|tile| tile.tile == *number && tile.camera == old.wanted.camera)
        });
        for tile in tiles {
            let number = tile.tile;
            let canvas = player.canvases.remove(&number);
            let kind = player.kind;
            let entry = player.tiles.entry(number).or_insert_with(|| TilePlayer::new(tile.clone(), kind));
            entry.wanted = tile;
            if let Some(canvas) = canvas {
                entry.surface = Surface::new(canvas);
            }
        }
        // A canvas whose tile is not wanted any more will never be.
        player.canvases.clear();
        let ranks: Vec<_> =
            player.tiles.values().map(|tile| (tile.wanted.tile, tile.wanted.priority)).collect();
        player.ladder.show(clock_ms(), ranks);
        player.ask();
        player.step();
    }

    /// The socket is open.
    pub(super) fn linked(&mut self) {
        self.link = true;
        for tile in self.tiles.values_mut() {
            tile.said = None;
            // A new window begins with everything.
            tile.sent(Rung::Full);
        }
        self.ask();
        // … and knows nothing of what this machine can use.
        for (tile, rung) in self.tiles.iter().map(|(number, tile)| (*number, tile.limited())) {
            if rung != Rung::Full {
                self.request(&MediaRequest::Limit { tile, rung });
            }
        }
    }

    /// The socket is closed.
    pub(super) fn unlinked(&mut self) {
        self.link = false;
        for tile in self.tiles.values_mut() {
            tile.admission.interrupted();
        }
    }

    fn ask(&mut self) {
        if !self.link {
            return;
        }
        let now = monotonic_ms();
        for tile in self.tiles.values_mut() {
            tile.asked.get_or_insert(now);
        }
        let tiles = self.tiles.values().map(|tile| tile.wanted.clone()).collect();
        self.request(&MediaRequest::Tiles { tiles });
    }

    /// Heeds how the decoders are; to be called every `every` ms.
    pub(super) fn look(&mut self, every: f64) {
        let mut tally = Tally { stood: self.stood, ..Tally::default() };
        for (number, tile) in &self.tiles {
            tile.tally(&mut tally);
            self.ladder.has_disposable(*number, tile.disposable);
        }
        if let Some(pressure) = self.load.look(monotonic_ms(), every, tally)
            && self.ladder.look(clock_ms(), pressure)
        {
            self.step();
        }
    }

    /// Puts every tile on its rung, and tells the server: what is not decoded need not be sent.
    fn step(&mut self) {
        let mut news = Vec::new();
        for (number, rung) in self.ladder.rungs() {
            if let Some(tile) = self.tiles.get_mut(&number)
                && tile.limit(rung)
            {
                news.push(MediaRequest::Limit { tile: number, rung });
            }
        }
        news.iter().for_each(|request| self.request(request));
    }

    pub(super) fn request(&self, request: &MediaRequest) {
        if let Ok(text) = serde_json::to_string(request) {
            self.socket.send(&text);
        }
    }

    /// The server says something beside the frames.
    pub(super) fn notice(this: &Shared, notice: MediaNotice) {
        let mut player = this.borrow_mut();
        match notice {
            MediaNotice::Stream { tile, quality, codec, description, width, height } => {
                if let Some(tile) = player.tiles.get_mut(&tile) {
                    let description = STANDARD.decode(description).unwrap_or_default();
                    tile.configure(StreamConfig { codec, description, size: (width, height) }, quality);
                }
            }
            MediaNotice::State { tile, state, since, cause } => {
                if let Some(tile) = player.tiles.get_mut(&tile) {
                    tile.said = Some(Said { state, since, cause });
                }
            }
            MediaNotice::Skipped { tile, frames } => {
                if let Some(tile) = player.tiles.get_mut(&tile) {
                    tile.skipped(frames);
                }
            }
            MediaNotice::Rung { tile, rung } => {
                if let Some(tile) = player.tiles.get_mut(&tile) {
                    tile.sent(rung);
                }
            }
            MediaNotice::Notice { .. } | MediaNotice::Unknown => {}
        }
    }

    /// A piece of a frame.
    pub(super) fn frame(this: &Shared, message: &[u8]) {
        let Ok((header, payload)) = Header::decode(message) else { return };
        let mut player = this.borrow_mut();
        let Some(tile) = player.tiles.get_mut(&header.tile) else { return };
        let frame = match tile.assembler.take(header, payload) {
            Assembled::Waiting => return,
            Assembled::Broken => return tile.broken(),
            Assembled::Whole(frame) => frame,
        };
        if !tile.admits(&frame.header) {
            return;
        }
        if tile.kind == PlayerKind::MediaSource {
            let parcels = tile.packer.pack(frame.header, &frame.data);
            return parcels.iter().for_each(|parcel| player.send(parcel));
        }
        if tile.decoder.is_none() {
            // Admission let it through, so it is a key frame.
            let Some(config) = tile.config.clone() else { return };
            tile.generation = tile.generation.wrapping_add(1);
            match open(this, header.tile, tile.generation, &config) {
                Ok(decoder) => tile.decoder = Some(decoder),
                Err(error) => return tile.failed(is_unsupported(&error)),
            }
        }
        tile.decode(frame.header, &frame.data);
    }

    /// Gives the page a piece of a packed stream; its bytes are moved, not copied.
    fn send(&self, (reply, bytes): &Parcel) {
        let Ok(text) = serde_json::to_string(reply) else { return };
        let bytes = Uint8Array::from(bytes.as_slice()).buffer();
        let message = Array::of2(&JsValue::from_str(&text), &bytes);
        best_effort(self.scope.post_message_with_transfer(&message, &Array::of1(&bytes)));
    }

    fn decoded(this: &Shared, number: u16, generation: u32, frame: VideoFrame) {
        let mut player = this.borrow_mut();
        match player.tiles.get_mut(&number) {
            Some(tile) if tile.generation == generation => tile.decoded(frame),
            _ => return frame.close(),
        }
        player.ask_for_repaint(this);
    }

    fn ask_for_repaint(&mut self, this: &Shared) {
        if !self.painting {
            let own = Rc::clone(this);
            let paint = Closure::once_into_js(move || Self::paint(&own));
            // Refused only while the worker is being closed.
            self.painting = self.scope.request_animation_frame(paint.unchecked_ref()).is_ok();
        }
    }

    fn failed(this: &Shared, number: u16, generation: u32, error: &JsValue) {
        let mut player = this.borrow_mut();
        if let Some(tile) = player.tiles.get_mut(&number).filter(|tile| tile.generation == generation) {
            tile.failed(is_unsupported(error));
        }
    }

    /// Draws the next picture of every tile that has one.
    fn paint(this: &Shared) {
        let mut guard = this.borrow_mut();
        let player = &mut *guard;
        player.painting = false;
        let mut shown = Vec::new();
        for (number, tile) in &mut player.tiles {
            if let Some(header) = tile.paint(player.sampler.as_ref()) {
                shown.push(MediaRequest::Shown {
                    tile: *number,
                    sequence: header.sequence,
                    capture_us: header.capture.micros(),
                });
            }
        }
        for request in shown {
            player.request(&request);
        }
        if player.tiles.values().any(TilePlayer::waits) {
            player.ask_for_repaint(this);
        }
    }

    /// Whether silence on the socket means that something is wrong with it.
    pub(super) fn expects_frames(&self) -> bool {
        let shown = |tile: &&TilePlayer| tile.wanted.priority != Priority::Hidden;
        let live = |tile: &TilePlayer| tile.said.is_some_and(|said| said.state == StreamState::Live);
        self.tiles.values().filter(shown).any(live)
    }

    /// How everything is.
    pub(super) fn report(&self) -> Report {
        let tiles = self.tiles.values().map(TilePlayer::report).collect();
        Report { link: self.link, missing: None, tiles }
    }
}

fn open(this: &Shared, number: u16, generation: u32, config: &StreamConfig) -> Result<Decoder, JsValue> {
    let (output, error) = (Rc::clone(this), Rc::clone(this));
    Decoder::open(
        config,
        move |frame| Player::decoded(&output, number, generation, frame),
        move |reason| Player::failed(&error, number, generation, &reason),
    )
}

/// The browser will never decode this, however often it is tried.
fn is_unsupported(error: &JsValue) -> bool {
    let name = error.dyn_ref::<DomException>().map(DomException::name);
    matches!(name.as_deref(), Some("NotSupportedError"))
}
