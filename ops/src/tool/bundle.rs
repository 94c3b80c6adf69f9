//! The browser bundle: the page, its WebAssembly, styles and assets, ready to be embedded in the server.
//!
//! `frontend` is compiled for wasm32, bound to JavaScript by the same version of wasm-bindgen that the lock
//! file names, and laid out below `<target>/web`:
//!
//! ```text
//! index.html  index.html.gz  index.html.br    served at every page's address
//! assets/…    assets/….gz    assets/….br      served below /assets/
//! manifest.json                               path, content type, size and SHA-256 of each, and the build's id
//! ```
//!
//! The `….br` are there in an optimised bundle only.
//!
//! The same sources give the same bytes. A bundle that did not change is left untouched, so that the server
//! that embeds it is not built again.

pub mod compile;
pub mod manifest;
pub mod pack;

use anyhow::{Context as _, ensure};

use super::console::Console;
use super::progress::Progress;
use super::workspace::Workspace;
pub use compile::Speed;
pub use manifest::Manifest;

/// The most the WebAssembly may weigh on its way to a browser. A field phone on 3G (1.6 Mbit/s) has the page in three
/// seconds at this size; the goal is 350 KiB.
pub const WASM_BUDGET: u64 = 600 * 1024;

/// The manifest's name in `<target>/web`.
pub const MANIFEST: &str = "manifest.json";

/// Builds the bundle and puts it in `<target>/web`. Answers the manifest of what is there now.
///
/// # Errors
/// When the front end does not compile, or a file cannot be read or written.
pub fn build(
    workspace: &Workspace,
    speed: Speed,
    mut progress: Progress,
    console: Console,
) -> anyhow::Result<Manifest> {
    let wasm = compile::compile(workspace, speed, &mut progress, console)?;
    let out = workspace.web();
    let inputs = pack::inputs(&workspace.root.join("frontend"), &wasm, speed)?;
    let manifest = match Manifest::read(&out.join(MANIFEST)) {
        Some(old) if old.inputs == inputs && old.is_whole(&out) => old,
        _ => pack::pack(&workspace.root.join("frontend"), &wasm, speed, inputs, &out)?,
    };
    let weights: Vec<String> = manifest
        .files
        .iter()
        .filter(|file| file.path.ends_with(".wasm"))
        .map(|file| format!("{} kB, {} kB compressed", file.size / 1024, file.wire_size() / 1024))
        .collect();
    progress.end(&weights.join(", "));
    Ok(manifest)
}

/// Is the compressed WebAssembly within [`WASM_BUDGET`]?
///
/// # Errors
/// When it is heavier, with both numbers.
pub fn check_budget(manifest: &Manifest) -> anyhow::Result<()> {
    let wasm = manifest.files.iter().find(|file| file.path.ends_with(".wasm"));
    let size = wasm.context("the bundle has no WebAssembly")?.wire_size();
    ensure!(size <= WASM_BUDGET, "the WebAssembly is {size} bytes compressed, {WASM_BUDGET} are allowed");
    Ok(())
}
