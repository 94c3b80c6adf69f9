//! A PostgreSQL server of one's own, on a Unix socket in its own folder.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::process::Process;
use super::{programs, wait};

/// How long it may take to start or to stop.
const WITHIN: Duration = Duration::from_secs(60);

/// The name of its socket, in whatever folder.
pub const SOCKET: &str = ".s.PGSQL.5432";

/// What preloads TimescaleDB, and lets it speak to nobody.
pub const TIMESCALE: [&str; 2] = ["shared_preload_libraries=timescaledb", "timescaledb.telemetry_level=off"];

/// A database server that keeps what it said it kept.
#[derive(Debug)]
pub struct Database {
    folder: TempDir,
    binaries: PathBuf,
    settings: Vec<String>,
    process: Option<Process>,
    /// Another one that follows it.
    standby: Option<Process>,
    /// What stood here before the standby took its place.
    former: Option<Process>,
    /// The primary among all that were made, from 0; its standby is the next one.
    primary: u32,
}

impl Database {
    /// Makes a small one and starts it.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&["shared_buffers=32MB"]).await
    }

    /// The same with TimescaleDB preloaded: a store in it becomes a hypertable.
    ///
    /// # Errors
    /// It did not come up, perhaps because TimescaleDB is not installed.
    pub async fn start_timescale() -> anyhow::Result<Self> {
        Self::start_with(&["shared_buffers=64MB", TIMESCALE[0], TIMESCALE[1]]).await
    }

    /// Makes one with these settings and starts it.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        let binaries = programs::postgres().context("PostgreSQL is not installed")?;
        // Another user must be able to walk into it, and the path of a socket is short.
        let folder = tempfile::Builder::new().prefix("pantau-pg-").tempdir_in("/tmp")?;
        if let Some((uid, gid)) = other_user()? {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid))?;
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut database =
            Self { folder, binaries, settings, process: None, standby: None, former: None, primary: 0 };
        let made = database
            .command("initdb")?
            .arg("--pgdata")
            .arg(database.data(0))
            .args(["--username=owner", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .output()?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        database.up().await?;
        Ok(database)
    }

    /// Starts it (again), and waits until it answers.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn up(&mut self) -> anyhow::Result<()> {
        self.process = Some(self.serve(self.primary).await?);
        Ok(())
    }

    /// Runs one of the servers, with its socket in its own folder.
    async fn serve(&self, number: u32) -> anyhow::Result<Process> {
        let folder = &self.sockets(number);
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.data(number)).arg("-k").arg(folder).stdout(Stdio::null());
        for option in ["listen_addresses=", "port=5432"] {
            command.args(["-c", option]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let mut process = Process::start("postgres", &mut command, &folder.join("postgres.log"))?;
        let mut probe = Command::new(self.binaries.join("pg_isready"));
        probe.args(["--quiet", "--dbname=postgres", "--username=owner", "--port=5432"]);
        probe.arg("--host").arg(folder);
        wait::until("PostgreSQL", WITHIN, async || {
            ensure!(process.runs(), "PostgreSQL ended\n{}", process.tail());
            Ok(probe.status()?.success().then_some(()))
        })
        .await?;
        Ok(process)
    }

    /// Gives it a standby that has everything which it acknowledges (`synchronous_standby_names`). One that was the primary
    /// before is gone for good.
    ///
    /// # Errors
    /// The standby did not come up.
    pub async fn follow(&mut self) -> anyhow::Result<()> {
        if let Some(mut former) = self.former.take() {
            // Not asked to end: it would take the address with it, which is another one's by now.
            former.kill()?;
        }
        let (next, folder) = (self.primary + 1, self.sockets(self.primary + 1));
        std::fs::create_dir(&folder)?;
        if let Some((uid, gid)) = other_user()? {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid))?;
        }
        let from = format!("host={} port=5432 user=owner", self.folder.path().display());
        let data = self.data(next).display().to_string();
        let copy = ["-D", &data, "-d", &from, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        self.tool("pg_basebackup", &copy)?;
        self.standby = Some(self.serve(next).await?);
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'").await?;
        self.sql("SELECT pg_reload_conf()").await?;
        wait::until("the standby to be synchronous", WITHIN, async || {
            let state = self.sql("SELECT sync_state FROM pg_stat_replication").await?;
            Ok((state == "sync").then_some(()))
        })
        .await?;
        Ok(())
    }

    /// The standby becomes the primary, and takes the address over: whoever connects from now on meets it. The old one
    /// is left as it is, behind no address.
    ///
    /// # Errors
    /// There is none, or it cannot be promoted.
    pub async fn fail_over(&mut self) -> anyhow::Result<()> {
        let standby = self.standby.take().context("there is no standby")?;
        let folder = self.sockets(self.primary + 1);
        self.sql_at(&folder, "SELECT pg_promote(true, 60)").await?;
        let moved = self.folder.path().join("moved");
        std::os::unix::fs::symlink(folder.join(SOCKET), &moved)?;
        std::fs::rename(&moved, self.socket())?;
        self.former = self.process.replace(standby);
        self.primary += 1;
        Ok(())
    }

    /// The one that was the primary before goes on, if it stood still.
    ///
    /// # Errors
    /// There is none.
    pub fn wake_former(&self) -> anyhow::Result<()> {
        let former = self.former.as_ref().context("nobody stood here before")?;
        signal_children(former, Signal::CONT)?;
        former.signal(Signal::CONT)
    }

    /// Ends it and every connection at once; it goes through its log when it starts again (SIGQUIT).
    ///
    /// # Errors
    /// It did not end in time.
    pub async fn crash(&mut self) -> anyhow::Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.signal(Signal::QUIT)?;
        wait::until("PostgreSQL to end", WITHIN, async || Ok((!process.runs()).then_some(()))).await?;
        Ok(())
    }

    /// Stops it and every process of its connections, as a machine that hangs would (SIGSTOP).
    ///
    /// # Errors
    /// It is down.
    pub fn pause(&self) -> anyhow::Result<()> {
        let process = self.process.as_ref().context("the database is down")?;
        // The one that starts others first, so that none is forgotten.
        process.signal(Signal::STOP)?;
        signal_children(process, Signal::STOP)
    }

    /// Lets it go on after [`Database::pause`].
    ///
    /// # Errors
    /// It is down.
    pub fn resume(&self) -> anyhow::Result<()> {
        let process = self.process.as_ref().context("the database is down")?;
        signal_children(process, Signal::CONT)?;
        process.signal(Signal::CONT)
    }

    /// Runs SQL as a person would, and gives what it answers.
    ///
    /// # Errors
    /// The database says why not.
    pub async fn sql(&self, sql: &str) -> anyhow::Result<String> {
        self.sql_at(self.folder.path(), sql).await
    }

    async fn sql_at(&self, folder: &Path, sql: &str) -> anyhow::Result<String> {
        let mut psql = tokio::process::Command::new(self.binaries.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username=owner"]);
        psql.args(["--dbname=postgres", "--port=5432", "--set=ON_ERROR_STOP=1", "--command", sql]);
        psql.arg("--host").arg(folder).kill_on_drop(true);
        let output = psql.output().await.context("failed to run psql")?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Its address, as the configuration has it.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of a database whose socket is in this folder.
    #[must_use]
    pub fn url_in(folder: &Path) -> String {
        url(folder, "postgres")
    }

    /// The address of another database of the same server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        url(self.folder.path(), database)
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }

    /// Runs one of its own tools to the end, as its owner: `pg_dump`, `createdb`.
    ///
    /// # Errors
    /// It failed; with what it said.
    pub fn tool(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let output = self.command(program)?.args(arguments).output()?;
        ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// The last lines of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        self.process.as_ref().map_or_else(|| "--- postgres is down".to_owned(), Process::tail)
    }

    /// The data of one of the servers.
    fn data(&self, number: u32) -> PathBuf {
        self.folder.path().join(format!("data-{number}"))
    }

    /// The folder of its socket. The first one's is where the address leads from the beginning.
    fn sockets(&self, number: u32) -> PathBuf {
        let folder = self.folder.path();
        if number == 0 { folder.to_owned() } else { folder.join(format!("server-{number}")) }
    }

    fn command(&self, program: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(self.folder.path());
        if let Some((uid, gid)) = other_user()? {
            command.uid(uid).gid(gid);
        }
        Ok(command)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        for process in [&mut self.process, &mut self.standby, &mut self.former].into_iter().flatten() {
            // One that stands still ends when it goes on.
            let _asked = process.signal(Signal::QUIT);
            let _awake = signal_children(process, Signal::CONT);
            if process.signal(Signal::CONT).is_ok() {
                // Its children end with it; what does not end is killed by the process' own destructor.
                let _ended = process.child().wait();
            }
        }
    }
}

/// Signals every process that a server has started.
fn signal_children(process: &Process, signal: Signal) -> anyhow::Result<()> {
    let id = process.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
    for child in children.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)) {
        // One that has ended meanwhile needs no signal.
        let _gone = kill_process(child, signal);
    }
    Ok(())
}

fn url(folder: &Path, database: &str) -> String {
    format!("postgres://owner@localhost/{database}?host={}", folder.display())
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package makes.
fn other_user() -> anyhow::Result<Option<(u32, u32)>> {
    if std::fs::metadata(Path::new("/proc/self"))?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut ids = line.context("this is root, and there is no user called postgres")?.split(':').skip(2);
    let mut id = || ids.next().and_then(|id| id.parse().ok());
    Ok(id().zip(id()))
}
