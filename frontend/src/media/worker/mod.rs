//! The media worker: one socket for the window, and for each tile a decoder and a canvas, or a packer for the
//! `<video>` in the page.
//!
//! It runs beside the page so that no layout ever delays a picture and no picture ever delays the clock. Frames
//! are closed as soon as they are drawn or replaced; a decoder holds only a few before it stands still.

mod decoder;
mod packer;
mod player;
mod surface;
mod tile;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use pantau_schemas::media::{MediaRequest, PROTOCOL};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, OffscreenCanvas};

use self::player::Player;
use super::message::{Command, Reply};
use crate::browser::{Incoming, Socket, best_effort, every};
use crate::json;

/// How often the page is told how the tiles are, ms.
const REPORT_MS: u32 = 250;
/// A connection on which nothing comes although cameras are live is given up after this, ms.
const IDLE_MS: f64 = 8_000.0;

/// Entry point of the worker.
pub fn start() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let socket = Socket::new("/v1/media", PROTOCOL);
    let player = Rc::new(RefCell::new(Player::new(scope.clone(), socket.clone())));

    let own = Rc::clone(&player);
    let commands = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let parts: Array = event.data().unchecked_into();
        let command = parts.get(0).as_string().and_then(|text| json::read::<Command>(&text).ok());
        match command {
            Some(Command::Canvas { tile }) => {
                if let Ok(canvas) = parts.get(1).dyn_into::<OffscreenCanvas>() {
                    own.borrow_mut().canvas(tile, canvas);
                }
            }
            Some(Command::Player { player }) => own.borrow_mut().plays_with(player),
            Some(Command::Tiles { tiles }) => Player::show(&own, tiles),
            Some(Command::Taken { tile, count }) => own.borrow_mut().taken(tile, count),
            Some(Command::Stood { ms }) => own.borrow_mut().stood(ms),
            Some(Command::Shown { tile, sequence, capture_us }) => {
                own.borrow().request(&MediaRequest::Shown { tile, sequence, capture_us });
            }
            None => {}
        }
    });
    scope.set_onmessage(Some(commands.into_js_value().unchecked_ref()));

    let own = Rc::clone(&player);
    socket.start(move |incoming| match incoming {
        Incoming::Open => own.borrow_mut().linked(),
        Incoming::Text(text) => {
            if let Ok(notice) = json::read(&text) {
                Player::notice(&own, notice);
            }
        }
        Incoming::Binary(bytes) => Player::frame(&own, &js_sys::Uint8Array::new(&bytes).to_vec()),
        Incoming::Closed => own.borrow_mut().unlinked(),
    });

    let own = Rc::clone(&player);
    let reporter = scope.clone();
    every(REPORT_MS, move || {
        let mut player = own.borrow_mut();
        player.look(f64::from(REPORT_MS));
        if player.expects_frames() && socket.is_idle(IDLE_MS) {
            player.unlinked();
            socket.reconnect();
        }
        reply(&reporter, &Reply::Report(player.report()));
    });
    reply(&scope, &Reply::Ready);
}

fn reply(scope: &DedicatedWorkerGlobalScope, reply: &Reply) {
    if let Ok(text) = serde_json::to_string(reply) {
        best_effort(scope.post_message(&JsValue::from_str(&text)));
    }
}
