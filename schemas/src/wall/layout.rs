//! A grid with cells, merged where somebody wanted it so.
//!
//! **Invariant:** cells lie in the grid and do not overlap, nor do zones; at most [`MAX_CAMERAS`] cameras. A cell
//! that is written nowhere is a single empty place. Two layouts that look the same are equal: cells are in order,
//! an empty cell is listed only when it is merged, and only cameras have another rank than pinned or context.

use serde::{Deserialize, Serialize};

use super::area::{Area, At, MAX_SIDE};
use super::tile::{Rank, Tile};
use crate::media::MAX_TILES;
use crate::order;

/// Most cameras of a layout: what one window may ask pictures for.
pub const MAX_CAMERAS: usize = MAX_TILES;

/// One cell: where, what, and how firmly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Where.
    pub area: Area,
    /// What.
    #[serde(default)]
    pub tile: Tile,
    /// How firmly.
    #[serde(default)]
    pub rank: Rank,
}

/// What alarms may do with a part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmUse {
    /// An alarm may put its camera here. A layout that has such a zone offers no other place.
    May,
    /// No alarm may. Also what a word of a newer version means: the careful reading.
    #[serde(other)]
    MayNot,
}

/// A part of a layout and what alarms may do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Which part.
    pub area: Area,
    /// What they may.
    pub alarms: AlarmUse,
}

/// The parts of a layout, as somebody wrote them: unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// How many columns.
    pub columns: u8,
    /// How many rows.
    pub rows: u8,
    /// The cells that are not single empty places.
    #[serde(default)]
    pub cells: Vec<Cell>,
    /// The zones.
    #[serde(default)]
    pub zones: Vec<Zone>,
}

/// A grid of cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft")]
pub struct Layout {
    columns: u8,
    rows: u8,
    cells: Vec<Cell>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<Zone>,
}

/// Why a draft is no layout. Numbers are places in its lists, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// No grid has this size.
    #[error("a grid has 1 to {MAX_SIDE} columns and rows")]
    Grid,
    /// A cell leaves the grid.
    #[error("cell {0} lies outside the grid")]
    CellOutside(usize),
    /// Two cells share a place.
    #[error("cells {0} and {1} overlap")]
    CellsOverlap(usize, usize),
    /// A zone leaves the grid.
    #[error("zone {0} lies outside the grid")]
    ZoneOutside(usize),
    /// Two zones share a place.
    #[error("zones {0} and {1} overlap")]
    ZonesOverlap(usize, usize),
    /// One window cannot have so many pictures.
    #[error("there are more than {MAX_CAMERAS} cameras")]
    TooManyCameras,
}

/// The first area outside the grid, and the first two that overlap (the later one first).
fn misplaced(
    columns: u8,
    rows: u8,
    areas: impl Iterator<Item = Area> + Clone,
) -> (Option<usize>, Option<(usize, usize)>) {
    let outside = areas.clone().position(|area| !area.fits(columns, rows));
    let overlap = areas.clone().enumerate().find_map(|(index, area)| {
        let before = areas.clone().take(index).position(|other| other.overlaps(&area))?;
        Some((index, before))
    });
    (outside, overlap)
}

impl TryFrom<Draft> for Layout {
    type Error = LayoutError;

    fn try_from(draft: Draft) -> Result<Self, LayoutError> {
        let Draft { columns, rows, mut cells, mut zones } = draft;
        let side = 1..=MAX_SIDE;
        if !side.contains(&columns) || !side.contains(&rows) {
            return Err(LayoutError::Grid);
        }
        // More cells than places must overlap somewhere; said at once, before they are compared with each other.
        let places = usize::from(columns) * usize::from(rows);
        for list in [cells.len(), zones.len()] {
            if list > places {
                return Err(LayoutError::Grid);
            }
        }
        match misplaced(columns, rows, cells.iter().map(|cell| cell.area)) {
            (Some(cell), _) => return Err(LayoutError::CellOutside(cell)),
            (_, Some((cell, other))) => return Err(LayoutError::CellsOverlap(cell, other)),
            (None, None) => {}
        }
        match misplaced(columns, rows, zones.iter().map(|zone| zone.area)) {
            (Some(zone), _) => return Err(LayoutError::ZoneOutside(zone)),
            (_, Some((zone, other))) => return Err(LayoutError::ZonesOverlap(zone, other)),
            (None, None) => {}
        }
        if cells.iter().filter(|cell| cell.tile.camera().is_some()).count() > MAX_CAMERAS {
            return Err(LayoutError::TooManyCameras);
        }
        cells.iter_mut().for_each(Cell::settle);
        cells.retain(|cell| !cell.goes_without_saying());
        order::sort_by_key(&mut cells, |cell| cell.area);
        order::sort_by_key(&mut zones, |zone| zone.area);
        Ok(Self { columns, rows, cells, zones })
    }
}

