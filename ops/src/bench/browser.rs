//! The wall in a real browser: first pictures, pictures that were not shown, more tiles than it can take, the way from
//! the small stream to the large one, and the way back after a kill.
//!
//! The cameras show the clips of the simulated city, so a decoder has real work; the page measures itself and says
//! so through `window.__pantau`. `ops/browser/measure.mjs` drives it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use pantau_schemas::stream::StreamKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Figure;
use super::server::{Server, Setup};
use super::summary::Summary;
use crate::sim::camera::{Camera, CameraOptions};
use crate::sim::clock::SystemClock;
use crate::sim::library::Library;
use crate::sim::rtsp::Access;

/// The names under which distributions ship the browser.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// What is done with a wall of so many cameras.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    cameras: usize,
    opens: u32,
    rest: bool,
    restarts: u32,
    /// More than the browser takes: who lies, and how soon it answers.
    crowded: bool,
    /// How often the window grows and shrinks, for the way from the small stream to the large one.
    switches: u32,
    player: &'static str,
}

const QUIET: Scenario = Scenario {
    name: "",
    cameras: 12,
    opens: 0,
    rest: false,
    restarts: 0,
    crowded: false,
    switches: 0,
    player: "webcodecs",
};

/// The lines of the table.
pub(super) const SCENARIOS: [Scenario; 7] = [
    Scenario { name: "browser, one warm tile", cameras: 1, opens: 40, ..QUIET },
    Scenario { name: "browser, one tile, small to large", cameras: 1, switches: 30, ..QUIET },
    Scenario { name: "browser, 12 tiles at rest", opens: 5, rest: true, ..QUIET },
    Scenario { name: "browser, 12 tiles at rest by MSE", rest: true, player: "mse", ..QUIET },
    Scenario { name: "browser, 16 tiles at rest", cameras: 16, rest: true, ..QUIET },
    Scenario { name: "browser, 64 tiles by the ladder", cameras: 64, crowded: true, ..QUIET },
    Scenario { name: "browser, 12 tiles, server killed", restarts: 100, ..QUIET },
];

/// One line of what the script says.
#[derive(Debug, Deserialize)]
struct Line {
    ask: Option<String>,
    result: Option<Measured>,
}

