//! What each step does.
//!
//! Every Cargo call selects the same packages, so that features are the same and nothing is built twice:
//! lints and documentation share one set of artefacts, programs and tests the other.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use super::{Step, Tally};
use crate::tool::bundle::{self, Speed};
use crate::tool::console::Console;
use crate::tool::prerequisite;
use crate::tool::progress::Progress;
use crate::tool::workspace::Workspace;

/// Everything that runs on a server. The browser's crate is built for the host only for its own tests.
pub(super) const HOST: [&str; 4] = ["--locked", "--workspace", "--exclude", "pantau-frontend"];
/// Everything that runs in a browser.
const WEB: [&str; 7] = [
    "--locked",
    "--package",
    "pantau-frontend",
    "--package",
    "pantau-schemas",
    "--target",
    "wasm32-unknown-unknown",
];

/// Runs one step. Tests that it runs are counted in `tally`.
///
/// # Errors
/// When something is wrong, in a few words; the details were printed.
pub fn run(
    workspace: &Workspace,
    step: Step,
    test: Option<&str>,
    tally: &mut Tally,
    console: Console,
) -> anyhow::Result<()> {
    let cargo = |words: &[&str]| workspace.cargo(words.iter().copied());
    let host = |verb: &str, more: &[&str]| cargo(&[&[verb], HOST.as_slice(), more].concat());
    match step {
        Step::Target => target(workspace),
        Step::Prerequisites => prerequisite::install(console),
        Step::Npm => npm(workspace, console),
        Step::Format => succeed(cargo(&["fmt", "--all", "--check"])),
        Step::Lint => succeed(host("clippy", &["--all-targets", "--", "-D", "warnings"])),
        Step::LintWeb => succeed(cargo(&[&["clippy"], WEB.as_slice(), &["--", "-D", "warnings"]].concat())),
        Step::Bundle => bundle(workspace, console),
        Step::Build => succeed(host("build", &["--lib", "--bins", "--tests"])),
        Step::Unit => count(host("test", &["--no-fail-fast", "--lib", "--bins"]), tally, console),
        Step::Integration => {
            count(host("test", &["--no-fail-fast", "--test", test.unwrap_or("*")]), tally, console)
        }
        Step::Doctest => count(host("test", &["--no-fail-fast", "--doc"]), tally, console),
        Step::UnitWeb => count(
            cargo(&["test", "--locked", "--package", "pantau-frontend", "--no-fail-fast"]),
            tally,
            console,
        ),
        Step::Docs => {
            let mut doc = host("doc", &["--no-deps"]);
            doc.env("RUSTDOCFLAGS", "-D warnings");
            succeed(doc)
        }
        Step::Dependencies => dependencies(workspace, tally, console),
        Step::Lock => lock(workspace),
    }
}

/// Builds the browser bundle as it is shipped, and weighs it.
fn bundle(workspace: &Workspace, console: Console) -> anyhow::Result<()> {
    let manifest = bundle::build(workspace, Speed::Optimised, Progress::Cargo, console)?;
    for file in &manifest.files {
        let (size, wire) = (file.size.div_ceil(1024), file.wire_size().div_ceil(1024));
        console.line(format!("{size:>6} kB  {wire:>6} kB compressed  {}", file.path));
    }
    bundle::check_budget(&manifest)
}

/// Adds the browser half of the compiler, where rustup keeps the compilers.
fn target(workspace: &Workspace) -> anyhow::Result<()> {
    if prerequisite::succeeds(&["rustup", "--version"]) {
        let mut rustup = workspace.command("rustup");
        rustup.args(["target", "add", "wasm32-unknown-unknown"]);
        return succeed(rustup);
    }
    let mut rustc = workspace.command("rustc");
    rustc.args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
    let output = rustc.output().context("failed to run rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(
        std::path::Path::new(&folder).is_dir(),
        "rustc has no wasm32-unknown-unknown, and there is no rustup"
    );
    Ok(())
}

/// Installs the packages of `package-lock.json`, exactly.
fn npm(workspace: &Workspace, console: Console) -> anyhow::Result<()> {
    if prerequisite::find("npm").is_none() {
        console.line("WILL BE SKIPPED: the browser tests, as there is no npm here");
        return Ok(());
    }
    let mut npm = workspace.command("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    succeed(npm)
}

/// Runs the dependency gate where it is installed. Without it, licences, duplicates and unused dependencies
/// are still held by the integration tests of `ops`; only advisories need it.
fn dependencies(workspace: &Workspace, tally: &mut Tally, console: Console) -> anyhow::Result<()> {
    if prerequisite::succeeds(&["cargo-deny", "--version"]) {
        return succeed(workspace.cargo(["deny", "--locked", "check"]));
    }
    console.line("cargo-deny is not installed: advisories are not checked (cargo install cargo-deny)");
    tally.skipped.push(String::from("security advisories: no cargo-deny on this machine"));
    Ok(())
}

/// The lock file must be what the manifests ask for, and what is committed or staged.
fn lock(workspace: &Workspace) -> anyhow::Result<()> {
    let mut metadata = workspace.cargo(["metadata", "--locked", "--format-version", "1"]);
    metadata.stdout(Stdio::null());
    succeed(metadata)?;
    let mut git = workspace.command("git");
    git.args(["diff", "--exit-code", "--stat", "--", "Cargo.lock", "package-lock.json"]);
    succeed(git).context("a lock file changed; commit it")
}

/// Runs a command and lets it print.
fn succeed(mut command: Command) -> anyhow::Result<()> {
    let name = words(&command);
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("failed to run {name}"))?;
    ensure!(status.success(), "`{name}` ended with {status}");
    Ok(())
}

/// Runs a command that runs tests: shows what it prints and counts.
fn count(mut command: Command, tally: &mut Tally, console: Console) -> anyhow::Result<()> {
    let name = words(&command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("failed to run {name}"))?;
    let Some((output, error)) = child.stdout.take().zip(child.stderr.take()) else {
        bail!("`{name}` has no output")
    };
    // The harness reports on one stream, a test that leaves early on the other; both must be emptied at once.
    let errors = std::thread::spawn(move || tell(error, Console::Err));
    let results = tell(output, console);
    let errors = errors.join().ok().with_context(|| format!("the reader of {name} died"))?;
    for seen in [results, errors] {
        tally.add(seen.with_context(|| format!("failed to read from {name}"))?);
    }
    let status = child.wait().with_context(|| format!("failed to wait for {name}"))?;
    ensure!(status.success(), "`{name}` ended with {status}");
    Ok(())
}

/// Passes every line on, and counts what they say of tests.
fn tell(from: impl Read, console: Console) -> std::io::Result<Tally> {
    let mut tally = Tally::default();
    for line in BufReader::new(from).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        tally.read(&line);
        console.line(line);
    }
    Ok(tally)
}

/// The command as a person would type it.
fn words(command: &Command) -> String {
    let all = std::iter::once(command.get_program()).chain(command.get_args());
    all.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
