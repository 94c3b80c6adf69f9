//! The `pantau` program, as it is shipped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::process::Process;
use crate::{http, wait};

/// How long it may take to be ready, on a machine that compiles beside it.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to stop.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// A server: its configuration, and its process while it runs.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    config: PathBuf,
    log: PathBuf,
    process: Option<Process>,
}

/// The program, built beside the tests.
///
/// # Errors
/// It was not built.
pub fn program() -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?;
    let profile = tests.ancestors().nth(2).context("the tests are in no target folder")?;
    let program = profile.join("pantau");
    ensure!(
        program.is_file(),
        "{} is not there: build it with `cargo build --package pantau`, in the profile of the tests",
        program.display()
    );
    Ok(program)
}

/// Runs a command of the program to its end.
///
/// # Errors
/// It cannot be started.
pub fn run(arguments: &[&str]) -> anyhow::Result<Output> {
    Command::new(program()?).args(arguments).output().context("failed to run pantau")
}

impl Server {
    /// A server that is not running yet.
    #[must_use]
    pub const fn new(address: SocketAddr, config: PathBuf, log: PathBuf) -> Self {
        Self { address, config, log, process: None }
    }

    /// Starts it and waits until it is ready; gives how long that took.
    ///
    /// # Errors
    /// It ended, or is not ready in time.
    pub async fn start(&mut self) -> anyhow::Result<Duration> {
        self.launch()?;
        self.ready().await
    }

    /// Starts it, and waits for nothing.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn launch(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new(program()?);
        command.arg("serve").arg("--config").arg(&self.config);
        command.env("RUST_LOG", "info,pantau=debug,pantau_camera=debug,retina=trace");
        self.process = Some(Process::start("pantau", &mut command, &self.log)?);
        Ok(())
    }

    /// Waits until `/readyz` says yes: the store takes data, and the broker is connected.
    ///
    /// # Errors
    /// It ended, or is not ready in time.
    pub async fn ready(&mut self) -> anyhow::Result<Duration> {
        let (address, process) = (self.address, self.process.as_mut().context("the server is down")?);
        let ready = async || {
            ensure!(process.runs(), "the server ended\n{}", process.tail());
            Ok(http::get(address, "/readyz").await.ok().filter(|answer| answer.status == 200).map(drop))
        };
        Ok(wait::until("the server to be ready", READY_WITHIN, ready).await?.1)
    }

    /// Kills it as a power cut would.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().context("the server is down")?.kill()
    }

    /// Asks it to stop, and waits.
    ///
    /// # Errors
    /// It did not stop in time.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.process.take().context("the server is down")?.terminate(STOP_WITHIN).await
    }

    /// [`Server::stop`] for destructors.
    ///
    /// # Errors
    /// It did not stop in time.
    pub fn stop_blocking(&mut self) -> anyhow::Result<ExitStatus> {
        let mut process = self.process.take().context("the server is down")?;
        process.terminate_blocking(STOP_WITHIN).with_context(|| process.tail())
    }

    /// The process, while it runs.
    #[must_use]
    pub const fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Everything that it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The last lines of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        self.process.as_ref().map_or_else(|| "--- pantau is down".to_owned(), Process::tail)
    }

    /// Memory that it holds, KiB, as the kernel counts it.
    ///
    /// # Errors
    /// It is down.
    pub fn resident_kib(&self) -> anyhow::Result<u64> {
        let id = self.process.as_ref().context("the server is down")?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(number.parse()?)
    }

    /// `/v1/status`, with the World's digest.
    ///
    /// # Errors
    /// No answer.
    pub async fn status(&self) -> anyhow::Result<Value> {
        http::get_json(self.address, "/v1/status?digest=true").await
    }

    /// Proves the journal with `pantau audit verify`; gives what it says.
    ///
    /// # Errors
    /// The chain is broken.
    pub fn audit(&self) -> anyhow::Result<String> {
        let config = self.config.display().to_string();
        let output = run(&["audit", "verify", "--config", &config])?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "audit verify failed: {said}{error}");
        Ok(said)
    }
}
