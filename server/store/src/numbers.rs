//! Numbers on their way into the database and out, and the numbers that stand for series.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use pantau_schemas::ids::SeriesId;

/// Into the database's integers; a city does not reach the ninth quintillion of anything.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Out of the database's integers; negative ones are never written.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The numbers of series. Every sample is looked up here: the hash is a quick one, and seeded, for devices choose the names.
pub(crate) type SeriesNumbers = HashMap<SeriesId, i64, RandomState>;

/// Gathers what is new, so that it is remembered only after the commit.
pub(crate) struct Numbers<'a> {
    known: &'a SeriesNumbers,
    pub(crate) new: SeriesNumbers,
}

impl<'a> Numbers<'a> {
    pub(crate) fn new(known: &'a SeriesNumbers) -> Self {
        Self { known, new: SeriesNumbers::default() }
    }

    pub(crate) fn get(&self, series: &SeriesId) -> Option<i64> {
        self.known.get(series).or_else(|| self.new.get(series)).copied()
    }

    /// Notes a series that has no number yet.
    pub(crate) fn want(&mut self, series: &SeriesId) {
        if self.known.contains_key(series) {
            return;
        }
        if let Entry::Vacant(vacant) = self.new.entry(series.clone()) {
            vacant.insert(0);
        }
    }
}
