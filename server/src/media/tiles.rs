//! The tiles of a window: which streams they watch, and whose turn it is.
//!
//! A tile begins with the small stream, which is warm, and rises to the large one where that can be seen. Make before
//! break: the new stream is watched beside the old one and takes over with its first key frame; a stream that does
//! not come costs the tile nothing.

use std::sync::Arc;

use pantau_camera::{Fleet, MAX_SLOTS, Ready, Signal, Step, Watch};
use pantau_schemas::media::{MediaNotice, Priority, Tile};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;

use super::choice::choose;
use crate::web::gate::{Action, Actor, Object, authorize};

/// A window's tiles, the important ones first.
pub(super) struct Tiles {
    fleet: Fleet,
    actor: Actor,
    signal: Arc<Signal>,
    shown: Vec<Shown>,
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
}

/// What a tile has to send.
pub(super) struct Next {
    pub(super) tile: u16,
    pub(super) kind: StreamKind,
    pub(super) step: Step,
    /// Frames before this one were not sent.
    pub(super) broken: bool,
}

impl Tiles {
    pub(super) fn new(fleet: Fleet, actor: Actor, signal: Arc<Signal>) -> Self {
        Self { fleet, actor, signal, shown: Vec::new(), turn: 0 }
    }

    /// Takes a new set over. Tiles that stay as they are lose no frame. Returns what is said of tiles that
    /// cannot be shown.
    pub(super) fn replace(&mut self, wanted: Vec<Tile>, now: Timestamp) -> Vec<MediaNotice> {
        let mut before = std::mem::take(&mut self.shown);
        let mut refused = Vec::new();
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
                    let mut shown = Shown { tile, slot, watch, ready: true, rising: None, broken: false };
                    shown.reconsider(&self.fleet, &self.signal);
                    self.shown.push(shown);
                }
                None => refused.push(MediaNotice::State {
                    tile: tile.tile,
                    state: if denied { StreamState::Forbidden } else { StreamState::Lost },
                    since: now,
                    cause: (!denied).then_some(StreamCause::NotFound),
                }),
            }
        }
        self.shown.sort_by_key(|shown| (shown.tile.priority, shown.tile.tile));
        self.turn = 0;
        refused
    }

    /// Notes which tiles have something new.
    pub(super) fn ready(&mut self, ready: Ready) {
        for shown in &mut self.shown {
            shown.ready |= ready.contains(shown.slot);
        }
        self.turn = 0;
    }

    /// The next thing to send: one step of each ready tile in turn, until none is ready.
    pub(super) fn next(&mut self) -> Option<Next> {
        let count = self.shown.len();
        for _ in 0..count {
            let index = self.turn % count;
            self.turn = index + 1;
            let Some(shown) = self.shown.get_mut(index).filter(|shown| shown.ready) else { continue };
            shown.rise(&self.fleet, &self.signal);
            match shown.watch.next() {
                Some(step) => {
                    if matches!(step, Step::Parameters(_) | Step::State { state: StreamState::Lost, .. }) {
                        shown.reconsider(&self.fleet, &self.signal);
                    }
                    let frame = matches!(step, Step::Frame(_));
                    let broken = frame && std::mem::take(&mut shown.broken);
                    shown.broken |= matches!(step, Step::Skipped(_));
                    return Some(Next { tile: shown.tile.tile, kind: shown.watch.kind(), step, broken });
                }
                None => shown.ready = false,
            }
        }
        None
    }
}

impl Shown {
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

    /// Goes over to the stream that is to follow, once it has a key frame.
    fn rise(&mut self, fleet: &Fleet, signal: &Arc<Signal>) {
        let Some(rising) = &mut self.rising else { return };
        while let Some(step) = rising.next() {
            if !matches!(step, Step::Frame(_)) {
                continue;
            }
            // A fresh watch begins with the state, the parameters and that key frame.
            if let Some(watch) = fleet.watch(&self.tile.camera, rising.kind(), signal, self.slot) {
                self.watch = watch;
                self.broken = false;
            }
            self.rising = None;
            return;
        }
    }
}
