//! Why a session failed, in our words.
//!
//! retina keeps the type of its errors to itself; its texts may hold addresses and what the camera said.

use pantau_schemas::stream::StreamCause;
use secrecy::ExposeSecret;

use crate::config::Credentials;
use crate::scrub::scrub;
use crate::source::SourceError;

/// What must never be in a text about this stream.
pub(super) struct Secrets {
    credentials: Option<Credentials>,
    path: String,
}

impl Secrets {
    pub(super) fn new(credentials: Option<&Credentials>, url: &url::Url) -> Self {
        let path = url[url::Position::BeforePath..].trim_matches('/').to_owned();
        Self { credentials: credentials.cloned(), path }
    }

    /// The cause of a failure, by its status or, where retina keeps its type to itself, by its text.
    pub(super) fn classify(&self, error: &retina::Error) -> SourceError {
        let text = error.to_string();
        let cause = match error.status_code() {
            Some(401 | 403) => StreamCause::Unauthorized,
            Some(404) => StreamCause::NotFound,
            Some(415) => StreamCause::UnsupportedCodec,
            Some(_) => StreamCause::Protocol,
            None => cause_of(&text),
        };
        // A path like `/1` is no secret, and striking every 1 out would leave no text.
        let mut secrets = vec![self.path.as_str()];
        secrets.extend(self.credentials.iter().map(|credentials| credentials.user.as_str()));
        secrets.retain(|text| text.len() >= 4);
        secrets.extend(self.credentials.iter().map(|credentials| credentials.password.expose_secret()));
        SourceError::new(cause, scrub(&text, &secrets))
    }
}

/// The cause in the words of retina 0.4.21 (`src/error.rs`) and the numbers of Linux.
fn cause_of(text: &str) -> StreamCause {
    let line = text.lines().next().unwrap_or_default();
    if line.starts_with("Unable to connect") {
        return match os_error(line) {
            Some(111) => StreamCause::Refused,
            Some(110) => StreamCause::ConnectTimeout,
            _ => StreamCause::Unreachable,
        };
    }
    if line.starts_with("Error reading") || line.starts_with("Error writing") {
        // A keepalive that was not answered: the camera is there, but does nothing.
        let stalled = line.contains("keepalive") || os_error(line) == Some(110);
        return if stalled { StreamCause::Stalled } else { StreamCause::Closed };
    }
    if line.contains("at EOF") {
        return StreamCause::Closed;
    }
    if line.starts_with("Invalid argument") {
        return StreamCause::Configuration;
    }
    StreamCause::Protocol
}

/// The number in `… (os error 111)`.
fn os_error(text: &str) -> Option<u32> {
    text.split("os error ").nth(1)?.split(')').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_failure_become_its_cause() {
        for (text, cause) in [
            ("Unable to connect to RTSP server: Connection refused (os error 111)", StreamCause::Refused),
            ("Unable to connect to RTSP server: No route to host (os error 113)", StreamCause::Unreachable),
            (
                "Unable to connect to RTSP server: failed to lookup address information",
                StreamCause::Unreachable,
            ),
            (
                "Error reading from RTSP peer: Connection reset by peer (os error 104)\n\nconn: x",
                StreamCause::Closed,
            ),
            (
                "Error reading from RTSP peer: EOF while expecting response to PLAY CSeq 4",
                StreamCause::Closed,
            ),
            (
                "Error reading from RTSP peer: Server failed to respond to keepalive 9 within 30s",
                StreamCause::Stalled,
            ),
            ("RTSP framing error: Incomplete RTSP message at EOF (…)", StreamCause::Closed),
            ("RTSP framing error: Unexpected RTSP response", StreamCause::Protocol),
            ("wrong ssrc after 9 RTP pkts", StreamCause::Protocol),
        ] {
            assert_eq!(cause_of(text), cause, "{text}");
        }
    }
}
