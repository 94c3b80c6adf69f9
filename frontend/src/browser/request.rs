//! JSON from and to our own server.

use js_sys::{Object, Promise, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::json;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_namespace = AbortSignal, js_name = timeout)]
    fn give_up_after(ms: u32) -> JsValue;
}

/// Posts a JSON text; gives status and body, or `None` when there was no whole answer within that time.
pub(crate) async fn post_json(
    path: &str,
    language: &str,
    body: &str,
    within_ms: u32,
) -> Option<(u16, String)> {
    post(path, language, body, within_ms).await.ok()
}

async fn post(path: &str, language: &str, body: &str, within_ms: u32) -> Result<(u16, String), JsValue> {
    let object = |fields: &[(&str, JsValue)]| {
        let object = Object::new();
        for (key, value) in fields {
            Reflect::set(&object, &JsValue::from_str(key), value)?;
        }
        Ok::<JsValue, JsValue>(object.into())
    };
    let headers =
        object(&[("content-type", "application/json".into()), ("accept-language", language.into())])?;
    let init = object(&[
        ("method", "POST".into()),
        ("headers", headers),
        ("body", body.into()),
        ("signal", give_up_after(within_ms)),
    ])?;
    let response: web_sys::Response = JsFuture::from(fetch(path, &init)?).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}

/// Reads `path`; gives status and body, or `None` when there was no whole answer.
pub(crate) async fn get_answer(path: &str) -> Option<(u16, String)> {
    get(path).await.ok()
}

/// Reads `path`; `None` when the server does not answer with JSON of that shape. Pages show that they could
/// not read; the reason is in the browser's own network log.
pub(crate) async fn get_json<T: DeserializeOwned>(path: &str) -> Option<T> {
    let (status, text) = get(path).await.ok()?;
    (200..300).contains(&status).then(|| json::read(&text).ok()).flatten()
}

async fn get(path: &str) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response = JsFuture::from(window.fetch_with_str(path)).await?;
    let response: web_sys::Response = response.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}
