//! `window.__pantau`: what tests and technicians may ask of a page.
//!
//! `window.__pantau.report()` gives a plain object:
//! `{ link, seq, digest, heads, gaps, memory_bytes, silent, store, offset_ms, media: { link, missing, tiles: [{ tile,
//! camera, player, said: { state, since, cause }, seen, seen_since, socket, decoder, silent_ms, picture, waiting_ms,
//! first_picture_ms, quality, size, received, decoded, drawn, superseded, dropped, skipped, left_out, errors,
//! behind_ms }] } }`. `player` is `webcodecs` or `mse`, `said` the server's word, `seen` the browser's; the worse of
//! both stands in the tile's `data-face`. `socket` and `decoder` are rungs of the ladder, the lower one in its
//! `data-rung`. `digest` is that of `World::digest`, hex; `gaps` counts entries that did not follow the ones before;
//! `memory_bytes` is the page's WebAssembly memory, which never shrinks.
//! `media` is `null` on pages without video.

use js_sys::{JSON, Object, Reflect};
use pantau_schemas::time::Timestamp;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use leptos::prelude::*;

use crate::browser::best_effort;
use crate::live::city::{City, Link};
use crate::media::choice::Missing;
use crate::media::message::Report;
use crate::media::screen::Screen;

#[derive(Serialize)]
struct Debug {
    link: bool,
    seq: u64,
    digest: String,
    heads: usize,
    gaps: u64,
    memory_bytes: u64,
    silent: Option<Timestamp>,
    store: Option<pantau_schemas::wire::StoreState>,
    offset_ms: i64,
    media: Option<Report>,
}

/// Puts the object where it is looked for.
pub(super) fn publish(city: City, screen: Option<Result<Screen, Missing>>) {
    let report = Closure::<dyn FnMut() -> JsValue>::new(move || {
        let debug = city.read(|replica| Debug {
            link: city.link.get_untracked() == Link::Up,
            seq: replica.world().seq.0,
            digest: replica.world().digest().to_string(),
            heads: replica.heads().len(),
            gaps: replica.gaps(),
            memory_bytes: memory_bytes(),
            silent: city.silent.get_untracked(),
            store: replica.server.store,
            offset_ms: city.offset_ms(),
            media: screen.map(|screen| match screen {
                Ok(screen) => screen.report(),
                Err(missing) => Report { missing: Some(missing), ..Report::default() },
            }),
        });
        let text = serde_json::to_string(&debug).unwrap_or_default();
        JSON::parse(&text).unwrap_or(JsValue::NULL)
    });
    let object = Object::new();
    best_effort(Reflect::set(&object, &"report".into(), &report.into_js_value()));
    best_effort(Reflect::set(&js_sys::global(), &"__pantau".into(), &object));
}

/// The size of this page's WebAssembly memory.
fn memory_bytes() -> u64 {
    const PAGE: u64 = 65_536;
    u64::try_from(core::arch::wasm32::memory_size(0)).unwrap_or(0) * PAGE
}
