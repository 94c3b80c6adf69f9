//! A simulated city led through the states of a wall, with a picture of each in both sizes and both languages.
//!
//! The browser's script tells the story and asks for what it needs, a line each; what breaks is broken here, on the
//! same city and the same server program as in `cargo demo`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::sim::{City, CityOptions};
use crate::tool::bundle::Speed;
use crate::tool::console::Console;
use crate::tool::demo::server::Server;
use crate::tool::demo::{address, build};
use crate::tool::workspace::Workspace;

/// How long a server may take until it says it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Builds, starts and breaks what the pictures show, and takes them.
///
/// # Errors
/// When something does not build or start, or a state does not come.
pub(super) fn tell(workspace: &Workspace, browser: &Path, dir: &Path, speed: Speed) -> anyhow::Result<()> {
    let binary = build::build(workspace, speed, Console::Out)?;
    let runtime = tokio::runtime::Runtime::new().context("failed to start the runtime")?;
    runtime.block_on(async {
        let home = tempfile::tempdir().context("failed to make a folder for the city")?;
        let address = address::choose(0)?;
        let options = CityOptions { dir: home.path().to_path_buf(), server: address, seed: 1 };
        let city = City::start(options).context("failed to start the simulated city")?;
        let mut stage = Stage { binary, address, home: home.path().to_path_buf(), city, server: None };
        let told = stage.tell(workspace, browser, dir).await;
        stage.stop().await;
        stage.city.stop().await;
        told
    })
}

/// The city, and the server while it runs.
struct Stage {
    binary: PathBuf,
    address: SocketAddr,
    home: PathBuf,
    city: City,
    server: Option<Server>,
}

impl Stage {
    async fn tell(&mut self, workspace: &Workspace, browser: &Path, dir: &Path) -> anyhow::Result<()> {
        self.start().await?;
        let mut node = Command::from(workspace.command("node"));
        node.arg("ops/browser/states.mjs").args(["--url", &format!("http://{}", self.address), "--browser"]);
        node.arg(browser).arg("--dir").arg(dir);
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut node = node.spawn().context("failed to run node")?;
        let mut answers = node.stdin.take().context("node has no input")?;
        let mut wishes = BufReader::new(node.stdout.take().context("node has no output")?).lines();
        while let Some(wish) = wishes.next_line().await.context("failed to read from node")? {
            match wish.split_once(' ').unwrap_or((&wish, "")) {
                ("server", "stop") => self.stop().await,
                ("server", "start") => self.start().await?,
                ("fault", fault) => {
                    self.city.fault(fault).with_context(|| format!("failed to do `{fault}`"))?;
                }
                ("took", file) => {
                    Console::Out.line(format!("{}/{file}", dir.display()));
                    continue;
                }
                _ => bail!("the script says `{wish}`"),
            }
            answers.write_all(b"done\n").await.context("failed to answer node")?;
        }
        let status = node.wait().await.context("failed to wait for node")?;
        ensure!(status.success(), "the pictures could not be taken");
        Ok(())
    }

    async fn start(&mut self) -> anyhow::Result<()> {
        let server = self.server.insert(Server::start(&self.binary, self.city.config(), &self.home)?);
        server.ready(self.address, READY_WITHIN).await
    }

    async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}
