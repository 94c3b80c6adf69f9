//! The connection to `/v1/live`: hands every message to the replica and says what it touched.

use pantau_schemas::wire::{LiveMessage, PROTOCOL};

use super::city::City;
use super::pulse::GIVE_UP_MS;
use crate::browser::{Incoming, Socket, every};
use crate::json;

/// How often silence is looked for, ms.
const LOOK_MS: u32 = 200;

/// Connects the city, for as long as the page lives.
pub(super) fn connect(city: City) -> Socket {
    let socket = Socket::new("/v1/live", PROTOCOL);
    let own = socket.clone();
    socket.start(move |incoming| match incoming {
        Incoming::Open => own.send(&city.hello()),
        // A message that cannot be read is one of a newer version: what it says is not shown, the rest is.
        Incoming::Text(text) => {
            if let Ok(message) = json::read::<LiveMessage>(&text)
                && city.take(message).is_err()
            {
                city.unlinked();
                own.reconnect();
            }
        }
        Incoming::Binary(_) => {}
        Incoming::Closed => city.unlinked(),
    });
    let handle = socket.clone();
    every(LOOK_MS, move || {
        city.pass_time();
        city.renew();
        if socket.is_idle(GIVE_UP_MS) {
            city.unlinked();
            socket.reconnect();
        }
    });
    handle
}
