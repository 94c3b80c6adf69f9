//! A liar between browser and server: it passes everything on, but for what the server says of pictures.
//!
//! It stands where a city has nothing, so no server needs a switch that makes it lie.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use pantau_schemas::media::MediaNotice;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, copy_bidirectional, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::socket::{line, thin_line};
use crate::throttle::{Rate, Throttled};

/// A request's head is not longer, bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Nor a message of the server, bytes.
const MAX_MESSAGE: u64 = 1024 * 1024;

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    says: Says,
    _tasks: JoinSet<()>,
}

/// What is said of every picture instead of the server's own word; `None` for that.
type Says = Arc<Mutex<Option<&'static str>>>;

impl Proxy {
    /// Stands before a server. `rate`: what the sockets of pictures take, where that is not everything.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(server: SocketAddr, rate: Option<Rate>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let says = Says::default();
        let (mut tasks, word) = (JoinSet::new(), Arc::clone(&says));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let door = Door { own: address, server, rate: rate.clone(), says: Arc::clone(&word) };
                // A connection that breaks is the browser's to mend, as without us.
                connections.spawn(async move { drop(door.pass(client).await) });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, says, _tasks: tasks })
    }

    /// Where browsers find it.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says this state of every picture from now on, whatever the server says.
    pub fn say(&self, state: &'static str) {
        *self.says.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }
}

/// One connection.
struct Door {
    own: SocketAddr,
    server: SocketAddr,
    rate: Option<Rate>,
    says: Says,
}

impl Door {
    async fn pass(self, mut client: TcpStream) -> anyhow::Result<()> {
        client.set_nodelay(true)?;
        let head = head(&mut client).await?;
        // The server knows itself by its own name alone.
        let mut head = head.replace(&self.own.to_string(), &self.server.to_string());
        let pictures = head.starts_with("GET /v1/media ");
        if !head.to_ascii_lowercase().contains("\r\nupgrade: websocket\r\n") {
            // The next request needs its head changed too, so it takes another connection.
            head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            head = head.replace("\r\nConnection: keep-alive\r\n", "\r\n");
        }
        let mut server = match (&self.rate, pictures) {
            (Some(rate), true) => thin_line(self.server, rate.clone()).await?,
            _ => Throttled::new(line(self.server).await?, Rate::of(usize::MAX)),
        };
        server.write_all(head.as_bytes()).await?;
        if !pictures {
            copy_bidirectional(&mut client, &mut server).await?;
            return Ok(());
        }
        let (mut from_client, mut to_client) = split(client);
        let (mut from_server, mut to_server) = split(server);
        tokio::select! {
            said = self.retell(&mut from_server, &mut to_client) => said,
            asked = copy(&mut from_client, &mut to_server) => asked.map(|_bytes| ()).context("the browser went"),
        }
    }

    /// Passes the server's messages on, one by one.
    async fn retell(
        &self,
        server: &mut (impl AsyncRead + Unpin),
        client: &mut (impl AsyncWrite + Unpin),
    ) -> anyhow::Result<()> {
        let head = head(server).await?;
        ensure!(head.starts_with("HTTP/1.1 101 "), "the server refuses the socket: {head}");
        client.write_all(head.as_bytes()).await?;
        loop {
            let first = server.read_u8().await?;
            // What a server sends is not masked, so these seven bits are all there is beside it.
            let len = match server.read_u8().await? {
                126 => u64::from(server.read_u16().await?),
                127 => server.read_u64().await?,
                len => u64::from(len),
            };
            ensure!(len <= MAX_MESSAGE, "a message of {len} bytes");
            let mut payload = vec![0; usize::try_from(len)?];
            server.read_exact(&mut payload).await?;
            // FIN and the opcode of a text message (RFC 6455, 5.2).
            if first == 0x81 {
                payload = self.retold(payload);
            }
            client.write_u8(first).await?;
            match u16::try_from(payload.len()) {
                Ok(len @ 0..126) => client.write_u8(u8::try_from(len)?).await?,
                Ok(len) => {
                    client.write_u8(126).await?;
                    client.write_u16(len).await?;
                }
                Err(_) => {
                    client.write_u8(127).await?;
                    client.write_u64(u64::try_from(payload.len())?).await?;
                }
            }
            client.write_all(&payload).await?;
        }
    }

    fn retold(&self, payload: Vec<u8>) -> Vec<u8> {
        let Some(word) = *self.says.lock().unwrap_or_else(PoisonError::into_inner) else { return payload };
        match serde_json::from_slice::<MediaNotice>(&payload) {
            Ok(MediaNotice::State { tile, since, .. }) => {
                // As the server writes it: what it is comes first.
                let told = format!(
                    "{{\"type\":\"state\",\"tile\":{tile},\"state\":\"{word}\",\"since\":\"{since}\"}}"
                );
                told.into_bytes()
            }
            _ => payload,
        }
    }
}

/// Reads a head, up to its empty line, and not one byte more.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(head.len() < MAX_HEAD, "the head has no end");
        head.push(stream.read_u8().await.context("the head is cut")?);
    }
    Ok(String::from_utf8(head)?)
}
