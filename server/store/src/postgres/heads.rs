//! The newest value of each series, in the table `head`.
//!
//! Changing a head costs as much as storing a sample. Where a commit has many samples of few series that is little; where
//! it has one sample of each of very many series it would double the work. So a commit changes only so many heads, those
//! that have waited longest, and the rest are written with later ones: by then most have been overtaken by a newer value.
//!
//! **Invariant:** every series has its head since its first sample, and `tip.behind` says so, in the transaction of the
//! samples, when a head is not the newest. Memory holds what is behind; after a crash the samples themselves do.

use std::collections::{HashMap, HashSet, VecDeque};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::column::column;
use super::commit::Pen;
use super::fault::FromSqlx as _;
use super::measured::Measured;
use super::schema::Layout;
use crate::error::StoreError;
use crate::numbers::Numbers;

/// A commit changes this many in any case: a millisecond or two.
const AT_ONCE: usize = 500;
/// A larger one may change one for so many samples: a fiftieth of its time.
const SAMPLES_EACH: usize = 64;

/// Newest values that are not in the table yet: at most one a series.
#[derive(Debug, Default)]
pub(super) struct Heads {
    behind: HashMap<i32, Measured>,
    /// Their series, those first that have waited longest; some are written already.
    order: VecDeque<i32>,
}

/// What one commit does about heads.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The newest of each series in the batch, in the order of the series.
    newest: Vec<Measured>,
    /// Those to be written, in that order too. Perhaps with some of earlier batches.
    write: Vec<Measured>,
    /// Whether some are behind after that.
    pub(super) behind: bool,
}

impl Plan {
    /// Of a batch of which nobody knows which heads it wrote.
    pub(super) fn of_unknown(newest: Vec<Measured>) -> Self {
        Self { newest, write: Vec::new(), behind: true }
    }
}

impl Heads {
    /// Nothing is behind.
    pub(super) fn is_empty(&self) -> bool {
        self.behind.is_empty()
    }

    /// What a batch with so many samples writes. New series are written in any case.
    pub(super) fn plan(&self, newest: Vec<Measured>, samples: usize, numbers: &Numbers<'_>) -> Plan {
        let most = AT_ONCE.max(samples / SAMPLES_EACH);
        if self.behind.is_empty() && newest.len() <= most {
            return Plan { write: newest.clone(), newest, behind: false };
        }
        let now = |series: &i32| {
            let at = newest.binary_search_by_key(series, |row| row.series).ok();
            let fresh = at.and_then(|at| newest.get(at)).copied();
            let (Some(fresh), Some(behind)) = (fresh, self.behind.get(series)) else {
                return fresh.or_else(|| self.behind.get(series).copied());
            };
            Some(if fresh.time > behind.time { fresh } else { *behind })
        };
        let new: HashSet<i64> = numbers.new.values().copied().collect();
        let is_new = |row: &&Measured| new.contains(&i64::from(row.series));
        let mut chosen: HashSet<i32> = newest.iter().filter(is_new).map(|row| row.series).collect();
        let most = most.max(chosen.len());
        let waiting = self.order.iter().filter(|series| self.behind.contains_key(series));
        for series in waiting.chain(newest.iter().map(|row| &row.series)) {
            if chosen.len() >= most {
                break;
            }
            chosen.insert(*series);
        }
        let mut write: Vec<Measured> = chosen.iter().filter_map(now).collect();
        write.sort_unstable_by_key(|row| row.series);
        let behind = newest
            .iter()
            .map(|row| &row.series)
            .chain(self.behind.keys())
            .any(|series| !chosen.contains(series));
        Plan { newest, write, behind }
    }

    /// The commit is durable.
    pub(super) fn landed(&mut self, plan: Plan) {
        if self.behind.is_empty() && !plan.behind {
            return;
        }
        self.note(plan.newest);
        for row in plan.write {
            if self.behind.get(&row.series).is_some_and(|behind| behind.time <= row.time) {
                self.behind.remove(&row.series);
            }
        }
        while self.order.front().is_some_and(|series| !self.behind.contains_key(series)) {
            self.order.pop_front();
        }
    }

    /// These may not be in the table.
    pub(super) fn note(&mut self, newest: Vec<Measured>) {
        for row in newest {
            match self.behind.get_mut(&row.series) {
                Some(behind) if row.time > behind.time => *behind = row,
                Some(_) => {}
                None => {
                    self.behind.insert(row.series, row);
                    self.order.push_back(row.series);
                }
            }
        }
    }

    /// Writes all that is behind, in a transaction of its own.
    pub(super) async fn catch_up(&mut self, conn: &mut PgConnection, pen: Pen) -> Result<(), StoreError> {
        if self.behind.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<Measured> = self.behind.values().copied().collect();
        rows.sort_unstable_by_key(|row| row.series);
        let mut transaction = conn.begin().await.store()?;
        update(&mut transaction, pen.city, &rows).await.store()?;
        say_caught_up(&mut transaction, pen).await?;
        transaction.commit().await.store()?;
        *self = Self::default();
        Ok(())
    }
}

/// Writes what a plan says.
pub(super) async fn write(
    conn: &mut PgConnection,
    city: i32,
    plan: &Plan,
    numbers: &Numbers<'_>,
) -> Result<(), sqlx::Error> {
    let fresh: HashSet<i64> = numbers.new.values().copied().collect();
    let (new, known): (Vec<Measured>, Vec<Measured>) =
        plan.write.iter().partition(|row| fresh.contains(&i64::from(row.series)));
    if !new.is_empty() {
        sqlx::query(
            "INSERT INTO head (city, series, time, value) SELECT $1, * FROM unnest( \
             $2::integer[], $3::bigint[], $4::float8[]) ON CONFLICT (city, series) DO UPDATE \
             SET time = excluded.time, value = excluded.value WHERE excluded.time > head.time",
        )
        .bind(city)
        .bind(column(&new, |row| row.series))
        .bind(column(&new, |row| row.time))
        .bind(column(&new, |row| row.value))
        .execute(&mut *conn)
        .await?;
    }
    if known.is_empty() { Ok(()) } else { update(conn, city, &known).await }
}

