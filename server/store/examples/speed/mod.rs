//! What the measurements have in common: a city of 2,000 series that speak once a minute.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use pantau_schemas::ids::SeriesId;
use pantau_schemas::observation::Sample;
use pantau_schemas::time::Timestamp;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

pub(crate) const SERIES: i64 = 2_000;
pub(crate) const STEP_US: i64 = 60_000_000;
pub(crate) const START_US: i64 = 1_795_320_669_000_000;

pub(crate) fn say(line: &str) {
    // A closed pipe only means that nobody reads.
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// The n-th sample of 2,000 series that speak once a minute: series, time, value.
pub(crate) fn row(n: i64) -> (i64, i64, f64) {
    let (tick, series) = (n / SERIES, n % SERIES);
    let value = f64::from(i32::try_from(n % 997).unwrap_or(0)) / 7.0;
    (series, START_US + tick * STEP_US + series * 29_000, value)
}

pub(crate) fn rate(rows: i64, took: Duration) -> String {
    format!("{:>9.0} rows/s", f64::from(i32::try_from(rows).unwrap_or(i32::MAX)) / took.as_secs_f64())
}

pub(crate) fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| {
        times.get((times.len() * percent / 100).min(times.len() - 1)).copied().unwrap_or_default()
    };
    format!("p50 {:.2?} p99 {:.2?} max {:.2?}", at(50), at(99), at(100))
}

pub(crate) fn samples(from: i64, to: i64, names: &[SeriesId]) -> Vec<Sample> {
    let sample = |n| {
        let (series, time, value) = row(n);
        let series = names.get(usize::try_from(series).ok()?)?.clone();
        Some(Sample { series, time: Timestamp::from_micros(time), value })
    };
    (from..to).filter_map(sample).collect()
}

/// The names of all series.
pub(crate) fn names() -> Outcome<Vec<SeriesId>> {
    Ok((0..SERIES).map(|n| SeriesId::new(&format!("ap-{}/m{}", n / 10, n % 10))).collect::<Result<_, _>>()?)
}
