//! What the tests need that Cargo does not bring: a database, a broker, a camera server and a browser.
//!
//! On a Debian-like machine and as root they are installed; anywhere else the person is told which tests
//! will be skipped and why. Nothing is installed that is there already.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::console::Console;

/// One thing to have, how to see that it is there, and who needs it.
#[derive(Debug)]
pub struct Prerequisite {
    /// Its name, for people.
    pub name: &'static str,
    /// The tests that are skipped without it.
    pub tests: &'static str,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
    probe: Probe,
}

/// How to see that something is installed.
#[derive(Debug)]
enum Probe {
    /// This command ends with success.
    Runs(&'static [&'static str]),
    /// One of these programs is on the path.
    Program(&'static [&'static str]),
    /// A PostgreSQL server, which Debian keeps off the path, in a folder for each version.
    Postgres,
}

/// The names under which distributions ship the browser.
pub(crate) const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Everything the tests use. `python3` by its full path: the bindings are of the system's own interpreter.
pub const ALL: [Prerequisite; 4] = [
    Prerequisite {
        name: "PostgreSQL",
        tests: "the tests of the PostgreSQL store",
        packages: &["postgresql"],
        probe: Probe::Postgres,
    },
    Prerequisite {
        name: "Mosquitto",
        tests: "the MQTT end-to-end tests",
        packages: &["mosquitto"],
        probe: Probe::Program(&["mosquitto"]),
    },
    Prerequisite {
        name: "gst-rtsp-server",
        tests: "the camera end-to-end tests",
        packages: &[
            "gir1.2-gst-rtsp-server-1.0",
            "python3-gi",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
            "gstreamer1.0-plugins-ugly",
        ],
        probe: Probe::Runs(&[
            "/usr/bin/python3",
            "-c",
            "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')\n\
             from gi.repository import Gst, GstRtspServer; Gst.init(None)\n\
             assert all(Gst.ElementFactory.find(e) for e in ('x264enc', 'x265enc', 'rtph265pay', 'h265parse'))",
        ]),
    },
    Prerequisite {
        name: "Chromium",
        tests: "the browser tests",
        packages: &["chromium"],
        probe: Probe::Program(&BROWSERS),
    },
];

impl Prerequisite {
    /// Is it there?
    #[must_use]
    pub fn present(&self) -> bool {
        match &self.probe {
            Probe::Runs(words) => succeeds(words),
            Probe::Program(names) => names.iter().any(|name| find(name).is_some()),
            Probe::Postgres => {
                find("postgres").is_some() || debians_postgres(Path::new("/usr/lib/postgresql"))
            }
        }
    }
}

/// Whether there is a server in one of the folders that Debian makes, one a version.
fn debians_postgres(folder: &Path) -> bool {
    let versions = std::fs::read_dir(folder).into_iter().flatten().flatten();
    versions.into_iter().any(|version| version.path().join("bin/postgres").is_file())
}

/// Why nothing can be installed here, or `None` when it can.
fn obstacle() -> Option<&'static str> {
    if !succeeds(&["apt-get", "--version"]) {
        return Some("there is no apt-get here");
    }
    // The owner of our own process entry is who we are.
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| {
        use std::os::unix::fs::MetadataExt as _;
        me.uid() == 0
    });
    (!root).then_some("only root may install them")
}

/// Installs what is missing, where that is possible, and says what it did, and which tests will be skipped
/// for want of what is missing still.
///
/// # Errors
/// When `apt-get` was tried and failed.
pub fn install(console: Console) -> anyhow::Result<()> {
    let missing: Vec<&Prerequisite> = ALL.iter().filter(|one| !one.present()).collect();
    for one in ALL.iter().filter(|one| !missing.iter().any(|gone| gone.name == one.name)) {
        console.line(format!("there: {}", one.name));
    }
    if missing.is_empty() {
        return Ok(());
    }
    if let Some(why) = obstacle() {
        let packages: Vec<&str> = missing.iter().flat_map(|one| one.packages.iter().copied()).collect();
        console.line(format!("not installed ({why}): {}", packages.join(" ")));
    } else {
        let packages: Vec<&str> = missing.iter().flat_map(|one| one.packages.iter().copied()).collect();
        console.line(format!("installing with apt-get: {}", packages.join(" ")));
        apt(&["update", "--quiet=2"])?;
        apt(&[&["install", "--yes", "--quiet=2", "--no-install-recommends"], packages.as_slice()].concat())?;
    }
    for one in missing.iter().filter(|one| !one.present()) {
        console.line(format!("WILL BE SKIPPED: {}, as there is no {} here", one.tests, one.name));
    }
    Ok(())
}

/// Runs `apt-get` without questions.
fn apt(words: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("apt-get")
        .args(words)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("failed to run apt-get")?;
    ensure!(status.success(), "apt-get {} ended with {status}", words.first().unwrap_or(&""));
    Ok(())
}

/// A program on the path; daemons live in `sbin`, which a person's path often leaves out.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Does this command run and end well? Its words are not shown.
pub(crate) fn succeeds(words: &[&str]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
