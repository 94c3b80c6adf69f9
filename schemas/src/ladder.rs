//! The ladder: how much of each tile's stream a window gets while it cannot have all of them whole.
//!
//! One rule for both ends: the server steps by what a window's socket takes, the browser by what its decoders take.
//! The least important tile steps down first and comes back last; inside a priority the last tile first, one rung of
//! all before the next. That makes one path from everything to next to nothing, and the ladder is a search on it for
//! the last place that holds: down by a share of the tiles, a larger one the longer it does not help; up by half of
//! the way to what is known to be too much. What was too much is remembered, and tried again after a wait that doubles
//! each time it fails, so that nothing swings.
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
/// Calm before a climb, ms. A climb after which it was calm for so long has held …
pub const CALM_MS: u64 = 2_000;
/// … or, where it was too much before, that was calm again so long after it, ms.
pub const PROOF_MS: u64 = 10_000;
/// So long after it was too much the same is tried again, ms; doubled each time it is too much again …
pub const RETRY_MS: u64 = 5_000;
/// … up to this, ms.
pub const MAX_RETRY_MS: u64 = 60_000;
/// Pressure so soon after a climb, ms, is its fault: a little too much fills a queue slowly.
pub const BLAME_MS: u64 = 15_000;
/// What was too much and then was not, until so many rungs more were too much, has changed: its wait is the first one.
const CHANGED: usize = 8;
/// One in so many of a priority's tiles steps down at once: at first, when that did not help, and from then on.
const DOWN_SHARES: [usize; 3] = [16, 8, 4];

/// One tile's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    tile: u16,
    priority: Priority,
    /// Its stream has frames to leave out before it comes to key frames alone.
    disposable: bool,
    rung: Rung,
}

impl Place {
    /// How far below the top, in rungs; a tile without disposable frames takes two at once.
    const fn depth(&self) -> usize {
        match self.rung {
            Rung::Full => 0,
            Rung::Reference => 1,
            Rung::KeyFrames => 2,
            Rung::Still | Rung::Unknown => 3,
        }
    }

    /// The rung below.
    const fn below(&self) -> Option<Rung> {
        match self.rung {
            Rung::Full if self.disposable => Some(Rung::Reference),
            Rung::Full | Rung::Reference => Some(Rung::KeyFrames),
            Rung::KeyFrames => Some(Rung::Still),
            Rung::Still | Rung::Unknown => None,
        }
    }

    /// The rung above.
    const fn above(&self) -> Option<Rung> {
        match self.rung {
            Rung::Full => None,
            Rung::KeyFrames if self.disposable => Some(Rung::Reference),
            Rung::Reference | Rung::KeyFrames => Some(Rung::Full),
            Rung::Still | Rung::Unknown => Some(Rung::KeyFrames),
        }
    }
}

/// The last climb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Climb {
    at: u64,
    /// Steps of single tiles.
    steps: usize,
    /// It was calm after it for long enough.
    held: bool,
}

/// Where every tile of a window stands.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// The important ones first.
    places: Vec<Place>,
    /// Pressure is not heeded before.
    settled_at: u64,
    calm_since: Option<u64>,
    /// How deep all tiles together stood when it was too much; nothing at or above this is entered without a wait.
    too_much: Option<usize>,
    /// When that was.
    too_much_at: u64,
    /// How long that wait is.
    retry: u64,
    /// How deep they stood when it was tried again, until it is too much.
    tried: Option<usize>,
    /// Steps of the next climb where nothing is known to be too much.
    stride: usize,
    climb: Option<Climb>,
    /// Steps down since it was last calm.
    falls: usize,
}