impl Cell {
    /// A single empty place.
    #[must_use]
    pub const fn empty(area: Area) -> Self {
        Self { area, tile: Tile::Empty, rank: Rank::Context }
    }

    /// Gives it the one rank that it can have.
    fn settle(&mut self) {
        match self.tile {
            Tile::Camera { .. } => {}
            Tile::Empty | Tile::Unknown => self.rank = Rank::Context,
            _ if self.rank != Rank::Pinned => self.rank = Rank::Context,
            _ => {}
        }
    }

    fn goes_without_saying(&self) -> bool {
        self.tile == Tile::Empty && self.area == Area::single(self.area.at())
    }

    /// Whether it shows a moving picture that somebody is to watch.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.tile.camera().is_some() && self.rank != Rank::Context
    }
}

impl Layout {
    /// An empty grid.
    ///
    /// # Errors
    /// [`LayoutError::Grid`].
    pub fn grid(columns: u8, rows: u8) -> Result<Self, LayoutError> {
        Self::try_from(Draft { columns, rows, cells: Vec::new(), zones: Vec::new() })
    }

    /// How many columns, 1 to [`MAX_SIDE`].
    #[must_use]
    pub const fn columns(&self) -> u8 {
        self.columns
    }

    /// How many rows, 1 to [`MAX_SIDE`].
    #[must_use]
    pub const fn rows(&self) -> u8 {
        self.rows
    }

    /// The cells that are not single empty places, row by row.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The zones, row by row.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The cell that covers a place; `None` outside the grid.
    #[must_use]
    pub fn cell(&self, at: At) -> Option<Cell> {
        let listed = self.cells.iter().find(|cell| cell.area.covers(at));
        let single = Area::single(at);
        listed.cloned().or_else(|| single.fits(self.columns, self.rows).then(|| Cell::empty(single)))
    }

    /// Every cell, row by row, single empty places included.
    #[must_use]
    pub fn every_cell(&self) -> Vec<Cell> {
        let places = (1..=self.rows).flat_map(|row| (1..=self.columns).map(move |column| (column, row)));
        let cell = |(column, row)| {
            let at = At::new(column, row)?;
            // A merged cell is met at each of its places, and is named by its first.
            self.cell(at).filter(|cell| cell.area.at() == at)
        };
        places.filter_map(cell).collect()
    }

