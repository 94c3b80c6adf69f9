//! The command line of the tool. `.cargo/config.toml` gives its parts their short names.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pantau_ops::tool::bundle::{self, Speed};
use pantau_ops::tool::console::Console;
use pantau_ops::tool::progress::Progress;
use pantau_ops::tool::workspace::Workspace;
use pantau_ops::tool::{demo, shots, verify};

/// Builds, shows and checks Pantau
#[derive(Parser)]
#[command(name = "ops")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show a simulated city on this machine
    Demo(demo::Options),
    /// Run every check, from format to the browser
    Verify(verify::Options),
    /// Build the browser bundle that the server embeds
    Bundle {
        /// Skip optimisation
        #[arg(long)]
        fast: bool,
    },
    /// Take pictures of a running demo
    Shots(shots::Options),
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            Console::Err.line(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Does it, and answers whether all is well.
fn run(verb: Verb) -> anyhow::Result<bool> {
    let workspace = Workspace::find()?;
    match verb {
        Verb::Demo(options) => return demo::demo(&workspace, &options),
        Verb::Verify(options) => return verify::verify(&workspace, &options, Console::Out),
        Verb::Bundle { fast } => {
            let progress = Progress::begin("browser bundle", Console::Out);
            bundle::build(&workspace, Speed::quick(fast), progress, Console::Out)?;
        }
        Verb::Shots(options) => shots::shots(&workspace, &options)?,
    }
    Ok(true)
}
