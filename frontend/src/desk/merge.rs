//! Cells that are made one, and one that is made many again. What is sent is a whole layout; undo gives the old one back.

use pantau_schemas::wall::{Area, At, Cell, Draft, Layout, Rank, Tile};

use super::cells::Direction;

/// Why a cell cannot be merged or split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmergeable {
    /// The grid ends there.
    Edge,
    /// A pinned cell would change.
    Pinned,
    /// It is a single place already.
    Single,
}

/// The layout in which the cell at `at` has taken what lies beside it in that direction.
///
/// That is one more column or row, and whatever reaches into it as a whole. The cell keeps what it shows; an empty one
/// takes the first tile that it swallows.
///
/// # Errors
/// [`Unmergeable`].
pub fn merged(layout: &Layout, at: At, direction: Direction) -> Result<Draft, Unmergeable> {
    let cell = layout.cell(at).ok_or(Unmergeable::Edge)?;
    let mut area = grown(cell.area, direction)
        .filter(|area| area.fits(layout.columns(), layout.rows()))
        .ok_or(Unmergeable::Edge)?;
    let cells = layout.every_cell();
    while let Some(cut) = cells.iter().find(|cell| cell.area.overlaps(&area) && !area.contains(&cell.area)) {
        area = hull(area, cut.area).ok_or(Unmergeable::Edge)?;
    }
    let swallowed = || cells.iter().filter(|cell| cell.area.overlaps(&area));
    if swallowed().any(|cell| cell.rank == Rank::Pinned) {
        return Err(Unmergeable::Pinned);
    }
    let first = swallowed().find(|cell| cell.tile != Tile::Empty);
    let shown = if cell.tile == Tile::Empty { first.unwrap_or(&cell) } else { &cell };
    let whole = Cell { area, tile: shown.tile.clone(), rank: shown.rank };
    let mut draft = layout.draft();
    draft.cells.retain(|cell| !cell.area.overlaps(&area));
    draft.cells.push(whole);
    Ok(draft)
}

/// The layout in which the cell at `at` is single places again; what it shows is in the first of them.
///
/// # Errors
/// [`Unmergeable`].
pub fn split(layout: &Layout, at: At) -> Result<Draft, Unmergeable> {
    let cell = layout.cell(at).ok_or(Unmergeable::Edge)?;
    let first = Area::single(cell.area.at());
    if cell.area == first {
        return Err(Unmergeable::Single);
    }
    if cell.rank == Rank::Pinned {
        return Err(Unmergeable::Pinned);
    }
    let mut draft = layout.draft();
    draft.cells.retain(|other| other.area != cell.area);
    draft.cells.push(Cell { area: first, ..cell });
    Ok(draft)
}

/// One column or row more; `None` before the first.
fn grown(area: Area, direction: Direction) -> Option<Area> {
    let (column, row) = (area.column.get(), area.row.get());
    let (columns, rows) = (area.columns.get(), area.rows.get());
    match direction {
        Direction::Left => Area::new(column.checked_sub(1)?, row, columns.checked_add(1)?, rows),
        Direction::Right => Area::new(column, row, columns.checked_add(1)?, rows),
        Direction::Up => Area::new(column, row.checked_sub(1)?, columns, rows.checked_add(1)?),
        Direction::Down => Area::new(column, row, columns, rows.checked_add(1)?),
    }
}

