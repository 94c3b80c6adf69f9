//! From an HTTP request to a WebSocket, under an axum route: one port, one TLS, one gate.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Progress, Socket, config};
use crate::web::origin::Origins;
use crate::web::problem::Problem;

/// The connection below a WebSocket.
pub(crate) type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

/// Answers the handshake, and gives the socket to `session` once it is done.
///
/// Refuses a foreign origin (403), a request that is no handshake (400), and a client that does not offer
/// `protocol` (400, with the name of the one that is spoken).
pub(crate) fn upgrade<F>(
    mut request: Request,
    protocol: &'static str,
    origins: &Origins,
    session: impl FnOnce(Socket) -> F + Send + 'static,
    spawn: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    if let Err(problem) = origins.check(request.headers()) {
        return problem.into_response();
    }
    let offered = request
        .headers()
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == protocol);
    let mut response = match create_response_with_body(&request, Body::empty) {
        Ok(response) => response,
        Err(error) => {
            return Problem::new(StatusCode::BAD_REQUEST, "not-a-websocket", &error.to_string())
                .into_response();
        }
    };
    if !offered {
        let detail = format!("offer the sub-protocol {protocol} in Sec-WebSocket-Protocol");
        return Problem::new(StatusCode::BAD_REQUEST, "sub-protocol", &detail).into_response();
    }
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    let upgrading = hyper::upgrade::on(&mut request);
    spawn(Box::pin(async move {
        match upgrading.await {
            Ok(upgraded) => {
                let io = Progress::new(TokioIo::new(upgraded));
                session(WebSocketStream::from_raw_socket(io, Role::Server, Some(config())).await).await;
            }
            Err(error) => tracing::debug!(%error, "failed to take over a connection for WebSocket"),
        }
    }));
    response.into_response()
}
