//! The benchmarks of `cargo bench-city`: the server as its own process, cameras, devices and readers around
//! it, and a bare program in the same run to measure against.
//!
//! Absolute figures belong to one machine at one hour; the ratio to the bare program is what can be compared.
//! **Invariant:** what is measured is the server's process alone, by the operating system's account.

mod bare;
mod browser;
mod buckets;
mod crowd;
mod home;
mod media;
mod process;
mod rtsp_client;
mod sender;
mod server;
mod store;
mod summary;
mod telemetry;
mod writes;

use std::time::Duration;

use clap::{Parser, ValueEnum};
use home::Home;
use serde::Serialize;

pub use bare::{BareOptions, run as bare};
pub use home::Kind;
pub use summary::Summary;

/// Measures a release build on this machine
#[derive(Debug, Parser)]
pub struct Options {
    /// Print one line of JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// Seconds that each figure is measured for
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=120))]
    pub seconds: u64,
    /// Only these parts
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Where telemetry is stored
    #[arg(long, value_enum, default_value_t)]
    pub store: Kind,
    /// Of the browser and the writes, only the lines whose name holds this text
    #[arg(long)]
    pub line: Option<String>,
    /// An empty PostgreSQL database whose store is measured beside SQLite's; with TimescaleDB preloaded it becomes a
    /// hypertable. It is left full
    #[arg(long, value_name = "URL")]
    pub database: Vec<String>,
    /// Samples in the store
    #[arg(long, default_value_t = 20_000_000, value_parser = clap::value_parser!(u64).range(100_000..=1_000_000_000))]
    pub rows: u64,
    /// Media workers of each page, to compare with the one that it has by itself
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub workers: Option<u8>,
}

/// A part of the benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Cameras to viewers
    Media,
    /// Messages to readers
    Telemetry,
    /// Messages to the disk
    Writes,
    /// A full store: charts, and a start
    Store,
    /// The wall in a real browser
    Browser,
}

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// Its numbers, by their names, in the order they are shown.
    pub numbers: Vec<(String, f64)>,
}

impl Figure {
    fn new<const N: usize>(name: impl Into<String>, numbers: [(&str, f64); N]) -> Self {
        Self::of(name, numbers)
    }

    fn of<'a>(name: impl Into<String>, numbers: impl IntoIterator<Item = (&'a str, f64)>) -> Self {
        let numbers = numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { name: name.into(), numbers }
    }
}

impl Options {
    /// Whether a part is to be measured.
    #[must_use]
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Runs the chosen parts one after the other; `tell` is given each figure as it is known.
///
/// # Errors
/// The server, the cameras or the readers could not be started, or did not come to life in time.
pub async fn run(options: &Options, mut tell: impl FnMut(&Figure)) -> anyhow::Result<Vec<Figure>> {
    let wanted = |part| options.wants(part);
    let length = Duration::from_secs(options.seconds);
    let mut figures = Vec::new();
    if wanted(Part::Media) {
        for scenario in media::SCENARIOS {
            let found = media::measure(scenario, length).await?;
            found.iter().for_each(&mut tell);
            figures.extend(found);
        }
    }
    if wanted(Part::Browser) {
        let wanted = |name: &str| options.line.as_ref().is_none_or(|line| name.contains(line.as_str()));
        for scenario in browser::SCENARIOS.into_iter().filter(|scenario| wanted(scenario.name)) {
            let figure = browser::measure(scenario, length, options.workers).await?;
            tell(&figure);
            figures.push(figure);
        }
        if wanted(crowd::NAME) {
            let figure = crowd::measure(length).await?;
            tell(&figure);
            figures.push(figure);
        }
    }
    if wanted(Part::Telemetry) {
        let mut home = Home::open(options.store).await?;
        for scenario in telemetry::SCENARIOS {
            let figure = telemetry::measure(scenario, &mut home, length).await?;
            tell(&figure);
            figures.push(figure);
        }
    }
    if wanted(Part::Writes) {
        let mut home = Home::open(options.store).await?;
        let mut tell = |figure: Figure| {
            tell(&figure);
            figures.push(figure);
        };
        writes::measure(&mut home, length, options.line.as_deref(), &mut tell).await?;
    }
    if wanted(Part::Store) {
        let mut tell = |figure: Figure| {
            tell(&figure);
            figures.push(figure);
        };
        store::measure(&options.database, options.rows, &mut tell).await?;
    }
    Ok(figures)
}
