//! WebSockets: how a request becomes one, and what every session has in common.

mod progress;
pub(crate) mod raw;
pub(crate) mod upgrade;

use std::time::Duration;

use futures_util::{Sink, SinkExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

pub(crate) use progress::Progress;

/// A socket of ours.
pub(crate) type Socket = WebSocketStream<Progress<upgrade::Upgraded>>;

/// A socket that took not one byte for so long is dead. Slow is not dead: a reader of 1 kB/s opens its TCP
/// window only every minute or so, because a loopback segment is 64 KiB.
const DEAD_AFTER: Duration = Duration::from_secs(300);
/// Largest message a client may send, bytes: a tile set of [`pantau_schemas::media::MAX_TILES`] fits, and a watch
/// of ten thousand series.
const MAX_REQUEST: usize = 1024 * 1024;
/// Bytes read at once; tungstenite's own 128 KiB are too many times a thousand sockets.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes collected before they are written; a frame goes out at the next flush anyway.
const WRITE_BUFFER: usize = 16 * 1024;

/// Buffers and limits of every socket.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(64 * 1024 * 1024)
        .max_message_size(Some(MAX_REQUEST))
        .max_frame_size(Some(MAX_REQUEST))
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// The client closed or vanished.
    #[error("the client is gone")]
    Gone,
    /// The socket took nothing for [`DEAD_AFTER`].
    #[error("the socket took nothing for {} s", DEAD_AFTER.as_secs())]
    Dead,
    /// The protocol was broken.
    #[error("failed to speak WebSocket")]
    WebSocket(#[from] Error),
    /// The connection broke.
    #[error("failed to write")]
    Io(#[from] std::io::Error),
}

/// Sends messages and flushes once; gives up only when the socket takes nothing at all for [`DEAD_AFTER`].
pub(crate) async fn send_all(
    socket: &mut Socket,
    messages: impl IntoIterator<Item = Message>,
) -> Result<(), Ended> {
    let progress = socket.get_ref().written();
    let work = async {
        for message in messages {
            socket.feed(message).await?;
        }
        socket.flush().await
    };
    tokio::pin!(work);
    let mut before = progress.get();
    loop {
        match tokio::time::timeout(DEAD_AFTER, &mut work).await {
            Ok(done) => return Ok(done?),
            Err(_) if progress.get() == before => return Err(Ended::Dead),
            Err(_) => before = progress.get(),
        }
    }
}

/// A text message.
pub(crate) fn text(message: &impl serde::Serialize) -> Message {
    // Our messages have text keys and finite numbers only.
    Message::Text(Utf8Bytes::from(serde_json::to_string(message).unwrap_or_default()))
}

/// Says goodbye, if anybody still listens.
pub(crate) async fn goodbye<S: Sink<Message> + Unpin>(socket: &mut S) {
    drop(tokio::time::timeout(Duration::from_secs(1), socket.close()).await);
}
