//! One client of a simulated camera.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use pantau_schemas::stream::StreamKind;
use rand::Rng;
use rtsp_types::headers::{AUTHORIZATION, TRANSPORT};
use rtsp_types::{Message, Method, ParseError, Request, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::access::Access;
use super::reply;
use crate::sim::camera::CameraFault;
use crate::sim::film::Film;
use crate::sim::trouble::Trouble;

/// Largest request, bytes.
const MAX_REQUEST: usize = 16 * 1024;
/// Pictures that may wait for a client before the pump drops it: a few seconds.
const QUEUE: usize = 48;
/// How long one write may take.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// How long a slow camera thinks before it describes itself.
const SLOW: Duration = Duration::from_secs(10);

/// One stream of a camera, as a connection needs it.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) film: Arc<Film>,
    pub(crate) joins: mpsc::Sender<mpsc::Sender<Bytes>>,
}

/// A camera, as a connection needs it.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) id: Arc<str>,
    pub(crate) access: Arc<Access>,
    pub(crate) sub: Channel,
    pub(crate) main: Channel,
    pub(crate) trouble: watch::Receiver<Trouble<CameraFault>>,
}

/// Answers a client until one side ends it. The connection closes when this future is dropped.
pub(crate) async fn serve(mut stream: TcpStream, parts: Parts) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut client = Client {
        parts,
        nonce: format!("{:032x}", rand::rng().random::<u128>()),
        session: format!("{:016x}", rand::rng().random::<u64>()),
        chosen: None,
        packets: None,
        ended: false,
    };
    let mut buffer = BytesMut::with_capacity(4096);
    while !client.ended {
        tokio::select! {
            read = stream.read_buf(&mut buffer) => {
                if read? == 0 || buffer.len() > MAX_REQUEST {
                    return Ok(());
                }
                while let Some(request) = next(&mut buffer)? {
                    let answer = client.answer(&request).await;
                    write(&mut stream, &answer).await?;
                }
            }
            packets = received(&mut client.packets) => {
                // Nothing more comes from a pump that dropped this client as too slow.
                let Some(packets) = packets else { return Ok(()) };
                write(&mut stream, &packets).await?;
            }
        }
    }
    Ok(())
}

async fn received(packets: &mut Option<mpsc::Receiver<Bytes>>) -> Option<Bytes> {
    match packets {
        Some(packets) => packets.recv().await,
        None => std::future::pending().await,
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    tokio::time::timeout(WRITE_DEADLINE, stream.write_all(bytes)).await?
}

/// The next whole request; receiver reports of the client are passed over.
fn next(buffer: &mut BytesMut) -> io::Result<Option<Request<Vec<u8>>>> {
    loop {
        match Message::<Vec<u8>>::parse(&buffer[..]) {
            Ok((message, length)) => {
                buffer.advance(length);
                if let Message::Request(request) = message {
                    return Ok(Some(request));
                }
            }
            Err(ParseError::Incomplete(_)) => return Ok(None),
            Err(ParseError::Error) => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

struct Client {
    parts: Parts,
    nonce: String,
    session: String,
    chosen: Option<StreamKind>,
    packets: Option<mpsc::Receiver<Bytes>>,
    ended: bool,
}

impl Client {
    async fn answer(&mut self, request: &Request<Vec<u8>>) -> Vec<u8> {
        let fault = self.parts.trouble.borrow().now();
        let method = request.method();
        if *method == Method::Options {
            return reply::options(request);
        }
        let header = request.header(&AUTHORIZATION).map(rtsp_types::HeaderValue::as_str);
        let name: &str = method.into();
        if fault == Some(CameraFault::Unauthorized) || !self.parts.access.admits(header, name, &self.nonce) {
            return reply::refused(request, self.parts.access.challenges(&self.nonce));
        }
        let Some(kind) = self.kind(request).filter(|_| fault != Some(CameraFault::NotFound)) else {
            return reply::status(request, StatusCode::NotFound);
        };
        match method {
            Method::Describe => {
                if fault == Some(CameraFault::Slow) {
                    tokio::time::sleep(SLOW).await;
                }
                reply::description(request, &self.parts.id, self.channel(kind).film.attributes())
            }
            Method::Setup => {
                let transport = request.header(&TRANSPORT).map_or("", |value| value.as_str());
                if !transport.contains("RTP/AVP/TCP") {
                    return reply::status(request, StatusCode::UnsupportedTransport);
                }
                self.chosen = Some(kind);
                reply::set_up(request, &self.session)
            }
            Method::Play => self.play(request).await,
            Method::GetParameter | Method::SetParameter => reply::in_session(request, &self.session),
            Method::Teardown => {
                self.ended = true;
                reply::in_session(request, &self.session)
            }
            _ => reply::status(request, StatusCode::MethodNotAllowed),
        }
    }

    async fn play(&mut self, request: &Request<Vec<u8>>) -> Vec<u8> {
        let Some(kind) = self.chosen else {
            return reply::status(request, StatusCode::MethodNotValidInThisState);
        };
        if self.packets.is_none() {
            let (packets, queue) = mpsc::channel(QUEUE);
            if self.channel(kind).joins.send(packets).await.is_err() {
                return reply::status(request, StatusCode::ServiceUnavailable);
            }
            self.packets = Some(queue);
        }
        reply::in_session(request, &self.session)
    }

    fn channel(&self, kind: StreamKind) -> &Channel {
        match kind {
            StreamKind::Main => &self.parts.main,
            StreamKind::Sub | StreamKind::Unknown => &self.parts.sub,
        }
    }

    /// `/cam/{id}/sub` or `/cam/{id}/main`, with or without the name of the track.
    fn kind(&self, request: &Request<Vec<u8>>) -> Option<StreamKind> {
        let mut path = request.request_uri()?.path_segments()?;
        if path.next() != Some("cam") || path.next() != Some(&*self.parts.id) {
            return None;
        }
        match path.next()? {
            "sub" => Some(StreamKind::Sub),
            "main" => Some(StreamKind::Main),
            _ => None,
        }
    }
}
