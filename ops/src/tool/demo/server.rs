//! The server as a process of its own: started, watched, and stopped by its own number.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::address;

/// How long the server may take to put everything away.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How often a server that is starting is asked.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// The lines of its log that are shown when it dies.
const LAST_LINES: usize = 20;

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts it with this configuration; what it says goes to `{dir}/server.log`.
    ///
    /// In a process group of its own: Ctrl-C is ours to answer, so that it stops after the city.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(binary: &Path, config: &Path, dir: &Path) -> anyhow::Result<Self> {
        let log = dir.join("server.log");
        let file =
            std::fs::File::create(&log).with_context(|| format!("failed to make {}", log.display()))?;
        let child = Command::new(binary)
            .args(["serve", "--config"])
            .arg(config)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("failed to share the log")?)
            .stderr(file)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {}", binary.display()))?;
        Ok(Self { child, log })
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    /// When it ends, or is not ready in time; the error carries its reasons or its last words.
    pub async fn ready(&mut self, address: SocketAddr, within: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + within;
        loop {
            let answer = tokio::select! {
                error = self.ended() => return Err(error),
                answer = address::get(address, "/readyz") => answer,
            };
            match answer {
                Ok((200, _)) => return Ok(()),
                Ok((code, why)) if Instant::now() > deadline => {
                    return Err(anyhow!("the server is not ready ({code}): {why}\n{}", self.last_words()));
                }
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context(format!("the server does not answer\n{}", self.last_words())));
                }
                _ => sleep(ASK_EVERY).await,
            }
        }
    }

    /// Ends when the server does, with an error that carries its last words.
    pub async fn ended(&mut self) -> anyhow::Error {
        match self.child.wait().await {
            Ok(status) => anyhow!("the server ended with {status}\n{}", self.last_words()),
            Err(error) => anyhow!(error).context("failed to watch the server"),
        }
    }

    /// Asks it to stop, and insists when it takes too long.
    pub async fn stop(mut self) {
        let asked = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
            .is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok());
        let stopped = asked && timeout(STOP_WITHIN, self.child.wait()).await.is_ok();
        if !stopped {
            // It is gone already, or hangs; either way there is nothing more to say to it.
            drop(self.child.kill().await);
        }
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = text.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(LAST_LINES)).copied().collect::<Vec<_>>().join("\n")
    }
}
