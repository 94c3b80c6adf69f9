//! `cargo bench-city`: measures a release build of the server on this machine.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use pantau_ops::bench::{self, BareOptions, Figure, Options, Part};

#[derive(Debug, Parser)]
#[command(name = "bench-city", about = "Measures a release build of the server on this machine")]
struct Cli {
    #[command(subcommand)]
    helper: Option<Helper>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Helper {
    /// The bare program to measure against; started by the benchmarks themselves
    #[command(hide = true)]
    Bare(BareOptions),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(Helper::Bare(options)) = cli.helper {
        return bench::bare(options).await;
    }
    if cli.options.wants(Part::Browser) {
        let tool = ["run", "--locked", "--package", "pantau-ops", "--bin", "ops", "--", "bundle"];
        ensure!(cargo(&tool)?, "the browser bundle does not build");
    }
    let build =
        ["build", "--release", "--locked", "--package", "pantau", "--package", "pantau-store", "--bins"];
    ensure!(cargo(&build)?, "the server does not build");
    let json = cli.options.json;
    let figures = bench::run(&cli.options, |figure| {
        if !json {
            drop(show(figure));
        }
    })
    .await
    .context("the benchmarks could not be run")?;
    if json {
        writeln!(stdout(), "{}", serde_json::to_string(&figures)?)?;
    } else if stderr().is_terminal() {
        writeln!(stderr(), "\nAbsolute figures belong to this machine at this hour; compare the ratios.")?;
    }
    Ok(())
}

fn cargo(words: &[&str]) -> std::io::Result<bool> {
    // What is built says so on its own; standard output is for the figures.
    Ok(Command::new("cargo").args(words).stdout(stderr()).status()?.success())
}

fn show(figure: &Figure) -> std::io::Result<()> {
    writeln!(stdout(), "{}", figure.name)?;
    for (name, value) in &figure.numbers {
        writeln!(stdout(), "    {name:<24} {value:>14.2}")?;
    }
    Ok(())
}
