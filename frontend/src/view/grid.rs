//! Where groups of tiles go: an aligned grid in which every group stays together where that is possible.
//!
//! All tiles have one size. A row holds one or more groups; a group may go on in the next row only when
//! keeping it whole would make every picture smaller.

/// A part of a group in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Which group.
    pub group: usize,
    /// Its first tile here.
    pub first: usize,
    /// How many tiles.
    pub count: usize,
}

/// A whole arrangement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Tiles in a full row.
    pub columns: usize,
    /// Rows from top to bottom.
    pub rows: Vec<Vec<Segment>>,
}

/// How much smaller a picture may become to keep groups whole.
const WHOLE_IS_WORTH: f64 = 0.90;
/// Where tiles go; all lengths in one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
    /// Between two tiles.
    pub gap: f64,
    /// Height of a row's heading and of a tile's name.
    pub text: f64,
}

/// The arrangement with the largest pictures for groups of these sizes on an area.
#[must_use]
pub fn arrange(sizes: &[usize], area: &Area) -> Plan {
    let total: usize = sizes.iter().sum();
    let mut best: Option<(f64, Plan)> = None;
    for columns in 1..=total {
        let candidates = [(whole(sizes, columns), 1.0), (Some(flowing(sizes, columns)), WHOLE_IS_WORTH)];
        for (plan, worth) in candidates {
            let Some(plan) = plan else { continue };
            let score = area.tile_width(columns, plan.rows.len()) * worth;
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, plan));
            }
        }
    }
    best.map(|(_, plan)| plan).unwrap_or_default()
}

impl Area {
    /// Width of each of so many columns and rows of tiles; as `tile.css` has it.
    #[must_use]
    pub fn tile_width(&self, columns: usize, rows: usize) -> f64 {
        let number = |n: usize| u32::try_from(n).map_or(f64::MAX, f64::from);
        let share = |length: f64, n: usize| (length - (number(n) - 1.0) * self.gap) / number(n);
        let by_height = (share(self.height, rows) - self.text) * 16.0 / 9.0;
        share(self.width, columns).min(by_height)
    }
}

/// Groups in their order, split wherever a row is full.
fn flowing(sizes: &[usize], columns: usize) -> Plan {
    let mut rows: Vec<Vec<Segment>> = Vec::new();
    let mut room = 0;
    for (group, size) in sizes.iter().enumerate() {
        let mut first = 0;
        while first < *size {
            if room == 0 {
                rows.push(Vec::new());
                room = columns;
            }
            let count = (size - first).min(room);
            if let Some(row) = rows.last_mut() {
                row.push(Segment { group, first, count });
            }
            first += count;
            room -= count;
        }
    }
    Plan { columns, rows }
}

/// Every group whole; one wider than a row takes rows of its own. `None` when a row would stay empty by more
/// than half, which looks like something is missing.
fn whole(sizes: &[usize], columns: usize) -> Option<Plan> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let size = |group: usize| sizes.get(group).copied().unwrap_or(0);
    // Largest first fills rows best; equal ones keep their order.
    pantau_schemas::order::sort_by_key(&mut order, |group| std::cmp::Reverse(size(*group)));
    let mut rows: Vec<(usize, Vec<Segment>)> = Vec::new();
    for group in order {
        let mut first = 0;
        let mut left = size(group);
        while left > columns {
            rows.push((0, vec![Segment { group, first, count: columns }]));
            first += columns;
            left -= columns;
        }
        let segment = Segment { group, first, count: left };
        match rows.iter_mut().find(|(room, _)| *room >= left) {
            Some((room, row)) if first == 0 => {
                *room -= left;
                row.push(segment);
            }
            _ => rows.push((columns - left, vec![segment])),
        }
    }
    let sparse = rows.len() > 1 && rows.iter().any(|(room, _)| room * 2 > columns);
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    (!sparse).then_some(Plan { columns, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The area of the wall beside its column of figures, on a screen of 1920 × 1080.
    const AREA: Area = Area { width: 1_295.0, height: 782.0, gap: 9.7, text: 78.8 };

    fn shape(sizes: &[usize]) -> (usize, Vec<Vec<usize>>) {
        let plan = arrange(sizes, &AREA);
        (plan.columns, plan.rows.iter().map(|row| row.iter().map(|s| s.count).collect()).collect())
    }

    #[test]
    fn twelve_cameras_make_four_by_three() {
        assert_eq!(shape(&[12]), (4, vec![vec![4], vec![4], vec![4]]));
        assert_eq!(shape(&[4, 4, 4]), (4, vec![vec![4], vec![4], vec![4]]));
        assert_eq!(shape(&[2, 4, 2, 4]), (4, vec![vec![4], vec![4], vec![2, 2]]));
        assert_eq!(shape(&[3, 1, 4, 3, 1]), (4, vec![vec![4], vec![3, 1], vec![3, 1]]));
        assert_eq!(shape(&[4, 3, 3, 2]).0, 4);
    }

    #[test]
    fn every_tile_is_placed_once_whatever_the_groups() {
        for sizes in [vec![1], vec![5], vec![1, 1, 1], vec![7, 2, 9, 1], vec![36], vec![13, 11, 12]] {
            let plan = arrange(&sizes, &AREA);
            let mut seen = vec![0; sizes.len()];
            for segment in plan.rows.iter().flatten() {
                assert_eq!(segment.first, seen[segment.group], "{sizes:?}");
                seen[segment.group] += segment.count;
            }
            assert_eq!(seen, sizes);
            assert!(plan.rows.iter().all(|row| row.iter().map(|s| s.count).sum::<usize>() <= plan.columns));
        }
        assert_eq!(arrange(&[], &AREA), Plan::default());
    }
}
