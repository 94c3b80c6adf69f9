//! Partitions of samples, one a day, made before they are needed.
//!
//! A day is made when the first sample of the day before arrives, and on demand for late samples as far as
//! `sample_days_make` lets a device's clock reach. Anything else goes to the partition `sample_other`, from which it
//! is moved should its day ever be made: a wrong clock costs a row there and not a table. So a day that cannot
//! be made now, because a backup reads, is no reason to hold up a commit.
//!
//! A hypertable makes its chunks by itself, one for every day it is given. There the same days are let through, and the
//! rest is put into a table `sample_other` beside it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use sqlx::{Error, PgConnection};
use tokio::time::Instant;

use super::fault::FromSqlx as _;
use super::measured::Measured;
use super::schema::Layout;
use crate::batch::Batch;
use crate::error::StoreError;

/// Microseconds of a day, UTC.
pub(super) const DAY_US: i64 = 86_400_000_000;
/// Days remembered that have no partition of their own; past that they are asked for again.
const OTHER_MAX: usize = 4_096;
/// After a failure nothing is made for so long.
const PAUSE: Duration = Duration::from_secs(60);

/// The day of a time.
pub(super) const fn day_of(time_us: i64) -> i64 {
    time_us.div_euclid(DAY_US)
}

/// What there is a partition for, or may be a chunk.
#[derive(Debug)]
pub(super) struct Days {
    pub(super) layout: Layout,
    known: BTreeSet<i64>,
    /// Asked for and not made: too far from today.
    other: HashSet<i64>,
    not_before: Option<Instant>,
}

impl Days {
    /// The days that are there, those around today made.
    pub(super) async fn load(conn: &mut PgConnection, layout: Layout) -> Result<Self, StoreError> {
        let mut days = Self { layout, known: BTreeSet::new(), other: HashSet::new(), not_before: None };
        days.make(conn, &[]).await?;
        Ok(days)
    }

    /// Sees to it that the days of a batch, and the one after the last, are there.
    pub(super) async fn cover(&mut self, conn: &mut PgConnection, batch: &Batch) -> Result<(), StoreError> {
        if self.not_before.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        let mut wanted: BTreeSet<i64> = BTreeSet::new();
        let mut last = None;
        for sample in batch.samples.iter().chain(batch.suspects.iter().flatten()) {
            let day = day_of(sample.time.micros());
            // Nearly all are of one day.
            if last.replace(day) != Some(day) {
                wanted.insert(day);
            }
        }
        if let Some(last) = wanted.last().copied() {
            wanted.insert(last.saturating_add(1));
        }
        wanted.retain(|day| !self.known.contains(day) && !self.other.contains(day));
        if wanted.is_empty() {
            return Ok(());
        }
        let wanted: Vec<i64> = wanted.into_iter().collect();
        self.make(conn, &wanted).await
    }

    async fn make(&mut self, conn: &mut PgConnection, wanted: &[i64]) -> Result<(), StoreError> {
        let made: Result<Vec<i64>, Error> =
            sqlx::query_scalar("SELECT * FROM sample_days_make($1)").bind(wanted).fetch_all(conn).await;
        match made {
            Ok(days) => {
                self.known = days.into_iter().collect();
                if self.other.len() > OTHER_MAX {
                    self.other.clear();
                }
                // One that is too early stays so. One that is too late may come into reach: it is asked for again.
                let newest = self.known.last().copied().unwrap_or(i64::MIN);
                self.other.extend(wanted.iter().filter(|day| **day < newest && !self.known.contains(day)));
                self.not_before = None;
                Ok(())
            }
            Err(error @ Error::Database(_)) if !is_fatal(&error) => {
                tracing::warn!(%error, "failed to make a partition of samples; trying again in a minute");
                self.not_before = Some(Instant::now() + PAUSE);
                Ok(())
            }
            Err(error) => Err(error).store(),
        }
    }

    /// Cuts rows into those that go to the table of samples and those that go to the one beside it. Of plain partitions
    /// the database knows that better.
    pub(super) fn part<'a>(&self, rows: &'a [Measured]) -> (Cow<'a, [Measured]>, Vec<Measured>) {
        let other = |row: &&Measured| !self.known.contains(&day_of(row.time));
        if self.layout == Layout::Days || !rows.iter().any(|row| other(&row)) {
            return (Cow::Borrowed(rows), Vec::new());
        }
        let (other, own) = rows.iter().partition(other);
        (Cow::Owned(own), other)
    }

    /// A day was dropped.
    pub(super) fn forget(&mut self, day: i64) {
        self.known.remove(&day);
    }
}

/// Whether the connection is over, or nothing can be written at all.
fn is_fatal(error: &Error) -> bool {
    let code = match error {
        Error::Database(database) => database.code(),
        _ => return true,
    };
    code.is_none_or(|code| {
        code.starts_with("57P") || code.starts_with("08") || code == "25006" || code == "53100"
    })
}
