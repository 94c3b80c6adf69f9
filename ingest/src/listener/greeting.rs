//! CONNECT: who may come in, under which name, and on which terms.

use std::time::Duration;

use crate::listener::account::Guest;
use crate::listener::answer::{Refusal, Terms};
use crate::listener::directory::{Name, SESSION_MAX, Seat};
use crate::listener::frame::Frame;
use crate::listener::packet::{self, Connect, NoConnect, Version};
use crate::listener::port::Port;

/// Longest client identifier, bytes. MQTT asks for 23 at least (MQTT-3.1.3-5).
const CLIENT_ID_MAX: usize = 128;
/// A client must take packets of this size, or it could not be told anything, bytes.
const SMALLEST_PACKET: u32 = 128;
/// How long a 3.1.1 client may be silent that switched keep-alive off. A server may end a connection that it
/// takes for dead (3.1.1 §3.1.2.10), and one that is half open would stay for ever.
const IDLE: Duration = Duration::from_secs(3600);

/// Somebody who was let in.
#[derive(Debug)]
pub(crate) struct Greeting {
    pub(crate) guest: Guest,
    pub(crate) seat: Seat,
    pub(crate) connect: Connect,
    pub(crate) terms: Terms,
    /// How long the client may be silent: one and a half of the keep-alive (MQTT-3.1.2-22).
    pub(crate) patience: Duration,
}

/// Somebody who was not. Without a version nobody would understand an answer.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) version: Option<Version>,
    pub(crate) refusal: Refusal,
}

impl Greeting {
    /// Reads the first packet.
    pub(crate) fn of(frame: Frame, port: &Port) -> Result<Self, Refused> {
        let mut connect = packet::read_connect(frame).map_err(|no| match no {
            NoConnect::Nothing => Refused { version: None, refusal: Refusal::Malformed },
            NoConnect::Version { modern } => Refused {
                version: Some(if modern { Version::V5 } else { Version::V311 }),
                refusal: Refusal::Version,
            },
            NoConnect::Malformed(version) => Refused { version: Some(version), refusal: Refusal::Malformed },
        })?;
        let refused = |refusal| Refused { version: Some(connect.version), refusal };
        let modern = connect.version == Version::V5;
        if connect.enhanced {
            return Err(refused(Refusal::Method));
        }
        let Some(guest) = port.door.admit(&connect.user, &connect.password) else {
            return Err(refused(Refusal::Credentials));
        };
        // MQTT-3.2.2-12; 3.1.1 has no word for it, and the will is published once in any case.
        if modern && connect.will.as_ref().is_some_and(|will| will.exactly_once) {
            return Err(refused(Refusal::Will));
        }
        if connect.max_packet.is_some_and(|bytes| bytes < SMALLEST_PACKET) {
            return Err(refused(Refusal::Small));
        }
        let mut assigned = None;
        if connect.client_id.is_empty() {
            // A 3.1.1 client without a name cannot come back to its session (MQTT 3.1.1 MQTT-3.1.3-8).
            if !modern && !connect.clean {
                return Err(refused(Refusal::ClientId));
            }
            connect.client_id = format!("pantau-{:032x}", rand::random::<u128>());
            assigned = Some(connect.client_id.clone());
        } else if !is_name(&connect.client_id) {
            return Err(refused(Refusal::ClientId));
        }
        let name = Name { user: guest.user.clone(), client_id: connect.client_id.clone() };
        let (terms, patience) = terms(&connect, assigned, port);
        let seat = port.directory.enter(name, connect.clean);
        // The password has done its work.
        connect.password = String::new();
        Ok(Self { guest, seat, connect, terms, patience })
    }
}

/// Letters, digits and signs one can see: safe in logs and on screens.
fn is_name(client_id: &str) -> bool {
    client_id.len() <= CLIENT_ID_MAX && client_id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn terms(connect: &Connect, client_id: Option<String>, port: &Port) -> (Terms, Duration) {
    let settings = &port.settings;
    let longest = u16::try_from(settings.keep_alive.as_secs()).unwrap_or(u16::MAX).max(1);
    let session = u32::try_from(SESSION_MAX.as_secs()).unwrap_or(u32::MAX);
    let granted = connect.expiry.min(session);
    let (agreed, told) = match (connect.version, connect.keep_alive) {
        (Version::V5, asked) if asked == 0 || asked > longest => (longest, Some(longest)),
        (_, asked) => (asked, None),
    };
    let patience =
        if agreed == 0 { IDLE } else { Duration::from_millis(u64::from(agreed).saturating_mul(1_500)) };
    let terms = Terms {
        session_present: false,
        receive_maximum: settings.receive_maximum.max(1),
        max_packet: u32::try_from(settings.max_packet).unwrap_or(u32::MAX),
        granted,
        expiry: (granted != connect.expiry).then_some(granted),
        keep_alive: told,
        client_id,
    };
    (terms, patience)
}
