//! Answers of a simulated camera.

use rtsp_types::headers::{
    CONTENT_BASE, CONTENT_TYPE, CSEQ, PUBLIC, SERVER, SESSION, TRANSPORT, WWW_AUTHENTICATE,
};
use rtsp_types::{HeaderName, HeaderValue, Request, Response, StatusCode, Version};

/// Seconds of silence after which a client must ask for something to keep its session.
const TIMEOUT_S: u32 = 60;

/// An answer to `request`, in bytes.
fn bytes(
    request: &Request<Vec<u8>>,
    status: StatusCode,
    headers: &[(HeaderName, String)],
    body: String,
) -> Vec<u8> {
    let mut builder = Response::builder(Version::V1_0, status).header(SERVER, "Pantau");
    if let Some(number) = request.header(&CSEQ) {
        builder = builder.header(CSEQ, number.clone());
    }
    let mut response = builder.build(body.into_bytes());
    for (name, value) in headers {
        response.append_header(name.clone(), HeaderValue::from(value.as_str()));
    }
    let mut out = Vec::with_capacity(512);
    // Writing to a Vec cannot fail; an empty answer would end the connection, which is what then is right.
    if response.write(&mut out).is_err() {
        out.clear();
    }
    out
}

pub(super) fn options(request: &Request<Vec<u8>>) -> Vec<u8> {
    let methods = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN".to_owned();
    bytes(request, StatusCode::Ok, &[(PUBLIC, methods)], String::new())
}

pub(super) fn refused(request: &Request<Vec<u8>>, challenges: Vec<String>) -> Vec<u8> {
    // One line for each challenge: the header type of the parser would join them in one, which some clients
    // misread.
    let mut out = bytes(request, StatusCode::Unauthorized, &[], String::new());
    let lines: String =
        challenges.iter().map(|challenge| format!("{WWW_AUTHENTICATE}: {challenge}\r\n")).collect();
    if let Some(at) = out.windows(2).position(|window| window == b"\r\n") {
        out.splice(at + 2..at + 2, lines.into_bytes());
    }
    out
}

pub(super) fn status(request: &Request<Vec<u8>>, status: StatusCode) -> Vec<u8> {
    bytes(request, status, &[], String::new())
}

/// The session description: one video track, named `video` below the requested address.
pub(super) fn description(request: &Request<Vec<u8>>, name: &str, attributes: &str) -> Vec<u8> {
    let base = request.request_uri().map(|uri| format!("{}/", uri.as_str().trim_end_matches('/')));
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns={name}\r\nt=0 0\r\na=control:*\r\n\
         m=video 0 RTP/AVP {}\r\nc=IN IP4 0.0.0.0\r\n{attributes}a=control:video\r\n",
        crate::sim::film::PAYLOAD_TYPE,
    );
    let headers = [(CONTENT_TYPE, "application/sdp".to_owned()), (CONTENT_BASE, base.unwrap_or_default())];
    bytes(request, StatusCode::Ok, &headers, body)
}

/// Video on channel 0, reports on channel 1, whatever the client proposed: all viewers get the same bytes.
pub(super) fn set_up(request: &Request<Vec<u8>>, session: &str) -> Vec<u8> {
    let headers = [
        (TRANSPORT, "RTP/AVP/TCP;unicast;interleaved=0-1".to_owned()),
        (SESSION, format!("{session};timeout={TIMEOUT_S}")),
    ];
    bytes(request, StatusCode::Ok, &headers, String::new())
}

pub(super) fn in_session(request: &Request<Vec<u8>>, session: &str) -> Vec<u8> {
    bytes(request, StatusCode::Ok, &[(SESSION, session.to_owned())], String::new())
}
