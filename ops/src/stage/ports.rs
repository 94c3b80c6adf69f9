//! Free loopback ports that nobody else in this run gets.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context;

/// Below the range from which kernels pick the near end of outgoing connections (from 32768 on).
const FIRST: u16 = 20_000;
/// How many there are.
const COUNT: u16 = 10_000;

/// The next free port. Stays free for its owner between two lives of a program, which a port picked by the
/// kernel would not.
///
/// # Errors
/// All are taken.
pub fn free() -> anyhow::Result<SocketAddr> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two test runs at the same time begin at different places.
    let begin = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or_default();
    (0..COUNT)
        .find_map(|_| {
            let offset =
                (u32::from(begin) + u32::from(NEXT.fetch_add(1, Ordering::Relaxed))) % u32::from(COUNT);
            let port = FIRST + u16::try_from(offset).unwrap_or_default();
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            TcpListener::bind(address).is_ok().then_some(address)
        })
        .context("no port is free")
}
