//! The pages: built by `ops bundle`, embedded by `build.rs`, served from memory.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// One embedded file.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Path below the bundle's root, for instance `assets/pantau.js`.
    pub(crate) path: &'static str,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
    /// Its bytes, gzipped.
    pub(crate) gzip: Option<&'static [u8]>,
    /// Its entity tag, quoted.
    pub(crate) etag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A page: which one, the browser decides by the path.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    serve("index.html", &headers).unwrap_or_else(|| {
        let detail = "this server was built without its pages; run `cargo demo`, or `cargo ops bundle` before building it";
        Problem::new(StatusCode::NOT_FOUND, "no-pages", detail).into_response()
    })
}

/// A script, a style, the WASM.
pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    serve(&format!("assets/{file}"), &headers)
        .unwrap_or_else(|| Problem::not_found("there is no such file").into_response())
}

fn serve(path: &str, headers: &HeaderMap) -> Option<Response> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    let seen = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == asset.etag.as_bytes());
    let gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let mut response = match asset.gzip.filter(|_| gzip && !seen) {
        Some(bytes) => {
            let mut response = Body::from(bytes).into_response();
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        None if seen => StatusCode::NOT_MODIFIED.into_response(),
        None => Body::from(asset.bytes).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // The tag decides: a new build is seen at the next load, an old one costs a 304.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}
