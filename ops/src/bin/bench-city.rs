//! `cargo bench-city`: measures a release build of the server on this machine.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use pantau_ops::bench::{self, BareOptions, Figure, Options};

#[derive(Debug, Parser)]
#[command(name = "bench-city", about = "Measures a release build of the server on this machine")]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The bare program to measure against; started by the benchmarks themselves
    #[command(hide = true)]
    Bare(BareOptions),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(Part::Bare(options)) = cli.part {
        return bench::bare(options).await;
    }
    let built =
        Command::new("cargo").args(["build", "--release", "--locked", "--package", "pantau"]).status()?;
    ensure!(built.success(), "the server does not build");
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

fn show(figure: &Figure) -> std::io::Result<()> {
    writeln!(stdout(), "{}", figure.name)?;
    for (name, value) in &figure.numbers {
        writeln!(stdout(), "    {name:<24} {value:>14.2}")?;
    }
    Ok(())
}
