//! What a supervisor would lose if a layout could be none: cells over cells, pictures that nobody can find.

use pantau_schemas::entry::{Actor, Cause, Change, Entry};
use pantau_schemas::hash::Hash;
use pantau_schemas::wall::{At, Layout, LayoutError, MAX_SIDE, MAX_UNDO, Rank, Tile, WallAct};
use proptest::prelude::*;

use crate::draw;
use crate::samples::walls::{entries, world};

/// Every place of a layout belongs to exactly one cell, which lies in the grid.
fn is_whole(layout: &Layout) -> Result<(), TestCaseError> {
    prop_assert!((1..=MAX_SIDE).contains(&layout.columns()) && (1..=MAX_SIDE).contains(&layout.rows()));
    for column in 1..=layout.columns() {
        for row in 1..=layout.rows() {
            let at = At::new(column, row).unwrap();
            let over = layout.cells().iter().filter(|cell| cell.area.covers(at)).count();
            prop_assert!(over <= 1, "{over} cells at column {column}, row {row}");
            prop_assert!(layout.cell(at).is_some());
        }
    }
    for cell in layout.cells() {
        prop_assert!(cell.area.fits(layout.columns(), layout.rows()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(draw::cases(512))]

    #[test]
    fn no_layout_has_cells_that_overlap(draft in draw::draft()) {
        let through_json = serde_json::from_value::<Layout>(serde_json::to_value(&draft).unwrap());
        match Layout::try_from(draft.clone()) {
            Ok(layout) => {
                is_whole(&layout)?;
                prop_assert_eq!(&through_json.unwrap(), &layout, "JSON is no way round the check");
                let again = serde_json::from_str::<Layout>(&serde_json::to_string(&layout).unwrap());
                prop_assert_eq!(&again.unwrap(), &layout);
                prop_assert_eq!(&Layout::try_from(layout.draft()).unwrap(), &layout);
            }
            Err(error) => {
                prop_assert!(through_json.is_err());
                // The fault that is named is there.
                match error {
                    LayoutError::CellsOverlap(a, b) => {
                        prop_assert!(draft.cells[a].area.overlaps(&draft.cells[b].area) && a != b);
                    }
                    LayoutError::CellOutside(cell) => {
                        prop_assert!(!draft.cells[cell].area.fits(draft.columns, draft.rows));
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_layout_stays_one_whatever_is_put_into_it(
        draft in draw::draft(), other in draw::draft(), column in 1u8..9, row in 1u8..9
    ) {
        let (Ok(layout), Ok(other)) = (Layout::try_from(draft), Layout::try_from(other)) else { return Ok(()) };
        let at = At::new(column, row).unwrap();
        let changed = layout.with(at, Tile::Clock, Rank::Pinned);
        prop_assert_eq!(changed.is_some(), layout.cell(at).is_some());
        if let Some(changed) = changed {
            is_whole(&changed)?;
            prop_assert_eq!(changed.cell(at).map(|cell| cell.rank), Some(Rank::Pinned));
        }
        let cleared = layout.cleared();
        is_whole(&cleared)?;
        prop_assert!(cleared.pinned().eq(layout.pinned()));
        if let Some(kept) = other.keeping_pinned(&layout) {
            is_whole(&kept)?;
            for pinned in layout.pinned() {
                prop_assert!(kept.pinned().any(|cell| cell == pinned));
            }
        }
    }
}

#[test]
fn a_step_of_a_tour_is_seen_in_its_cell_and_never_over_a_pinned_one() {
    let world = world();
    let screen = world.walls.screens.values().next().unwrap();
    let shown = world.walls.shown(&screen.id).unwrap();
    let layout = shown.layout().unwrap();
    let camera = |column, row| {
        let cell = layout.cell(At::new(column, row).unwrap()).unwrap();
        cell.tile.camera().map(ToString::to_string)
    };
    assert_eq!(camera(3, 2).as_deref(), Some("cam-alun-06"), "the second step");
    assert_eq!(camera(1, 1).as_deref(), Some("cam-alun-01"), "the pinned one");
    let below = screen.wall.content.layout().unwrap().cell(At::new(3, 2).unwrap()).unwrap();
    assert_eq!(below.tile.camera().unwrap().as_str(), "cam-alun-04", "what it lies over is still there");
}

#[test]
fn the_history_of_a_screen_is_bounded_and_an_undo_shortens_it() {
    let mut world = world();
    let (_, sample) = entries().into_iter().find(|(name, _)| *name == "wall_changed").unwrap();
    let Change::WallChanged(change) = sample.change else { panic!("not a wall") };
    let mut hang = |act| {
        let mut change = change.clone();
        change.act = act;
        let entry = Entry {
            seq: world.seq.next(),
            time: world.time,
            actor: Actor::operator("a"),
            cause: Cause::Start,
            change: Change::WallChanged(change),
            hash: Hash::ZERO,
        };
        world.apply(&entry).unwrap();
        world.walls.screens.values().next().unwrap().history.len()
    };
    let lengths: Vec<usize> = (0..30).map(|_| hang(WallAct::Shown)).collect();
    assert_eq!(lengths.last(), Some(&MAX_UNDO));
    assert_eq!(hang(WallAct::Undone), MAX_UNDO - 1);
}
