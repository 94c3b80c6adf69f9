//! `/openapi.json`: what the HTTP side offers, for machines.

use axum::Json;
use serde_json::{Map, Value, json};

/// One operation: method, path, what it answers, its query parameters.
struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    query: &'static [&'static str],
    answers: &'static [(u16, &'static str)],
}

const OK: &[(u16, &str)] = &[(200, "the answer"), (400, "a parameter cannot be read")];
const FOUND: &[(u16, &str)] = &[(200, "the answer"), (404, "there is no such thing")];

/// Every operation that the router has.
const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/healthz",
        summary: "The process answers",
        query: &[],
        answers: &[(200, "ok")],
    },
    Operation {
        method: "get",
        path: "/readyz",
        summary: "Store and sources work",
        query: &[],
        answers: &[(200, "ready"), (503, "not ready, with reasons")],
    },
    Operation {
        method: "get",
        path: "/metrics",
        summary: "Prometheus metrics",
        query: &[],
        answers: &[(200, "text")],
    },
    Operation {
        method: "get",
        path: "/v1/live",
        summary: "WebSocket, sub-protocol pantau.live.v1: the journal and newest values, live",
        query: &[],
        answers: &[(101, "switching protocols"), (400, "no such sub-protocol"), (403, "foreign origin")],
    },
    Operation {
        method: "get",
        path: "/v1/media",
        summary: "WebSocket, sub-protocol pantau.media.v1: pictures of a window's tiles",
        query: &[],
        answers: &[(101, "switching protocols"), (400, "no such sub-protocol"), (403, "foreign origin")],
    },
    Operation {
        method: "post",
        path: "/v1/events",
        summary: "Agency events: CloudEvents 1.0, one or a batch, signed by Standard Webhooks",
        query: &[],
        answers: &[
            (202, "durable"),
            (400, "bad data, with a JSON pointer; kept as a dead letter"),
            (401, "bad signature"),
            (409, "known id with another body"),
            (413, "over 256 KiB"),
            (429, "too fast"),
            (503, "the store is down"),
        ],
    },
    Operation {
        method: "post",
        path: "/v1/commands",
        summary: "A command of a person, {\"id\": uuid, \"command\": {\"kind\": …}}; the same id again is not done again",
        query: &[],
        answers: &[
            (200, "durable, with the entries it made"),
            (400, "not JSON"),
            (403, "not allowed, or a foreign origin"),
            (409, "known id with another command"),
            (413, "over 256 KiB"),
            (415, "not application/json"),
            (422, "refused, with the reason in its type and a JSON pointer; nothing was done"),
            (503, "the store is down or busy; the same id may be sent again"),
        ],
    },
    Operation {
        method: "get",
        path: "/v1/walls",
        summary: "Every screen with what hangs on it, every preset, every tour",
        query: &[],
        answers: OK,
    },
    Operation {
        method: "get",
        path: "/v1/walls/{screen}",
        summary: "One screen",
        query: &[],
        answers: FOUND,
    },
    Operation {
        method: "get",
        path: "/v1/status",
        summary: "How the server is",
        query: &["digest"],
        answers: OK,
    },
    Operation {
        method: "get",
        path: "/v1/entries",
        summary: "Entries of the journal, oldest first",
        query: &["after", "from", "to", "kind", "subject", "limit", "cursor"],
        answers: OK,
    },
    Operation {
        method: "get",
        path: "/v1/dead-letters",
        summary: "What could not be read, newest first, with counts by reason and by way in",
        query: &["reason", "source", "device", "state", "brief", "limit", "cursor"],
        answers: OK,
    },
    Operation {
        method: "get",
        path: "/v1/dead-letters/{id}",
        summary: "One dead letter with its raw bytes",
        query: &[],
        answers: FOUND,
    },
    Operation {
        method: "post",
        path: "/v1/dead-letters/{id}/replay",
        summary: "Read one dead letter again; replayed before, it is left alone",
        query: &[],
        answers: &[
            (200, "durable, with what became of it: stored, duplicate, dead_lettered or replayed"),
            (403, "not allowed, or a foreign origin"),
            (404, "there is no such dead letter"),
            (503, "the store is down or busy; it may be asked again"),
        ],
    },
    Operation {
        method: "post",
        path: "/v1/dead-letters/replay",
        summary: "Read many again, oldest first, a bounded number at once: {\"ids\": […]}, or {\"reason\", \"source\", \"device\", \"cursor\", \"limit\"}",
        query: &[],
        answers: &[
            (200, "durable, with what became of each, and `next` where more may wait"),
            (400, "not JSON, or a field that cannot be read"),
            (403, "not allowed, or a foreign origin"),
            (415, "not application/json"),
            (503, "the store is down or busy; the same may be asked again"),
        ],
    },
    Operation {
        method: "get",
        path: "/v1/complaints/{id}",
        summary: "One complaint",
        query: &[],
        answers: FOUND,
    },
    Operation {
        method: "get",
        path: "/v1/devices",
        summary: "Devices, with how they are",
        query: &["class", "limit", "cursor"],
        answers: OK,
    },
    Operation { method: "get", path: "/v1/devices/{id}", summary: "One device", query: &[], answers: FOUND },
    Operation {
        method: "get",
        path: "/v1/series/{id}/samples",
        summary: "Samples of a series, raw or in buckets; the id is device/metric, percent-encoded",
        query: &["from", "to", "bucket", "limit"],
        answers: OK,
    },
    Operation {
        method: "get",
        path: "/v1/cameras/{id}/still.jpg",
        summary: "A camera's own still picture, at most a second old; `pantau-taken-us` says when it was asked for",
        query: &[],
        answers: &[
            (200, "image/jpeg"),
            (403, "not allowed, or a part of the camera's picture is covered"),
            (404, "there is no such camera, or it gives no still pictures"),
            (502, "the camera refuses, or gives something that cannot be used"),
            (503, "the server stops"),
            (504, "the camera does not answer, or not in time"),
        ],
    },
    Operation {
        method: "post",
        path: "/v1/registry/reload",
        summary: "Read the registry again, all or nothing",
        query: &[],
        answers: &[(200, "taken over"), (422, "faulty, nothing changed; each fault with file and line")],
    },
];

