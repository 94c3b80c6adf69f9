//! A line between two programs that fails on demand: cut, silent, or thin.
//!
//! It stands where a cable would: clients connect to it, it connects to the program behind, and carries bytes it
//! does not understand. [`Weather`] changes what it does with them, for the connections that are there and for
//! new ones.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ports;

/// Bytes carried at once.
const PIECE: usize = 16 * 1024;
/// A thin line carries so many pieces a second.
const PIECES: usize = 20;

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It carries everything at once.
    Clear,
    /// Connections break, and new ones end at once.
    Cut,
    /// Connections stay, and nothing passes: a network that swallows packets.
    Silent,
    /// So many bytes a second in each direction.
    Thin(usize),
}

/// A line in front of a program.
#[derive(Debug)]
pub struct Line {
    weather: watch::Sender<Weather>,
    /// Ends, with every connection, when dropped.
    _tasks: JoinSet<()>,
}

/// Where a line ends.
#[derive(Debug, Clone)]
enum End {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A connection, whatever it runs over.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl End {
    async fn connect(&self) -> io::Result<Box<dyn Wire>> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

impl Line {
    /// A line to a TCP port, and the address of its near end.
    ///
    /// # Errors
    /// No port is free.
    pub async fn to_port(far: SocketAddr) -> anyhow::Result<(Self, SocketAddr)> {
        let near = ports::free()?;
        let listener = TcpListener::bind(near).await.context("failed to listen for a line")?;
        let (weather, seen) = watch::channel(Weather::Clear);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                // A line adds no delay of its own.
                let _best_effort = stream.set_nodelay(true);
                connections.spawn(connection(Box::new(stream), End::Tcp(far), seen.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok((Self { weather, _tasks: tasks }, near))
    }

    /// A line to a Unix socket; its near end is a socket at `near`.
    ///
    /// # Errors
    /// There is something at that path.
    pub fn to_socket(far: PathBuf, near: &Path) -> anyhow::Result<Self> {
        let listener = UnixListener::bind(near).context("failed to listen for a line")?;
        let (weather, seen) = watch::channel(Weather::Clear);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(connection(Box::new(stream), End::Unix(far.clone()), seen.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { weather, _tasks: tasks })
    }

    /// Changes what it does, at once.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn connection(near: Box<dyn Wire>, far: End, mut weather: watch::Receiver<Weather>) {
    let mut cut = weather.clone();
    let whole = async {
        if pass(&mut weather).await.is_none() {
            return;
        }
        let Ok(far) = far.connect().await else { return };
        let (near_reader, near_writer) = split(near);
        let (far_reader, far_writer) = split(far);
        tokio::select! {
            () = carry(near_reader, far_writer, weather.clone()) => {}
            () = carry(far_reader, near_writer, weather.clone()) => {}
        }
    };
    tokio::select! {
        () = whole => {}
        // Both ends are dropped, whatever they were waiting for.
        _ = cut.wait_for(|weather| *weather == Weather::Cut) => {}
    }
}

/// Waits until something may pass; `None` when the line is gone.
async fn pass(weather: &mut watch::Receiver<Weather>) -> Option<Weather> {
    weather.wait_for(|weather| *weather != Weather::Silent).await.ok().map(|weather| *weather)
}

async fn carry(
    mut from: ReadHalf<Box<dyn Wire>>,
    mut to: WriteHalf<Box<dyn Wire>>,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; PIECE];
    loop {
        let Some(now) = pass(&mut weather).await else { return };
        let most = match now {
            Weather::Thin(rate) => (rate / PIECES).clamp(1, PIECE),
            _ => PIECE,
        };
        let piece = buffer.get_mut(..most).unwrap_or_default();
        let Ok(count @ 1..) = from.read(piece).await else { return };
        // What was on its way when the line fell silent waits.
        if pass(&mut weather).await.is_none()
            || to.write_all(piece.get(..count).unwrap_or_default()).await.is_err()
        {
            return;
        }
        if matches!(now, Weather::Thin(_)) {
            sleep(Duration::from_secs(1) / PIECES as u32).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::until;

    async fn echo() -> (JoinSet<()>, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let (mut reader, mut writer) = stream.split();
                    let _ended = tokio::io::copy(&mut reader, &mut writer).await;
                });
            }
        });
        (tasks, address)
    }

    #[tokio::test]
    async fn a_line_carries_falls_silent_breaks_and_comes_back() {
        let (_echo, far) = echo().await;
        let (line, near) = Line::to_port(far).await.unwrap();
        let mut stream = TcpStream::connect(near).await.unwrap();
        let mut answer = [0; 4];
        stream.write_all(b"satu").await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"satu");

        line.set(Weather::Silent);
        stream.write_all(b"dua!").await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(50), stream.read_exact(&mut answer)).await;
        assert!(early.is_err(), "nothing passes a silent line");
        line.set(Weather::Thin(1_000));
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"dua!");

        line.set(Weather::Cut);
        until("the connection to break", Duration::from_secs(10), async || {
            Ok(matches!(stream.read(&mut answer).await, Ok(0) | Err(_)).then_some(()))
        })
        .await
        .unwrap();
        line.set(Weather::Clear);
        let mut stream = TcpStream::connect(near).await.unwrap();
        stream.write_all(b"tiga").await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"tiga");
    }
}
