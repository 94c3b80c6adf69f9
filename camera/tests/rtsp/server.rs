//! A small RTSP camera on a real socket: DESCRIBE, SETUP, PLAY, TEARDOWN, RTP and RTCP interleaved, Digest.
//!
//! It knows just enough of RFC 2326 to be a camera that misbehaves on request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use md5::{Digest, Md5};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What the camera does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    /// The password that Digest wants; without one, everybody may look.
    pub(crate) password: Option<&'static str>,
    /// `a=rtpmap` of the video.
    pub(crate) codec: &'static str,
    /// Keeps the connection open but sends nothing more.
    pub(crate) silent: bool,
    /// Never answers DESCRIBE.
    pub(crate) deaf: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self { password: None, codec: "H264/90000", silent: false, deaf: false }
    }
}

/// What the camera has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) plays: usize,
    pub(crate) teardowns: usize,
}

/// A running camera; dropping it closes its port and its connections.
pub(crate) struct Camera {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<(Script, Seen)>>,
    _tasks: JoinSet<()>,
}

const USER: &str = "viewer";
const REALM: &str = "camera";
const NONCE: &str = "0123456789abcdef";

impl Camera {
    pub(crate) async fn start(address: &str, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new((script, Seen::default())));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                shared.lock().unwrap().1.connections += 1;
                connections.spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { address, state, _tasks: tasks }
    }
    pub(crate) fn script(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.state.lock().unwrap().0);
    }
    pub(crate) fn seen(&self) -> Seen {
        self.state.lock().unwrap().1
    }
    pub(crate) fn url(&self, path: &str) -> String {
        format!("rtsp://{}/{path}", self.address)
    }
}

struct Request {
    method: String,
    uri: String,
    head: String,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&name.to_lowercase()))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

async fn request(socket: &mut OwnedReadHalf) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.split_whitespace();
    let (method, uri) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Request { method, uri, head })
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 2617 without `qop`.
fn allowed(request: &Request, password: &str) -> bool {
    let ha1 = hash(&format!("{USER}:{REALM}:{password}"));
    let ha2 = hash(&format!("{}:{}", request.method, request.uri));
    let wanted = hash(&format!("{ha1}:{NONCE}:{ha2}"));
    request.header("Authorization").is_some_and(|given| given.contains(&wanted))
}

async fn serve(socket: TcpStream, state: Arc<Mutex<(Script, Seen)>>) {
    let (mut reader, mut socket) = socket.into_split();
    let (sender, mut requests) = mpsc::channel(8);
    // A task of its own, so that a frame that is due does not cut a request in two.
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        while let Some(request) = request(&mut reader).await {
            if sender.send(request).await.is_err() {
                return;
            }
        }
    });
    let mut playing = false;
    let mut clock = tokio::time::interval(Duration::from_millis(33));
    let mut frame = 0u32;
    let mut sequence = 100u16;
    loop {
        let script = state.lock().unwrap().0;
        tokio::select! {
            request = requests.recv() => {
                let Some(request) = request else { return };
                let cseq = request.header("CSeq").unwrap_or("0").to_owned();
                let mut body = String::new();
                let mut extra = String::new();
                let mut status = "200 OK";
                if script.password.is_some_and(|password| !allowed(&request, password)) {
                    status = "401 Unauthorized";
                    extra = format!("WWW-Authenticate: Digest realm=\"{REALM}\", nonce=\"{NONCE}\"\r\n");
                } else if request.uri.contains("nowhere") {
                    status = "404 Not Found";
                } else {
                    match request.method.as_str() {
                        "DESCRIBE" if script.deaf => continue,
                        "DESCRIBE" => {
                            body = format!(
                                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\n\
                                 m=video 0 RTP/AVP 96\r\na=rtpmap:96 {}\r\na=control:track1\r\n\
                                 a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z00AH5WoFAFuQA==,aO48gA==\r\n",
                                script.codec
                            );
                            extra = format!("Content-Type: application/sdp\r\nContent-Base: {}/\r\n", request.uri);
                        }
                        "SETUP" => {
                            extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007\r\n\
                                     Session: 12345;timeout=60\r\n".to_owned();
                        }
                        "PLAY" => {
                            state.lock().unwrap().1.plays += 1;
                            playing = true;
                            extra = "Session: 12345\r\n".to_owned();
                        }
                        "TEARDOWN" => {
                            state.lock().unwrap().1.teardowns += 1;
                            playing = false;
                        }
                        _ => {}
                    }
                }
                let answer = format!(
                    "RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{extra}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                if socket.write_all(answer.as_bytes()).await.is_err() { return }
            }
            _ = clock.tick(), if playing && !script.silent => {
                let mut out = Vec::new();
                if frame == 0 {
                    sender_report(&mut out);
                }
                access_unit(&mut out, frame, &mut sequence);
                frame += 1;
                if socket.write_all(&out).await.is_err() { return }
            }
        }
    }
}

fn interleaved(out: &mut Vec<u8>, channel: u8, payload: &[u8]) {
    out.extend_from_slice(&[b'$', channel]);
    out.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
    out.extend_from_slice(payload);
}

/// A group of 15: a key frame in three fragments (RFC 6184, FU-A), then single NAL units.
fn access_unit(out: &mut Vec<u8>, frame: u32, sequence: &mut u16) {
    // No zero bytes: a NAL unit may not hold a start code.
    let number = frame.to_be_bytes().map(|byte| byte | 0x80);
    let payloads: Vec<Vec<u8>> = if frame.is_multiple_of(15) {
        [0x85, 0x05, 0x45].map(|fu| [&[0x7c, fu][..], &number, &[0x55; 900]].concat()).into()
    } else {
        vec![[&[0x41][..], &number].concat()]
    };
    let last = payloads.len() - 1;
    for (index, payload) in payloads.iter().enumerate() {
        let mark = if index == last { 0x80 } else { 0 };
        let mut packet = vec![0x80, mark | 96];
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&(frame * 3_000).to_be_bytes());
        packet.extend_from_slice(&7u32.to_be_bytes());
        packet.extend_from_slice(payload);
        interleaved(out, 0, &packet);
        *sequence = sequence.wrapping_add(1);
    }
}

/// The camera says that RTP time 0 is 2026-11-22T00:00:00Z.
fn sender_report(out: &mut Vec<u8>) {
    let mut packet = vec![0x80, 200, 0, 6];
    packet.extend_from_slice(&7u32.to_be_bytes());
    packet.extend_from_slice(&(2_208_988_800u32 + 1_795_305_600).to_be_bytes());
    packet.extend_from_slice(&[0; 4 + 4 + 8]);
    interleaved(out, 1, &packet);
}