/// The document.
pub(crate) async fn document() -> Json<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let in_path = operation.path.split(['{', '}']).skip(1).step_by(2);
        let parameters: Vec<Value> = in_path
            .map(|name| {
                json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
            })
            .chain(operation.query.iter().map(|name| {
                json!({ "name": name, "in": "query", "required": false, "schema": { "type": "string" } })
            }))
            .collect();
        let responses: Map<String, Value> = operation
            .answers
            .iter()
            .map(|(status, text)| (status.to_string(), json!({ "description": text })))
            .collect();
        let value = json!({ "summary": operation.summary, "parameters": parameters, "responses": responses });
        if let Value::Object(path) = paths.entry(operation.path).or_insert_with(|| json!({})) {
            path.insert(operation.method.to_owned(), value);
        }
    }
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Pantau", "version": "1", "license": { "name": "MIT OR Apache-2.0" } },
        "paths": paths,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_every_route_of_the_api() {
        let router = include_str!("../web.rs");
        let routes: Vec<&str> = router
            .split(".route(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|path| path.starts_with("/v1/") || path.ends_with('z') || path.starts_with("/metrics"))
            .collect();
        assert!(routes.len() >= 17, "{routes:?}");
        for route in &routes {
            assert!(OPERATIONS.iter().any(|operation| operation.path == *route), "{route} is not described");
        }
        for operation in OPERATIONS {
            assert!(routes.contains(&operation.path), "{} is described but not there", operation.path);
        }
    }
}
