//! A clock of its own for one program, by libfaketime: wall-clock time is moved, time that only runs forward is not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// How long the library believes what it read, seconds.
const BELIEVES: &str = "1";

/// A clock that can be moved while the program runs.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// One that goes right, told by a file in this folder.
    ///
    /// # Errors
    /// The library is not installed.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let library = library().context("libfaketime is not installed")?;
        let clock = Self { library, file: folder.join("clock") };
        clock.set(0)?;
        Ok(clock)
    }

    /// The program's clock is wrong by so many seconds from now on, or from its next look at the file on.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set(&self, seconds: i64) -> anyhow::Result<()> {
        // The library must not read half a number.
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        std::fs::rename(&new, &self.file).context("failed to set the clock")
    }

    /// Gives the program this clock.
    pub(crate) fn give(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.env("FAKETIME_CACHE_DURATION", BELIEVES).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}

/// Where distributions keep it.
pub(crate) fn library() -> Option<PathBuf> {
    let architectures = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    architectures
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .chain([PathBuf::from("/usr/lib/faketime/libfaketimeMT.so.1")])
        .find(|path| path.is_file())
}
