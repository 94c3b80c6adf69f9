//! A month of samples, and the charts that people look at.

use std::time::Duration;

use pantau_schemas::ids::SeriesId;
use pantau_schemas::observation::Sample;
use pantau_schemas::time::Timestamp;
use pantau_store::{Batch, Store};
use tokio::time::Instant;

use crate::{Home, Numbers, Outcome, quantiles};

const SERIES: u64 = 2_000;
/// Every tenth series is a lively one; of 20 million samples these have one a minute.
const LIVELY: u64 = SERIES / 10;
/// The share of all samples that lively series have, in thousandths.
const LIVELY_SHARE: u64 = 432;
const DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;
/// Samples of one commit.
const BATCH: usize = 100_000;
/// Different series that are read, each once a question.
const READ: usize = 50;

/// Who speaks when, in the order of time.
struct Month {
    names: Vec<SeriesId>,
    begins: Timestamp,
    /// Samples of a lively series, and of another one.
    each: (u64, u64),
}

impl Month {
    fn new(rows: u64, ends: Timestamp) -> Outcome<Self> {
        let names = (0..SERIES).map(|n| SeriesId::new(&format!("s-{n}/v"))).collect::<Result<Vec<_>, _>>()?;
        let lively = rows * LIVELY_SHARE / 1_000 / LIVELY;
        let others = (rows - lively * LIVELY) / (SERIES - LIVELY);
        Ok(Self { names, begins: ends.plus_millis(-DAYS * DAY_MS), each: (lively.max(1), others) })
    }

    /// All that is measured at one tick; there are as many as a lively series has samples.
    fn tick(&self, tick: u64) -> Outcome<Vec<Sample>> {
        let (ticks, others) = self.each;
        let step = DAYS * DAY_MS / i64::try_from(ticks)?;
        let time = self.begins.plus_millis(i64::try_from(tick)? * step);
        let speaks = |series: u64| {
            let place = tick + series * 7;
            series.is_multiple_of(10) || place * others / ticks != (place + 1) * others / ticks
        };
        let sample = |(series, name): (u64, &SeriesId)| {
            let value = u32::try_from((tick * 31 + series * 17) % 997).unwrap_or_default();
            // A few milliseconds apart, as devices are.
            let time = time.plus_millis(i64::try_from(series).unwrap_or_default() * 7);
            Sample { series: name.clone(), time, value: f64::from(value) / 10.0 }
        };
        Ok((0..).zip(&self.names).filter(|(series, _)| speaks(*series)).map(sample).collect())
    }
}

pub(crate) async fn run(home: &impl Home, rows: u64, ends: Timestamp) -> Outcome<Numbers> {
    let month = Month::new(rows, ends)?;
    let store = home.open().await?;
    let (mut written, mut took, mut waiting) = (0_u32, Duration::ZERO, Vec::new());
    for tick in 0..month.each.0 {
        waiting.extend(month.tick(tick)?);
        if waiting.len() >= BATCH || tick + 1 == month.each.0 {
            let batch = Batch { samples: std::mem::take(&mut waiting), ..Batch::default() };
            let began = Instant::now();
            written += u32::try_from(store.commit(&batch).await?.samples_new)?;
            took += began.elapsed();
        }
    }
    let size = home.settle().await?;
    let mut numbers: Numbers = vec![
        ("samples".to_owned(), f64::from(written)),
        ("written_per_s".to_owned(), f64::from(written) / took.as_secs_f64()),
        ("bytes_per_sample".to_owned(), size * f64::from(1 << 20) / f64::from(written)),
    ];
    read(&store, &month, ends, &mut numbers).await?;
    store.close().await;
    Ok(numbers)
}

async fn read(store: &impl Store, month: &Month, ends: Timestamp, numbers: &mut Numbers) -> Outcome<()> {
    let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    let (day, old, all) = (ends.plus_millis(-DAY_MS), ends.plus_millis(-20 * DAY_MS), month.begins);
    let questions = [
        ("day_by_minute", day, ends, Some(minute)),
        ("old_day_by_minute", old, old.plus_millis(DAY_MS), Some(minute)),
        ("day_raw", day, ends, None),
        ("month_by_hour", all, ends, Some(hour)),
    ];
    // The first question of a connection is also its first word.
    let mut lively = month.names.iter().step_by(10);
    let first = lively.next().ok_or("there are no series")?;
    for (name, from, to, width) in questions {
        store.samples(first, from, to, 1).await?;
        let (mut times, mut found) = (Vec::new(), 0);
        for series in lively.clone().take(READ) {
            let began = Instant::now();
            found += match width {
                Some(width) => store.buckets(series, from, to, width, 2_000).await?.len(),
                None => store.samples(series, from, to, 2_000).await?.len(),
            };
            times.push(began.elapsed());
        }
        if found < READ {
            return Err(format!("{name}: nothing was found").into());
        }
        quantiles(numbers, name, times);
    }
    Ok(())
}
