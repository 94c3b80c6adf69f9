//! One simulated camera: a port of its own, two streams, and the faults that real ones have.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pantau_schemas::stream::StreamKind;
use pantau_schemas::time::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::SimError;
use super::film::Film;
use super::ports;
use super::pump::{self, Pump};
use super::rtsp::{self, Access};
use super::trouble::Trouble;

/// Clients that may be connected at once; real cameras take about twenty.
const MAX_CLIENTS: usize = 64;
/// Viewers that may wait to be taken in by a pump.
const JOIN_QUEUE: usize = 16;
/// How long a camera takes to start again.
const REBOOT: Duration = Duration::from_secs(8);
/// Pause before a port that could not be opened again is tried once more.
const LISTEN_AGAIN: Duration = Duration::from_millis(200);

/// What can be wrong with a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameraFault {
    /// The same picture again and again; time goes on.
    Freeze,
    /// Nothing is sent any more, the connection stays open.
    Stall,
    /// Connections are closed and new ones refused.
    Drop,
    /// No credentials are good enough; running connections are closed.
    Unauthorized,
    /// Gone for eight seconds, then back.
    Reboot,
    /// Pictures go on, their time stands still.
    Still,
    /// Every path is unknown.
    NotFound,
    /// It takes ten seconds to describe itself.
    Slow,
}

impl CameraFault {
    fn refuses(self) -> bool {
        matches!(self, Self::Drop | Self::Reboot)
    }
    fn disconnects(self) -> bool {
        self.refuses() || self == Self::Unauthorized
    }
}

/// How a camera is to be.
#[derive(Debug, Clone)]
pub struct CameraOptions {
    /// Its identity: part of its addresses.
    pub id: String,
    /// Who may watch.
    pub access: Access,
    /// The small stream.
    pub sub: Arc<Film>,
    /// The large stream.
    pub main: Arc<Film>,
}

/// A running camera. It ends with the token it was started with.
#[derive(Debug)]
pub struct Camera {
    id: Arc<str>,
    address: SocketAddr,
    trouble: watch::Sender<Trouble<CameraFault>>,
}

impl Camera {
    /// Opens a loopback port and begins to answer.
    ///
    /// # Errors
    /// [`SimError::Listen`] when no port can be had.
    pub fn start(
        options: CameraOptions,
        clock: Arc<dyn Clock>,
        tasks: &TaskTracker,
        token: &CancellationToken,
    ) -> Result<Self, SimError> {
        let listener = ports::listen().map_err(SimError::Listen)?;
        let address = listener.local_addr().map_err(SimError::Listen)?;
        let (trouble, watched) = watch::channel(Trouble::NONE);
        let channel = |film: Arc<Film>| {
            let (joins, queue) = mpsc::channel::<mpsc::Sender<Bytes>>(JOIN_QUEUE);
            let parts = pump::Parts {
                film: Arc::clone(&film),
                joins: queue,
                trouble: watched.clone(),
                clock: Arc::clone(&clock),
                token: token.clone(),
            };
            tasks.spawn(Pump::new(parts).run());
            rtsp::Channel { film, joins }
        };
        let id: Arc<str> = options.id.into();
        let parts = rtsp::Parts {
            id: Arc::clone(&id),
            access: Arc::new(options.access),
            sub: channel(options.sub),
            main: channel(options.main),
            trouble: watched,
        };
        let door = Door { address, parts, tasks: tasks.clone(), token: token.clone() };
        tasks.spawn(door.run(listener));
        Ok(Self { id, address, trouble })
    }

    /// Its identity.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a stream.
    #[must_use]
    pub fn url(&self, kind: StreamKind) -> String {
        let stream = match kind {
            StreamKind::Main => "main",
            StreamKind::Sub | StreamKind::Unknown => "sub",
        };
        format!("rtsp://{}/cam/{}/{stream}", self.address, self.id)
    }

    /// Something goes wrong, for a while or until it is cleared. Replaces what was wrong before.
    pub fn fault(&self, fault: CameraFault, lasts: Option<Duration>) {
        let lasts = if fault == CameraFault::Reboot { Some(REBOOT) } else { lasts };
        self.trouble.send_replace(Trouble::new(fault, lasts));
    }

