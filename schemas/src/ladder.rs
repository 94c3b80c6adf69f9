//! The ladder: how much of each tile's stream a window gets while it cannot have all of them whole.
//!
//! One rule for both ends: the server steps by what a window's socket takes, the browser by what its decoders take.
//! The least important tile steps down first and comes back last; inside a priority the last tile first, one rung of
//! all before the next. Down goes fast, by a share of the tiles; up goes slowly, and a climb that had to be taken back
//! makes the next one wait twice as long, so that nothing swings.
//!
//! Pure: time is an argument, milliseconds of any clock that never goes back. **Invariant:** while the set of tiles
//! stays, no tile stands below the top before every tile of a lower priority stands at the foot.

mod sieve;

use serde::{Deserialize, Serialize};

use crate::media::Priority;
use crate::order;

pub use sieve::{STILL_MS, Sieve};

/// How much of a stream is shown; a later one is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Every frame.
    #[default]
    Full,
    /// Every frame that another one refers to: those that are disposable (`nal_ref_idc` 0) are left out.
    Reference,
    /// Key frames alone.
    KeyFrames,
    /// A key frame now and then, [`STILL_MS`] apart.
    Still,
    /// A word of a newer version; shown as something that does not move.
    #[serde(other)]
    Unknown,
}

impl Rung {
    /// What is shown does not move as the camera does.
    #[must_use]
    pub const fn is_sparse(self) -> bool {
        !matches!(self, Self::Full | Self::Reference)
    }
}

/// How hard it is to take what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// More would be taken.
    Calm,
    /// Neither more nor less.
    Even,
    /// Less must be sent.
    High,
}

/// After a step its effect is waited for, ms: queues empty, groups of pictures end.
pub const SETTLE_MS: u64 = 1_000;
/// New tiles begin with a whole group of pictures, and decoders with being opened: no pressure to heed, ms.
pub const OPENING_MS: u64 = 2_000;
/// Calm before the first climb, ms; doubled by each climb that had to be taken back …
pub const CALM_MS: u64 = 2_000;
/// … up to this, ms.
pub const MAX_CALM_MS: u64 = 60_000;
/// A climb after which it was calm for so long has held, ms.
pub const PROVEN_MS: u64 = 4_000;
/// This share of a priority's tiles steps down at once.
const DOWN_SHARE: usize = 4;

/// One tile's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    tile: u16,
    priority: Priority,
    /// Its stream has frames to leave out before it comes to key frames alone.
    disposable: bool,
    rung: Rung,
}

/// A climb that has not proved itself yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trial {
    since: u64,
    priority: Priority,
    /// Who climbed, and from where.
    from: Vec<(u16, Rung)>,
}

/// Where every tile of a window stands.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// The important ones first.
    places: Vec<Place>,
    /// Pressure is not heeded before.
    settled_at: u64,
    calm_since: Option<u64>,
    /// Calm that the next climb wants.
    wait: u64,
    /// Tiles that climb at once.
    stride: usize,
    trial: Option<Trial>,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { places: Vec::new(), settled_at: 0, calm_since: None, wait: CALM_MS, stride: 1, trial: None }
    }
}

impl Ladder {
    /// The window shows these tiles from now on; hidden ones get nothing and are on no ladder.
    ///
    /// A tile that stays keeps its rung. New ones take over the rungs of those that went, the important ones the best;
    /// what there is beyond that begins with key frames while others have no more. What somebody begins to look at,
    /// or what begins to matter for an alarm, begins at the top: others pay for it.
    pub fn show(&mut self, now: u64, wanted: impl IntoIterator<Item = (u16, Priority)>) {
        let mut wanted: Vec<_> =
            wanted.into_iter().filter(|(_, priority)| *priority != Priority::Hidden).collect();
        order::sort_by_key(&mut wanted, |(tile, priority)| (*priority, *tile));
        let before = std::mem::take(&mut self.places);
        let known = |tile: u16| before.iter().find(|place| place.tile == tile);
        let stays = |place: &&Place| wanted.iter().any(|(tile, _)| *tile == place.tile);
        let mut free: Vec<Rung> = before
            .iter()
            .filter(|place| !stays(place))
            .map(|place| place.rung.min(Rung::KeyFrames))
            .collect();
        order::sort_by_key(&mut free, |rung| std::cmp::Reverse(*rung));
        let lowest = before.iter().map(|place| place.rung).max().unwrap_or_default().min(Rung::KeyFrames);
        let mut opening = false;
        for (tile, priority) in &wanted {
            let (tile, priority) = (*tile, *priority);
            let raised =
                priority < Priority::Visible && known(tile).is_none_or(|was| was.priority > priority);
            let (disposable, rung) = match known(tile) {
                Some(was) if !raised => (was.disposable, was.rung),
                Some(was) => (was.disposable, Rung::Full),
                None => {
                    opening = true;
                    (false, if raised { Rung::Full } else { free.pop().unwrap_or(lowest) })
                }
            };
            self.places.push(Place { tile, priority, disposable, rung });
        }
        self.trial = self.trial.take().filter(|_| !opening);
        if opening {
            self.settled_at = self.settled_at.max(now.saturating_add(OPENING_MS));
            self.calm_since = None;
        }
    }