impl Default for Ladder {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            settled_at: 0,
            calm_since: None,
            too_much: None,
            too_much_at: 0,
            retry: RETRY_MS,
            tried: None,
            stride: 1,
            climb: None,
            falls: 0,
        }
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
        // Where another number of tiles stands, what was too much says nothing.
        let count =
            |places: &[Place], priority| places.iter().filter(|place| place.priority == priority).count();
        if [Priority::Focus, Priority::Alarm, Priority::Visible]
            .into_iter()
            .any(|priority| count(&before, priority) != count(&self.places, priority))
        {
            self.too_much = None;
        }
        if opening {
            self.climb = None;
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
                self.falls = 0;
                let calm = now.saturating_sub(*self.calm_since.get_or_insert(now));
                calm >= CALM_MS && self.up(now)
            }
        }
    }

    fn down(&mut self, now: u64) -> bool {
        self.stride = 1;
        let class =
            self.places.iter().filter(|place| place.below().is_some()).map(|place| place.priority).max();
        let Some(class) = class else { return false };
        let standing = |place: &&Place| place.priority == class && place.below().is_some();
        let count = self.places.iter().filter(standing).count();
        let depth = self.depth();
        // A climb that failed is taken back, just that.
        let steps = match self.climb.take().filter(|climb| now.saturating_sub(climb.at) < BLAME_MS) {
            Some(failed) => failed.steps,
            None => {
                let [.., most] = DOWN_SHARES;
                let share = DOWN_SHARES.get(self.falls).copied().unwrap_or(most);
                self.falls += 1;
                count.div_ceil(share)
            }
        };
        (self.too_much, self.too_much_at) = (Some(depth), now);
        if let Some(tried) = self.tried.take() {
            let same = tried.saturating_sub(depth) <= CHANGED;
            self.retry = if same { self.retry.saturating_mul(2).min(MAX_RETRY_MS) } else { RETRY_MS };
        }
        self.settled_at = now.saturating_add(SETTLE_MS);
        (0..steps).take_while(|_| step_down(&mut self.places)).count() > 0
    }

    /// Up, after some calm.
    fn up(&mut self, now: u64) -> bool {
        let depth = self.depth();
        if let Some(climb) = self.climb.as_mut().filter(|climb| !climb.held) {
            let again = self.too_much.is_some_and(|known| depth <= known);
            if again && now.saturating_sub(climb.at) < PROOF_MS {
                return false;
            }
            climb.held = true;
            if self.too_much.is_none() {
                self.stride = self.stride.saturating_mul(2);
            }
            if again {
                self.too_much = None;
            }
        }
        let steps = match self.too_much {
            None => self.stride,
            Some(known) => match self.free(known) {
                0 if now.saturating_sub(self.too_much_at) < self.retry => return false,
                0 => {
                    self.tried = Some(depth);
                    1
                }
                free => free.div_ceil(2),
            },
        };
        let steps = (0..steps).take_while(|_| step_up(&mut self.places)).count();
        if steps == 0 {
            // Everything is whole.
            (self.retry, self.tried) = (RETRY_MS, None);
            return false;
        }
        self.climb = Some(Climb { at: now, steps, held: false });
        self.settled_at = now.saturating_add(SETTLE_MS);
        self.calm_since = None;
        true
    }

    /// Steps up that are left before it is as much as was too much.
    fn free(&self, known: usize) -> usize {
        let mut ahead = self.places.clone();
        std::iter::repeat_with(|| step_up(&mut ahead) && depth_of(&ahead) > known)
            .take_while(|free| *free)
            .count()
    }

    fn depth(&self) -> usize {
        depth_of(&self.places)
    }
}

/// How deep all tiles together stand.
fn depth_of(places: &[Place]) -> usize {
    places.iter().map(Place::depth).sum()
}

/// One tile steps down: of those that matter least one on the best rung, the last of them.
fn step_down(places: &mut [Place]) -> bool {
    let standing = places.iter_mut().filter(|place| place.below().is_some());
    let next = standing.rev().min_by_key(|place| (std::cmp::Reverse(place.priority), place.rung));
    let Some((place, rung)) = next.and_then(|place| place.below().map(|rung| (place, rung))) else {
        return false;
    };
    place.rung = rung;
    true
}

/// One tile steps up: what [`step_down`] did last is taken back.
fn step_up(places: &mut [Place]) -> bool {
    let fallen = places.iter_mut().filter(|place| place.above().is_some());
    let next = fallen.min_by_key(|place| (place.priority, std::cmp::Reverse(place.above())));
    let Some((place, rung)) = next.and_then(|place| place.above().map(|rung| (place, rung))) else {
        return false;
    };
    place.rung = rung;
    true
}

#[cfg(test)]
mod tests;
