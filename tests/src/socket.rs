//! How a client opens a WebSocket, over a thick line or a thin one.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};

use crate::throttle::{Rate, Throttled};

/// What a thin line buffers in its own kernel, bytes.
const THIN_BUFFER: u32 = 8 * 1024;

/// A client's socket over `S`.
pub type Socket<S> = WebSocketStream<S>;

/// A plain connection.
///
/// # Errors
/// Refused.
pub async fn line(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.context("failed to connect")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A connection that takes `rate`, and hides nothing in large buffers.
///
/// # Errors
/// Refused.
pub async fn thin_line(address: SocketAddr, rate: Rate) -> anyhow::Result<Throttled> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(THIN_BUFFER)?;
    Ok(Throttled::new(socket.connect(address).await.context("failed to connect")?, rate))
}

/// Opens a WebSocket as a program does: without an origin.
///
/// # Errors
/// Refused.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    address: SocketAddr,
    path: &str,
    protocol: &'static str,
) -> anyhow::Result<Socket<S>> {
    open_with(stream, address, path, &[("sec-websocket-protocol", protocol)])
        .await
        .with_context(|| format!("failed to open {path}"))
}

/// Opens a WebSocket with exactly these headers beside the handshake's own.
///
/// # Errors
/// Refused; the status is in [`tokio_tungstenite::tungstenite::Error::Http`].
pub async fn open_with<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> Result<Socket<S>, tokio_tungstenite::tungstenite::Error> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    tokio_tungstenite::client_async(request, stream).await.map(|(socket, _)| socket)
}
