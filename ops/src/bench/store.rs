//! The store by itself: what it writes in bulk, how fast charts are read from a month of samples, and how long a start
//! from a long journal takes. `full-store`, a program of the store's room, does it through the `Store` trait, in a file and
//! in every database that was named.

use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use super::Figure;

/// What a city of that size has.
const DEVICES: u64 = 20_000;
/// What happened since its journal began.
const ENTRIES: u64 = 1_000_000;

/// Measures every home; `tell` is given each figure as it is known.
///
/// # Errors
/// A database cannot be reached or is not empty, the disk is full.
pub(super) async fn measure(
    databases: &[String],
    rows: u64,
    tell: &mut impl FnMut(Figure),
) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let file = format!("sqlite:{}", folder.path().join("full.db").display());
    for url in std::iter::once(&file).chain(databases) {
        // The name of the database tells it from others; the rest of the address is nobody's business.
        let home = url.rsplit_once('/').map_or(url.as_str(), |(_, name)| name);
        let home = if url == &file { "SQLite" } else { home.split('?').next().unwrap_or(home) };
        let samples = ["samples".to_owned(), rows.to_string()];
        tell(full(format!("store, {home}, a month of samples"), url, &samples).await?);
        let journal = ["journal".to_owned(), DEVICES.to_string(), ENTRIES.to_string()];
        tell(full(format!("store, {home}, a start from a long journal"), url, &journal).await?);
    }
    Ok(())
}

/// Runs the program and takes its numbers over.
async fn full(name: String, url: &str, words: &[String]) -> anyhow::Result<Figure> {
    let program = std::env::current_exe()?.with_file_name("full-store");
    let output = Command::new(&program)
        .arg(url)
        .args(words)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("failed to run {}; `cargo bench-city` builds it", program.display()))?;
    ensure!(output.status.success(), "{name}: the program failed");
    let numbers = serde_json::from_slice(&output.stdout).context("the program said something else")?;
    Ok(Figure { name, numbers })
}
