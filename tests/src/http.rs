//! HTTP as an outsider speaks it: one request, one connection.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Longer than the server's own deadline for a reply (5 s).
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Asks for a page.
///
/// # Errors
/// No answer.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<Answer> {
    send(address, Request::get(path), Bytes::new()).await
}

/// Asks for JSON; anything but 200 is an error.
///
/// # Errors
/// No answer, or another status.
pub async fn get_json(address: SocketAddr, path: &str) -> anyhow::Result<Value> {
    let answer = get(address, path).await?;
    anyhow::ensure!(answer.status == StatusCode::OK, "{path} answered {}: {}", answer.status, answer.text());
    serde_json::from_slice(&answer.body).with_context(|| format!("{path} is no JSON"))
}

/// Sends a request.
///
/// # Errors
/// No answer in time.
pub async fn send(
    address: SocketAddr,
    request: hyper::http::request::Builder,
    body: Bytes,
) -> anyhow::Result<Answer> {
    timeout(ANSWER_WITHIN, exchange(address, request, body)).await.context("no answer in time")?
}

async fn exchange(
    address: SocketAddr,
    request: hyper::http::request::Builder,
    body: Bytes,
) -> anyhow::Result<Answer> {
    let stream = TcpStream::connect(address).await.context("failed to connect")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with this exchange.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let request = request.header("host", address.to_string()).body(Full::new(body))?;
    let (parts, body) = sender.send_request(request).await.context("failed to ask")?.into_parts();
    let body = body.collect().await.context("failed to read the answer")?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}
