//! The pages: built by `ops bundle`, embedded by `build.rs`, served from memory.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// One embedded file.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Path below the bundle's root, for instance `assets/page-wall.js`.
    pub(crate) path: &'static str,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
    /// Its bytes, gzipped.
    pub(crate) gzip: Option<&'static [u8]>,
    /// Its bytes by brotli, a quarter smaller; browsers ask for it over https and on their own machine.
    pub(crate) brotli: Option<&'static [u8]>,
    /// Its entity tag, quoted.
    pub(crate) etag: &'static str,
}

impl Asset {
    /// The smallest form that the reader takes: its encoding, and the bytes.
    fn smallest(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let takes = |encoding: &str| {
            let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
            accepted.is_some_and(|list| {
                let names = list.split(',').map(|one| one.split_once(';').unwrap_or((one, "")));
                names.into_iter().any(|(name, weight)| name.trim() == encoding && !refused(weight))
            })
        };
        [("br", self.brotli), ("gzip", self.gzip)]
            .into_iter()
            .find_map(|(name, bytes)| Some((Some(name), bytes.filter(|_| takes(name))?)))
            .unwrap_or((None, self.bytes))
    }
}

/// `;q=0`: this one least of all.
fn refused(weight: &str) -> bool {
    let number = weight.trim().strip_prefix("q=").and_then(|text| text.trim().parse::<f32>().ok());
    number == Some(0.0)
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The wall: which screen, its module reads in the path.
pub(crate) async fn wall(headers: HeaderMap) -> Response {
    page("wall.html", &headers)
}

/// The desk.
pub(crate) async fn desk(headers: HeaderMap) -> Response {
    page("desk.html", &headers)
}

/// The operations page and the start page, which are one module.
pub(crate) async fn ops(headers: HeaderMap) -> Response {
    page("ops.html", &headers)
}

fn page(path: &str, headers: &HeaderMap) -> Response {
    serve(path, headers).unwrap_or_else(|| {
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
    let mut response = if seen {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (encoding, bytes) = asset.smallest(headers);
        let mut response = Body::from(bytes).into_response();
        if let Some(name) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::ETAG, HeaderValue::from_static(asset.etag));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // The tag decides: a new build is seen at the next load, an old one costs a 304.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_smallest_form_that_it_takes() {
        let asset = Asset {
            path: "assets/a.js",
            content_type: "text/javascript",
            bytes: b"plain",
            gzip: Some(b"gz"),
            brotli: Some(b"b"),
            etag: "\"1\"",
        };
        let cases: [(&str, Option<&str>); 7] = [
            ("gzip, deflate, br, zstd", Some("br")),
            ("br;q=1.0, gzip;q=0.8", Some("br")),
            ("gzip, br;q=0", Some("gzip")),
            ("gzip, deflate", Some("gzip")),
            ("brotli", None),
            ("identity", None),
            ("", None),
        ];
        for (accepted, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(asset.smallest(&headers).0, expected, "{accepted}");
        }
        assert_eq!(asset.smallest(&HeaderMap::new()), (None, &b"plain"[..]));
    }
}
