//! A whole city on loopback, for one test.

mod lines;

use std::collections::HashMap;
use std::fmt::Write;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::broker::{Broker, Memory};
use crate::clock::Clock;
use crate::device::Device;
use crate::disk::{Disk, Made};
use crate::http;
use crate::live::Live;
use crate::media::Media;
use crate::postgres::Database;
use crate::rtsp::{self, Cameras};
use crate::said::say;
use crate::server::Server;
use crate::webhook::{self, Post};
use crate::{ports, wait};

pub use lines::Lines;

/// Cities at the same time; one that needs the whole machine takes both places.
const PLACES: u32 = 2;
static MACHINE: Semaphore = Semaphore::const_new(PLACES as usize);

/// The registry that every city has: two agencies, a site, four access points, four sensors.
const REGISTRY: &str = r#"
[[agency]]
code = "dinkominfo"
name = "Dinas Komunikasi dan Informatika"
kind = "dinas"
[[agency]]
code = "pupr"
name = "Dinas Pekerjaan Umum"
kind = "dinas"
[[site]]
code = "alun-alun"
name = "Alun-Alun Kota"
agency = "dinkominfo"
position = [-5.11391283, 105.30674411]
"#;

/// What a city is to have.
#[derive(Debug, Default)]
pub struct Plan {
    broker: Option<Memory>,
    direct: bool,
    mounts: Vec<(&'static str, &'static str)>,
    registry: Vec<String>,
    settings: String,
    cameras: Vec<(String, String)>,
    /// Cameras whose large stream is a mount of its own.
    large: HashMap<String, &'static str>,
    /// Cameras with a privacy mask: its corners.
    masked: HashMap<String, Vec<f64>>,
    /// How wide the scenes of some cameras are, m.
    scenes: HashMap<String, f64>,
    no_sender: bool,
    alone: bool,
    postgres: bool,
    standby: bool,
    name: Option<&'static str>,
    store: Option<String>,
    lines: bool,
    disk: Option<(u32, Made)>,
    clock: bool,
    program: Option<PathBuf>,
}

impl Plan {
    /// With a broker.
    #[must_use]
    pub fn broker(mut self, memory: Memory) -> Self {
        self.broker = Some(memory);
        self
    }

    /// With a port where devices publish to the server itself.
    #[must_use]
    pub fn direct(mut self) -> Self {
        self.direct = true;
        self
    }

    /// With cameras of gst-rtsp-server, `(id, pattern)`, each in the registry with the right password.
    #[must_use]
    pub fn cameras(mut self, mounts: &[(&'static str, &'static str)]) -> Self {
        self.mounts.extend_from_slice(mounts);
        self.cameras.extend(mounts.iter().map(|(id, _)| ((*id).to_owned(), rtsp::PASSWORD.to_owned())));
        self
    }

    /// With a large stream of its own, of this pattern, for a camera of [`Plan::cameras`].
    #[must_use]
    pub fn large(mut self, id: &str, mount: &'static str, pattern: &'static str) -> Self {
        self.mounts.push((mount, pattern));
        self.large.insert(id.to_owned(), mount);
        self
    }

    /// With a privacy mask over a part of a camera's picture: `x, y, x, y, …` as fractions.
    #[must_use]
    pub fn masked(mut self, id: &str, corners: &[f64]) -> Self {
        self.masked.insert(id.to_owned(), corners.to_vec());
        self
    }

    /// With a scene of so many metres for a camera of [`Plan::cameras`].
    #[must_use]
    pub fn scene(mut self, id: &str, metres: f64) -> Self {
        self.scenes.insert(id.to_owned(), metres);
        self
    }

    /// With another camera of the registry on the same RTSP server, whose password is this one.
    #[must_use]
    pub fn camera_with_password(mut self, id: &str, password: &str) -> Self {
        self.cameras.push((id.to_owned(), password.to_owned()));
        self
    }

