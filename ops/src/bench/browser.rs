//! The wall in a real browser: first pictures, pictures that were not shown, and the way back after a kill.
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
    name: &'static str,
    cameras: usize,
    opens: u32,
    rest: bool,
    restarts: u32,
}

/// The lines of the table.
pub(super) const SCENARIOS: [Scenario; 3] = [
    Scenario { name: "browser, one warm tile", cameras: 1, opens: 40, rest: false, restarts: 0 },
    Scenario { name: "browser, 12 tiles at rest", cameras: 12, opens: 5, rest: true, restarts: 0 },
    Scenario { name: "browser, 12 tiles, server killed", cameras: 12, opens: 0, rest: false, restarts: 100 },
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
    back: Option<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
struct Rest {
    frames_per_s_per_tile: f64,
    lost_share: f64,
    errors: f64,
    main_thread_busy: f64,
}

/// Measures one line.
///
/// # Errors
/// There is no browser, or the wall does not come up.
pub(super) async fn measure(scenario: Scenario, length: Duration) -> anyhow::Result<Figure> {
    let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
    let cameras = cameras(scenario.cameras, &tasks, &token)?;
    let urls = cameras.iter().map(|camera| (camera.id().to_owned(), camera.url(StreamKind::Sub))).collect();
    let mut server = Server::start(&Setup { cameras: urls, ..Setup::default() }).await?;
    server.until_live(scenario.cameras).await?;
    let measured = drive(scenario, length, &mut server).await;
    drop(server);
    token.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(figure(scenario.name, measured?))
}

fn cameras(count: usize, tasks: &TaskTracker, token: &CancellationToken) -> anyhow::Result<Vec<Camera>> {
    let library = Library::open()?;
    library
        .names()
        .take(count)
        .map(|name| {
            let (sub, main) = library.of(name).context("a clip has no film")?;
            let options = CameraOptions { id: name.to_owned(), access: Access::Open, sub, main };
            Ok(Camera::start(options, Arc::new(SystemClock), tasks, token)?)
        })
        .collect()
}

/// Lets the script work, and kills the server when it asks for it.
async fn drive(scenario: Scenario, length: Duration, server: &mut Server) -> anyhow::Result<Measured> {
    let seconds = if scenario.rest { length.as_secs() } else { 0 };
    let mut node = node("ops/browser/measure.mjs")?
        .args(["--url", &format!("http://{}", server.address)])
        .args(["--cameras", &scenario.cameras.to_string()])
        .args(["--seconds", &seconds.to_string()])
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
    quantiles("back", measured.back, &[("p50", 0.5), ("p99", 0.99), ("max", 1.0)]);
    if let Some(rest) = measured.rest {
        let more = [
            ("frames_per_s_per_tile", rest.frames_per_s_per_tile),
            ("lost_percent", rest.lost_share * 100.0),
            ("decoder_errors", rest.errors),
            ("main_thread_busy_percent", rest.main_thread_busy * 100.0),
        ];
        numbers.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    Figure { name: name.to_owned(), numbers }
}
