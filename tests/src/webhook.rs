//! An agency that posts events, signed by Standard Webhooks, written from the specification and not from the
//! server's code.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Request;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::http::{self, Answer};
use crate::time::now;

/// The key that the test city shares with its sender, and another one.
pub const KEY: [u8; 32] = *b"end-to-end key of the test city!";
/// The key of another sender, where there is one.
pub const OTHER_KEY: [u8; 32] = *b"the second sender's key of tests";
/// A key that nobody configured.
pub const FOREIGN_KEY: [u8; 32] = *b"somebody else's key, never given";
/// The source that the test city's sender speaks for.
pub const SOURCE: &str = "/metro/dinkominfo/";

/// The secret as a configuration file holds it.
#[must_use]
pub fn secret(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// One request to `/v1/events`, to be bent by tests that want it wrong.
#[derive(Debug, Clone)]
pub struct Post {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: i64,
    /// What it is signed with.
    pub key: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Bytes,
}

impl Post {
    /// A good one.
    #[must_use]
    pub fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            id: format!("msg_{}", now().micros()),
            timestamp: now().micros() / 1_000_000,
            key: KEY.to_vec(),
            content_type: "application/cloudevents+json",
            body,
        }
    }

    /// A good one with these events.
    #[must_use]
    pub fn batch(events: &[Value]) -> Self {
        let body = Value::from(events.to_vec()).to_string();
        Self { content_type: "application/cloudevents-batch+json", ..Self::new(body) }
    }

    /// The value of `webhook-signature`.
    #[must_use]
    pub fn signature(&self) -> String {
        let signed = [format!("{}.{}.", self.id, self.timestamp).as_bytes(), &self.body].concat();
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).map(|mut mac| {
            mac.update(&signed);
            mac.finalize().into_bytes()
        });
        format!("v1,{}", STANDARD.encode(mac.unwrap_or_default()))
    }

    /// Sends it.
    ///
    /// # Errors
    /// No answer.
    pub async fn send(&self, address: SocketAddr) -> anyhow::Result<Answer> {
        let request = Request::post("/v1/events")
            .header("content-type", self.content_type)
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", self.timestamp)
            .header("webhook-signature", self.signature());
        http::send(address, request, self.body.clone()).await
    }
}

/// A complaint as an agency sends it, for `ticket`.
#[must_use]
pub fn complaint(ticket: &str, description: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("{ticket}/1"),
        "source": format!("{SOURCE}lapor"),
        "type": "id.pantau.complaint.received.v1",
        "subject": format!("complaint/{ticket}"),
        "time": now().to_string(),
        "datacontenttype": "application/json",
        "data": {
            "service_request_id": ticket,
            "service_code": "jalan-rusak",
            "service_name": "Jalan rusak",
            "description": description,
            "agency": "pupr",
            "address": "Jl. Jend. Sudirman",
            "lat": -5.117_391_82,
            "long": 105.309_117_3,
            "channel": "sms",
            "requested_datetime": now().to_string(),
            "reporter": { "name": "Siti", "contact": "+62 812 0000 0000" },
        },
    })
}