    /// With more of a registry, TOML.
    #[must_use]
    pub fn registry(mut self, toml: &str) -> Self {
        self.registry.push(toml.to_owned());
        self
    }

    /// With more of a configuration, TOML: whole tables.
    #[must_use]
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings.push_str(toml);
        self
    }

    /// Without anybody who may post events.
    #[must_use]
    pub fn no_sender(mut self) -> Self {
        self.no_sender = true;
        self
    }

    /// With the machine for itself: no other city runs beside it.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// With its store in PostgreSQL.
    #[must_use]
    pub fn postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// With its store in PostgreSQL, and a synchronous standby beside it.
    #[must_use]
    pub fn standby(mut self) -> Self {
        (self.postgres, self.standby) = (true, true);
        self
    }

    /// With more keys of `[store]`, TOML.
    #[must_use]
    pub fn store(mut self, toml: &str) -> Self {
        self.store = Some(toml.to_owned());
        self
    }

    /// With so small a disk for its embedded store, MiB.
    #[must_use]
    pub fn disk(mut self, mib: u32, made: Made) -> Self {
        self.disk = Some((mib, made));
        self
    }

    /// With a clock of its own for the server, that can be moved.
    #[must_use]
    pub fn clock(mut self) -> Self {
        self.clock = true;
        self
    }

    /// With another program of the server than the one beside the tests.
    #[must_use]
    pub fn program(mut self, program: PathBuf) -> Self {
        self.program = Some(program);
        self
    }

    /// With lines that fail on demand between the server and everything around it.
    #[must_use]
    pub fn lines(mut self) -> Self {
        self.lines = true;
        self
    }

    /// With a name beside its address, `….test`: browsers of tests find it there, and do not count it as secure.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Builds it, and waits until the server is ready.
    ///
    /// # Errors
    /// A part did not come up.
    pub async fn start(self) -> anyhow::Result<TestCity> {
        let permit = MACHINE.acquire_many(if self.alone { PLACES } else { 1 }).await?;
        let dir = tempfile::Builder::new().prefix("pantau-test-").tempdir()?;
        let broker = match self.broker {
            Some(memory) => Some(Broker::start(dir.path(), memory).await?),
            None => None,
        };
        let cameras = match self.mounts.is_empty() {
            false => Some(Cameras::start(dir.path(), &self.mounts).await?),
            true => None,
        };
        let mut database = match self.postgres {
            true => Some(Database::start().await?),
            false => None,
        };
        if let Some(database) = database.as_mut().filter(|_| self.standby) {
            database.follow().await?;
        }
        let mut store = database.as_ref().map_or_else(|| "sqlite:data/pantau.db".to_owned(), Database::url);
        let address = ports::free()?;
        let direct = if self.direct { Some(ports::free()?) } else { None };
        let mut behind = broker.as_ref().map(Broker::address);
        let lines = match self.lines {
            true => {
                let lines = Lines::new(address, direct, &mut behind, database.as_ref(), &mut store).await?;
                Some(lines)
            }
            false => None,
        };
        let config = self.write(dir.path(), (address, &store), (behind, direct), cameras.as_ref())?;
        let mut server = Server::new(address, config, dir.path().join("pantau.log"));
        if let Some((mib, made)) = self.disk {
            let data = dir.path().join("data");
            std::fs::create_dir_all(&data)?;
            server = server.on_disk(Disk::mount(data, mib, made)?);
        }
        server.run_as(self.program);
        if self.clock {
            server = server.with_clock(Clock::of(dir.path())?);
        }
        let mut city = TestCity { server, broker, direct, cameras, database, lines, dir, _permit: permit };
        city.server.start().await?;
        Ok(city)
    }

    /// Writes the configuration, the registry and the secrets; gives the configuration's path.
    fn write(
        &self,
        dir: &Path,
        (address, store): (SocketAddr, &str),
        (broker, direct): (Option<SocketAddr>, Option<SocketAddr>),
        cameras: Option<&Cameras>,
    ) -> anyhow::Result<PathBuf> {
        let (city, secrets) = (dir.join("city"), dir.join("secrets"));
        std::fs::create_dir_all(&city)?;
        std::fs::create_dir_all(&secrets)?;
        std::fs::write(city.join("base.toml"), format!("{REGISTRY}{}", devices()))?;
        for (number, text) in self.registry.iter().enumerate() {
            std::fs::write(city.join(format!("more-{number}.toml")), text)?;
        }
        if let Some(cameras) = cameras {
            let mut text = String::new();
            for (id, password) in &self.cameras {
                std::fs::write(secrets.join(id), password)?;
                text.push_str(&camera(id, self.large.get(id).copied(), cameras.address()));
                if let Some(metres) = self.scenes.get(id) {
                    writeln!(text, "scene_width_m = {metres}")?;
                }
                if let Some(corners) = self.masked.get(id) {
                    writeln!(text, "[[device.camera.mask]]\ncorners = {corners:?}")?;
                }
            }
            std::fs::write(city.join("cameras.toml"), text)?;
        }
        std::fs::write(secrets.join("lapor"), webhook::secret(&webhook::KEY))?;
        std::fs::write(secrets.join("pupr"), webhook::secret(&webhook::OTHER_KEY))?;
        let mut config = format!(
            "[city]\ncode = \"metro\"\nname = \"Kota Metro\"\nzone = \"Asia/Jakarta\"\nregistry = \"city/\"\n\
             [store]\nurl = \"{store}\"\n{}\n\
             [server]\nlisten = \"{address}\"\ndata = \"data\"\n",
            self.store.as_deref().unwrap_or_default()
        );
        if let Some(name) = self.name {
            writeln!(config, "origins = [\"http://{name}:{}\"]", address.port())?;
        }
        if broker.or(direct).is_some() {
            writeln!(config, "[mqtt]")?;
        }
        if let Some(broker) = broker {
            writeln!(config, "url = \"mqtt://{broker}\"")?;
        }
        if let Some(direct) = direct {
            writeln!(config, "listen = \"{direct}\"")?;
        }
        if !self.no_sender {
            writeln!(
                config,
                "[[events.sender]]\nsource = \"{}\"\nsecret_files = [\"secrets/lapor\"]",
                webhook::SOURCE
            )?;
        }
        config.push_str(&self.settings);
        let path = dir.join("pantau.toml");
        std::fs::write(&path, config)?;
        Ok(path)
    }
}

