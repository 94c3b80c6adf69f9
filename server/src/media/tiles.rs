//! The tiles of a window: which streams they watch, how much of each is sent, and whose turn it is.
//!
//! A tile begins with the small stream, which is warm, and rises to the large one where that can be seen. Make before
//! break: the new stream is watched beside the old one and takes over with its first key frame; a stream that does
//! not come costs the tile nothing.
//!
//! What is sent of a stream is the lesser of what the ladder allows and what the window says it can use.

use std::sync::Arc;

use pantau_camera::{AccessUnit, Fleet, MAX_SLOTS, Ready, Signal, Step, Watch};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::ladder::{Ladder, Pressure, Rung, Sieve};
use pantau_schemas::media::{MediaNotice, Priority, Tile};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;

use super::choice::choose;
use super::figures::Figures;
use crate::web::gate::{Action, Actor, Object, authorize};

/// A window's tiles, the important ones first.
pub(super) struct Tiles {
    fleet: Fleet,
    actor: Actor,
    signal: Arc<Signal>,
    figures: Figures,
    shown: Vec<Shown>,
    ladder: Ladder,
    turn: usize,
}

struct Shown {
    tile: Tile,
    slot: u16,
    watch: Watch,
    ready: bool,
    /// The stream that is to follow. Rings the same slot.
    rising: Option<Watch>,
    /// Frames were skipped since the last one sent: the next one does not follow it.
    broken: bool,
    sieve: Sieve,
    /// By the ladder, as the window was told.
    rung: Rung,
    /// By the window's own word.
    limit: Rung,
    /// The stream has frames that no other one refers to.
    disposable: bool,
    /// Frames that the sieve held back since the window was told.
    left_out: u64,
}

/// What a tile has to send.
pub(super) struct Next {
    pub(super) tile: u16,
    pub(super) kind: StreamKind,
    pub(super) step: Step,
    /// Frames before this one were not sent, and it does not need them.
    pub(super) broken: bool,
    /// So many frames before this one were held back, which the window has not been told.
    pub(super) left_out: u64,
}

impl Tiles {
    pub(super) fn new(fleet: Fleet, actor: Actor, signal: Arc<Signal>, figures: Figures) -> Self {
        Self { fleet, actor, signal, figures, shown: Vec::new(), ladder: Ladder::default(), turn: 0 }
    }

    /// Takes a new set over. Tiles that stay as they are lose no frame. Returns what is said of tiles that
    /// cannot be shown, and of those that begin with less than everything. `at` is the window's own time, ms.
    pub(super) fn replace(&mut self, wanted: Vec<Tile>, now: Timestamp, at: u64) -> Vec<MediaNotice> {
        let mut before = std::mem::take(&mut self.shown);
        let mut notices = Vec::new();
        for tile in wanted {
            // A hidden tile costs nothing: it is not watched at all.
            if tile.priority == Priority::Hidden
                || self.shown.iter().any(|shown| shown.tile.tile == tile.tile)
            {
                continue;
            }
            let same = |shown: &Shown| shown.tile.tile == tile.tile && shown.tile.camera == tile.camera;
            if let Some(index) = before.iter().position(same) {
                let mut shown = Shown { tile, ..before.swap_remove(index) };
                shown.reconsider(&self.fleet, &self.signal);
                self.shown.push(shown);
                continue;
            }
            let taken = |slot: &u16| before.iter().chain(&self.shown).any(|shown| shown.slot == *slot);
            let Some(slot) = (0..MAX_SLOTS).find(|slot| !taken(slot)) else { continue };
            let denied = authorize(self.actor, Action::View, Object::Device(tile.camera.as_str())).is_err();
            let watch = if denied {
                None
            } else {
                self.fleet.watch(&tile.camera, StreamKind::Sub, &self.signal, slot)
            };
            match watch {
                Some(watch) => {
                    let mut shown = Shown::new(tile, slot, watch);
                    shown.reconsider(&self.fleet, &self.signal);
                    self.shown.push(shown);
                }
                None => notices.push(MediaNotice::State {
                    tile: tile.tile,
                    state: if denied { StreamState::Forbidden } else { StreamState::Lost },
                    since: now,
                    cause: (!denied).then_some(StreamCause::NotFound),
                }),
            }
        }
        self.shown.sort_by_key(|shown| (shown.tile.priority, shown.tile.tile));
        self.turn = 0;
        self.ladder.show(at, self.shown.iter().map(|shown| (shown.tile.tile, shown.tile.priority)));
        for shown in &self.shown {
            self.ladder.has_disposable(shown.tile.tile, shown.disposable);
        }
        self.step(&mut notices);
        notices
    }

    /// The window can use no more than this of a tile for now.
    pub(super) fn limit(&mut self, tile: u16, rung: Rung) {
        if let Some(shown) = self.shown.iter_mut().find(|shown| shown.tile.tile == tile) {
            shown.limit = rung;
        }
    }

    /// The camera of a tile.
    pub(super) fn camera(&self, tile: u16) -> Option<&DeviceId> {
        self.shown.iter().find(|shown| shown.tile.tile == tile).map(|shown| &shown.tile.camera)
    }

    /// Heeds how the socket is. Returns what is said of tiles that changed their rung.
    pub(super) fn look(&mut self, at: u64, pressure: Pressure) -> Vec<MediaNotice> {
        let mut notices = Vec::new();
        if self.ladder.look(at, pressure) {
            self.step(&mut notices);
        }
        notices
    }

