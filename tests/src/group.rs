//! So much memory for one program and no more: a control group of Linux, of either version.
//!
//! What it reads and writes counts too; the kernel gives that back before it kills.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;

/// A limit, for as long as it lives and nobody is in it any more.
#[derive(Debug)]
pub struct Group {
    folder: PathBuf,
}

impl Group {
    /// One with so much memory, MiB.
    ///
    /// # Errors
    /// This machine lets nobody make one.
    pub fn with_memory(mib: u32) -> anyhow::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let (root, limit) = root().context("this machine has no control groups for memory")?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = root.join(format!("pantau-test-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).context("failed to make a control group")?;
        let group = Self { folder };
        let bytes = u64::from(mib) * 1024 * 1024;
        std::fs::write(group.folder.join(limit), bytes.to_string()).context("failed to limit memory")?;
        Ok(group)
    }

    /// Whether this machine lets us make one.
    #[must_use]
    pub fn possible() -> bool {
        Self::with_memory(64).is_ok()
    }

    /// Puts a process into it, with all that it will start.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn take(&self, process: u32) -> anyhow::Result<()> {
        std::fs::write(self.folder.join("cgroup.procs"), process.to_string())
            .context("failed to put a process into its control group")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // One with somebody in it stays, and is empty when the machine of the tests is.
        let _stays = std::fs::remove_dir(&self.folder);
    }
}

/// Where groups are made, and the file of their limit.
fn root() -> Option<(PathBuf, &'static str)> {
    let first = Path::new("/sys/fs/cgroup/memory");
    if first.join("memory.limit_in_bytes").is_file() {
        return Some((first.to_owned(), "memory.limit_in_bytes"));
    }
    let second = Path::new("/sys/fs/cgroup");
    let has = std::fs::read_to_string(second.join("cgroup.controllers")).ok()?;
    has.split_whitespace().any(|name| name == "memory").then(|| {
        // Refused where it is so already, or never will be: then there is no limit in the new group.
        let _asked = std::fs::write(second.join("cgroup.subtree_control"), "+memory");
        (second.to_owned(), "memory.max")
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::said::say;

    #[test]
    fn a_process_that_is_taken_is_in_it_and_so_is_its_limit() {
        let Ok(group) = Group::with_memory(64) else {
            return say(
                "SKIPPED: a_process_that_is_taken_is_in_it because this machine lets nobody make a group",
            );
        };
        let mut process = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        group.take(process.id()).unwrap();
        let inside = std::fs::read_to_string(group.folder.join("cgroup.procs")).unwrap();
        assert!(inside.lines().any(|line| line == process.id().to_string()), "{inside}");
        let (_, limit) = root().unwrap();
        let limit = std::fs::read_to_string(group.folder.join(limit)).unwrap();
        assert_eq!(limit.trim(), (64 * 1024 * 1024).to_string());
        drop(process.stdin.take());
        process.wait().unwrap();
        let folder = group.folder.clone();
        drop(group);
        assert!(!folder.exists(), "it stays");
    }
}