    /// Nothing is wrong any more.
    pub fn clear(&self) {
        self.trouble.send_replace(Trouble::NONE);
    }

    /// What is wrong now.
    #[must_use]
    pub fn trouble(&self) -> Option<CameraFault> {
        self.trouble.borrow().now()
    }
}

/// Lets clients in, or keeps them out.
struct Door {
    address: SocketAddr,
    parts: rtsp::Parts,
    tasks: TaskTracker,
    token: CancellationToken,
}

impl Door {
    async fn run(mut self, listener: TcpListener) {
        let token = self.token.clone();
        let mut listener = Some(listener);
        while !token.is_cancelled() {
            let open = match listener.take() {
                Some(open) => open,
                None => match ports::listen_on(self.address) {
                    Ok(open) => open,
                    Err(error) => {
                        tracing::warn!(camera = %self.parts.id, %error, "port is still taken");
                        tokio::time::sleep(LISTEN_AGAIN).await;
                        continue;
                    }
                },
            };
            tokio::select! {
                () = token.cancelled() => return,
                () = self.accept(open) => {}
            }
            // The port is closed now.
            tokio::select! {
                () = token.cancelled() => return,
                () = self.recovered() => {}
            }
        }
    }

    /// Takes clients in until the camera refuses them.
    async fn accept(&mut self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(MAX_CLIENTS));
        let mut connected = self.token.child_token();
        let mut trouble = self.parts.trouble.clone();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (Ok((stream, _)), Ok(place)) = (accepted, Arc::clone(&places).try_acquire_owned()) else {
                        continue;
                    };
                    let (parts, token) = (self.parts.clone(), connected.clone());
                    self.tasks.spawn(async move {
                        let ended = token.run_until_cancelled(rtsp::serve(stream, parts.clone())).await;
                        if let Some(Err(error)) = ended {
                            tracing::debug!(camera = %parts.id, %error, "client left");
                        }
                        drop(place);
                    });
                }
                changed = trouble.changed() => {
                    if changed.is_err() {
                        // The camera itself is gone; its token ends the rest.
                        return;
                    }
                    let fault = trouble.borrow_and_update().now();
                    if fault.is_some_and(CameraFault::disconnects) {
                        connected.cancel();
                        connected = self.token.child_token();
                    }
                    if fault.is_some_and(CameraFault::refuses) {
                        return;
                    }
                }
            }
        }
    }

    /// Waits until clients are welcome again.
    async fn recovered(&self) {
        let mut trouble = self.parts.trouble.clone();
        loop {
            let state = *trouble.borrow_and_update();
            if !state.now().is_some_and(CameraFault::refuses) {
                return;
            }
            tokio::select! {
                () = state.over() => {}
                changed = trouble.changed() => if changed.is_err() { return },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::sim::clock::SystemClock;
    use crate::sim::rtsp::Login;
    use crate::sim::synthetic::synthetic;

    const DEADLINE: Duration = Duration::from_secs(10);
    /// `viewer:rahasia`.
    const BASIC: &str = "Authorization: Basic dmlld2VyOnJhaGFzaWE=\r\n";

    struct Stage {
        camera: Camera,
        tasks: TaskTracker,
        token: CancellationToken,
    }

    impl Stage {
        fn new() -> Self {
            let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
            let film = Arc::new(Film::new(&synthetic(320, 180, 10, 200_000), false));
            let access = Access::Either(Login { user: "viewer".into(), password: "rahasia".into() });
            let options = CameraOptions { id: "cam-1".into(), access, sub: Arc::clone(&film), main: film };
            let camera = Camera::start(options, Arc::new(SystemClock), &tasks, &token).unwrap();
            Self { camera, tasks, token }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.camera.address()).await.unwrap()
        }

        /// Asks and reads the head of the answer, and its body where it has one.
        async fn ask(&self, stream: &mut TcpStream, method: &str, path: &str, headers: &str) -> String {
            let url = format!("rtsp://{}{path}", self.camera.address());
            let request = format!("{method} {url} RTSP/1.0\r\nCSeq: 7\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let read = async {
                while !answer.ends_with("\r\n\r\n") {
                    answer.push(char::from(stream.read_u8().await.unwrap()));
                }
                let length = answer.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
                stream.read_exact(&mut body).await.unwrap();
                answer.push_str(&String::from_utf8(body).unwrap());
            };
            tokio::time::timeout(DEADLINE, read).await.unwrap();
            answer
        }

        async fn play(&self) -> TcpStream {
            let mut stream = self.connect().await;
            let transport = format!("{BASIC}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
            let answer = self.ask(&mut stream, "SETUP", "/cam/cam-1/sub/video", &transport).await;
            assert!(answer.contains("interleaved=0-1"), "{answer}");
            let answer = self.ask(&mut stream, "PLAY", "/cam/cam-1/sub/", BASIC).await;
            assert!(answer.starts_with("RTSP/1.0 200"), "{answer}");
            stream
        }

        async fn refused(&self) -> bool {
            let tries = async {
                while TcpStream::connect(self.camera.address()).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(DEADLINE, tries).await.is_ok()
        }
    }

    /// Reads until the other side closes; true when it did.
    async fn closes(stream: &mut TcpStream) -> bool {
        let drained = async {
            let mut buffer = vec![0; 65_536];
            while !matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)) {}
        };
        tokio::time::timeout(DEADLINE, drained).await.is_ok()
    }

    #[tokio::test]
    async fn a_camera_asks_who_is_there_and_describes_itself_only_then() {
        let stage = Stage::new();
        let mut stream = stage.connect().await;
        let refused = stage.ask(&mut stream, "DESCRIBE", "/cam/cam-1/sub", "").await;
        assert!(refused.starts_with("RTSP/1.0 401") && refused.contains("CSeq: 7"), "{refused}");
        assert!(
            refused.contains("WWW-Authenticate: Digest") && refused.contains("WWW-Authenticate: Basic"),
            "{refused}"
        );
        let answer = stage.ask(&mut stream, "DESCRIBE", "/cam/cam-1/sub", BASIC).await;
        assert!(
            answer.contains("m=video 0 RTP/AVP 96") && answer.contains("sprop-parameter-sets=Z0LAK"),
            "{answer}"
        );
        for path in ["/cam/cam-2/sub", "/cam/cam-1/small", "/", "/cam"] {
            let answer = stage.ask(&mut stream, "DESCRIBE", path, BASIC).await;
            assert!(answer.starts_with("RTSP/1.0 404"), "{path}: {answer}");
        }
        let answer = stage.ask(&mut stream, "PLAY", "/cam/cam-1/sub", BASIC).await;
        assert!(answer.starts_with("RTSP/1.0 455"), "{answer}");
        stage.camera.fault(CameraFault::Unauthorized, None);
        assert!(closes(&mut stream).await, "a camera with another password ends running connections");
    }

    #[tokio::test]
    async fn a_viewer_gets_a_report_and_then_pictures() {
        let stage = Stage::new();
        let mut stream = stage.play().await;
        let mut head = [0; 4];
        tokio::time::timeout(DEADLINE, stream.read_exact(&mut head)).await.unwrap().unwrap();
        assert_eq!(head[..2], *b"$\x01", "the first thing is which moment the timestamps stand for");
        let mut report = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
        stream.read_exact(&mut report).await.unwrap();
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..2], *b"$\x00");
    }

    #[tokio::test]
    async fn a_dropped_camera_refuses_until_it_is_repaired() {
        let stage = Stage::new();
        let mut viewer = stage.play().await;
        stage.camera.fault(CameraFault::Drop, None);
        assert!(closes(&mut viewer).await);
        assert!(stage.refused().await);
        stage.camera.clear();
        let back = async {
            while TcpStream::connect(stage.camera.address()).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, back).await.unwrap();
        stage.play().await;
        stage.token.cancel();
        stage.tasks.close();
        tokio::time::timeout(DEADLINE, stage.tasks.wait()).await.unwrap();
    }
}
