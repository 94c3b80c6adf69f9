//! The `pantau` program, as it is shipped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use anyhow::{Context, ensure};
use pantau_schemas::entry::Entry;
use serde_json::Value;

use crate::clock::Clock;
use crate::disk::Disk;
use crate::group::Group;
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
    disk: Option<Disk>,
    clock: Option<Clock>,
    /// Another program than the one beside the tests.
    other: Option<PathBuf>,
    process: Option<Process>,
    /// Ends after its process.
    group: Option<Group>,
}

/// The program, built beside the tests.
///
/// # Errors
/// It was not built.
pub fn program() -> anyhow::Result<PathBuf> {
    // Tests are in a folder beside the programs, programs of ours beside it.
    let own = std::env::current_exe()?;
    let found =
        own.ancestors().skip(1).take(2).map(|folder| folder.join("pantau")).find(|path| path.is_file());
    found.context("pantau is not there: build it with `cargo build --package pantau`, in the same profile")
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
        Self { address, config, log, disk: None, clock: None, other: None, process: None, group: None }
    }

    /// The same with a disk of its own for one folder.
    #[must_use]
    pub fn on_disk(self, disk: Disk) -> Self {
        Self { disk: Some(disk), ..self }
    }

    /// Runs as another program from now on; `None`: as the one beside the tests again.
    pub fn run_as(&mut self, program: Option<PathBuf>) {
        self.other = program;
    }

    /// The same with a clock of its own.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The same with no more than a group's memory.
    #[must_use]
    pub fn in_group(self, group: Group) -> Self {
        Self { group: Some(group), ..self }
    }

    /// Its own clock.
    ///
    /// # Errors
    /// It has none.
    pub fn clock(&self) -> anyhow::Result<&Clock> {
        self.clock.as_ref().context("the server has no clock of its own")
    }

    /// Its own disk.
    ///
    /// # Errors
    /// It has none.
    pub fn disk(&mut self) -> anyhow::Result<&mut Disk> {
        self.disk.as_mut().context("the server has no disk of its own")
    }

    /// Where its own disk is seen from here, if it has one.
    pub(crate) fn disk_folder(&self) -> Option<PathBuf> {
        self.disk.as_ref().map(Disk::folder)
    }

    /// The program, where it sees what the server sees.
    fn command(&self, program: &Path) -> Command {
        self.disk.as_ref().map_or_else(|| Command::new(program), |disk| disk.command(program))
    }

    /// Runs a command of the program to its end, with the server's configuration.
    fn run(&self, words: &[&str]) -> anyhow::Result<Output> {
        let program = self.other.clone().map_or_else(program, Ok)?;
        let mut command = self.command(&program);
        command.args(words).arg("--config").arg(&self.config);
        command.output().context("failed to run pantau")
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
        let program = self.other.clone().map_or_else(program, Ok)?;
        let mut command = self.command(&program);
        command.arg("serve").arg("--config").arg(&self.config);
        if let Some(clock) = &self.clock {
            clock.give(&mut command);
        }
        command.env("RUST_LOG", "info,pantau=debug,pantau_camera=debug,retina=trace");
        let process = self.process.insert(Process::start("pantau", &mut command, &self.log)?);
        self.group.as_ref().map_or(Ok(()), |group| group.take(process.id()))
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

    /// Whether its process has not ended.
    pub fn runs(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::runs)
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

    /// Every entry of the journal, read from the store by `pantau export`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn export(&self) -> anyhow::Result<Vec<Entry>> {
        let output = self.run(&["export"])?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "export failed: {error}");
        let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).context("a line of the export is no entry")).collect()
    }

    /// Proves the journal with `pantau audit verify`; gives what it says.
    ///
    /// # Errors
    /// The chain is broken.
    pub fn audit(&self) -> anyhow::Result<String> {
        let output = self.run(&["audit", "verify"])?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "audit verify failed: {said}{error}");
        Ok(said)
    }
}
