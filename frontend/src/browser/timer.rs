//! Timers that work in a page and in a worker alike, and go on when the page is hidden.

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, ms: u32) -> JsValue;
    #[wasm_bindgen(js_name = setInterval)]
    fn set_interval(callback: &JsValue, ms: u32) -> JsValue;
    #[wasm_bindgen(js_name = requestAnimationFrame)]
    fn request_animation_frame(callback: &JsValue) -> JsValue;
}

/// Calls once, after that many milliseconds.
pub(crate) fn after(ms: u32, call: impl FnOnce() + 'static) {
    set_timeout(&Closure::once_into_js(call), ms);
}

/// Waits so many milliseconds.
pub(crate) async fn sleep(ms: u32) {
    let mut wake = |resolve: js_sys::Function, _reject| {
        set_timeout(&resolve, ms);
    };
    super::best_effort(JsFuture::from(js_sys::Promise::new(&mut wake)).await);
}

/// Calls every so many milliseconds, for as long as the page lives.
pub(crate) fn every(ms: u32, call: impl FnMut() + 'static) {
    set_interval(&Closure::new(call).into_js_value(), ms);
}

/// Calls once, from within the next frame that the page paints; never, while it paints none. Only in a page.
pub(crate) fn on_paint(call: impl FnOnce() + 'static) {
    request_animation_frame(&Closure::once_into_js(call));
}
