//! The bare program: reads the same RTSP bytes and writes them to the same number of sockets, and does
//! nothing else. What no server can do without.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Parser;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::rtsp_client;

/// Relays cameras to sockets and looks at nothing
#[derive(Debug, Parser)]
pub struct BareOptions {
    /// Where the viewers connect
    #[arg(long)]
    pub listen: SocketAddr,
    /// How many viewers come; each gets every camera
    #[arg(long)]
    pub viewers: usize,
    /// The cameras
    pub urls: Vec<String>,
}

/// Runs until it is killed.
///
/// # Errors
/// A camera or a viewer is gone.
pub async fn run(options: BareOptions) -> anyhow::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    let mut viewers = Vec::new();
    for _ in 0..options.viewers {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        viewers.push(Arc::new(Mutex::new(stream)));
    }
    let viewers: Arc<[Arc<Mutex<TcpStream>>]> = viewers.into();
    let mut tasks = JoinSet::new();
    for url in options.urls {
        let viewers = Arc::clone(&viewers);
        tasks.spawn(async move {
            let mut camera = rtsp_client::play(&url).await?;
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let read = camera.read(&mut buffer).await?;
                anyhow::ensure!(read > 0, "the camera closed the connection");
                for viewer in viewers.iter() {
                    viewer.lock().await.write_all(buffer.get(..read).unwrap_or_default()).await?;
                }
            }
        });
    }
    match tasks.join_next().await {
        Some(ended) => ended?,
        None => Ok(()),
    }
}
