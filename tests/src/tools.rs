//! Programs that are not part of the workspace: where they are, and saying so when they are not there.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::clock::library;
use crate::disk::{Disk, Made};
use crate::said::say;

pub use pantau_ops::stage::programs::{find, postgres, timescale};

/// A program that some tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The MQTT broker.
    Mosquitto,
    /// A PostgreSQL server, 15 or newer.
    Postgres,
    /// The same with TimescaleDB.
    Timescale,
    /// A small disk for one program: mount namespaces.
    SmallDisk,
    /// One that can refuse writes and stand still: the same, as root, and a loop device.
    BlockDisk,
    /// A clock of its own for one program: libfaketime.
    FalseClock,
    /// gst-rtsp-server through Python's object introspection, with an H.264 encoder.
    GstRtspServer,
    /// Chromium, Node, and the packages of `package.json`.
    Browser,
}

impl Tool {
    /// What is missing, or nothing.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Mosquitto => find("mosquitto").is_none().then(|| "mosquitto is not installed".to_owned()),
            Self::Postgres => postgres().is_none().then(|| "PostgreSQL is not installed".to_owned()),
            Self::Timescale => (!timescale()).then(|| "TimescaleDB is not installed".to_owned()),
            Self::SmallDisk => {
                let possible = Disk::possible(Made::OfMemory);
                (!possible).then(|| "this machine lets nobody mount a small disk".to_owned())
            }
            Self::BlockDisk => {
                let possible = Disk::possible(Made::OfBlocks);
                (!possible).then(|| "this machine lets nobody mount a disk of blocks".to_owned())
            }
            Self::FalseClock => library().is_none().then(|| "libfaketime is not installed".to_owned()),
            Self::GstRtspServer => gst_missing(),
            Self::Browser => browser_missing(),
        }
    }
}

/// Whether the test called `name` can run; if not, says so where everybody sees it.
#[must_use]
pub fn have(name: &str, tools: &[Tool]) -> bool {
    match tools.iter().find_map(|tool| tool.missing()) {
        Some(missing) => {
            say(&format!("SKIPPED: {name} because {missing}"));
            false
        }
        None => true,
    }
}

/// The browser's program, by the names under which distributions ship it.
#[must_use]
pub fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find)
}

/// The Python that sees the distribution's packages; another one first in the path does not.
#[must_use]
pub fn python() -> PathBuf {
    let own = PathBuf::from("/usr/bin/python3");
    if own.is_file() { own } else { PathBuf::from("python3") }
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests.parent().map_or(tests.clone(), PathBuf::from)
}

fn gst_missing() -> Option<String> {
    let probe = "import gi\n\
        gi.require_version('Gst', '1.0')\n\
        gi.require_version('GstRtspServer', '1.0')\n\
        from gi.repository import Gst, GstRtspServer\n\
        Gst.init(None)\n\
        for name in ('x264enc', 'h264parse', 'rtph264pay', 'x265enc', 'h265parse', 'rtph265pay', 'videotestsrc'):\n    \
            assert Gst.ElementFactory.find(name), name";
    let mut command = Command::new(python());
    command.arg("-c").arg(probe).stdout(Stdio::null()).stderr(Stdio::null());
    let works = command.status().is_ok_and(|status| status.success());
    (!works).then(|| "gst-rtsp-server, its Python binding, x264enc or x265enc is not installed".to_owned())
}

fn browser_missing() -> Option<String> {
    if chromium().is_none() {
        return Some("chromium is not installed".to_owned());
    }
    if find("node").is_none() {
        return Some("node is not installed".to_owned());
    }
    let there =
        |package: &&str| workspace().join("node_modules").join(package).join("package.json").is_file();
    let missing = ["playwright-core", "axe-core"].into_iter().find(|package| !there(package));
    missing.map(|package| format!("{package} is not installed: run `npm ci`"))
}
