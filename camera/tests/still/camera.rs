//! A camera that gives still pictures over HTTP, and does wrong what it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use md5::{Digest as _, Md5};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) const USER: &str = "viewer";
pub(crate) const PASSWORD: &str = "rahasia";
/// `viewer:rahasia`, RFC 7617.
const BASIC: &str = "Basic dmlld2VyOnJhaGFzaWE=";
const NONCE: &str = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
/// What it takes for a picture: eight by eight pixels of the same grey, baseline JPEG (ITU-T T.81), every table as short as it
/// can be.
pub(crate) const PICTURE: &[u8] = b"\xFF\xD8\xFF\xDB\x00\x43\x00\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\
    \xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00\
    \xFF\xC4\x00\x14\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \xFF\xC4\x00\x14\x10\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x3F\xFF\xD9";

/// How it asks who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    Nothing,
    Basic,
    /// RFC 7616 with `qop`.
    Digest,
    /// RFC 2069, as old cameras do.
    OldDigest,
    /// Both; it takes nothing but Digest.
    Either,
}

/// What it answers to whom it lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Picture,
    /// The same, in pieces.
    Chunked,
    NotFound,
    Elsewhere,
    Page,
    /// A page that says it is a picture.
    Pretence,
    /// Says that more comes than anybody takes.
    Huge,
    /// … and more comes, in pieces without an end.
    Endless,
    Half,
    Nothing,
    Gibberish,
    EndlessHead,
}

/// A running camera; it ends when it is dropped.
pub(crate) struct HttpCamera {
    pub(crate) address: SocketAddr,
    gives: Arc<Mutex<Gives>>,
    /// Requests that it let in.
    served: Arc<AtomicUsize>,
    /// Connections in all.
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl HttpCamera {
    pub(crate) async fn start(asks: Asks, gives: Gives) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let gives = Arc::new(Mutex::new(gives));
        let (served, asked) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let mut tasks = JoinSet::new();
        let (giving, serving, asking) = (Arc::clone(&gives), Arc::clone(&served), Arc::clone(&asked));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                asking.fetch_add(1, Ordering::SeqCst);
                let (gives, served) = (Arc::clone(&giving), Arc::clone(&serving));
                connections.spawn(async move {
                    // Whoever asks may leave at any time.
                    let _gone = serve(stream, asks, &gives, &served).await;
                });
            }
        });
        Self { address, gives, served, asked, _tasks: tasks }
    }

    pub(crate) fn give(&self, gives: Gives) {
        *self.gives.lock().unwrap() = gives;
    }

    pub(crate) fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(
    mut stream: TcpStream,
    asks: Asks,
    gives: &Mutex<Gives>,
    served: &AtomicUsize,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    if !admits(asks, &head) {
        let digest = format!("WWW-Authenticate: Digest realm=\"cam\", nonce=\"{NONCE}\", algorithm=MD5");
        let challenges = match asks {
            Asks::Nothing => String::new(),
            Asks::Basic => "WWW-Authenticate: Basic realm=\"cam\"\r\n".to_owned(),
            Asks::Digest => format!("{digest}, qop=\"auth\"\r\n"),
            Asks::OldDigest => format!("{digest}\r\n"),
            Asks::Either => format!("WWW-Authenticate: Basic realm=\"cam\"\r\n{digest}, qop=\"auth\"\r\n"),
        };
        let answer = format!("HTTP/1.1 401 Unauthorized\r\n{challenges}Content-Length: 0\r\n\r\n");
        return stream.write_all(answer.as_bytes()).await;
    }
    served.fetch_add(1, Ordering::SeqCst);
    let gives = *gives.lock().unwrap();
    let jpeg = |length: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n")
    };
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: Image/JPEG; q=1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (head, body): (String, &[u8]) = match gives {
        Gives::Picture => (jpeg(PICTURE.len()), PICTURE),
        Gives::Chunked => {
            stream.write_all(chunked.as_bytes()).await?;
            for byte in PICTURE {
                stream.write_all(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n']).await?;
            }
            return stream.write_all(b"0\r\n\r\n").await;
        }
        Gives::NotFound => ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(), b""),
        Gives::Elsewhere => {
            let to = "Location: http://127.0.0.1:1/other.jpg";
            (format!("HTTP/1.1 302 Found\r\n{to}\r\nContent-Length: 0\r\n\r\n"), b"")
        }
        Gives::Page => {
            ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n".to_owned(), b"<html/>")
        }
        Gives::Pretence => (jpeg(7), b"<html/>"),
        Gives::Huge => (jpeg(usize::MAX / 4), PICTURE),
        Gives::Endless => {
            stream.write_all(chunked.as_bytes()).await?;
            let piece = [b"10000\r\n".as_slice(), &[0xFF; 0x1_0000], b"\r\n"].concat();
            loop {
                stream.write_all(&piece).await?;
            }
        }
        Gives::Half => (jpeg(PICTURE.len() * 2), PICTURE),
        Gives::Nothing => {
            // Stays open until the other end goes.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
            return Ok(());
        }
        Gives::Gibberish => ("SIP/2.0 what\r\n\r\n".to_owned(), b""),
        Gives::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"X-More: and more and more and more and more\r\n").await?;
            }
        }
    };
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await
}

fn admits(asks: Asks, head: &str) -> bool {
    let header = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("authorization").then(|| value.trim())
    });
    match (asks, header) {
        (Asks::Nothing, _) => true,
        (Asks::Basic, Some(header)) => header == BASIC,
        (_, Some(header)) => header.strip_prefix("Digest ").is_some_and(|answer| {
            let target = head.split(' ').nth(1).unwrap();
            fits(answer, target)
        }),
        _ => false,
    }
}

fn fits(answer: &str, target: &str) -> bool {
    let field = |name: &str| {
        answer.split(',').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.trim_matches('"').to_owned())
        })
    };
    let secret = hash(&format!("{USER}:cam:{PASSWORD}"));
    let request = hash(&format!("GET:{target}"));
    let expected = match field("qop") {
        Some(qop) => {
            let (count, nonce) = (field("nc").unwrap(), field("cnonce").unwrap());
            hash(&format!("{secret}:{NONCE}:{count}:{nonce}:{qop}:{request}"))
        }
        None => hash(&format!("{secret}:{NONCE}:{request}")),
    };
    field("uri").as_deref() == Some(target) && field("response") == Some(expected)
}

fn hash(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
