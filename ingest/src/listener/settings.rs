//! What the listener needs to know.

use std::time::Duration;

use pantau_schemas::ids::CityCode;

use crate::listener::account::Account;
use crate::mqtt::settings::MAX_PACKET;

/// Connections at the same time, by default.
pub const CONNECTIONS: usize = 10_000;
/// Messages of a connection without PUBACK, by default; at a commit of 20 ms a connection may then send 50,000
/// a second.
pub const RECEIVE_MAXIMUM: u16 = 1024;
/// How long CONNECT may take, by default.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The longest keep-alive, by default: a dead device is noticed within one and a half of it.
pub const KEEP_ALIVE: Duration = Duration::from_secs(600);

/// For which city, for whom, and within which bounds. `Debug` prints no password.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The city whose namespace is taken in.
    pub city: CityCode,
    /// Who may connect. Empty: everybody, without a login, and may publish everything.
    pub accounts: Vec<Account>,
    /// Largest payload taken, bytes; above it a message is a dead letter `too_big`. Announced to MQTT 5 clients
    /// as the largest packet.
    pub max_packet: usize,
    /// Most connections at the same time.
    pub connections: usize,
    /// Most messages of one connection without PUBACK; at least 1.
    pub receive_maximum: u16,
    /// How long CONNECT may take after TCP is there.
    pub connect_within: Duration,
    /// Longest keep-alive; an MQTT 5 client that asks for more, or for none, is told this one. At most 65,535 s.
    pub keep_alive: Duration,
}

impl Settings {
    /// The defaults: everybody may publish everything.
    #[must_use]
    pub const fn new(city: CityCode) -> Self {
        Self {
            city,
            accounts: Vec::new(),
            max_packet: MAX_PACKET,
            connections: CONNECTIONS,
            receive_maximum: RECEIVE_MAXIMUM,
            connect_within: CONNECT_WITHIN,
            keep_alive: KEEP_ALIVE,
        }
    }
}
