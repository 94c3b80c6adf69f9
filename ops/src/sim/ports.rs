//! Loopback ports that stay ours.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use rand::Rng;
use tokio::net::{TcpListener, TcpSocket};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 64;
const ATTEMPTS: usize = 64;

/// A listener on a port below the range from which the system takes ports for outgoing connections.
///
/// A simulated camera closes its port and opens it again. In the system's own range a stranger could have taken
/// the port by then, and a client that connects to a closed port there can even be connected to itself.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let mut random = rand::rng();
    for _ in 0..ATTEMPTS {
        if let Ok(listener) =
            listen_on(SocketAddr::from((Ipv4Addr::LOCALHOST, random.random_range(20_000..32_000))))
        {
            return Ok(listener);
        }
    }
    listen_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

/// An address whose port is free, for somebody who opens it later.
pub(crate) fn free() -> io::Result<SocketAddr> {
    listen()?.local_addr()
}

/// A listener on exactly this address.
pub(crate) fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