    /// Whether a tile's stream has disposable frames: without, their rung would be a word and nothing else.
    pub fn has_disposable(&mut self, tile: u16, disposable: bool) {
        if let Some(place) = self.places.iter_mut().find(|place| place.tile == tile) {
            place.disposable = disposable;
        }
    }

    /// Where a tile stands; at the top when it is not known.
    #[must_use]
    pub fn rung(&self, tile: u16) -> Rung {
        self.places.iter().find(|place| place.tile == tile).map(|place| place.rung).unwrap_or_default()
    }

    /// Every tile with its rung, the important ones first.
    pub fn rungs(&self) -> impl Iterator<Item = (u16, Rung)> {
        self.places.iter().map(|place| (place.tile, place.rung))
    }

    /// Heeds what was measured since the last look. `true` when a tile changed its rung.
    pub fn look(&mut self, now: u64, pressure: Pressure) -> bool {
        if now < self.settled_at {
            return false;
        }
        if pressure != Pressure::Calm {
            self.calm_since = None;
        }
        match pressure {
            Pressure::High => self.down(now),
            Pressure::Even => false,
            Pressure::Calm => {
                let since = *self.calm_since.get_or_insert(now);
                self.prove(now);
                now.saturating_sub(since) >= self.wait && self.up(now)
            }
        }
    }

    fn prove(&mut self, now: u64) {
        if self
            .trial
            .as_ref()
            .is_some_and(|trial| now.saturating_sub(trial.since) >= PROVEN_MS.max(self.wait))
        {
            self.trial = None;
            self.stride = self.stride.saturating_mul(2);
            self.wait = (self.wait / 2).max(CALM_MS);
        }
    }

    fn down(&mut self, now: u64) -> bool {
        self.stride = 1;
        let standing = |place: &&Place| place.rung < Rung::Still;
        let Some(class) = self.places.iter().filter(standing).map(|place| place.priority).max() else {
            return false;
        };
        self.settled_at = now.saturating_add(SETTLE_MS);
        // A climb that failed is taken back, just that; unless tiles that matter less can pay for it.
        if let Some(failed) = self.trial.take_if(|trial| trial.priority >= class) {
            self.wait = self.wait.saturating_mul(2).min(MAX_CALM_MS);
            for (tile, rung) in failed.from {
                if let Some(place) = self.places.iter_mut().find(|place| place.tile == tile) {
                    place.rung = rung;
                }
            }
            return true;
        }
        let of_class = |place: &&Place| place.priority == class;
        let count = self.places.iter().filter(standing).filter(of_class).count();
        let best = self.places.iter().filter(of_class).map(|place| place.rung).min().unwrap_or_default();
        let candidates =
            self.places.iter_mut().rev().filter(|place| place.priority == class && place.rung == best);
        for place in candidates.take(count.div_ceil(DOWN_SHARE).max(1)) {
            place.rung = match place.rung {
                Rung::Full if place.disposable => Rung::Reference,
                Rung::Full | Rung::Reference => Rung::KeyFrames,
                _ => Rung::Still,
            };
        }
        true
    }

    fn up(&mut self, now: u64) -> bool {
        let fallen = |place: &&Place| place.rung > Rung::Full;
        let Some(class) = self.places.iter().filter(fallen).map(|place| place.priority).min() else {
            return false;
        };
        let of_class = |place: &&Place| place.priority == class;
        let worst = self.places.iter().filter(of_class).map(|place| place.rung).max().unwrap_or_default();
        let mut from = Vec::new();
        let candidates =
            self.places.iter_mut().filter(|place| place.priority == class && place.rung == worst);
        for place in candidates.take(self.stride) {
            from.push((place.tile, place.rung));
            place.rung = match place.rung {
                Rung::Full | Rung::Reference => Rung::Full,
                Rung::KeyFrames if place.disposable => Rung::Reference,
                Rung::KeyFrames => Rung::Full,
                Rung::Still | Rung::Unknown => Rung::KeyFrames,
            };
        }
        self.trial = Some(Trial { since: now, priority: class, from });
        self.settled_at = now.saturating_add(SETTLE_MS);
        self.calm_since = None;
        true
    }
}

#[cfg(test)]
mod tests;
