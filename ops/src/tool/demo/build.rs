//! Building what the demo runs: the browser bundle and, around it, the server.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Deserialize;

use crate::tool::bundle::{self, Speed};
use crate::tool::console::Console;
use crate::tool::progress::{self, Progress};
use crate::tool::workspace::Workspace;

/// One of Cargo's JSON messages; only the built program matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

/// Builds the bundle, then the server that embeds it. Answers the path of the server.
///
/// # Errors
/// When either does not build.
pub fn build(workspace: &Workspace, speed: Speed, console: Console) -> anyhow::Result<PathBuf> {
    bundle::build(workspace, speed, Progress::begin("browser bundle", console), console)?;
    let mut cargo = workspace.cargo(["build", "--locked", "--package", "pantau", "--bin", "pantau"]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    if speed == Speed::Optimised {
        cargo.arg("--release");
    }
    let mut progress = Progress::begin("server", console);
    let output = progress::run(cargo, &mut progress, console).context("the server does not build")?;
    progress.end("built");
    output
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok()?.executable)
        .next_back()
        .context("cargo built no server")
}
