//! One picture from one camera over HTTP/1.1; with a password that is one request more.

use bytes::Bytes;
use http_auth::{PasswordClient, PasswordParams};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;

use super::{MAX_STILL, StillError, StillUrl};
use crate::config::Credentials;

/// Largest head of an answer, bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How a JPEG begins: start of image, and the first marker.
const JPEG: [u8; 3] = [0xFF, 0xD8, 0xFF];

/// What a camera answers: a picture, or what it wants to know first.
enum Answer {
    Picture(Bytes),
    Challenge(Option<PasswordClient>),
}

/// Asks for a picture; says who we are where the camera wants to know.
pub(super) async fn get(url: &StillUrl, credentials: Option<&Credentials>) -> Result<Bytes, StillError> {
    let mut client = match ask(url, None).await? {
        Answer::Picture(jpeg) => return Ok(jpeg),
        Answer::Challenge(client) => client.ok_or(StillError::Refused)?,
    };
    let credentials = credentials.ok_or(StillError::Refused)?;
    let parameters = PasswordParams {
        username: &credentials.user,
        password: credentials.password.expose_secret(),
        uri: url.target(),
        method: "GET",
        body: Some(&[]),
    };
    let proof = client.respond(&parameters).map_err(|_unusable| StillError::Refused)?;
    match ask(url, Some(&proof)).await? {
        Answer::Picture(jpeg) => Ok(jpeg),
        Answer::Challenge(_) => Err(StillError::Refused),
    }
}

async fn ask(url: &StillUrl, proof: Option<&str>) -> Result<Answer, StillError> {
    let stream = TcpStream::connect(url.place()).await.map_err(|_reason| StillError::Unreachable)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_reason| StillError::Broken)?;
    let mut request = Request::get(url.target())
        .header(HOST, url.authority())
        .header(ACCEPT, "image/jpeg")
        .header(USER_AGENT, "pantau");
    if let Some(proof) = proof {
        request = request.header(AUTHORIZATION, proof);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_reason| StillError::Broken)?;
    let exchange = async move {
        let response = sender.send_request(request).await.map_err(|_reason| StillError::Broken)?;
        read(response).await
    };
    // The connection ends once the exchange lets go of it; its own error is the exchange's.
    let (answer, _connection) = tokio::join!(exchange, connection);
    answer
}

async fn read(response: Response<Incoming>) -> Result<Answer, StillError> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Ok(Answer::Challenge(challenge(response.headers()))),
        StatusCode::FORBIDDEN => return Err(StillError::Refused),
        other => return Err(StillError::Status(other.as_u16())),
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !["image/jpeg", "image/jpg"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(StillError::NoPicture);
    }
    let body = response.into_body();
    if body.size_hint().lower() > u64::try_from(MAX_STILL).unwrap_or(u64::MAX) {
        return Err(StillError::TooLarge);
    }
    let whole = Limited::new(body, MAX_STILL).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { StillError::TooLarge } else { StillError::Broken }
    })?;
    let jpeg = whole.to_bytes();
    if jpeg.starts_with(&JPEG) { Ok(Answer::Picture(jpeg)) } else { Err(StillError::NoPicture) }
}

/// The best of what the camera offers: Digest before Basic.
fn challenge(headers: &HeaderMap) -> Option<PasswordClient> {
    let mut builder = PasswordClient::builder();
    for value in headers.get_all(WWW_AUTHENTICATE) {
        builder = builder.challenges(value.to_str().ok()?);
    }
    builder.build().ok()
}
