//! Cameras to viewers: processor, memory and added latency, beside the bare program on the same cameras.
//!
//! A camera writes the time of sending into each picture (an SEI message); a viewer subtracts it from the
//! time of arrival. Both are this process, so both read one clock.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use pantau_schemas::ids::DeviceId;
use pantau_schemas::media::{Header, MediaRequest, PROTOCOL, Priority, Tile};
use pantau_schemas::stream::StreamKind;
use pantau_schemas::time::Clock as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Figure;
use super::process::cpu_seconds;
use super::server::{Server, Setup};
use super::summary::Summary;
use crate::sim::camera::{Camera, CameraOptions};
use crate::sim::clock::SystemClock;
use crate::sim::film::{Film, sent_time};
use crate::sim::rtsp::Access;
use crate::sim::synthetic::synthetic;

/// Cameras, viewers, and what the cameras send. Every viewer is a wall with all cameras.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenario {
    cameras: usize,
    viewers: usize,
    width: u16,
    height: u16,
    fps: u16,
    bitrate: u32,
}

const SMALL: Scenario =
    Scenario { cameras: 1, viewers: 1, width: 640, height: 360, fps: 15, bitrate: 820_000 };

/// The lines of the table.
pub(super) const SCENARIOS: [Scenario; 5] = [
    Scenario { cameras: 10, ..SMALL },
    Scenario { cameras: 10, viewers: 10, ..SMALL },
    Scenario { cameras: 50, ..SMALL },
    Scenario { viewers: 200, ..SMALL },
    Scenario { viewers: 50, width: 1920, height: 1080, fps: 25, bitrate: 4_000_000, ..SMALL },
];

/// How often a new viewer's wait for its first picture is measured.
const FIRST_PICTURES: usize = 20;
/// How long a viewer may wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// Left out before measuring: connections settle, and caches fill.
const SETTLE: Duration = Duration::from_secs(3);

/// Measures one line: the server, then the bare program on the same cameras.
///
/// # Errors
/// Something could not be started or did not come to life.
pub(super) async fn measure(scenario: Scenario, length: Duration) -> anyhow::Result<Vec<Figure>> {
    let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
    let cameras = cameras(scenario, &tasks, &token)?;
    let urls: Vec<(String, String)> =
        cameras.iter().map(|camera| (camera.id().to_owned(), camera.url(StreamKind::Main))).collect();
    let ours = with_server(scenario, &urls, length).await;
    let bare = with_bare(scenario, &urls, length).await;
    token.cancel();
    tasks.close();
    tasks.wait().await;
    let (ours, bare) = (ours?, bare?);
    let Scenario { cameras, viewers, width, height, fps, .. } = scenario;
    let name = format!("media {cameras} × {viewers}, {width}×{height} at {fps} fps");
    Ok(vec![Figure::new(
        name,
        [
            ("cpu_percent", ours.cpu_percent),
            ("bare_cpu_percent", bare.cpu_percent),
            ("ratio", ours.cpu_percent / bare.cpu_percent),
            ("p50_ms", ours.p50_ms),
            ("p99_ms", ours.p99_ms),
            ("bare_p50_ms", bare.p50_ms),
            ("bare_p99_ms", bare.p99_ms),
            ("first_p50_ms", ours.first_p50_ms),
            ("pictures_of_expected", ours.pictures_of_expected),
            ("rss_idle_mib", ours.rss_idle_mib),
            ("rss_mib", ours.rss_mib),
        ],
    )])
}

fn cameras(
    scenario: Scenario,
    tasks: &TaskTracker,
    token: &CancellationToken,
) -> anyhow::Result<Vec<Camera>> {
    let clip = synthetic(scenario.width, scenario.height, scenario.fps, scenario.bitrate);
    let film = Arc::new(Film::new(&clip, true));
    (0..scenario.cameras)
        .map(|number| {
            let options = CameraOptions {
                id: format!("cam-{number}"),
                access: Access::Open,
                sub: Arc::clone(&film),
                main: Arc::clone(&film),
            };
            Ok(Camera::start(options, Arc::new(SystemClock), tasks, token)?)
        })
        .collect()
}

struct Measured {
    cpu_percent: f64,
    p50_ms: f64,
    p99_ms: f64,
    first_p50_ms: f64,
    pictures_of_expected: f64,
    rss_idle_mib: f64,
    rss_mib: f64,
}

