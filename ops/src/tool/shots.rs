//! Pictures of the wall, for the documents.
//!
//! A browser that is installed here opens the pages; nothing is drawn by us. Of a running server they are taken as it
//! is; without one a simulated city is led through what a control room sees: calm, trouble, an alarm, no connection.

mod story;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use super::bundle::Speed;
use super::prerequisite::{self, BROWSERS};
use super::workspace::Workspace;

/// What a person may ask of `cargo ops shots`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: cargo ops shots ops/docs/shots\n         cargo ops shots ops/docs --url http://127.0.0.1:8080"
)]
pub struct Options {
    /// Where the pictures go
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// A running server, taken as it is; without it a simulated city is led through the states of a wall
    #[arg(long)]
    url: Option<String>,
    /// Build sooner, run slower
    #[arg(long)]
    fast: bool,
}

/// Takes the pictures.
///
/// # Errors
/// When there is no browser, or the wall does not come up.
pub fn shots(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.dir)
        .with_context(|| format!("failed to make {}", options.dir.display()))?;
    let dir = options.dir.canonicalize().context("failed to find the folder of the pictures")?;
    let browser = BROWSERS.into_iter().find_map(prerequisite::find);
    let browser =
        browser.context("there is no Chromium here; `cargo verify --only prerequisites` installs it")?;
    if !workspace.root.join("node_modules/playwright-core").is_dir() {
        let mut npm = workspace.command("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
        ensure!(npm.status().context("failed to run npm")?.success(), "npm ci failed");
    }
    match &options.url {
        Some(url) => as_it_is(workspace, &browser, &dir, url),
        None => story::tell(workspace, &browser, &dir, Speed::quick(options.fast)),
    }
}

/// The pages of a running server.
fn as_it_is(workspace: &Workspace, browser: &Path, dir: &Path, url: &str) -> anyhow::Result<()> {
    let mut node = workspace.command("node");
    node.args(["ops/browser/shots.mjs", "--url", url, "--browser"]).arg(browser).arg("--dir").arg(dir);
    let status = node.stdin(Stdio::null()).status().context("failed to run node")?;
    ensure!(status.success(), "the pictures could not be taken");
    Ok(())
}
