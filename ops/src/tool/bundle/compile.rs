//! Compiling the front end for wasm32.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Deserialize;

use crate::tool::console::Console;
use crate::tool::progress::{self, Progress};
use crate::tool::workspace::Workspace;

/// How much time the compiler may spend on the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// Small and fast code; what is shipped and what is measured.
    Optimised,
    /// Ready soon; for trying something out.
    Quick,
}

impl Speed {
    /// What `--fast` asks for.
    #[must_use]
    pub fn quick(fast: bool) -> Self {
        if fast { Self::Quick } else { Self::Optimised }
    }

    /// The profile of the front end.
    #[must_use]
    pub fn web_profile(self) -> &'static str {
        match self {
            Self::Optimised => "browser",
            Self::Quick => "dev",
        }
    }
}

/// One line of Cargo's JSON messages; only artifacts matter here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Compiles `pantau-frontend` and answers the path of its WebAssembly module.
///
/// # Errors
/// When it does not compile, or the crate makes no `.wasm` file.
pub fn compile(
    workspace: &Workspace,
    speed: Speed,
    progress: &mut Progress,
    console: Console,
) -> anyhow::Result<PathBuf> {
    let mut cargo = workspace.cargo(["build", "--locked", "--package", "pantau-frontend"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--profile", speed.web_profile()]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let output = progress::run(cargo, progress, console).context("the front end does not compile")?;
    output
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && message.package_id.contains("/frontend#"))
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .context("pantau-frontend makes no WebAssembly: it must be a `cdylib` or have a `main`")
}
