//! What a city of a test is to have, and its building.

use std::collections::HashMap;
use std::path::PathBuf;

use tokio::sync::Semaphore;

use super::{Lines, TestCity};
use crate::broker::{Broker, Memory};
use crate::clock::Clock;
use crate::disk::{Disk, Made};
use crate::group::Group;
use crate::ports;
use crate::postgres::Database;
use crate::rtsp::{self, Cameras};
use crate::server::Server;

/// Cities at the same time; one that needs the whole machine takes both places.
const PLACES: u32 = 2;
static MACHINE: Semaphore = Semaphore::const_new(PLACES as usize);

/// What kind of server a store is in.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Postgres,
    Timescale,
}

/// What a city is to have.
#[derive(Debug, Default)]
pub struct Plan {
    broker: Option<Memory>,
    direct: bool,
    mounts: Vec<(&'static str, &'static str)>,
    pub(super) registry: Vec<String>,
    pub(super) settings: String,
    pub(super) cameras: Vec<(String, String)>,
    /// Cameras whose large stream is a mount of its own.
    pub(super) large: HashMap<String, &'static str>,
    /// Cameras with a privacy mask: its corners.
    pub(super) masked: HashMap<String, Vec<f64>>,
    /// How wide the scenes of some cameras are, m.
    pub(super) scenes: HashMap<String, f64>,
    pub(super) no_sender: bool,
    alone: bool,
    database: Option<Kind>,
    standby: bool,
    pub(super) name: Option<&'static str>,
    pub(super) store: Option<String>,
    lines: bool,
    disk: Option<(u32, Made)>,
    clock: bool,
    memory: Option<u32>,
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
        self.database = Some(Kind::Postgres);
        self
    }

    /// With its store in PostgreSQL with TimescaleDB.
    #[must_use]
    pub fn timescale(mut self) -> Self {
        self.database = Some(Kind::Timescale);
        self
    }

    /// With a synchronous standby beside its database, which is PostgreSQL if nothing else is said.
    #[must_use]
    pub fn standby(mut self) -> Self {
        self.standby = true;
        self.database.get_or_insert(Kind::Postgres);
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

    /// With no more than so much memory for the server, MiB.
    #[must_use]
    pub fn memory(mut self, mib: u32) -> Self {
        self.memory = Some(mib);
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
        let mut database = match self.database {
            Some(Kind::Postgres) => Some(Database::start().await?),
            Some(Kind::Timescale) => Some(Database::start_timescale().await?),
            None => None,
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
        if let Some(mib) = self.memory {
            server = server.in_group(Group::with_memory(mib)?);
        }
        let mut city = TestCity { server, broker, direct, cameras, database, lines, dir, _permit: permit };
        city.server.start().await?;
        Ok(city)
    }
}
