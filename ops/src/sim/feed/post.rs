//! A small HTTP/1.1 client: one connection, kept open, one post at a time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Largest answer, bytes; a problem document is a fraction of it.
const MAX_ANSWER: usize = 64 * 1024;
/// How long a post may take, its commit included.
const DEADLINE: Duration = Duration::from_secs(15);

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Retry-After`, seconds.
    pub(super) retry_after: Option<u64>,
    pub(super) body: String,
}

/// A connection to one server.
#[derive(Debug)]
pub(super) struct Client {
    server: SocketAddr,
    stream: Option<TcpStream>,
}

impl Client {
    pub(super) const fn new(server: SocketAddr) -> Self {
        Self { server, stream: None }
    }

    /// Posts a body. A connection that the server closed meanwhile is opened again once.
    pub(super) async fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.server,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let reused = self.stream.is_some();
        match self.exchange(&request).await {
            Err(_) if reused => self.exchange(&request).await,
            answer => answer,
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let kept = self.stream.take();
        let talk = async {
            let mut stream = match kept {
                Some(stream) => stream,
                None => TcpStream::connect(self.server).await?,
            };
            stream.write_all(request).await?;
            let (answer, reusable) = read(&mut stream).await?;
            Ok::<_, io::Error>((answer, reusable.then_some(stream)))
        };
        let (answer, stream) = tokio::time::timeout(DEADLINE, talk).await??;
        self.stream = stream;
        Ok(answer)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// One answer, and whether the connection can carry another.
async fn read(stream: &mut TcpStream) -> io::Result<(Answer, bool)> {
    let mut buffer = BytesMut::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            more(stream, &mut buffer).await?;
        };
        let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())
            .map_err(|_error| broken("head is no text"))?;
        let head = Head::parse(head)?;
        buffer.advance(end + 4);
        if (100..200).contains(&head.status) {
            continue;
        }
        let length = head.length.ok_or_else(|| broken("answer without Content-Length"))?;
        while buffer.len() < length {
            more(stream, &mut buffer).await?;
        }
        let body = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
        let answer = Answer { status: head.status, retry_after: head.retry_after, body };
        return Ok((answer, !head.closes && buffer.len() == length));
    }
}

async fn more(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<()> {
    if buffer.len() > MAX_ANSWER {
        return Err(broken("answer is too large"));
    }
    match stream.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

struct Head {
    status: u16,
    length: Option<usize>,
    retry_after: Option<u64>,
    closes: bool,
}

impl Head {
    fn parse(text: &str) -> io::Result<Self> {
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let mut head = Self {
            status: status.ok_or_else(|| broken("no status"))?,
            length: None,
            retry_after: None,
            closes: false,
        };
        if head.status == 204 {
            head.length = Some(0);
        }
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().ok(),
                "retry-after" => head.retry_after = value.parse().ok(),
                "connection" => head.closes = value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn answers_are_read_whole_and_a_closed_connection_is_opened_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = tokio::task::JoinSet::new();
        server.spawn(async move {
            for answer in [
                "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nlain",
            ] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut seen = Vec::new();
                while !seen.ends_with(b"isi") {
                    assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0);
                }
                assert!(seen.starts_with(b"POST /v1/events HTTP/1.1\r\n"));
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let mut client = Client::new(address);
        let first = client.post("/v1/events", "a: b\r\n", b"isi").await.unwrap();
        assert_eq!(first, Answer { status: 202, retry_after: None, body: String::new() });
        let second = client.post("/v1/events", "a: b\r\n", b"isi").await.unwrap();
        assert_eq!(second, Answer { status: 503, retry_after: Some(7), body: "lain".to_owned() });
        server.join_next().await.unwrap().unwrap();
    }
}
