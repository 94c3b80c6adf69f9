//! The tiles of a window: which streams they watch, and whose turn it is.

use std::sync::Arc;

use pantau_camera::{Fleet, MAX_SLOTS, Ready, Signal, Step, Watch};
use pantau_schemas::media::{MediaNotice, Priority, Tile};
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;

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
            let kind = stream_for(&tile);
            let same = |shown: &Shown| {
                shown.tile.tile == tile.tile
                    && shown.tile.camera == tile.camera
                    && stream_for(&shown.tile) == kind
            };
            if let Some(index) = before.iter().position(same) {
                self.shown.push(Shown { tile, ..before.swap_remove(index) });
                continue;
            }
            let taken = |slot: &u16| before.iter().chain(&self.shown).any(|shown| shown.slot == *slot);
            let Some(slot) = (0..MAX_SLOTS).find(|slot| !taken(slot)) else { continue };
            let denied = authorize(self.actor, Action::View, Object::Device(tile.camera.as_str())).is_err();
            let watch = if denied { None } else { self.fleet.watch(&tile.camera, kind, &self.signal, slot) };
            match watch {
                Some(watch) => self.shown.push(Shown { tile, slot, watch, ready: true, broken: false }),
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
            match shown.watch.next() {
                Some(step) => {
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

/// The small stream for a wall, the large one for a picture alone.
fn stream_for(tile: &Tile) -> StreamKind {
    if tile.priority == Priority::Focus { StreamKind::Main } else { StreamKind::Sub }
}
