//! The server under measurement: a release build, its own process, its own folder.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::process;

/// How long the server and its cameras may need to come to life.
const ALIVE_WITHIN: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// Where devices publish, if they can.
    pub(super) intake: SocketAddr,
    dir: TempDir,
}

/// What a server is started with.
#[derive(Debug, Default)]
pub(super) struct Setup {
    /// Cameras: identity and RTSP address.
    pub(super) cameras: Vec<(String, String)>,
    /// Large streams, for those of the cameras that have one.
    pub(super) large: Vec<(String, String)>,
    /// Devices of the class `sensor`.
    pub(super) sensors: usize,
    /// Whether devices can publish to it.
    pub(super) intake: bool,
    /// The address of its store; `None` for the one that it makes by itself.
    pub(super) store: Option<String>,
    /// The broker that it listens to.
    pub(super) broker: Option<SocketAddr>,
}

impl Server {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// It does not start, or is not ready in time.
    pub(super) async fn start(setup: &Setup) -> anyhow::Result<Self> {
        let dir = TempDir::new()?;
        let (address, intake) = (free_address()?, free_address()?);
        std::fs::create_dir(dir.path().join("city"))?;
        std::fs::write(dir.path().join("city/bench.toml"), registry(setup))?;
        let mut config = format!(
            "[city]\ncode = \"bench\"\nname = \"Bench\"\nzone = \"Asia/Jakarta\"\nregistry = \"city\"\n\
             [server]\nlisten = \"{address}\"\ndata = \"data\"\n"
        );
        if let Some(url) = &setup.store {
            write!(config, "[store]\nurl = \"{url}\"\n")?;
        }
        if setup.intake || setup.broker.is_some() {
            config.push_str("[mqtt]\n");
        }
        if setup.intake {
            writeln!(config, "listen = \"{intake}\"")?;
        }
        if let Some(broker) = setup.broker {
            writeln!(config, "url = \"mqtt://{broker}\"")?;
        }
        std::fs::write(dir.path().join("pantau.toml"), config)?;
        let server = Self { child: serve(&dir)?, address, intake, dir };
        server.ready().await?;
        Ok(server)
    }

    /// Kills it without warning and starts it again, on the same data.
    ///
    /// # Errors
    /// It does not start, or is not ready in time.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        self.child = serve(&self.dir)?;
        self.ready().await
    }

    async fn ready(&self) -> anyhow::Result<()> {
        self.until("ready", |server| async move {
            Ok(get(server.address, "/readyz").await.is_ok_and(|(status, _)| status == 200))
        })
        .await
    }

    /// Its process.
    pub(super) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Processor seconds used so far.
    pub(super) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        process::cpu_seconds(self.pid()?)
    }

    /// Memory held, MiB.
    pub(super) fn rss_mib(&self) -> anyhow::Result<f64> {
        process::rss_mib(self.pid()?)
    }

    /// The answer of `/v1/status`.
    pub(super) async fn status(&self) -> anyhow::Result<serde_json::Value> {
        let (_, body) = get(self.address, "/v1/status").await?;
        Ok(serde_json::from_str(&body)?)
    }

    /// The text of `/metrics`.
    pub(super) async fn metrics(&self) -> anyhow::Result<String> {
        Ok(get(self.address, "/metrics").await?.1)
    }

    /// Waits until so many cameras are live.
    pub(super) async fn until_live(&self, cameras: usize) -> anyhow::Result<()> {
        self.until("live", |server| async move {
            let status = server.status().await?;
            Ok(status["cameras"]["live"].as_u64() == u64::try_from(cameras).ok())
        })
        .await
    }

    async fn until<'a, F>(&'a self, what: &str, mut holds: impl FnMut(&'a Self) -> F) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<bool>>,
    {
        let deadline = tokio::time::Instant::now() + ALIVE_WITHIN;
        while !holds(self).await? {
            if tokio::time::Instant::now() > deadline {
                let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
                bail!("the server is not {what} after {ALIVE_WITHIN:?}; its log:\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Starts the program in its folder.
fn serve(dir: &TempDir) -> anyhow::Result<Child> {
    let log = std::fs::File::options().create(true).append(true).open(dir.path().join("log"))?;
    Command::new(binary()?)
        .args(["serve", "--config"])
        .arg(dir.path().join("pantau.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .context("failed to start the server")
}

/// Status and body of a page.
async fn get(address: SocketAddr, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is cut")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status")?;
    Ok((status, body.to_owned()))
}

/// The server's release build: beside this program.
fn binary() -> anyhow::Result<PathBuf> {
    program("pantau")
}

/// A program that was built beside this one.
pub(super) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.is_file() {
        bail!("{} is missing; `cargo bench-city` builds it", path.display());
    }
    Ok(path)
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn registry(setup: &Setup) -> String {
    let mut text = String::from("[[site]]\ncode = \"bench\"\nname = \"Bench\"\n");
    for (id, small) in &setup.cameras {
        let large = setup.large.iter().find(|(of, _)| of == id).map(|(_, url)| url);
        let url = large.unwrap_or(small);
        let sub_url = large.map(|_| format!("sub_url = \"{small}\"\n")).unwrap_or_default();
        let _never_fails = write!(
            text,
            "[[device]]\nid = \"{id}\"\nclass = \"camera\"\nname = \"{id}\"\nsite = \"bench\"\ndomain = \"cctv\"\n\
             [device.camera]\nurl = \"{url}\"\n{sub_url}purpose = \"keamanan\"\nnotice = \"bench\"\n"
        );
    }
    for number in 0..setup.sensors {
        let _never_fails = write!(
            text,
            "[[device]]\nid = \"s-{number}\"\nclass = \"sensor\"\nname = \"s-{number}\"\nsite = \"bench\"\n\
             domain = \"monitoring\"\n"
        );
    }
    text
}