#[derive(Debug, Deserialize)]
struct Measured {
    first_picture: Option<Vec<f64>>,
    rest: Option<Rest>,
    crowded: Option<Crowded>,
    switches: Option<Switches>,
    back: Option<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
struct Crowded {
    /// Every answer to a key, ms.
    input: Vec<f64>,
    /// Tiles that said "live" and were not, most at one time.
    lying: f64,
    /// Tiles on each rung at the end.
    full: f64,
    reference: f64,
    key_frames: f64,
    still: f64,
    /// Tiles that are low because of the connection, and because of the decoders; some of both.
    low_by_socket: f64,
    low_by_decoder: f64,
    /// Changes of a rung in the last half.
    changes: f64,
}

#[derive(Debug, Deserialize)]
struct Switches {
    cold: f64,
    warm: Vec<f64>,
}

#[derive(Debug, Deserialize)]
struct Rest {
    frames_per_s_per_tile: f64,
    lost_share: f64,
    errors: f64,
    main_thread_busy: f64,
    /// Median over the cameras of their median, ms; by the server's account.
    glass_to_glass: Option<f64>,
}

/// Measures one line.
///
/// # Errors
/// There is no browser, or the wall does not come up.
pub(super) async fn measure(
    scenario: Scenario,
    length: Duration,
    workers: Option<u8>,
) -> anyhow::Result<Figure> {
    let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
    let cameras = cameras(scenario.cameras, &tasks, &token)?;
    let urls = |kind| cameras.iter().map(|camera| (camera.id().to_owned(), camera.url(kind))).collect();
    // A large stream only where it is wanted: a tile of a crowded wall never grows so large.
    let large = if scenario.switches > 0 { urls(StreamKind::Main) } else { Vec::new() };
    let setup = Setup { cameras: urls(StreamKind::Sub), large, ..Setup::default() };
    let mut server = Server::start(&setup).await?;
    server.until_live(scenario.cameras).await?;
    let measured = drive(scenario, length, workers, &mut server).await;
    drop(server);
    token.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(figure(scenario.name, measured?))
}

fn cameras(count: usize, tasks: &TaskTracker, token: &CancellationToken) -> anyhow::Result<Vec<Camera>> {
    let library = Library::open()?;
    // The first one has a large clip; of more cameras than clips, the others are copies.
    let names: Vec<_> = library.names().collect();
    (0..count)
        .zip(names.iter().cycle())
        .map(|(number, name)| {
            let (sub, main) = library.of(name).context("a clip has no film")?;
            let id = if number < names.len() { (*name).to_owned() } else { format!("{name}-x{number}") };
            let options = CameraOptions { id, access: Access::Open, sub, main };
            Ok(Camera::start(options, Arc::new(SystemClock), tasks, token)?)
        })
        .collect()
}

/// Lets the script work, and kills the server when it asks for it.
async fn drive(
    scenario: Scenario,
    length: Duration,
    workers: Option<u8>,
    server: &mut Server,
) -> anyhow::Result<Measured> {
    let seconds = |wanted: bool| if wanted { length.as_secs() } else { 0 }.to_string();
    let mut node = node("ops/browser/measure.mjs")?
        .args(["--url", &format!("http://{}", server.address)])
        .args(["--cameras", &scenario.cameras.to_string()])
        .args(["--player", scenario.player])
        .args(["--workers", &workers.map(|count| count.to_string()).unwrap_or_default()])
        .args(["--seconds", &seconds(scenario.rest)])
        .args(["--crowded", &seconds(scenario.crowded)])
        .args(["--switches", &scenario.switches.to_string()])
        .args(["--opens", &scenario.opens.to_string()])
        .args(["--restarts", &scenario.restarts.to_string()])
        .stdin(Stdio::piped())
        .spawn()
        .context("failed to run node")?;
    let mut answers = node.stdin.take().context("node has no input")?;
    let mut lines = BufReader::new(node.stdout.take().context("node has no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        let line: Line = serde_json::from_str(&line).with_context(|| format!("the script says {line}"))?;
        if let Some(measured) = line.result {
            return Ok(measured);
        }
        if line.ask.as_deref() == Some("restart") {
            server.restart().await?;
            answers.write_all(b"ready\n").await?;
        }
    }
    bail!("the browser was not measured: the script ended with {}", node.wait().await?)
}

/// A script that drives a browser; what it says comes to us.
fn node(script: &str) -> anyhow::Result<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace has no root")?;
    ensure!(
        root.join("node_modules/playwright-core").is_dir(),
        "the script packages are missing: `cargo verify --only npm` brings them"
    );
    let browser = BROWSERS.map(PathBuf::from).into_iter().find(|path| path.is_file());
    let browser = browser.context("there is no Chromium: `cargo verify --only prerequisites` installs it")?;
    let mut node = Command::new("node");
    node.arg(script).arg("--browser").arg(browser).current_dir(root);
    node.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    Ok(node)
}

/// Runs a script that asks for nothing; gives what it measured.
pub(super) async fn script<T: DeserializeOwned>(script: &str, words: &[&str]) -> anyhow::Result<T> {
    #[derive(Deserialize)]
    struct Said<T> {
        result: T,
    }
    let output = node(script)?.args(words).output().await.context("failed to run node")?;
    ensure!(output.status.success(), "the browser was not measured: the script ended with {}", output.status);
    let said: Said<T> =
        serde_json::from_slice(&output.stdout).context("the script says what nobody knows")?;
    Ok(said.result)
}

fn figure(name: &str, measured: Measured) -> Figure {
    let mut numbers = Vec::new();
    let mut quantiles = |name: &str, values: Option<Vec<f64>>, shares: &[(&str, f64)]| {
        let Some(values) = values else { return };
        let mut summary = Summary::default();
        summary.extend(values);
        for (share, quantile) in shares {
            numbers.push((format!("{name}_{share}_ms"), summary.quantile(*quantile)));
        }
    };
    quantiles("first_picture", measured.first_picture, &[("p50", 0.5), ("p95", 0.95)]);
    let (mut cold, mut warm) = (None, None);
    if let Some(switches) = measured.switches {
        (cold, warm) = (Some(switches.cold), Some(switches.warm));
    }
    quantiles("to_large", warm, &[("p50", 0.5), ("p95", 0.95)]);
    let (mut input, mut rungs) = (None, Vec::new());
    if let Some(crowded) = measured.crowded {
        input = Some(crowded.input);
        rungs = vec![
            ("lying", crowded.lying),
            ("full", crowded.full),
            ("reference", crowded.reference),
            ("key_frames", crowded.key_frames),
            ("still", crowded.still),
            ("low_by_socket", crowded.low_by_socket),
            ("low_by_decoder", crowded.low_by_decoder),
            ("rung_changes", crowded.changes),
        ];
    }
    quantiles("input", input, &[("p50", 0.5), ("p95", 0.95), ("max", 1.0)]);
    quantiles("back", measured.back, &[("p50", 0.5), ("p99", 0.99), ("max", 1.0)]);
    if let Some(rest) = measured.rest {
        let more = [
            ("frames_per_s_per_tile", rest.frames_per_s_per_tile),
            ("lost_percent", rest.lost_share * 100.0),
            ("decoder_errors", rest.errors),
            ("main_thread_busy_percent", rest.main_thread_busy * 100.0),
        ];
        numbers.extend(more.map(|(name, value)| (name.to_owned(), value)));
        numbers.extend(rest.glass_to_glass.map(|ms| ("glass_to_glass_p50_ms".to_owned(), ms)));
    }
    numbers.extend(cold.map(|ms| ("to_large_cold_ms".to_owned(), ms)));
    numbers.extend(rungs.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Figure { name: name.to_owned(), numbers }
}
