//! What is counted between two beats of a screen.

use std::collections::BTreeMap;

/// Counts what was drawn.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    drawn: BTreeMap<u16, u64>,
}

impl Tally {
    /// How many pictures were drawn since the counts before; by tile, which begins at nothing when it is new.
    pub fn since(&mut self, counts: impl Iterator<Item = (u16, u64)>) -> u64 {
        let before = std::mem::take(&mut self.drawn);
        self.drawn = counts.collect();
        let new = |(tile, drawn): (&u16, &u64)| drawn.saturating_sub(before.get(tile).copied().unwrap_or(0));
        self.drawn.iter().map(new).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_counted_over_tiles_that_come_and_go() {
        let mut tally = Tally::default();
        assert_eq!(tally.since([(1, 10)].into_iter()), 10);
        assert_eq!(tally.since([(1, 25), (2, 5)].into_iter()), 20);
        assert_eq!(tally.since([(2, 5)].into_iter()), 0);
        assert_eq!(tally.since([(2, 2)].into_iter()), 0, "counted anew");
    }
}
