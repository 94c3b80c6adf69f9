//! Sorting, compiled once.
//!
//! The standard library's sort is compiled anew for every type that is sorted, five kilobytes each. Fifteen kinds of
//! short lists in a page are not worth that: here the order of the places is found first, by one sort for all, and the
//! items then move.

use std::cmp::Ordering;

/// Puts items in order; equal ones stay as they were.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut order = places(items.len(), &mut |a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    // The items move in circles: each to the place that the one before it left. A place that has its item is its own.
    for start in 0..order.len() {
        let mut to = start;
        while let Some(from) =
            order.get_mut(to).map(|place| std::mem::replace(place, to)).filter(|from| *from != start)
        {
            items.swap(to, from);
            to = from;
        }
    }
}

/// Puts items in the order of their keys; equal ones stay as they were.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// The places in order.
fn places(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    // Of equal items the one that stood first goes first; the stable sort is larger.
    places.sort_unstable_by(|a, b| compare(*a, *b).then(a.cmp(b)));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(items in prop::collection::vec((0_u8..8, any::<u16>()), 0..200)) {
            let (mut ours, mut theirs) = (items.clone(), items);
            sort_by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
