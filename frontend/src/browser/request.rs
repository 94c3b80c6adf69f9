//! Reading JSON from our own server.

use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Reads `path`; `None` when the server does not answer with JSON of that shape. Pages show that they could
/// not read; the reason is in the browser's own network log.
pub(crate) async fn get_json<T: DeserializeOwned>(path: &str) -> Option<T> {
    let text = get(path).await.ok()?;
    serde_json::from_str(&text).ok()
}

async fn get(path: &str) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response = JsFuture::from(window.fetch_with_str(path)).await?;
    let response: web_sys::Response = response.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from_f64(response.status().into()));
    }
    let text = JsFuture::from(response.text()?).await?;
    text.as_string().ok_or(JsValue::NULL)
}