/// Changes rows that are there; a third cheaper than an insert that finds them in the way.
async fn update(conn: &mut PgConnection, city: i32, rows: &[Measured]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE head SET time = new.time, value = new.value \
         FROM unnest($2::integer[], $3::bigint[], $4::float8[]) AS new (series, time, value) \
         WHERE head.city = $1 AND head.series = new.series AND head.time < new.time",
    )
    .bind(city)
    .bind(column(rows, |row| row.series))
    .bind(column(rows, |row| row.time))
    .bind(column(rows, |row| row.value))
    .execute(conn)
    .await
    .map(drop)
}

/// Does what a writer before us left undone: takes the newest of each series from its samples.
pub(super) async fn take_over(conn: &mut PgConnection, pen: Pen, layout: Layout) -> Result<(), StoreError> {
    let behind: bool = sqlx::query_scalar("SELECT behind FROM tip WHERE city = $1")
        .bind(pen.city)
        .fetch_one(&mut *conn)
        .await
        .store()?;
    if !behind {
        return Ok(());
    }
    let mut transaction = conn.begin().await.store()?;
    // Beside a hypertable, samples of odd days are in a table of their own (`super::days`).
    let tables: &[&str] = match layout {
        Layout::Days => &["sample"],
        Layout::Hypertable => &["sample", "sample_other"],
    };
    let mut changed = 0;
    for table in tables {
        let statement = format!(
            "UPDATE head SET time = newest.time, value = newest.value FROM ( \
               SELECT old.series, sample.time, sample.value FROM head AS old CROSS JOIN LATERAL ( \
                 SELECT time, value FROM {table} WHERE city = $1 AND series = old.series \
                   AND time > old.time ORDER BY time DESC LIMIT 1) AS sample \
               WHERE old.city = $1) AS newest \
             WHERE head.city = $1 AND head.series = newest.series"
        );
        changed += sqlx::query(AssertSqlSafe(statement))
            .bind(pen.city)
            .execute(&mut *transaction)
            .await
            .store()?
            .rows_affected();
    }
    say_caught_up(&mut transaction, pen).await?;
    transaction.commit().await.store()?;
    tracing::info!(series = changed, "took newest values from the samples");
    Ok(())
}

/// Nothing is behind; passes the fence as every transaction of a writer does.
async fn say_caught_up(conn: &mut PgConnection, pen: Pen) -> Result<(), StoreError> {
    let updated = sqlx::query("UPDATE tip SET behind = false WHERE city = $1 AND epoch = $2")
        .bind(pen.city)
        .bind(pen.epoch)
        .execute(conn)
        .await
        .store()?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Superseded) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::numbers::SeriesNumbers;

    fn rows(series: std::ops::Range<i32>, time: i64) -> Vec<Measured> {
        series.map(|series| Measured { series, time, value: 0.0 }).collect()
    }

    #[test]
    fn few_are_written_at_once() {
        let known = SeriesNumbers::default();
        let mut heads = Heads::default();
        let plan = heads.plan(rows(0..500, 1), 500, &Numbers::new(&known));
        assert_eq!((plan.write.len(), plan.behind), (500, false));
        heads.landed(plan);
        assert!(heads.is_empty());
    }

    #[test]
    fn those_that_have_waited_longest_go_first() {
        let known = SeriesNumbers::default();
        let numbers = Numbers::new(&known);
        let mut heads = Heads::default();
        let plan = heads.plan(rows(0..1_100, 1), 1_100, &numbers);
        assert_eq!((plan.write.len(), plan.behind), (500, true));
        heads.landed(plan);
        let plan = heads.plan(rows(0..1_100, 2), 1_100, &numbers);
        assert_eq!(plan.write.first().map(|row| (row.series, row.time)), Some((500, 2)));
        heads.landed(plan);
        // A small batch is enough to write what is left.
        for _ in 0..3 {
            let plan = heads.plan(rows(7..8, 3), 1, &numbers);
            heads.landed(plan);
        }
        assert!(heads.is_empty() && heads.order.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// The table and what is behind are together always the newest, and `behind` tells whether the table alone is.
        #[test]
        fn nothing_newest_is_forgotten(batches in prop::collection::vec((0..40i32, 0..1_500i32, 0..9i64), 1..12)) {
            let known = SeriesNumbers::default();
            let numbers = Numbers::new(&known);
            let mut heads = Heads::default();
            let (mut table, mut truth) = (BTreeMap::new(), BTreeMap::new());
            let keep = |map: &mut BTreeMap<i32, i64>, row: &Measured| {
                let at = map.entry(row.series).or_insert(row.time);
                *at = row.time.max(*at);
            };
            for (first, count, time) in batches {
                let newest = rows(first..first + count, time);
                newest.iter().for_each(|row| keep(&mut truth, row));
                let plan = heads.plan(newest, usize::try_from(count).unwrap(), &numbers);
                plan.write.iter().for_each(|row| keep(&mut table, row));
                let behind = plan.behind;
                heads.landed(plan);
                let mut both = table.clone();
                heads.behind.values().for_each(|row| keep(&mut both, row));
                prop_assert_eq!(&both, &truth);
                prop_assert!(behind || table == truth);
                prop_assert_eq!(behind, !heads.is_empty());
            }
        }
    }
}
