//! Boxes: a length, four letters, a content that may be boxes again.

/// Writes boxes one after the other; lengths are filled in when a box ends.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// With room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A box and what is in it.
    pub(super) fn atom(&mut self, name: [u8; 4], content: impl FnOnce(&mut Self)) {
        let begin = self.0.len();
        self.u32(0);
        self.bytes(&name);
        content(self);
        // Access units are bounded far below 4 GiB (`assembly::MAX_FRAME`).
        let length = u32::try_from(self.0.len() - begin).unwrap_or(u32::MAX);
        self.patch(begin, length);
    }

    /// A box with a version and 24 bits of flags.
    pub(super) fn full(&mut self, name: [u8; 4], version: u8, flags: u32, content: impl FnOnce(&mut Self)) {
        self.atom(name, |w| {
            w.u32(u32::from(version) << 24 | flags);
            content(w);
        });
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn i32(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, 0);
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Replaces four bytes that were written before.
    pub(super) fn patch(&mut self, at: usize, value: u32) {
        if let Some(place) = self.0.get_mut(at..at.saturating_add(4)) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}
