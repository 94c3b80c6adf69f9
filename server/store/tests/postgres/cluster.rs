//! A PostgreSQL server of our own: made in a temporary folder, on a Unix socket there and nowhere else, and gone
//! with the test program, however that ends.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use pantau_schemas::ids::CityCode;
use pantau_store::{Location, Postgres, PostgresSettings, Server, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::conformance::Home;

/// How long the server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a test can use, or why it cannot.
type Found<T> = Result<T, String>;

/// How long a server lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// As long as the program; what it leaves goes with it.
    OfTheProgram,
    /// Until it is dropped; it may be ended and run again.
    OfTheTest,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    options: Vec<String>,
    life: Life,
    /// A shell that holds the server and ends it when our end of its standard input is closed.
    guard: Option<Child>,
}

impl Cluster {
    /// A server of the newest PostgreSQL here. `options` go to its command line.
    fn start(options: &[&str], life: Life) -> Found<Self> {
        let binaries = binaries()?;
        // Another user must be able to walk into it, and the path of a socket is short.
        let place = if other_user()?.is_some() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("pantau-pg-").tempdir_in(place).unwrap().keep();
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut cluster = Self { folder, binaries, options, life, guard: None };
        if let Some((uid, gid)) = other_user()? {
            std::os::unix::fs::chown(&cluster.folder, Some(uid), Some(gid)).unwrap();
        }
        fs::set_permissions(&cluster.folder, fs::Permissions::from_mode(0o755)).unwrap();
        let made = cluster
            .command("initdb")?
            .arg("--pgdata")
            .arg(cluster.data())
            .args(["--username=owner", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.run()?;
        Ok(cluster)
    }

    /// Starts the server on its data, and waits until it answers.
    pub(crate) fn run(&mut self) -> Found<()> {
        let folder = self.folder.display().to_string();
        // The shell ends when it is told to by the end of its input, which comes with our end too.
        let script = "\"$@\" >>\"$0/log\" 2>&1 </dev/null & server=$!\n\
                      read -r _; kill -INT $server 2>/dev/null; wait $server";
        let remove = if self.life == Life::OfTheProgram { "; cd /; rm -rf \"$0\"" } else { "" };
        let script = format!("{script}{remove}");
        let mut guard = as_user(Command::new("sh"))?;
        guard.args(["-c", &script, &folder]).arg(self.binaries.join("postgres"));
        guard.args(["-D", &self.data().display().to_string(), "-k", &folder]);
        for option in ["listen_addresses=", "max_connections=120", "shared_buffers=32MB", "port=5432"] {
            guard.args(["-c", option]);
        }
        for option in &self.options {
            guard.args(["-c", option]);
        }
        guard.stdin(Stdio::piped()).stderr(Stdio::null());
        self.guard = Some(guard.current_dir(&self.folder).spawn().unwrap());
        let began = Instant::now();
        while !self.answers() {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL did not start:\n{}", self.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Ok(())
    }

    fn answers(&self) -> bool {
        let ready = Command::new(self.binaries.join("pg_isready"))
            .args(["--quiet", "--dbname=postgres", "--username=owner", "--port=5432", "--host"])
            .arg(&self.folder)
            .status();
        ready.is_ok_and(|status| status.success())
    }

    /// The server's own process.
    pub(crate) fn pid(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("postmaster.pid")).ok()?.lines().next()?.parse().ok()
    }

    /// Kill -9 of the server, as when the machine fails; its children end themselves.
    pub(crate) fn crash(&mut self) {
        let pid = self.pid().unwrap();
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        assert!(killed.success());
        self.end();
        // A crashed server's children may hold its shared memory for a moment; it refuses to start until then.
        self.wait_for_children();
    }

    fn wait_for_children(&self) {
        let began = Instant::now();
        let data = self.data();
        while processes_in(&data) > 0 {
            assert!(began.elapsed() < PATIENCE, "children of a crashed PostgreSQL live on");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Ends the server and waits for it.
    pub(crate) fn end(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    pub(crate) fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.folder)
            .port(5432)
            .username("owner")
            .database(database)
            .disable_statement_logging()
    }

    /// As the configuration would name it.
    pub(crate) fn server(&self, user: &str, database: &str) -> Server {
        let url = format!("postgres://{user}@localhost/{database}?host={}", self.folder.display());
        match Location::parse(&url, Path::new("")).unwrap() {
            Location::Postgres(server) => server,
            Location::Sqlite(path) => panic!("{}", path.display()),
        }
    }

    /// Somebody with a shell and no respect.
    pub(crate) async fn raw(&self, database: &str) -> PgConnection {
        let mut conn = self.options(database).connect().await.unwrap();
        conn.execute("SET search_path = pantau, public").await.unwrap();
        conn
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn command(&self, program: &str) -> Found<Command> {
        let mut command = as_user(Command::new(self.binaries.join(program)))?;
        command.current_dir(&self.folder);
        Ok(command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end();
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// The newest programs here, 15 or newer.
fn binaries() -> Found<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, folder)| *version >= 15 && folder.join("postgres").is_file())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file());
    found
        .pop()
        .map(|(_, folder)| folder)
        .or_else(on_path)
        .ok_or_else(|| "PostgreSQL is not installed".to_owned())
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package makes.
fn other_user() -> Found<Option<(u32, u32)>> {
    if fs::metadata("/proc/self").map_or(1, |me| me.uid()) != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let ids = line.and_then(|line| {
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    ids.map(Some).ok_or_else(|| "this is root, and there is no user called postgres".to_owned())
}

fn as_user(mut command: Command) -> Found<Command> {
    if let Some((uid, gid)) = other_user()? {
        command.uid(uid).gid(gid);
    }
    Ok(command)
}

/// How many processes work in a folder.
fn processes_in(folder: &Path) -> usize {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == folder)).count()
}

/// The server that most tests share. Its disk may forget: no test that crashes it uses it.
static SHARED: OnceLock<Found<Cluster>> = OnceLock::new();
/// The same with TimescaleDB.
static TIMESCALE: OnceLock<Found<Cluster>> = OnceLock::new();

const NO_TIMESCALE: &str = "TimescaleDB is not installed";
const PRELOAD: &str = "shared_preload_libraries=timescaledb";
/// No jobs in the background: a test runs those that it is about.
const NO_JOBS: &str = "timescaledb.max_background_workers=0";

const FORGETFUL: [&str; 2] = ["fsync=off", "full_page_writes=off"];

/// The shared server; without one says so where everybody sees it.
pub(crate) fn plain(test: &str) -> Option<&'static Cluster> {
    skip_or(test, SHARED.get_or_init(|| Cluster::start(&FORGETFUL, Life::OfTheProgram)).as_ref())
}

/// The shared server with TimescaleDB; where that is not installed says so.
pub(crate) fn timescale(test: &str) -> Option<&'static Cluster> {
    let found = TIMESCALE.get_or_init(|| {
        if !timescale_is_here() {
            return Err(NO_TIMESCALE.to_owned());
        }
        Cluster::start(&[FORGETFUL[0], FORGETFUL[1], PRELOAD, NO_JOBS], Life::OfTheProgram)
    });
    skip_or(test, found.as_ref())
}

/// A server of the test's own with the Apache edition of TimescaleDB; where that is not installed says so.
pub(crate) fn apache(test: &str) -> Option<Cluster> {
    if !timescale_is_here() {
        return skip_or(test, Err(&NO_TIMESCALE.to_owned()));
    }
    let licence = "timescaledb.license=apache";
    match Cluster::start(&[FORGETFUL[0], FORGETFUL[1], PRELOAD, licence], Life::OfTheTest) {
        Ok(cluster) => Some(cluster),
        Err(why) => skip_or(test, Err(&why)),
    }
}

/// A server of the test's own that keeps what it said.
pub(crate) fn durable(test: &str) -> Option<Cluster> {
    match Cluster::start(&[], Life::OfTheTest) {
        Ok(cluster) => Some(cluster),
        Err(why) => skip_or(test, Err(&why)),
    }
}

fn skip_or<T>(test: &str, found: Result<T, &String>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(why) => {
            say_skipped(test, why);
            None
        }
    }
}

/// The word that the counting of tests looks for, past the harness's capture.
pub(crate) fn say_skipped(test: &str, why: &str) {
    drop(writeln!(std::io::stderr().lock(), "SKIPPED: {test} because {why}"));
}

fn timescale_is_here() -> bool {
    let Ok(binaries) = binaries() else { return false };
    let Ok(output) = Command::new(binaries.join("pg_config")).arg("--pkglibdir").output() else {
        return false;
    };
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("timescaledb.so").is_file()
}

/// A database of a server, and a store in it.
#[derive(Debug)]
pub(crate) struct Database<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) name: String,
}

