//! `cargo verify -- faults`: the long run of the checker, which is a program of the room `tests`.

use anyhow::{Context as _, bail, ensure};

use super::run::HOST;
use crate::tool::console::Console;
use crate::tool::prerequisite;
use crate::tool::workspace::Workspace;

/// Builds the checker and runs it with these words, the first of which is `faults`. Were all promises kept?
///
/// The server is built as every other step does, and with `--release` as it is shipped, too.
///
/// # Errors
/// It is called by another name, or does not build.
pub fn run(workspace: &Workspace, words: &[String], console: Console) -> anyhow::Result<bool> {
    let Some(("faults", words)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) else {
        bail!("after `--` comes `faults`, as in `cargo verify -- faults --for 10m`");
    };
    prerequisite::install(console)?;
    let mut build = workspace.cargo([&["build"], HOST.as_slice(), &["--lib", "--bins"]].concat());
    ensure!(build.status().context("failed to run cargo")?.success(), "the checker does not build");
    let program = workspace.target.join("debug/faults");
    let mut words = words.to_vec();
    if words.iter().any(|word| word == "--release") {
        // As `cargo bench-city` builds it.
        let mut build = workspace.cargo(["build", "--release", "--locked", "--package", "pantau"]);
        ensure!(build.status().context("failed to run cargo")?.success(), "the server does not build");
        words.extend(["--server".to_owned(), workspace.target.join("release/pantau").display().to_string()]);
    }
    let status = workspace.command(&program).args(words).status();
    let status = status.with_context(|| format!("failed to run {}", program.display()))?;
    Ok(status.success())
}
