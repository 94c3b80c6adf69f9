//! Binary messages written past tungstenite: header and payload in one `writev`, no copy of the payload.
//!
//! What a server sends is unmasked, so a frame is its header and the very bytes of the ring. tungstenite
//! would copy every payload into a buffer of each socket first; at a thousand tile-streams that is the
//! largest cost of all.
//!
//! **Invariant:** tungstenite's own buffer is flushed before a raw frame is written, and a raw frame once
//! begun is written to its end. So frames never interleave.

use std::io::IoSlice;

use bytes::Bytes;
use futures_util::SinkExt;
use pantau_schemas::media::HEADER_LEN;
use tokio::io::AsyncWriteExt;

use super::{DEAD_AFTER, Ended, Socket};

/// Longest WebSocket header of a server's frame below 64 KiB.
const WS_HEADER: usize = 4;
/// Pieces in one `writev`; the kernel takes 1,024.
const MAX_PIECES: usize = 64;

/// One binary message: our header and a piece of an access unit.
#[derive(Debug)]
pub(crate) struct RawMessage {
    head: [u8; WS_HEADER + HEADER_LEN],
    head_start: usize,
    payload: Bytes,
}

impl RawMessage {
    /// A message of header and payload; together less than 64 KiB.
    pub(crate) fn new(header: &[u8; HEADER_LEN], payload: Bytes) -> Self {
        let mut head = [0; WS_HEADER + HEADER_LEN];
        let (ws, media) = head.split_at_mut(WS_HEADER);
        media.copy_from_slice(header);
        let len = HEADER_LEN + payload.len();
        // FIN and the opcode of a binary message, then 7 bits of length or 126 and 16 bits (RFC 6455, 5.2).
        let head_start = match (u8::try_from(len), u16::try_from(len)) {
            (Ok(len), _) if len < 126 => {
                ws.copy_from_slice(&[0, 0, 0x82, len]);
                2
            }
            (_, Ok(len)) => {
                let [high, low] = len.to_be_bytes();
                ws.copy_from_slice(&[0x82, 126, high, low]);
                0
            }
            _ => unreachable!("pieces are at most MAX_CHUNK bytes"),
        };
        Self { head, head_start, payload }
    }

    fn head(&self) -> &[u8] {
        self.head.get(self.head_start..).unwrap_or_default()
    }
}

/// Writes the messages and empties the list.
pub(crate) async fn write_all(socket: &mut Socket, messages: &mut Vec<RawMessage>) -> Result<(), Ended> {
    if messages.is_empty() {
        return Ok(());
    }
    let done = write(socket, messages).await;
    messages.clear();
    done
}

async fn write(socket: &mut Socket, messages: &[RawMessage]) -> Result<(), Ended> {
    let progress = socket.get_ref().written();
    let work = async {
        socket.flush().await?;
        let io = socket.get_mut();
        for group in messages.chunks(MAX_PIECES / 2) {
            let mut slices: Vec<IoSlice<'_>> = Vec::with_capacity(group.len() * 2);
            for message in group {
                slices.push(IoSlice::new(message.head()));
                slices.push(IoSlice::new(&message.payload));
            }
            let mut rest = slices.as_mut_slice();
            while !rest.is_empty() {
                let written = io.write_vectored(rest).await?;
                if written == 0 {
                    return Err(Ended::Gone);
                }
                IoSlice::advance_slices(&mut rest, written);
            }
        }
        io.flush().await?;
        Ok(())
    };
    tokio::pin!(work);
    let mut before = progress.get();
    loop {
        match tokio::time::timeout(DEAD_AFTER, &mut work).await {
            Ok(done) => return done,
            Err(_) if progress.get() == before => return Err(Ended::Dead),
            Err(_) => before = progress.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_written_as_the_protocol_wants_it() {
        let message = |len: usize| RawMessage::new(&[7; HEADER_LEN], Bytes::from(vec![0; len]));
        assert_eq!(message(10).head()[..2], [0x82, 42]);
        assert_eq!(message(10).head().len(), 2 + HEADER_LEN);
        assert_eq!(message(94).head()[..4], [0x82, 126, 0, 126]);
        assert_eq!(message(32 * 1024).head()[..4], [0x82, 126, 0x80, 0x20]);
    }
}
