//! The long fault run, behind `cargo verify -- faults`. The short one is a test.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use pantau_tests::faults::{Fault, Home, Settings, run};
use pantau_tests::said::say;

/// Hurts a city under load, and judges whether it kept its promises
#[derive(Debug, Parser)]
#[command(
    name = "cargo verify -- faults",
    after_help = "Examples: cargo verify -- faults --release --for 10m --kills 100\n          \
                  cargo verify -- faults --for 3m --store postgres --fault pause-database --held 60s"
)]
struct Options {
    /// How long: 90s, 10m, 1h
    #[arg(long = "for", value_parser = length, default_value = "2m")]
    lasting: Duration,
    /// Kill the server so many times and do nothing else
    #[arg(long, conflicts_with = "fault")]
    kills: Option<u32>,
    /// The store: sqlite, postgres or timescale; the first two, one after the other, when not given
    #[arg(long)]
    store: Option<Home>,
    /// Only these faults
    #[arg(long, value_delimiter = ',')]
    fault: Vec<Fault>,
    /// Each fault lasts so long, instead of up to five seconds
    #[arg(long, value_parser = length)]
    held: Option<Duration>,
    /// Roll what another run rolled
    #[arg(long)]
    seed: Option<u64>,
    /// Readings a second
    #[arg(long, default_value_t = 1_000)]
    readings: u32,
    /// Complaints a second
    #[arg(long, default_value_t = 50)]
    events: u32,
    /// With the server as it is shipped: `cargo verify` builds it, which takes long the first time
    #[arg(long, requires = "server")]
    release: bool,
    /// The server's program, instead of the one beside this one
    #[arg(long)]
    server: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match all(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs what was asked for; says whether every promise was kept.
async fn all(options: &Options) -> anyhow::Result<bool> {
    let homes = options.store.map_or_else(|| vec![Home::Sqlite, Home::Postgres], |home| vec![home]);
    let mut kept = true;
    for home in homes {
        kept &= one(options, home).await.with_context(|| format!("with the store in {home:?}"))?;
    }
    Ok(kept)
}

async fn one(options: &Options, home: Home) -> anyhow::Result<bool> {
    let seed = options.seed.unwrap_or_else(|| pantau_tests::time::now().micros().unsigned_abs());
    let faults = match (options.kills, options.fault.as_slice()) {
        (Some(_), _) => vec![Fault::KillServer],
        (None, []) => Fault::ALL.to_vec(),
        (None, some) => some.to_vec(),
    };
    let settings = Settings {
        seed,
        home,
        lasting: options.lasting,
        strikes: options.kills.unwrap_or(u32::MAX),
        faults,
        readings: options.readings,
        events: options.events,
        rest: (Duration::from_millis(300), Duration::from_secs(3)),
        held: options.held.map_or((Duration::from_millis(100), Duration::from_secs(5)), |held| (held, held)),
        patience: Duration::from_secs(240),
        store: "answer_within_s = 10".to_owned(),
        // It may be started from another folder.
        server: options.server.as_ref().map(std::fs::canonicalize).transpose()?,
    };
    say(&format!("seed {seed}, store {home:?}"));
    let report = run(&settings).await?;
    for broken in &report.broken {
        say(&format!("BROKEN {broken}"));
    }
    if let Some(history) = &report.history {
        say(&format!("history in {}", history.display()));
    }
    say(&format!(
        "{home:?}: MQTT messages a second: {}; webhooks a second: {}",
        report.messages, report.webhooks
    ));
    let count = report.broken.len();
    say(&format!(
        "{home:?}: {} faults, {} of {} operations acknowledged, {} entries, drained {:?} after the last fault, \
         {} MiB held at most; {count} promises broken (seed {seed})",
        report.strikes,
        report.ops.1,
        report.ops.0,
        report.entries,
        report.drained,
        report.memory_kib / 1024
    ));
    Ok(count == 0)
}

/// `90s`, `10m`, `1h`.
fn length(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is no length of time like 90s, 10m or 1h");
    let at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().map_err(|_error| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}
