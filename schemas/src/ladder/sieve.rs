//! Which frames of a stream pass on a rung, so that a decoder can show every one that does.

use super::Rung;

/// A still picture is renewed after this, ms, at the next key frame.
pub const STILL_MS: u64 = 10_000;

/// Leaves frames of one stream out. **Invariant:** no frame passes whose reference did not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sieve {
    /// A frame that others refer to was left out: nothing but a key frame may follow.
    broken: bool,
    /// When a key frame last passed, ms.
    key_at: Option<u64>,
}

impl Sieve {
    /// Whether this frame passes; in the order of the stream, every frame once.
    pub fn passes(&mut self, rung: Rung, key: bool, disposable: bool, now: u64) -> bool {
        let passes = match rung {
            Rung::Full => key || !self.broken,
            Rung::Reference => key || !self.broken && !disposable,
            Rung::KeyFrames => key,
            Rung::Still | Rung::Unknown => {
                key && self.key_at.is_none_or(|at| now.saturating_sub(at) >= STILL_MS)
            }
        };
        if passes && key {
            self.broken = false;
            self.key_at = Some(now);
        }
        self.broken |= !passes && !disposable;
        passes
    }

    /// Something before the last frame is missing for everybody, and that frame did not pass: no other may follow it.
    pub fn interrupted(&mut self) {
        self.broken = true;
    }

    /// Frames that others refer to were left out since the last key frame.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }
}
