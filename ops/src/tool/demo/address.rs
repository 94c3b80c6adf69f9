//! Where the demo's server listens, and asking it things.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// The longest answer that is read. The status of a large city is some hundred kB.
const ANSWER_BYTES: u64 = 8 * 1024 * 1024;

/// The loopback address with this port, or with any free one for 0.
///
/// # Errors
/// When another program listens there.
pub fn choose(port: u16) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!("port {port} is taken; choose another with --port, or any free one with --port 0")
    })?;
    listener.local_addr().context("failed to read the address")
}

/// Asks for a path and answers the status code and the body.
///
/// HTTP/1.0, so that the answer ends with the connection and comes in one piece.
///
/// # Errors
/// When nobody answers in time, or the answer is not HTTP.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<(u16, String)> {
    tokio::time::timeout(ANSWER_WITHIN, exchange(address, path)).await.context("no answer in time")?
}

async fn exchange(address: SocketAddr, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.context("failed to connect")?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("failed to ask")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer).await.context("failed to read the answer")?;
    let answer = String::from_utf8_lossy(&answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { bail!("the answer is not HTTP") };
    ensure!(!head.to_ascii_lowercase().contains("transfer-encoding: chunked"), "the answer comes in chunks");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok((code.context("the answer has no status code")?, body.to_owned()))
}
