//! Errors as RFC 9457 problem documents: what is wrong, where, and what to do.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::language::Language;

/// An answer that is an error.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    title: &'static str,
    #[serde(serialize_with = "code")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
    #[serde(skip)]
    language: Option<Language>,
}

fn code<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// An error of a kind (`urn:pantau:problem:{kind}`), explained for a person.
    pub(crate) fn new(status: StatusCode, kind: &'static str, detail: &str) -> Self {
        Self {
            kind: Cow::Owned(format!("urn:pantau:problem:{kind}")),
            title: status.canonical_reason().unwrap_or("error"),
            status,
            detail: detail.to_owned(),
            pointer: None,
            retry_after_s: None,
            language: None,
        }
    }

    /// A value of the request that cannot be read.
    pub(crate) fn bad_request(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// Something that is not there.
    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// The store does not answer; nothing was acknowledged.
    pub(crate) fn store_down() -> Self {
        let detail = "the store is not taking data at the moment; nothing was acknowledged, send again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store-down", detail).retry_after(5)
    }

    /// Where in the body the culprit is (JSON pointer).
    pub(crate) fn at(mut self, pointer: &str) -> Self {
        self.pointer = Some(pointer.to_owned());
        self
    }

    /// The language in which it is explained.
    pub(crate) fn in_language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// When to come again.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl From<pantau_store::StoreError> for Problem {
    fn from(error: pantau_store::StoreError) -> Self {
        tracing::warn!(%error, "failed to read from the store");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store-down", "the store could not be read; try again")
            .retry_after(5)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(language) = self.language {
            headers.insert(header::CONTENT_LANGUAGE, language.header());
        }
        response
    }
}
