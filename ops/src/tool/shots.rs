//! Pictures of the wall of a running demo, for the documents.
//!
//! A browser that is installed here opens the wall twice, at full HD and at 4K; nothing is drawn by us.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use super::prerequisite::{self, BROWSERS};
use super::workspace::Workspace;

/// What a person may ask of `cargo ops shots`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: cargo ops shots ops/docs --url http://127.0.0.1:8080")]
pub struct Options {
    /// Where the pictures go: `wall-1920.png`, `wall-3840.png`, `ops-1920.png`
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
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
    let mut node = workspace.command("node");
    node.arg("ops/browser/shots.mjs")
        .args(["--url", &options.url, "--browser"])
        .arg(browser)
        .arg("--dir")
        .arg(dir);
    let status = node.stdin(Stdio::null()).status().context("failed to run node")?;
    ensure!(status.success(), "the pictures could not be taken");
    Ok(())
}
