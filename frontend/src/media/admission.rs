//! Which frames a decoder may see: never one whose reference is missing.

use pantau_schemas::media::Flags;

/// Waits for a key frame whenever something is missing.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    wants_key: bool,
}

impl Default for Admission {
    /// A fresh decoder begins at a key frame.
    fn default() -> Self {
        Self { wants_key: true }
    }
}

impl Admission {
    /// Something is missing (frames skipped, a chunk lost, the decoder failed): wait for a key frame.
    pub fn interrupted(&mut self) {
        self.wants_key = true;
    }

    /// Whether this frame may be decoded.
    pub fn admits(&mut self, flags: Flags) -> bool {
        if flags.discontinuity {
            self.wants_key = true;
        }
        if flags.key {
            self.wants_key = false;
        }
        !self.wants_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_hole_nothing_is_decoded_until_a_key_frame() {
        let (key, delta) = (Flags { key: true, ..Flags::default() }, Flags::default());
        let hole = Flags { discontinuity: true, ..Flags::default() };
        let mut admission = Admission::default();
        let seen = [delta, key, delta, hole, delta, key, delta].map(|flags| admission.admits(flags));
        assert_eq!(seen, [false, true, true, false, false, true, true]);
        admission.interrupted();
        assert!(!admission.admits(delta));
        assert!(admission.admits(Flags { key: true, discontinuity: true, ..Flags::default() }));
    }
}
