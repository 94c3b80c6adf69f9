//! Now, by this machine, and chance.

use pantau_schemas::time::Timestamp;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// In a page and in a worker alike.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    /// On insecure pages too, unlike `crypto.randomUUID`.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_with_chance(bytes: &mut [u8]);
}

/// Milliseconds that never go back, since some moment.
pub(crate) fn monotonic_ms() -> f64 {
    performance_now()
}

/// This machine's wall clock. May be wrong by any amount: pages show the server's time.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far below 2^53")]
    let millis = js_sys::Date::now() as i64;
    Timestamp::from_millis(millis)
}

/// A number in `0.0..1.0`, for jitter.
pub(crate) fn random() -> f64 {
    js_sys::Math::random()
}

/// Chance that nobody can guess, for identities.
pub(crate) fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    fill_with_chance(&mut bytes);
    bytes
}
