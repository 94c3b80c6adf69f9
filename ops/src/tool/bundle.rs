//! The browser bundle: the pages, their WebAssembly, styles and assets, ready to be embedded in the server.
//!
//! The programs of `frontend` are compiled for wasm32, each is bound to JavaScript by the same version of wasm-bindgen
//! that the lock file names, and all are laid out below `<target>/web`. Every `page-…` is a page with a document of its
//! own, made from `frontend/page.html`:
//!
//! ```text
//! wall.html   wall.html.gz   wall.html.br     served at the page's address; so are the others
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

/// What a page loads, and the most that may weigh on its way to a browser, bytes. On 3G (1.6 Mbit/s) a wall has its
/// program in less than two seconds. The goal is 350,000 for any of them.
pub const BUDGETS: [(&str, &[&str], u64); 3] = [
    ("wall", &["page-wall", "worker-media"], 305_000),
    ("desk", &["page-desk", "worker-media"], 350_000),
    ("ops", &["page-ops"], 225_000),
];

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
    let modules = compile::compile(workspace, speed, &mut progress, console)?;
    let out = workspace.web();
    let inputs = pack::inputs(&workspace.root.join("frontend"), &modules, speed)?;
    let manifest = match Manifest::read(&out.join(MANIFEST)) {
        Some(old) if old.inputs == inputs && old.is_whole(&out) => old,
        _ => pack::pack(&workspace.root.join("frontend"), &modules, speed, inputs, &out)?,
    };
    let mut weights = Vec::new();
    for (page, modules, _) in BUDGETS {
        let (size, wire) = weight(&manifest, modules)?;
        weights.push(format!("{page} {} kB, {} kB compressed", size.div_ceil(1000), wire.div_ceil(1000)));
    }
    progress.end(&weights.join("; "));
    Ok(manifest)
}

/// Bytes of these modules' WebAssembly, as they are and as a browser fetches them.
fn weight(manifest: &Manifest, modules: &[&str]) -> anyhow::Result<(u64, u64)> {
    modules.iter().try_fold((0, 0), |(size, wire), module| {
        let path = format!("assets/{module}_bg.wasm");
        let file = manifest.files.iter().find(|file| file.path == path);
        let file = file.with_context(|| format!("the bundle has no {path}"))?;
        Ok((size + file.size, wire + file.wire_size()))
    })
}

/// Is the WebAssembly of every page within its budget ([`BUDGETS`])?
///
/// # Errors
/// When one is heavier, with both numbers.
pub fn check_budget(manifest: &Manifest) -> anyhow::Result<()> {
    for (page, modules, budget) in BUDGETS {
        let (_, wire) = weight(manifest, modules)?;
        ensure!(wire <= budget, "the page {page} loads {wire} bytes of WebAssembly, {budget} are allowed");
    }
    Ok(())
}
