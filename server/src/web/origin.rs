//! Which pages may open our WebSockets: those that we served ourselves, and no others.
//!
//! Browsers do not apply the same-origin policy to WebSockets; without this check any page that an operator
//! opens could read the wall (cross-site WebSocket hijacking). Programs send no `Origin` and are let through:
//! they cannot borrow an operator's browser.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::problem::Problem;

/// The origins that are ours, scheme, host and port.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    origins: Vec<String>,
    loopback: bool,
}

impl Origins {
    /// Of a server that listens there.
    pub(crate) fn of(listen: SocketAddr, tls: bool, configured: &[String]) -> Self {
        let scheme = if tls { "https" } else { "http" };
        let mut origins = configured.to_vec();
        origins.push(format!("{scheme}://{listen}"));
        if listen.ip().is_loopback() {
            let port = listen.port();
            origins
                .extend(["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{scheme}://{host}:{port}")));
        }
        Self { origins, loopback: listen.ip().is_loopback() }
    }

    /// Refuses a request that was not addressed to us: a page whose name was pointed at this machine after it
    /// was loaded (DNS rebinding) is of its own origin, but its requests carry its own name.
    ///
    /// Only where the server listens on loopback: elsewhere it may be called by names it does not know.
    pub(crate) fn check_host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let host = headers.get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
        let known = |origin: &String| origin.split("://").nth(1).is_some_and(|name| name.as_bytes() == host);
        if !self.loopback || host.is_empty() || self.origins.iter().any(known) {
            return Ok(());
        }
        let detail = "this server does not go by that name; see `server.origins`";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host", detail))
    }

    /// Refuses a request from a page of another origin.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let mut values = headers.get_all(header::ORIGIN).iter();
        let ours = match (values.next(), values.next()) {
            (None, _) => true,
            (Some(origin), None) => self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()),
            _ => false,
        };
        if ours {
            return Ok(());
        }
        let detail = "this page may not open a connection: its origin is not ours; see `server.origins`";
        Err(Problem::new(StatusCode::FORBIDDEN, "origin", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn only_the_exact_origin_is_ours() {
        let origins =
            Origins::of("127.0.0.1:8080".parse().unwrap(), false, &["https://pantau.example".into()]);
        let check = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            origins.check(&headers).is_ok()
        };
        for good in ["http://127.0.0.1:8080", "http://localhost:8080", "https://pantau.example"] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "null",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:8081",
            "http://127.0.0.1:8080.evil.example",
            "http://evil.example",
            "https://sub.pantau.example",
            "https://pantau.example.evil.example",
            "http://127.0.0.1",
        ] {
            assert!(!check(bad), "{bad}");
        }
        assert!(origins.check(&HeaderMap::new()).is_ok(), "a program has no origin");
    }

    #[test]
    fn a_name_pointed_at_us_is_not_ours() {
        let check = |listen: &str, host: &'static str| {
            let origins = Origins::of(listen.parse().unwrap(), false, &["https://pantau.example".into()]);
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            origins.check_host(&headers).is_ok()
        };
        assert!(check("127.0.0.1:8080", "localhost:8080"));
        assert!(check("127.0.0.1:8080", "pantau.example"));
        assert!(!check("127.0.0.1:8080", "evil.example:8080"));
        assert!(!check("127.0.0.1:8080", "localhost:8081"));
        assert!(check("0.0.0.0:8080", "10.0.0.5:8080"), "elsewhere we do not know all our names");
    }
}
