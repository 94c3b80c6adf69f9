//! A small disk for one folder of one program: a file system in memory, in a mount namespace of the program's own.
//!
//! Nobody else sees it, and it goes with the program, however that ends. What is on it can be reached from outside
//! through `/proc`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// The file system, not made yet: that is done by the program's own start.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: PathBuf,
    mib: u32,
}

impl Disk {
    /// For this folder, which must be there.
    #[must_use]
    pub const fn new(folder: PathBuf, mib: u32) -> Self {
        Self { folder, mib }
    }

    /// A command that runs the program on it; arguments may be added.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("unshare");
        if !geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        let script = format!("mount -t tmpfs -o size={}m pantau-test \"$0\" && exec \"$@\"", self.mib);
        command.args(["--mount", "sh", "-c", &script]).arg(&self.folder).arg(program);
        command
    }

    /// A command that runs a program beside the process that has the disk, and sees it too.
    #[must_use]
    pub fn beside(&self, process: u32, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &process.to_string(), "--mount"]);
        if !geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg(program);
        command
    }

    /// The folder as it can be reached from outside.
    #[must_use]
    pub fn seen_from_outside(&self, process: u32) -> PathBuf {
        let inside = self.folder.strip_prefix("/").unwrap_or(&self.folder);
        Path::new("/proc").join(process.to_string()).join("root").join(inside)
    }

    /// Whether this machine lets us make one.
    #[must_use]
    pub fn possible() -> bool {
        let folder = Self::new(std::env::temp_dir(), 1);
        let mut probe = folder.command(Path::new("true"));
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}
