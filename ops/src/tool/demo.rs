//! `cargo demo`: a whole city on this machine, from a fresh clone.
//!
//! Builds the bundle and the server, starts the simulated city on real protocols, starts the server as a
//! process of its own beside it, and then listens: to the keyboard for faults, to the clock for `--for`, to
//! Ctrl-C. The server is the shipped program; the demo reads it only through its public interface.

pub mod address;
pub mod build;
pub mod report;
pub mod server;
pub mod talk;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::bundle::Speed;
use super::console::Console;
use super::workspace::Workspace;
use crate::sim::{City, CityOptions};
use report::Report;
use server::Server;

/// How long the server may take until it says it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long the cameras may take until all pictures are there.
const LIVE_WITHIN: Duration = Duration::from_secs(30);

/// What a person may ask of `cargo demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: cargo demo --fast --for 40s")]
pub struct Options {
    /// Where the wall is; 0 takes any free port
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The same seed makes the same city do the same things
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stop by itself after this time, and print a report for machines: 30s, 5m
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    lasts: Option<Duration>,
    /// Build sooner, run slower
    #[arg(long)]
    fast: bool,
    /// Keep the city's files and the journal in this folder
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Runs the demo to its end. Answers whether the report, if one was asked for, is good.
///
/// # Errors
/// When something does not build, start, or keep running.
pub fn demo(workspace: &Workspace, options: &Options) -> anyhow::Result<bool> {
    // With a report, standard output is for the report alone.
    let console = if options.lasts.is_some() { Console::Err } else { Console::Out };
    let binary = build::build(workspace, Speed::quick(options.fast), console)?;
    let runtime = tokio::runtime::Runtime::new().context("failed to start the runtime")?;
    runtime.block_on(run(workspace, options, &binary, console))
}

/// The part that runs: city, server, conversation, report.
async fn run(
    workspace: &Workspace,
    options: &Options,
    binary: &std::path::Path,
    console: Console,
) -> anyhow::Result<bool> {
    let mut stop = talk::stop_signal()?;
    let address = address::choose(options.port)?;
    let home = Home::make(workspace, options.keep.clone())?;
    let city_options = CityOptions { dir: home.path.clone(), server: address, seed: options.seed };
    let city = City::start(city_options).context("failed to start the simulated city")?;
    let mut server = Server::start(binary, city.config(), &home.path)?;
    let outcome = tokio::select! {
        outcome = visit(options, &city, &mut server, address, console) => outcome,
        () = stop.recv() => Ok(None),
    };
    server.stop().await;
    city.stop().await;
    if let Some(kept) = &options.keep {
        console.line(format!("kept in {}", kept.display()));
    }
    // Stopped by hand before its time, a run that owes a report has not succeeded.
    let Some(report) = outcome? else { return Ok(options.lasts.is_none()) };
    Console::Out.line(report.line()?);
    Ok(report.is_good())
}

/// Waits until the city is to be seen, then talks until it is over. Answers a report if one was asked for.
async fn visit(
    options: &Options,
    city: &City,
    server: &mut Server,
    address: std::net::SocketAddr,
    console: Console,
) -> anyhow::Result<Option<Report>> {
    server.ready(address, READY_WITHIN).await?;
    let report = report::all_live(address, LIVE_WITHIN).await?;
    talk::welcome(address, &report, console);
    tokio::select! {
        status = server.ended() => Err(status),
        () = talk::talk(city, console) => Ok(None),
        () = over(options.lasts) => Ok(Some(report::fetch(address).await?)),
    }
}

/// Ends after the time that was asked for, or never.
async fn over(lasts: Option<Duration>) {
    match lasts {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// The folder of one run; removed at the end unless a person wants to keep it.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Home {
    fn make(workspace: &Workspace, keep: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(path) = keep {
            std::fs::create_dir_all(&path).with_context(|| format!("failed to make {}", path.display()))?;
            let path = path.canonicalize().context("failed to find the folder to keep")?;
            return Ok(Self { path, _temporary: None });
        }
        let demos = workspace.target.join("demo");
        std::fs::create_dir_all(&demos).with_context(|| format!("failed to make {}", demos.display()))?;
        let temporary = tempfile::tempdir_in(&demos).context("failed to make a folder for the city")?;
        Ok(Self { path: temporary.path().to_path_buf(), _temporary: Some(temporary) })
    }
}

/// Reads `40s`, `5m`, `2h` or a plain number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(format!("`{unit}` is none of s, m, h")),
    };
    let count: u64 = digits.parse().map_err(|_empty| String::from("a time begins with a number: 40s"))?;
    Ok(Duration::from_secs(count.saturating_mul(factor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("40s"), Ok(Duration::from_secs(40)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        assert!(duration("soon").is_err());
        assert!(duration("5 days").is_err());
    }
}