    /// Pinned cells, row by row.
    pub fn pinned(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.rank == Rank::Pinned)
    }

    /// How many cells show a moving picture that somebody is to watch.
    #[must_use]
    pub fn moving(&self) -> usize {
        self.cells.iter().filter(|cell| cell.moves()).count()
    }

    /// Whether an alarm may put its camera into the cell: never over a pinned one, nor into a zone kept from
    /// alarms; only into the zones offered to them, where there are such.
    #[must_use]
    pub fn alarms_may_use(&self, cell: &Cell) -> bool {
        let mut offered = self.zones.iter().filter(|zone| zone.alarms == AlarmUse::May).peekable();
        let kept = |zone: &Zone| zone.alarms == AlarmUse::MayNot && zone.area.overlaps(&cell.area);
        cell.rank != Rank::Pinned
            && !self.zones.iter().any(kept)
            && (offered.peek().is_none() || offered.any(|zone| zone.area.contains(&cell.area)))
    }

    /// The same with something else in the cell that covers `at`; `None` outside the grid, or when that would be
    /// more than [`MAX_CAMERAS`] cameras.
    #[must_use]
    pub fn with(&self, at: At, tile: Tile, rank: Rank) -> Option<Self> {
        let area = self.cell(at)?.area;
        let mut draft = self.draft();
        draft.cells.retain(|cell| cell.area != area);
        draft.cells.push(Cell { area, tile, rank });
        draft.try_into().ok()
    }

    /// The same with nothing in the cells that are not pinned.
    #[must_use]
    pub fn cleared(&self) -> Self {
        let mut cleared = self.clone();
        for cell in cleared.cells.iter_mut().filter(|cell| cell.rank != Rank::Pinned) {
            *cell = Cell::empty(cell.area);
        }
        cleared.cells.retain(|cell| !cell.goes_without_saying());
        cleared
    }

    /// The same with every pinned cell of `before` in its old place; cells of this one that were there give way.
    /// `None` when one of them does not fit.
    #[must_use]
    pub fn keeping_pinned(&self, before: &Self) -> Option<Self> {
        let mut draft = self.draft();
        draft.cells.retain(|cell| before.pinned().all(|pinned| !pinned.area.overlaps(&cell.area)));
        draft.cells.extend(before.pinned().cloned());
        draft.try_into().ok()
    }

    /// The parts.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let Self { columns, rows, cells, zones } = self.clone();
        Draft { columns, rows, cells, zones }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DeviceId;

    fn at(column: u8, row: u8) -> At {
        At::new(column, row).unwrap()
    }

    fn cell(area: (u8, u8, u8, u8), rank: Rank) -> Cell {
        let (column, row, columns, rows) = area;
        let tile = Tile::Camera { camera: DeviceId::new("cam-01").unwrap() };
        Cell { area: Area::new(column, row, columns, rows).unwrap(), tile, rank }
    }

    fn layout(cells: Vec<Cell>, zones: Vec<Zone>) -> Result<Layout, LayoutError> {
        Draft { columns: 4, rows: 3, cells, zones }.try_into()
    }

    #[test]
    fn cells_that_overlap_or_leave_the_grid_are_named() {
        let whole = cell((1, 1, 2, 2), Rank::Watched);
        let overlapping = layout(vec![whole.clone(), cell((2, 2, 1, 1), Rank::Context)], vec![]);
        assert_eq!(overlapping, Err(LayoutError::CellsOverlap(1, 0)));
        let outside = layout(vec![whole, cell((4, 1, 2, 1), Rank::Watched)], vec![]);
        assert_eq!(outside, Err(LayoutError::CellOutside(1)));
        assert_eq!(Layout::grid(0, 3), Err(LayoutError::Grid));
        assert_eq!(Layout::grid(17, 3), Err(LayoutError::Grid));
        let many = vec![cell((1, 1, 1, 1), Rank::Context); 13];
        assert_eq!(layout(many, vec![]), Err(LayoutError::Grid));
    }

    #[test]
    fn a_layout_that_looks_the_same_is_equal() {
        let empty = Cell { area: Area::new(2, 1, 1, 1).unwrap(), tile: Tile::Empty, rank: Rank::Pinned };
        let clock = |rank| Cell { area: Area::new(3, 1, 1, 1).unwrap(), tile: Tile::Clock, rank };
        let written = layout(vec![clock(Rank::Watched), empty], vec![]).unwrap();
        assert_eq!(written, layout(vec![clock(Rank::Context)], vec![]).unwrap());
        assert_eq!(written.cell(at(2, 1)), Some(Cell::empty(Area::single(at(2, 1)))));
        assert_eq!(written.cell(at(5, 1)), None);
    }

    #[test]
    fn a_place_inside_a_merged_cell_is_that_cell() {
        let merged = layout(vec![cell((1, 1, 2, 2), Rank::Watched)], vec![]).unwrap();
        let changed = merged.with(at(2, 2), Tile::Clock, Rank::Pinned).unwrap();
        let found = changed.cell(at(1, 1)).unwrap();
        assert_eq!((found.tile, found.area.columns.get(), found.rank), (Tile::Clock, 2, Rank::Pinned));
        let cleared = merged.cleared();
        assert_eq!(cleared.cells().len(), 1, "the merged cell stays, empty");
        assert_eq!(cleared.cell(at(2, 2)).map(|cell| cell.tile), Some(Tile::Empty));
    }

    #[test]
    fn pinned_cells_keep_their_place_or_nothing_changes() {
        let before = layout(vec![cell((3, 2, 2, 1), Rank::Pinned)], vec![]).unwrap();
        let next = layout(vec![cell((2, 1, 2, 2), Rank::Watched), cell((1, 1, 1, 1), Rank::Watched)], vec![]);
        let kept = next.unwrap().keeping_pinned(&before).unwrap();
        assert_eq!(kept.pinned().count(), 1);
        assert_eq!(kept.cells().len(), 2, "the cell that was in the way is gone");
        assert_eq!(Layout::grid(3, 3).unwrap().keeping_pinned(&before), None);
    }

    #[test]
    fn alarms_stay_where_they_may_be() {
        let zone = |area: (u8, u8, u8, u8), alarms| Zone {
            area: Area::new(area.0, area.1, area.2, area.3).unwrap(),
            alarms,
        };
        let cells = || {
            vec![
                cell((1, 1, 1, 1), Rank::Context),
                cell((2, 1, 1, 1), Rank::Pinned),
                cell((4, 3, 1, 1), Rank::Watched),
            ]
        };
        let may = |zones| {
            let layout = layout(cells(), zones).unwrap();
            layout.cells().iter().map(|cell| layout.alarms_may_use(cell)).collect::<Vec<_>>()
        };
        assert_eq!(may(vec![]), [true, false, true]);
        assert_eq!(may(vec![zone((4, 1, 1, 3), AlarmUse::MayNot)]), [true, false, false]);
        assert_eq!(may(vec![zone((1, 1, 2, 1), AlarmUse::May)]), [true, false, false]);
    }
}
