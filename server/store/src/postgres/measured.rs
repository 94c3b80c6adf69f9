//! Samples as the table has them, in the order of its key.

use pantau_schemas::observation::Sample;

use crate::numbers::Numbers;

/// A row of `sample`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) series: i32,
    pub(super) time: i64,
    pub(super) value: f64,
}

impl Measured {
    fn key(&self) -> (i32, i64) {
        (self.series, self.time)
    }
}

/// Rows in the order of the key, so that each page of the index is touched once. Of two with one key the
/// first that came stays first.
pub(super) fn rows(samples: &[Sample], numbers: &Numbers<'_>) -> Vec<Measured> {
    let mut rows: Vec<Measured> = samples.iter().filter_map(|sample| row(sample, numbers)).collect();
    rows.sort_by_key(Measured::key);
    rows
}

fn row(sample: &Sample, numbers: &Numbers<'_>) -> Option<Measured> {
    let series = i32::try_from(numbers.get(&sample.series)?).ok()?;
    Some(Measured { series, time: sample.time.micros(), value: sample.value })
}

/// Suspects of all messages, each key once, credited to the first message that has it: what inserting one
/// message after the other would come to.
#[derive(Debug)]
pub(super) struct Suspects {
    messages: usize,
    pub(super) rows: Vec<Measured>,
    /// The message of each row.
    of: Vec<usize>,
}

impl Suspects {
    pub(super) fn new(messages: &[Vec<Sample>], numbers: &Numbers<'_>) -> Self {
        let mut all: Vec<(Measured, usize)> = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            all.extend(message.iter().filter_map(|sample| Some((row(sample, numbers)?, number))));
        }
        all.sort_by_key(|(row, _)| row.key());
        all.dedup_by_key(|(row, _)| row.key());
        let (rows, of) = all.into_iter().unzip();
        Self { messages: messages.len(), rows, of }
    }

    /// How many rows of each message were new, by the keys of those that were.
    pub(super) fn count(&self, new: &[(i32, i64)]) -> Vec<usize> {
        let mut counts = vec![0; self.messages];
        for key in new {
            let found = self.rows.binary_search_by_key(key, Measured::key).ok();
            if let Some(count) =
                found.and_then(|at| self.of.get(at)).and_then(|message| counts.get_mut(*message))
            {
                *count += 1;
            }
        }
        counts
    }
}

/// The newest of each series, in the order of the series; of two with one time the first, which is the one that the
/// table keeps. Made for rows of few runs, each in the order of the key.
pub(super) fn newest<'a>(rows: impl Iterator<Item = &'a Measured>) -> Vec<Measured> {
    let mut newest: Vec<Measured> = Vec::new();
    for row in rows {
        match newest.last_mut().filter(|last| last.series == row.series) {
            Some(last) => take_newer(last, row),
            None => newest.push(*row),
        }
    }
    newest.sort_by_key(|row| row.series);
    newest.dedup_by(|next, first| {
        let same = next.series == first.series;
        if same {
            take_newer(first, next);
        }
        same
    });
    newest
}

fn take_newer(at: &mut Measured, row: &Measured) {
    if row.time > at.time {
        *at = *row;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_newest_is_that_of_each_series_and_the_first_of_its_time(
            rows in prop::collection::vec((0..5i32, 0..4i64, 0..99i32), 0..30),
        ) {
            let row = |(series, time, value): &(i32, i64, i32)| Measured { series: *series, time: *time, value: f64::from(*value) };
            let rows: Vec<Measured> = rows.iter().map(row).collect();
            let mut expected: BTreeMap<i32, Measured> = BTreeMap::new();
            for row in &rows {
                let at = expected.entry(row.series).or_insert(*row);
                if row.time > at.time {
                    *at = *row;
                }
            }
            prop_assert_eq!(newest(rows.iter()), expected.into_values().collect::<Vec<_>>());
        }
    }
}
