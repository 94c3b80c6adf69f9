//! The cells of a layout as an operator walks over them: empty ones are places too.

use pantau_schemas::wall::{Area, At, Cell, Layout};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To smaller columns.
    Left,
    /// To larger columns.
    Right,
    /// To smaller rows.
    Up,
    /// To larger rows.
    Down,
}

/// The cell that is selected: the one that covers the chosen place, else the first.
#[must_use]
pub fn selected(layout: &Layout, chosen: Option<At>) -> Option<Cell> {
    chosen.and_then(|at| layout.cell(at)).or_else(|| layout.cell(At::new(1, 1)?))
}

/// The next cell in that direction: among those that begin past the edge and lie beside it, the nearest; where
/// several do, the one nearest to its first row or column. `None` at the edge of the grid.
#[must_use]
pub fn next(layout: &Layout, from: Area, direction: Direction) -> Option<At> {
    let cells = layout.every_cell();
    let beside = cells.iter().filter(|cell| {
        let there = cell.area;
        match direction {
            Direction::Left | Direction::Right => rows_meet(from, there),
            Direction::Up | Direction::Down => columns_meet(from, there),
        }
    });
    let ahead = beside.filter_map(|cell| Some((distance(from, cell.area, direction)?, cell.area)));
    ahead.min_by_key(|(distance, area)| (*distance, aside(from, *area, direction))).map(|(_, area)| area.at())
}

fn rows_meet(a: Area, b: Area) -> bool {
    u16::from(a.row.get()) <= b.last_row() && u16::from(b.row.get()) <= a.last_row()
}

fn columns_meet(a: Area, b: Area) -> bool {
    u16::from(a.column.get()) <= b.last_column() && u16::from(b.column.get()) <= a.last_column()
}

/// How far ahead the other begins; `None` when it is not ahead.
fn distance(from: Area, to: Area, direction: Direction) -> Option<u16> {
    let (near, far) = match direction {
        Direction::Left => (to.last_column(), u16::from(from.column.get())),
        Direction::Right => (from.last_column(), u16::from(to.column.get())),
        Direction::Up => (to.last_row(), u16::from(from.row.get())),
        Direction::Down => (from.last_row(), u16::from(to.row.get())),
    };
    far.checked_sub(near).filter(|distance| *distance > 0)
}

/// How far the other begins to the side.
fn aside(from: Area, to: Area, direction: Direction) -> u8 {
    match direction {
        Direction::Left | Direction::Right => from.row.get().abs_diff(to.row.get()),
        Direction::Up | Direction::Down => from.column.get().abs_diff(to.column.get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::wall::{Draft, Rank, Tile};

    /// A large cell of 2 × 2 at the top left of a grid of 3 × 3.
    fn layout() -> Layout {
        let large = Cell { area: Area::new(1, 1, 2, 2).unwrap(), tile: Tile::Clock, rank: Rank::Context };
        Draft { columns: 3, rows: 3, cells: vec![large], zones: Vec::new() }.try_into().unwrap()
    }

    fn at(column: u8, row: u8) -> At {
        At::new(column, row).unwrap()
    }

    fn from(column: u8, row: u8, direction: Direction) -> Option<(u8, u8)> {
        let layout = layout();
        let area = layout.cell(at(column, row)).unwrap().area;
        next(&layout, area, direction).map(|at| (at.column.get(), at.row.get()))
    }

    #[test]
    fn every_cell_is_met_once_and_empty_ones_too() {
        let places: Vec<(u8, u8)> =
            layout().every_cell().iter().map(|cell| (cell.area.column.get(), cell.area.row.get())).collect();
        assert_eq!(places, [(1, 1), (3, 1), (3, 2), (1, 3), (2, 3), (3, 3)]);
    }

    #[test]
    fn arrows_go_over_merged_cells_and_stop_at_the_edge() {
        assert_eq!(from(1, 1, Direction::Right), Some((3, 1)));
        assert_eq!(from(1, 1, Direction::Down), Some((1, 3)));
        assert_eq!(from(3, 2, Direction::Left), Some((1, 1)));
        assert_eq!(from(2, 3, Direction::Up), Some((1, 1)));
        assert_eq!(from(3, 3, Direction::Left), Some((2, 3)));
        assert_eq!(from(1, 1, Direction::Left), None);
        assert_eq!(from(3, 3, Direction::Down), None);
    }

    #[test]
    fn a_chosen_place_that_is_gone_is_the_first_cell() {
        let layout = layout();
        assert_eq!(
            selected(&layout, Some(at(2, 2))).unwrap().area.at(),
            at(1, 1),
            "merged cells by their name"
        );
        assert_eq!(selected(&layout, Some(at(9, 9))).unwrap().area.at(), at(1, 1));
        assert_eq!(selected(&layout, Some(at(3, 2))).unwrap().area.at(), at(3, 2));
    }
}