fn devices() -> String {
    let mut text = String::new();
    for (class, prefix, domain) in [("ap", "ap", "wireless"), ("sensor", "sen", "monitoring")] {
        for number in 1..=4 {
            // Writing to a string cannot fail.
            let _ok = write!(
                text,
                "[[device]]\nid = \"{prefix}-0{number}\"\nclass = \"{class}\"\nname = \"{prefix} {number}\"\n\
                 site = \"alun-alun\"\ndomain = \"{domain}\"\n"
            );
        }
    }
    text
}

/// A camera whose small and large stream are the same mount, unless it has a large one; `cam-x-as-y` shows the
/// mount `cam-x`.
fn camera(id: &str, large: Option<&str>, address: SocketAddr) -> String {
    let mount = id.split("-as-").next().unwrap_or(id);
    let large = large.unwrap_or(mount);
    format!(
        "[[device]]\nid = \"{id}\"\nclass = \"camera\"\nname = \"Kamera {id}\"\nsite = \"alun-alun\"\n\
         domain = \"cctv\"\n[device.camera]\nurl = \"rtsp://{address}/{large}\"\n\
         sub_url = \"rtsp://{address}/{mount}\"\nuser = \"{}\"\npassword_file = \"secrets/{id}\"\n\
         purpose = \"lalu-lintas\"\nnotice = \"papan di tiang\"\nretention_days = 14\n",
        rtsp::USER
    )
}

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