impl<'a> Database<'a> {
    /// An empty one.
    pub(crate) async fn fresh(cluster: &'a Cluster) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("pantau_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut conn = cluster.options("postgres").connect().await.unwrap();
        conn.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        conn.close().await.unwrap();
        Self { cluster, name }
    }

    pub(crate) fn server(&self) -> Server {
        self.cluster.server("owner", &self.name)
    }

    pub(crate) async fn try_open(&self) -> Result<Postgres, StoreError> {
        let settings = PostgresSettings { readers: 2, ..PostgresSettings::default() };
        Postgres::open(&self.server(), &city(), &settings).await
    }

    /// Opens the store of a test that has just closed another one, whose lock lasts until the server notices.
    pub(crate) async fn open_soon(&self, city: &CityCode) -> Postgres {
        let settings = PostgresSettings { readers: 2, ..PostgresSettings::default() };
        let began = Instant::now();
        loop {
            match Postgres::open(&self.server(), city, &settings).await {
                Ok(store) => return store,
                Err(StoreError::InUse(_)) if began.elapsed() < PATIENCE => tokio::task::yield_now().await,
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    pub(crate) async fn raw(&self) -> PgConnection {
        self.cluster.raw(&self.name).await
    }
}

impl Home for Database<'_> {
    type Store = Postgres;

    async fn open_city(&self, city: &CityCode) -> Postgres {
        self.open_soon(city).await
    }
}

pub(crate) fn city() -> CityCode {
    CityCode::new("metro").unwrap()
}
