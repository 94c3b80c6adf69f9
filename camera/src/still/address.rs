//! Where a camera gives still pictures.

use std::fmt;
use std::sync::Arc;

use crate::config::UrlError;

/// HTTP's port, RFC 9110.
const DEFAULT_PORT: u16 = 80;

/// An `http://` URL without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct StillUrl {
    host: Arc<str>,
    port: u16,
    /// Path and query, as a request names them.
    target: Arc<str>,
}

impl StillUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`UrlError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = url::Url::parse(text).map_err(|_ignored| UrlError::NotAUrl)?;
        if url.scheme() != "http" {
            return Err(UrlError::StillScheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(UrlError::NotAUrl)?;
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self { host: host.into(), port: url.port().unwrap_or(DEFAULT_PORT), target: target.into() })
    }

    /// The host, an IPv6 address without its brackets, and the port.
    pub(super) fn place(&self) -> (&str, u16) {
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }

    /// What the `Host` header says.
    pub(super) fn authority(&self) -> String {
        if self.port == DEFAULT_PORT { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Path and query. Not for a log: they hold secrets too.
    pub(super) fn target(&self) -> &str {
        &self.target
    }
}

impl fmt::Debug for StillUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}/…", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_split_as_a_request_needs_it() {
        let url = StillUrl::parse("http://10.0.0.1/cgi-bin/snapshot.cgi?channel=1").unwrap();
        assert_eq!((url.place(), url.authority().as_str()), (("10.0.0.1", 80), "10.0.0.1"));
        assert_eq!(url.target(), "/cgi-bin/snapshot.cgi?channel=1");
        let url = StillUrl::parse("http://[fd00::1]:8080").unwrap();
        assert_eq!((url.place(), url.authority().as_str()), (("fd00::1", 8080), "[fd00::1]:8080"));
        assert_eq!(url.target(), "/");
    }

    #[test]
    fn what_is_no_such_address_is_refused_without_repeating_it() {
        assert_eq!(StillUrl::parse("http://admin:hunter2@h/x"), Err(UrlError::Credentials));
        assert_eq!(StillUrl::parse("https://h/x"), Err(UrlError::StillScheme));
        assert_eq!(StillUrl::parse("snapshot.jpg"), Err(UrlError::NotAUrl));
        let printed = format!("{:?}", StillUrl::parse("http://h/snap?pwd=hunter2").unwrap());
        assert_eq!(printed, "http://h:80/…");
    }
}
