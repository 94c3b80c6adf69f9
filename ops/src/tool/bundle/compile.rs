//! Compiling the front end for wasm32.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
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
    target: Target,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// What was compiled.
#[derive(Default, Deserialize)]
struct Target {
    name: String,
}

/// The programs of the front end by name: `page-wall` and where its `.wasm` is.
pub type Modules = BTreeMap<String, PathBuf>;

/// Compiles the programs of `pantau-frontend` and answers where their WebAssembly modules are.
///
/// # Errors
/// When they do not compile, or there is none.
pub fn compile(
    workspace: &Workspace,
    speed: Speed,
    progress: &mut Progress,
    console: Console,
) -> anyhow::Result<Modules> {
    let mut cargo = workspace.cargo(["build", "--locked", "--package", "pantau-frontend", "--bins"]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--profile", speed.web_profile()]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let output = progress::run(cargo, progress, console).context("the front end does not compile")?;
    let artifacts = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && message.package_id.contains("/frontend#"));
    let mut modules = Modules::new();
    for artifact in artifacts {
        let wasm =
            artifact.filenames.into_iter().find(|file| file.extension().is_some_and(|it| it == "wasm"));
        modules.extend(wasm.map(|wasm| (artifact.target.name, wasm)));
    }
    ensure!(!modules.is_empty(), "pantau-frontend makes no WebAssembly");
    Ok(modules)
}
