//! Places on a grid. Columns and rows count from 1, as people and style sheets do.

use std::num::NonZeroU8;

use serde::{Deserialize, Serialize};

/// Most columns and rows of a grid. Past 8 × 8 a picture on a 4K wall tells nothing any more; twice that leaves
/// room for fine merging.
pub const MAX_SIDE: u8 = 16;

/// One place of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct At {
    /// From the top, from 1.
    pub row: NonZeroU8,
    /// From the left, from 1.
    pub column: NonZeroU8,
}

/// A rectangle of places: one, or several merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Area {
    /// The topmost row, from 1.
    pub row: NonZeroU8,
    /// The leftmost column, from 1.
    pub column: NonZeroU8,
    /// How many columns wide.
    #[serde(default = "one")]
    pub columns: NonZeroU8,
    /// How many rows high.
    #[serde(default = "one")]
    pub rows: NonZeroU8,
}

const fn one() -> NonZeroU8 {
    NonZeroU8::MIN
}

impl At {
    /// A place, unless one of the numbers is 0.
    #[must_use]
    pub fn new(column: u8, row: u8) -> Option<Self> {
        Some(Self { row: NonZeroU8::new(row)?, column: NonZeroU8::new(column)? })
    }
}

impl Area {
    /// A rectangle, unless one of the numbers is 0.
    #[must_use]
    pub fn new(column: u8, row: u8, columns: u8, rows: u8) -> Option<Self> {
        let At { row, column } = At::new(column, row)?;
        Some(Self { row, column, columns: NonZeroU8::new(columns)?, rows: NonZeroU8::new(rows)? })
    }

    /// A single place.
    #[must_use]
    pub const fn single(at: At) -> Self {
        Self { row: at.row, column: at.column, columns: one(), rows: one() }
    }

    /// Its top left place: its name among the areas of a layout, which never overlap.
    #[must_use]
    pub const fn at(&self) -> At {
        At { row: self.row, column: self.column }
    }

    /// The last column, which may lie past every grid.
    #[must_use]
    pub fn last_column(&self) -> u16 {
        u16::from(self.column.get()) + u16::from(self.columns.get()) - 1
    }

    /// The last row, which may lie past every grid.
    #[must_use]
    pub fn last_row(&self) -> u16 {
        u16::from(self.row.get()) + u16::from(self.rows.get()) - 1
    }

    /// Whether the place is inside.
    #[must_use]
    pub fn covers(&self, at: At) -> bool {
        self.overlaps(&Self::single(at))
    }

    /// Whether the two share a place.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let apart = u16::from(self.column.get()) > other.last_column()
            || u16::from(other.column.get()) > self.last_column()
            || u16::from(self.row.get()) > other.last_row()
            || u16::from(other.row.get()) > self.last_row();
        !apart
    }

    /// Whether every place of the other is inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.column <= other.column
            && self.row <= other.row
            && other.last_column() <= self.last_column()
            && other.last_row() <= self.last_row()
    }

    /// Whether it lies within a grid of this size.
    #[must_use]
    pub fn fits(&self, columns: u8, rows: u8) -> bool {
        self.last_column() <= u16::from(columns) && self.last_row() <= u16::from(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_that_only_touch_do_not_overlap() {
        let left = Area::new(1, 1, 2, 2).unwrap();
        assert!(!left.overlaps(&Area::new(3, 1, 1, 2).unwrap()));
        assert!(!left.overlaps(&Area::new(1, 3, 2, 1).unwrap()));
        assert!(left.overlaps(&Area::new(2, 2, 5, 5).unwrap()));
        assert!(left.covers(At::new(2, 2).unwrap()) && !left.covers(At::new(3, 2).unwrap()));
    }

    #[test]
    fn an_area_at_the_end_of_the_numbers_fits_nowhere() {
        let far = Area::new(255, 255, 255, 255).unwrap();
        assert!(!far.fits(MAX_SIDE, MAX_SIDE));
        assert!(Area::new(16, 16, 1, 1).unwrap().fits(MAX_SIDE, MAX_SIDE));
    }
}