/// The smallest area that has both.
fn hull(a: Area, b: Area) -> Option<Area> {
    let (column, row) = (a.column.min(b.column).get(), a.row.min(b.row).get());
    let side = |last: u16, first: u8| u8::try_from(last + 1 - u16::from(first)).ok();
    let columns = side(a.last_column().max(b.last_column()), column)?;
    let rows = side(a.last_row().max(b.last_row()), row)?;
    Area::new(column, row, columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::ids::DeviceId;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn at(column: u8, row: u8) -> At {
        At::new(column, row).unwrap()
    }

    fn camera(name: &str) -> Tile {
        Tile::Camera { camera: DeviceId::new(name).unwrap() }
    }

    fn shown(layout: &Layout, column: u8, row: u8) -> (Tile, u8, u8) {
        let cell = layout.cell(at(column, row)).unwrap();
        (cell.tile, cell.area.columns.get(), cell.area.rows.get())
    }

    #[test]
    fn a_cell_takes_its_neighbour_and_gives_it_back() {
        let grid = Layout::grid(3, 2).unwrap();
        let layout = grid.with(at(1, 1), camera("cam-1"), Rank::Watched).unwrap();
        let layout = layout.with(at(2, 1), camera("cam-2"), Rank::Watched).unwrap();
        let wide = Layout::try_from(merged(&layout, at(1, 1), Direction::Right).unwrap()).unwrap();
        assert_eq!(shown(&wide, 2, 1), (camera("cam-1"), 2, 1));
        let large = Layout::try_from(merged(&wide, at(2, 1), Direction::Down).unwrap()).unwrap();
        assert_eq!(shown(&large, 1, 2), (camera("cam-1"), 2, 2));
        assert_eq!(merged(&large, at(1, 1), Direction::Left), Err(Unmergeable::Edge));
        assert_eq!(merged(&large, at(1, 1), Direction::Down), Err(Unmergeable::Edge));
        let single = Layout::try_from(split(&large, at(2, 2)).unwrap()).unwrap();
        assert_eq!(shown(&single, 1, 1), (camera("cam-1"), 1, 1));
        assert_eq!(shown(&single, 2, 2).0, Tile::Empty);
        assert_eq!(split(&single, at(1, 1)), Err(Unmergeable::Single));
        let from_empty = merged(&layout, at(3, 1), Direction::Left).unwrap();
        assert_eq!(shown(&Layout::try_from(from_empty).unwrap(), 3, 1), (camera("cam-2"), 2, 1));
    }

    #[test]
    fn what_reaches_in_is_taken_as_a_whole_and_a_pinned_cell_never() {
        let tall = Cell { area: Area::new(2, 1, 1, 2).unwrap(), tile: camera("cam-2"), rank: Rank::Context };
        let draft = |rank| Draft {
            columns: 3,
            rows: 2,
            cells: vec![Cell { rank, ..tall.clone() }],
            zones: Vec::new(),
        };
        let layout = Layout::try_from(draft(Rank::Context)).unwrap();
        let merged_all = Layout::try_from(merged(&layout, at(1, 1), Direction::Right).unwrap()).unwrap();
        assert_eq!(shown(&merged_all, 1, 2), (camera("cam-2"), 2, 2));
        let pinned = Layout::try_from(draft(Rank::Pinned)).unwrap();
        assert_eq!(merged(&pinned, at(1, 1), Direction::Right), Err(Unmergeable::Pinned));
        assert_eq!(split(&pinned, at(2, 1)), Err(Unmergeable::Pinned));
    }

    proptest! {
        #[test]
        fn whatever_is_merged_and_split_is_a_layout(
            steps in proptest::collection::vec((1u8..6, 1u8..6, 0u8..6), 1..40)
        ) {
            let mut layout = Layout::grid(5, 4).unwrap();
            for (column, row, what) in steps {
                let directions = [Direction::Left, Direction::Right, Direction::Up, Direction::Down];
                let next = match directions.get(usize::from(what)) {
                    Some(direction) => merged(&layout, at(column, row), *direction),
                    None if what == 4 => split(&layout, at(column, row)),
                    None => Ok(layout.with(at(column, row), Tile::Clock, Rank::Pinned).unwrap_or(layout.clone()).draft()),
                };
                let pinned: Vec<Cell> = layout.pinned().cloned().collect();
                if let Ok(draft) = next {
                    layout = Layout::try_from(draft).unwrap();
                    prop_assert!(pinned.iter().all(|cell| layout.pinned().any(|now| now == cell)));
                }
            }
        }

        #[test]
        fn arrows_never_leave_the_grid(direction in select(vec![Direction::Left, Direction::Up]), side in 1u8..=16) {
            let layout = Layout::grid(side, side).unwrap();
            prop_assert_eq!(merged(&layout, at(1, 1), direction), Err(Unmergeable::Edge));
        }
    }
}
