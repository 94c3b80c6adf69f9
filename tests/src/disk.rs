//! A disk of its own for one folder of one program, in a mount namespace that somebody holds open.
//!
//! Nobody else sees it, it outlives the program that uses it, and it goes with its holder, which ends when our end of a
//! pipe is closed: whatever becomes of the test. What is on it can be reached from outside through `/proc`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use rustix::process::geteuid;

/// What it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// Of memory: it can be full. Anybody may make one.
    OfMemory,
    /// Of blocks in a file, with a journal: it can also refuse writes, and stand still. Only root may make one.
    OfBlocks,
}

/// A disk that is mounted.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    holder: Child,
    /// What was told to refuse writes, and must be told otherwise before it can go.
    refusing: Vec<PathBuf>,
    frozen: bool,
}

impl Disk {
    /// Mounts one over this folder, which must be there; a file for its blocks is made beside it.
    ///
    /// # Errors
    /// This machine lets nobody do that.
    pub fn mount(folder: PathBuf, mib: u32, made: Made) -> anyhow::Result<Self> {
        let mut command = Command::new("unshare");
        if !geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        let mount = match made {
            Made::OfMemory => format!("mount -t tmpfs -o size={mib}m pantau-test \"$0\""),
            Made::OfBlocks => {
                let image = folder.with_extension("disk");
                fs::File::create(&image)?.set_len(u64::from(mib) * 1024 * 1024)?;
                // Nothing is kept back for root, so that full is full.
                let mkfs = Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&image).output();
                let mkfs = mkfs.context("failed to run mkfs.ext4")?;
                ensure!(mkfs.status.success(), "mkfs.ext4: {}", String::from_utf8_lossy(&mkfs.stderr));
                format!("mount -o loop '{}' \"$0\" && rmdir \"$0/lost+found\"", image.display())
            }
        };
        let script = format!("{mount} && echo mounted && exec cat");
        command.args(["--mount", "sh", "-c", &script]).arg(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut holder = command.spawn().context("failed to run unshare")?;
        let mut said = String::new();
        if let Some(output) = holder.stdout.as_mut() {
            BufReader::new(output).read_line(&mut said)?;
        }
        let disk = Self { folder, holder, refusing: Vec::new(), frozen: false };
        ensure!(said == "mounted\n", "the disk cannot be mounted");
        Ok(disk)
    }

    /// A command that runs a program which sees it; arguments may be added.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--mount"]);
        if !geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg(program);
        command
    }

    /// The folder as it can be reached from outside.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let inside = self.folder.strip_prefix("/").unwrap_or(&self.folder);
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside)
    }

    /// Makes everything that is on it refuse to be written to, also by those who have it open; nothing new can be made.
    /// The index of SQLite's log is left alone: it is memory that belongs to a file, and memory that cannot be written to
    /// ends a program (SIGBUS), whatever the program does.
    ///
    /// # Errors
    /// It is made of memory.
    pub fn refuse_writes(&mut self) -> anyhow::Result<()> {
        let folder = self.folder();
        let entries = fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
        paths.retain(|path| !path.to_string_lossy().ends_with("-shm"));
        paths.push(folder);
        self.refusing.clone_from(&paths);
        run("chattr", &["+i"], &paths)
    }

    /// It can be written to again.
    ///
    /// # Errors
    /// What is on it has gone.
    pub fn take_writes(&mut self) -> anyhow::Result<()> {
        // The folder first: nothing in it could go meanwhile.
        let paths: Vec<PathBuf> = std::mem::take(&mut self.refusing).into_iter().rev().collect();
        run("chattr", &["-i"], &paths)
    }

    /// It stands still: whoever writes waits.
    ///
    /// # Errors
    /// It is made of memory.
    pub fn freeze(&mut self) -> anyhow::Result<()> {
        run("fsfreeze", &["--freeze"], &[self.folder()])?;
        self.frozen = true;
        Ok(())
    }

    /// It goes on.
    ///
    /// # Errors
    /// It did not stand still.
    pub fn thaw(&mut self) -> anyhow::Result<()> {
        self.frozen = false;
        run("fsfreeze", &["--unfreeze"], &[self.folder()])
    }

    /// Whether this machine lets us make one.
    #[must_use]
    pub fn possible(made: Made) -> bool {
        let Ok(folder) = tempfile::tempdir() else { return false };
        let inner = folder.path().join("data");
        if fs::create_dir(&inner).is_err() {
            return false;
        }
        match (Self::mount(inner, 8, made), made) {
            (Ok(_), Made::OfMemory) => true,
            (Ok(mut disk), Made::OfBlocks) => disk.refuse_writes().and_then(|()| disk.take_writes()).is_ok(),
            (Err(_), _) => false,
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.frozen {
            let _best_effort = self.thaw();
        }
        if !self.refusing.is_empty() {
            let _best_effort = self.take_writes();
        }
        let _gone = self.holder.kill();
        let _buried = self.holder.wait();
    }
}

fn run(program: &str, arguments: &[&str], paths: &[PathBuf]) -> anyhow::Result<()> {
    let output = Command::new(program).args(arguments).args(paths).output();
    let output = output.with_context(|| format!("failed to run {program}"))?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
