//! gst-rtsp-server: cameras that are not ours (`tests/rtsp/server.py`).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::process::Process;
use crate::{ports, tools};

/// The user of every mount.
pub const USER: &str = "viewer";
/// Its password; a value that no other text of a test holds, so that a leak can be searched for.
pub const PASSWORD: &str = "kunci-canary-7f3a";
/// Frames a second of every mount.
pub const FPS: u32 = 15;
/// How long the script may take to encode its clips, or to obey.
const OBEY_WITHIN: Duration = Duration::from_secs(30);

/// An RTSP server on a loopback port, which it keeps over restarts.
#[derive(Debug)]
pub struct Cameras {
    address: SocketAddr,
    mounts: Vec<(String, String)>,
    log: PathBuf,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    process: Process,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Cameras {
    /// Starts one with these mounts, `(name, pattern)`.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn start(dir: &Path, mounts: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mounts =
            mounts.iter().map(|(name, pattern)| ((*name).to_owned(), (*pattern).to_owned())).collect();
        let mut cameras = Self { address: ports::free()?, mounts, log: dir.join("rtsp.log"), running: None };
        cameras.up().await?;
        Ok(cameras)
    }

    /// Starts it (again), and waits until its port is open.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn up(&mut self) -> anyhow::Result<()> {
        let script = tools::workspace().join("tests/rtsp/server.py");
        let mut command = Command::new(tools::python());
        command.arg(script).args(["--port", &self.address.port().to_string()]);
        command.args(["--user", USER, "--password", PASSWORD]);
        for (name, pattern) in &self.mounts {
            command.args(["--mount", &format!("{name}={pattern}")]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start("gst-rtsp-server", &mut command, &self.log)?;
        let child = process.child();
        let commands = ChildStdin::from_std(child.stdin.take().context("no standard input")?)?;
        let answers = ChildStdout::from_std(child.stdout.take().context("no standard output")?)?;
        let running = Running { process, commands, answers: BufReader::new(answers).lines() };
        self.running.insert(running).expect("ready").await
    }

    /// Kills it at once.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.running.take().map_or(Ok(()), |mut running| running.process.kill())
    }

    /// Tells it `stall`, `freeze` or `go`, for all mounts or one, and waits until it obeyed.
    ///
    /// # Errors
    /// It is down, or does not obey.
    pub async fn tell(&mut self, command: &str) -> anyhow::Result<()> {
        let running = self.running.as_mut().context("the RTSP server is down")?;
        running.commands.write_all(format!("{command}\n").as_bytes()).await?;
        running.expect(&format!("ok {command}")).await
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last lines of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        self.running
            .as_ref()
            .map_or_else(|| "--- gst-rtsp-server is down".to_owned(), |running| running.process.tail())
    }
}

impl Running {
    async fn expect(&mut self, wanted: &str) -> anyhow::Result<()> {
        let line = timeout(OBEY_WITHIN, self.answers.next_line())
            .await
            .with_context(|| format!("no `{wanted}` from the RTSP server"))??;
        anyhow::ensure!(
            line.as_deref() == Some(wanted),
            "the RTSP server says {line:?}, not `{wanted}`\n{}",
            self.process.tail()
        );
        Ok(())
    }
}