    fn step(&mut self, notices: &mut Vec<MediaNotice>) {
        for shown in &mut self.shown {
            let rung = self.ladder.rung(shown.tile.tile);
            let before = std::mem::replace(&mut shown.rung, rung);
            if rung != before {
                let counter = if rung > before { &self.figures.down } else { &self.figures.up };
                counter.inc();
                notices.push(MediaNotice::Rung { tile: shown.tile.tile, rung });
            }
        }
    }

    /// Notes which tiles have something new.
    pub(super) fn ready(&mut self, ready: Ready) {
        for shown in &mut self.shown {
            shown.ready |= ready.contains(shown.slot);
        }
        self.turn = 0;
    }

    /// The next thing to send: one step of each ready tile in turn, until none is ready.
    pub(super) fn next(&mut self, at: u64) -> Option<Next> {
        let count = self.shown.len();
        for _ in 0..count {
            let index = self.turn % count;
            self.turn = index + 1;
            let Some(shown) = self.shown.get_mut(index).filter(|shown| shown.ready) else { continue };
            if shown.rise(&self.fleet, &self.signal) {
                self.ladder.has_disposable(shown.tile.tile, false);
            }
            // What is held back costs no turn.
            while let Some(step) = shown.watch.next() {
                match step {
                    Step::Frame(unit) => {
                        if unit.disposable && !std::mem::replace(&mut shown.disposable, true) {
                            self.ladder.has_disposable(shown.tile.tile, true);
                        }
                        match shown.admit(unit, at) {
                            Some(next) => return Some(next),
                            None => drop(self.figures.left_out.inc()),
                        }
                    }
                    step => {
                        if matches!(step, Step::Parameters(_) | Step::State { state: StreamState::Lost, .. })
                        {
                            shown.reconsider(&self.fleet, &self.signal);
                        }
                        if let Step::Skipped(frames) = step {
                            shown.broken = true;
                            self.figures.skipped.inc_by(frames);
                        }
                        return Some(shown.next(step));
                    }
                }
            }
            shown.ready = false;
        }
        None
    }
}

impl Shown {
    fn new(tile: Tile, slot: u16, watch: Watch) -> Self {
        Self {
            tile,
            slot,
            watch,
            ready: true,
            rising: None,
            broken: false,
            sieve: Sieve::default(),
            rung: Rung::Full,
            limit: Rung::Full,
            disposable: false,
            left_out: 0,
        }
    }

    fn next(&self, step: Step) -> Next {
        Next { tile: self.tile.tile, kind: self.watch.kind(), step, broken: false, left_out: 0 }
    }

    /// A frame, if the tile's rung lets it pass.
    fn admit(&mut self, unit: Arc<AccessUnit>, at: u64) -> Option<Next> {
        let broken = self.sieve.is_broken();
        if !self.sieve.passes(self.rung.max(self.limit), unit.key, unit.disposable, at) {
            self.left_out += 1;
            if unit.discontinuity {
                self.sieve.interrupted();
            }
            return None;
        }
        // Told where decoding begins anew: to a window that does not know rungs, "skipped" says just that.
        let left_out = if unit.key { std::mem::take(&mut self.left_out) } else { 0 };
        let broken = std::mem::take(&mut self.broken) || broken;
        Some(Next { broken, left_out, ..self.next(Step::Frame(unit)) })
    }

    /// Looks for a stream that suits the tile better than the one it shows, and begins to watch it.
    fn reconsider(&mut self, fleet: &Fleet, signal: &Arc<Signal>) {
        let camera = &self.tile.camera;
        let now = self.watch.kind();
        let wanted = match fleet.size(camera, StreamKind::Sub) {
            // A stream that is gone is no use, whatever the tile needs: better the other one.
            _ if self.is_lost(fleet) && now == StreamKind::Main => StreamKind::Sub,
            _ if self.is_lost(fleet) => StreamKind::Main,
            Some(small) => choose(now, &self.tile, small),
            // Not known before the small stream was open once.
            None if self.tile.priority == Priority::Focus => StreamKind::Main,
            None => StreamKind::Sub,
        };
        if wanted == now {
            self.rising = None;
        } else if self.rising.as_ref().is_none_or(|rising| rising.kind() != wanted) {
            // A camera without a small stream gives its large one in the place of it.
            self.rising =
                fleet.watch(camera, wanted, signal, self.slot).filter(|rising| rising.kind() != now);
        }
    }

    fn is_lost(&self, fleet: &Fleet) -> bool {
        let status = fleet.state(&self.tile.camera, self.watch.kind());
        status.is_some_and(|status| status.state == StreamState::Lost)
    }

    /// Goes over to the stream that is to follow, once it has a key frame. `true` when it did.
    fn rise(&mut self, fleet: &Fleet, signal: &Arc<Signal>) -> bool {
        let Some(rising) = &mut self.rising else { return false };
        while let Some(step) = rising.next() {
            if !matches!(step, Step::Frame(_)) {
                continue;
            }
            let kind = rising.kind();
            self.rising = None;
            // A fresh watch begins with the state, the parameters and that key frame.
            let Some(watch) = fleet.watch(&self.tile.camera, kind, signal, self.slot) else { return false };
            self.watch = watch;
            self.broken = false;
            self.sieve = Sieve::default();
            self.left_out = 0;
            self.disposable = false;
            return true;
        }
        false
    }
}
