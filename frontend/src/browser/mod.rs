//! The browser's side of things: clocks, timers, sockets, requests. The only place that touches them.

mod clock;
pub(crate) mod face;
mod renew;
mod request;
mod socket;
mod timer;

pub(crate) use clock::{monotonic_ms, now, random, random_bytes};
pub(crate) use renew::{reload, reload_at_most_once_a_minute, since_reload_ms};
pub(crate) use request::{get_answer, get_json, post_json};
pub(crate) use socket::{Incoming, Socket};
pub(crate) use timer::{after, every, on_paint, sleep};

use wasm_bindgen::JsValue;

/// Takes what the browser refused to do, where refusing is fine: a message to a closed socket, a preference
/// that cannot be kept. The state that follows from it is seen elsewhere (silence, a frozen picture).
pub(crate) fn best_effort<T>(result: Result<T, JsValue>) {
    drop(result);
}