async fn with_server(
    scenario: Scenario,
    urls: &[(String, String)],
    length: Duration,
) -> anyhow::Result<Measured> {
    let idle = Server::start(&Setup::default()).await?;
    let rss_idle_mib = idle.rss_mib()?;
    drop(idle);
    let server = Server::start(&Setup { cameras: urls.to_vec(), ..Setup::default() }).await?;
    server.until_live(urls.len()).await?;

    let mut first = Summary::default();
    for _ in 0..FIRST_PICTURES {
        let one = urls.get(..1).unwrap_or_default();
        let mut viewer = Viewer::connect(server.address, one).await?;
        let asked = Instant::now();
        viewer.ask().await?;
        viewer.picture().await?;
        first.extend([asked.elapsed().as_secs_f64() * 1_000.0]);
    }

    let mut viewers = JoinSet::new();
    let begin = Instant::now() + SETTLE;
    let end = begin + length;
    for _ in 0..scenario.viewers {
        let mut viewer = Viewer::connect(server.address, urls).await?;
        viewer.ask().await?;
        viewers.spawn(async move { viewer.watch(begin, end).await });
    }
    tokio::time::sleep_until(begin).await;
    let before = server.cpu_seconds()?;
    tokio::time::sleep_until(end).await;
    let used = server.cpu_seconds()? - before;
    let rss_mib = server.rss_mib()?;
    let mut latencies = Summary::default();
    while let Some(watched) = viewers.join_next().await {
        latencies.extend(watched??);
    }
    if latencies.count() == 0 {
        bail!("no picture arrived");
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of pictures")]
    let expected =
        (scenario.cameras * scenario.viewers) as f64 * f64::from(scenario.fps) * length.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts of pictures")]
    let arrived = latencies.count() as f64;
    Ok(Measured {
        cpu_percent: used / length.as_secs_f64() * 100.0,
        p50_ms: latencies.quantile(0.5),
        p99_ms: latencies.quantile(0.99),
        first_p50_ms: first.quantile(0.5),
        pictures_of_expected: arrived / expected,
        rss_idle_mib,
        rss_mib,
    })
}

/// What the bare program needs: processor percent, and from a camera's sending to a viewer's first bytes.
struct Bare {
    cpu_percent: f64,
    p50_ms: f64,
    p99_ms: f64,
}

async fn with_bare(scenario: Scenario, urls: &[(String, String)], length: Duration) -> anyhow::Result<Bare> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .args(["bare", "--listen", &address.to_string(), "--viewers", &scenario.viewers.to_string()])
        .args(urls.iter().map(|(_, url)| url))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let pid = child.id().context("the bare program has ended")?;
    let mut readers = JoinSet::new();
    let begin = Instant::now() + SETTLE;
    let end = begin + length;
    for _ in 0..scenario.viewers {
        let mut stream = connect_patiently(address).await?;
        readers.spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            let mut latencies = Vec::new();
            while Instant::now() < end
                && let Ok(Ok(read)) = timeout(SETTLE, stream.read(&mut buffer)).await
                && read > 0
            {
                let now = SystemClock.now();
                let sent = buffer.get(..read).and_then(sent_time).filter(|_| Instant::now() >= begin);
                #[expect(clippy::cast_precision_loss, reason = "microseconds of a second")]
                latencies.extend(sent.map(|sent| (now.micros() - sent) as f64 / 1_000.0));
            }
            latencies
        });
    }
    tokio::time::sleep_until(begin).await;
    let before = cpu_seconds(pid)?;
    tokio::time::sleep_until(end).await;
    let used = cpu_seconds(pid)? - before;
    let mut latencies = Summary::default();
    while let Some(read) = readers.join_next().await {
        latencies.extend(read?);
    }
    child.kill().await?;
    Ok(Bare {
        cpu_percent: used / length.as_secs_f64() * 100.0,
        p50_ms: latencies.quantile(0.5),
        p99_ms: latencies.quantile(0.99),
    })
}

async fn connect_patiently(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A window that looks at every camera.
struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    tiles: Vec<Tile>,
}

impl Viewer {
    async fn connect(address: SocketAddr, urls: &[(String, String)]) -> anyhow::Result<Self> {
        let mut request = format!("ws://{address}/v1/media").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(PROTOCOL));
        let (socket, _) = connect_async(request).await?;
        let tiles = (0u16..)
            .zip(urls)
            .map(|(tile, (id, _))| {
                Ok(Tile {
                    tile,
                    camera: DeviceId::new(id)?,
                    width: 640,
                    height: 360,
                    priority: Priority::Visible,
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { socket, tiles })
    }

    async fn ask(&mut self) -> anyhow::Result<()> {
        let request = MediaRequest::Tiles { tiles: self.tiles.clone() };
        Ok(self.socket.send(Message::text(serde_json::to_string(&request)?)).await?)
    }

    /// Waits for the next piece of a picture.
    async fn picture(&mut self) -> anyhow::Result<(Header, bytes::Bytes)> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await?.context("the server closed")??;
            if let Message::Binary(bytes) = message {
                let (header, _) = Header::decode(&bytes)?;
                return Ok((header, bytes));
            }
        }
    }

    /// Latencies, in milliseconds, of the pictures that were whole between `begin` and `end`.
    async fn watch(mut self, begin: Instant, end: Instant) -> anyhow::Result<Vec<f64>> {
        let mut latencies = Vec::new();
        let mut sent = vec![None; self.tiles.len()];
        loop {
            let (header, bytes) = self.picture().await?;
            let now = Instant::now();
            if now >= end {
                return Ok(latencies);
            }
            let Some(place) = sent.get_mut(usize::from(header.tile)) else { continue };
            if header.offset == 0 {
                *place = sent_time(&bytes);
            }
            if let (false, Some(sent), true) = (header.flags.more, place.take(), now >= begin) {
                #[expect(clippy::cast_precision_loss, reason = "microseconds of milliseconds")]
                latencies.push((SystemClock.now().micros() - sent) as f64 / 1_000.0);
            }
        }
    }
}
