//! Where things are: the repository's root and Cargo's target directory, asked from Cargo itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// What Cargo tells a program about itself in the environment. A nested Cargo would hand it on to build
/// scripts that watch it, and rebuild what is fresh.
const CARGO_SELF: [&str; 16] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// The repository this tool works on.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory, wherever the person put it.
    pub target: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// The workspace around the current directory.
    ///
    /// # Errors
    /// When Cargo is missing, or the current directory is in no workspace.
    pub fn find() -> anyhow::Result<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("failed to run cargo")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).context("failed to read the answer of cargo metadata")?;
        Ok(Self { root: metadata.workspace_root, target: metadata.target_directory })
    }

    /// A command that runs in the root of the repository.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.root);
        for name in CARGO_SELF {
            command.env_remove(name);
        }
        command
    }

    /// `cargo` with these words, in the root of the repository.
    #[must_use]
    pub fn cargo<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command("cargo");
        command.args(words);
        command
    }

    /// Where the browser bundle is put together, and where the server's build looks for it.
    #[must_use]
    pub fn web(&self) -> PathBuf {
        self.target.join("web")
    }
}
