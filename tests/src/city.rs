//! A whole city on loopback, for one test.

mod lines;
mod plan;
mod written;

use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::SemaphorePermit;

use crate::broker::Broker;
use crate::device::Device;
use crate::http;
use crate::live::Live;
use crate::media::Media;
use crate::postgres::Database;
use crate::rtsp::{self, Cameras};
use crate::said::say;
use crate::server::Server;
use crate::wait;
use crate::webhook::Post;

pub use lines::Lines;
pub use plan::Plan;

/// A running city. When it is dropped, the sum must hold, the server must stop when asked, and its journal
/// must be proved; after a panic it shows the logs instead.
#[derive(Debug)]
pub struct TestCity {
    /// The server.
    pub server: Server,
    broker: Option<Broker>,
    direct: Option<SocketAddr>,
    cameras: Option<Cameras>,
    database: Option<Database>,
    lines: Option<Lines>,
    dir: TempDir,
    _permit: SemaphorePermit<'static>,
}

impl TestCity {
    /// A city with a server, a registry and one sender of events.
    #[must_use]
    pub fn plan() -> Plan {
        Plan::default()
    }

    /// Where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The city's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Where the server keeps its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.server.disk_folder().unwrap_or_else(|| self.dir().join("data"))
    }

    /// The broker.
    ///
    /// # Errors
    /// The plan had none.
    pub fn broker(&mut self) -> anyhow::Result<&mut Broker> {
        self.broker.as_mut().context("the city has no broker")
    }

    /// The database server.
    ///
    /// # Errors
    /// The store is embedded.
    pub fn database(&mut self) -> anyhow::Result<&mut Database> {
        self.database.as_mut().context("the city has no database server")
    }

    /// The lines.
    ///
    /// # Errors
    /// The plan had none.
    pub fn lines(&self) -> anyhow::Result<&Lines> {
        self.lines.as_ref().context("the city has no lines that fail")
    }

    /// Where devices publish to the server itself: the near end of their line, if it has one.
    ///
    /// # Errors
    /// The plan had no such port.
    pub fn intake(&self) -> anyhow::Result<SocketAddr> {
        let near = self.lines.as_ref().and_then(|lines| lines.near.devices);
        near.or(self.direct).context("devices do not publish to the server itself")
    }

    /// Where screens connect: the near end of their line, if it has one.
    #[must_use]
    pub fn screens(&self) -> SocketAddr {
        self.lines.as_ref().map_or(self.address(), |lines| lines.near.screens)
    }

    /// The cameras.
    ///
    /// # Errors
    /// The plan had none.
    pub fn cameras(&mut self) -> anyhow::Result<&mut Cameras> {
        self.cameras.as_mut().context("the city has no cameras")
    }

    /// A reader of `/v1/live`.
    ///
    /// # Errors
    /// Refused.
    pub async fn live(&self) -> anyhow::Result<Live> {
        Live::open(self.address()).await
    }

    /// A window on `/v1/media` with a tile for each camera.
    ///
    /// # Errors
    /// Refused.
    pub async fn media(&self, cameras: &[&str]) -> anyhow::Result<Media> {
        Media::open(self.address(), cameras).await
    }

    /// A device that is connected to the server itself, or to the broker, and has no last will.
    ///
    /// # Errors
    /// Neither is there, or it does not answer.
    pub async fn device(&mut self, client_id: &str) -> anyhow::Result<Device> {
        let address = match self.direct {
            Some(address) => address,
            None => self.broker()?.address(),
        };
        Device::connect(address, client_id, None).await
    }

    /// A page as JSON.
    ///
    /// # Errors
    /// No answer, or not 200.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        http::get_json(self.address(), path).await
    }

    /// Posts one event, signed, and expects 202.
    ///
    /// # Errors
    /// Another answer.
    pub async fn post(&self, event: &Value) -> anyhow::Result<()> {
        let answer = Post::new(event.to_string()).send(self.address()).await?;
        ensure!(answer.status == 202, "the event was answered {}: {}", answer.status, answer.text());
        Ok(())
    }

    /// One number of a way in (`mqtt`, `webhook`, `camera`, `command`) and column of the sum.
    ///
    /// # Errors
    /// No answer.
    pub async fn count(&self, source: &str, column: &str) -> anyhow::Result<u64> {
        let status = self.get("/v1/status").await?;
        let sources = status["sources"].as_array().context("no sources")?;
        let found = sources.iter().find(|known| known["source"] == source).context("no such source")?;
        found[column].as_u64().with_context(|| format!("no column {column}"))
    }

    /// Waits until so many messages of a way in have found their fate.
    ///
    /// # Errors
    /// They did not in time.
    pub async fn received(&self, source: &str, count: u64, within: Duration) -> anyhow::Result<Duration> {
        let what = format!("{count} messages by {source}");
        let probe = async || Ok((self.count(source, "received").await? >= count).then_some(()));
        Ok(wait::until(&what, within, probe).await?.1)
    }

    fn check(&mut self) -> anyhow::Result<()> {
        if self.server.process().is_none() {
            return Ok(());
        }
        sum_holds(&metrics(self.address())?)?;
        let status = self.server.stop_blocking()?;
        ensure!(status.success(), "the server stopped with {status}");
        self.server.audit()?;
        ensure!(!self.server.log().contains(rtsp::PASSWORD), "a camera's password is in the log");
        ensure!(!self.server.log().contains("panicked at"), "the server panicked\n{}", self.server.log());
        Ok(())
    }
}

impl Drop for TestCity {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&self.server.tail());
            say(&self.broker.as_ref().map(Broker::tail).unwrap_or_default());
            say(&self.database.as_ref().map(Database::tail).unwrap_or_default());
            say(&self.cameras.as_ref().map(Cameras::tail).unwrap_or_default());
            return;
        }
        if let Err(error) = self.check() {
            panic!("after the test: {error:#}");
        }
    }
}

/// `/metrics`, read without a runtime: destructors cannot await.
fn metrics(address: SocketAddr) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// received = stored + duplicate + dead-lettered, for every way in of a metrics text.
///
/// # Errors
/// The way in for which it does not hold, with its numbers.
pub fn sum_holds(metrics: &str) -> anyhow::Result<()> {
    let mut seen = 0;
    for source in ["mqtt", "webhook", "camera", "command", "replay"] {
        let number = |column: &str| -> anyhow::Result<u64> {
            let name = format!("pantau_ingest_{column}_total{{source=\"{source}\"}} ");
            let line = metrics.lines().find_map(|line| line.strip_prefix(name.as_str()));
            Ok(line.with_context(|| format!("no {name} in the metrics"))?.trim().parse()?)
        };
        let (received, stored) = (number("received")?, number("stored")?);
        let (duplicate, dead) = (number("duplicate")?, number("dead_lettered")?);
        ensure!(
            received == stored + duplicate + dead,
            "{source}: received {received}, but stored {stored} + duplicate {duplicate} + dead-lettered {dead}"
        );
        seen += 1;
    }
    ensure!(seen == 5, "not every way in was checked");
    Ok(())
}
