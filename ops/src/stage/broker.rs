//! Mosquitto: a broker that is not ours.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use rustix::process::Signal;

use super::process::Process;
use super::{ports, programs, wait};

/// Whether the broker remembers sessions and messages over a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// It forgets: a restart is a broker that nobody ever connected to.
    Forgets,
    /// It writes to its disk when it is asked to end.
    Keeps,
}

/// A broker on a loopback port, which it keeps over restarts.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    config: PathBuf,
    log: PathBuf,
    process: Option<Process>,
}

impl Broker {
    /// Starts one, with its files in `dir`.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn start(dir: &Path, memory: Memory) -> anyhow::Result<Self> {
        let address = ports::free()?;
        let home = dir.join("broker");
        std::fs::create_dir_all(&home)?;
        let persistence = match memory {
            Memory::Forgets => "persistence false\n".to_owned(),
            Memory::Keeps => format!("persistence true\npersistence_location {}/\n", home.display()),
        };
        let text = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\nconnection_messages true\n\
             max_queued_messages 0\nset_tcp_nodelay true\nuser root\n{persistence}",
            address.port()
        );
        let config = home.join("mosquitto.conf");
        std::fs::write(&config, text)?;
        let mut broker = Self { address, config, log: dir.join("mosquitto.log"), process: None };
        broker.up().await?;
        Ok(broker)
    }

    /// Starts it (again), and waits until its port is open.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn up(&mut self) -> anyhow::Result<()> {
        let program = programs::find("mosquitto").context("mosquitto is not installed")?;
        let mut process =
            Process::start("mosquitto", Command::new(program).arg("-c").arg(&self.config), &self.log)?;
        wait::until("the broker's port", Duration::from_secs(10), async || {
            anyhow::ensure!(process.runs(), "the broker ended\n{}", process.tail());
            Ok(tokio::net::TcpStream::connect(self.address).await.ok().map(drop))
        })
        .await?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills it at once; what it did not write is lost.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// Asks it to end; one that [`Memory::Keeps`] writes what it has.
    ///
    /// # Errors
    /// It did not end in time.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.terminate(Duration::from_secs(10)).await?;
        }
        Ok(())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It is down.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        self.process.as_ref().context("the broker is down")?.signal(signal)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last lines of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        self.process.as_ref().map_or_else(|| "--- mosquitto is down".to_owned(), Process::tail)
    }
}
