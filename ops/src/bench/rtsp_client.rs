//! The least RTSP that makes a camera send: for the bare program, which looks at nothing it receives.

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

/// Plays a stream over interleaved TCP; from here on the connection brings RTP.
///
/// # Errors
/// The camera refuses, or breaks the protocol.
pub(super) async fn play(url: &str) -> anyhow::Result<TcpStream> {
    let parsed = Url::parse(url)?;
    let host = parsed.host_str().context("the address has no host")?;
    let mut stream = TcpStream::connect((host, parsed.port().unwrap_or(554))).await?;
    stream.set_nodelay(true)?;
    let described =
        ask(&mut stream, &format!("DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"))
            .await?;
    let control = described
        .lines()
        .filter_map(|line| line.strip_prefix("a=control:"))
        .next_back()
        .context("the description has no control")?
        .trim();
    let track = if control.starts_with("rtsp://") { control.to_owned() } else { format!("{url}/{control}") };
    let answer = ask(
        &mut stream,
        &format!(
            "SETUP {track} RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
        ),
    )
    .await?;
    let session = answer
        .lines()
        .find_map(|line| line.strip_prefix("Session:"))
        .and_then(|value| value.split(';').next())
        .context("there is no session")?
        .trim();
    let request =
        format!("PLAY {url} RTSP/1.0\r\nCSeq: 3\r\nSession: {session}\r\nRange: npt=0.000-\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

async fn ask(stream: &mut TcpStream, request: &str) -> anyhow::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        ensure!(read > 0, "the camera closed the connection");
        answer.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned))
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            ensure!(
                head.starts_with("RTSP/1.0 200"),
                "the camera refused: {}",
                head.lines().next().unwrap_or_default()
            );
            return Ok(text);
        }
    }
}
