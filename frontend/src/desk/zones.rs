//! What alarms may do with a cell: offered to them, kept from them, or as the layout's other zones have it.
//!
//! Operators think in cells, a layout has zones of any shape ([`Zone`]): a zone that reaches into the cell becomes the
//! zones of its other cells, which means the same to alarms.

use pantau_schemas::wall::{AlarmUse, Area, At, Cell, Draft, Layout, Zone};

/// What alarms may do with a cell; `None` where no zone says anything of it.
#[must_use]
pub fn use_of(layout: &Layout, cell: &Cell) -> Option<AlarmUse> {
    let zones = || layout.zones().iter().filter(|zone| zone.area.overlaps(&cell.area));
    if zones().any(|zone| zone.alarms == AlarmUse::MayNot) {
        return Some(AlarmUse::MayNot);
    }
    zones().any(|zone| zone.area.contains(&cell.area)).then_some(AlarmUse::May)
}

/// What comes after `now` for somebody who goes through all of them.
#[must_use]
pub const fn next_use(now: Option<AlarmUse>) -> Option<AlarmUse> {
    match now {
        None => Some(AlarmUse::May),
        Some(AlarmUse::May) => Some(AlarmUse::MayNot),
        Some(AlarmUse::MayNot) => None,
    }
}

/// The layout in which alarms may do `alarms` with the cell at `at`; `None` outside the grid.
#[must_use]
pub fn zoned(layout: &Layout, at: At, alarms: Option<AlarmUse>) -> Option<Draft> {
    let cell = layout.cell(at)?.area;
    let others =
        || layout.every_cell().into_iter().map(|other| other.area).filter(move |other| *other != cell);
    let mut draft = layout.draft();
    draft.zones = layout
        .zones()
        .iter()
        .flat_map(|zone| {
            let whole = (!zone.area.overlaps(&cell)).then(|| zone.clone());
            let pieces = others().filter(move |_| zone.area.overlaps(&cell));
            let piece = |other: Area| Some(Zone { area: common(zone.area, other)?, alarms: zone.alarms });
            whole.into_iter().chain(pieces.filter_map(piece)).collect::<Vec<_>>()
        })
        .chain(alarms.map(|alarms| Zone { area: cell, alarms }))
        .collect();
    Some(draft)
}

/// What two areas share.
fn common(a: Area, b: Area) -> Option<Area> {
    let (column, row) = (a.column.max(b.column).get(), a.row.max(b.row).get());
    let side = |last: u16, first: u8| u8::try_from((last + 1).checked_sub(first.into())?).ok();
    let columns = side(a.last_column().min(b.last_column()), column)?;
    let rows = side(a.last_row().min(b.last_row()), row)?;
    Area::new(column, row, columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USES: [Option<AlarmUse>; 3] = [None, Some(AlarmUse::May), Some(AlarmUse::MayNot)];

    fn area(column: u8, row: u8, columns: u8, rows: u8) -> Area {
        Area::new(column, row, columns, rows).unwrap()
    }

    #[test]
    fn a_cell_leaves_a_zone_that_others_stay_in() {
        let zones = vec![Zone { area: area(1, 1, 2, 2), alarms: AlarmUse::May }];
        let layout = Layout::try_from(Draft { columns: 3, rows: 2, cells: Vec::new(), zones }).unwrap();
        let at = At::new(2, 1).unwrap();
        let kept = Layout::try_from(zoned(&layout, at, Some(AlarmUse::MayNot)).unwrap()).unwrap();
        let uses =
            |layout: &Layout| layout.every_cell().iter().map(|cell| use_of(layout, cell)).collect::<Vec<_>>();
        let (may, not) = (Some(AlarmUse::May), Some(AlarmUse::MayNot));
        assert_eq!(uses(&layout), [may, may, None, may, may, None]);
        assert_eq!(uses(&kept), [may, not, None, may, may, None]);
        assert_eq!(zoned(&layout, At::new(4, 1).unwrap(), None), None);
    }

    #[test]
    fn whoever_goes_on_comes_round() {
        assert_eq!(USES.map(next_use), [USES[1], USES[2], USES[0]]);
    }

    proptest! {
        /// Whatever cells are merged and whatever was said before: the cell has what was said last, and what alarms may
        /// do with any other cell is as before.
        #[test]
        fn one_cell_changes_and_no_other(
            steps in proptest::collection::vec((1u8..=5, 1u8..=4, 0usize..3), 1..20),
            merged in (1u8..=4, 1u8..=3, 1u8..=2, 1u8..=2),
        ) {
            let cells = vec![Cell::empty(area(merged.0, merged.1, merged.2, merged.3))];
            let zones = vec![Zone { area: area(2, 2, 3, 3), alarms: AlarmUse::May }];
            let mut layout = Layout::try_from(Draft { columns: 5, rows: 4, cells, zones }).unwrap();
            for (column, row, alarms) in steps {
                let at = At::new(column, row).unwrap();
                let next = Layout::try_from(zoned(&layout, at, USES[alarms]).unwrap()).unwrap();
                for cell in layout.every_cell() {
                    let expected = if cell.area.covers(at) { USES[alarms] } else { use_of(&layout, &cell) };
                    prop_assert_eq!(use_of(&next, &cell), expected, "{:?}", cell.area);
                }
                layout = next;
            }
        }
    }
}
