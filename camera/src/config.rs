//! Which cameras there are and how to reach them.
//!
//! **Invariant:** nothing here prints a password, a user or the path of a URL: some cameras carry the
//! password in the path (`/user=admin&password=…`), so the path counts as a secret too.

use std::fmt;
use std::sync::Arc;

use pantau_schemas::ids::DeviceId;
use secrecy::{ExposeSecret, SecretString};

/// One camera. Equal configurations are the same camera in the same place: nothing is restarted for them.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraConfig {
    /// Which device it is.
    pub id: DeviceId,
    /// The large picture.
    pub main: StreamUrl,
    /// The small picture, where the camera offers one.
    pub sub: Option<StreamUrl>,
    /// User and password, for both.
    pub credentials: Option<Credentials>,
    /// Nobody is to see it for now (privacy, maintenance): nothing is fetched, and its streams say
    /// [`Masked`](pantau_schemas::stream::StreamState::Masked).
    pub covered: bool,
}

impl fmt::Debug for CameraConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CameraConfig").field("id", &self.id).finish_non_exhaustive()
    }
}

/// User and password of a camera.
#[derive(Clone)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl PartialEq for Credentials {
    // Two configurations of our own are compared, never a guess of somebody: time may leak here.
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user && self.password.expose_secret() == other.password.expose_secret()
    }
}

impl Eq for Credentials {}

/// Where a stream is: an `rtsp://` URL without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamUrl {
    url: Arc<url::Url>,
    authority: Arc<str>,
}

/// Why a text is no address of a stream. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL at all, or one without a host.
    #[error("is not a URL with a host")]
    NotAUrl,
    /// Another scheme than `rtsp`.
    #[error("must begin with rtsp://")]
    Scheme,
    /// Another scheme than `http`, for still pictures.
    #[error("must begin with http://")]
    StillScheme,
    /// A user or a password inside.
    #[error("must not hold user and password")]
    Credentials,
}

impl StreamUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`UrlError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = url::Url::parse(text).map_err(|_ignored| UrlError::NotAUrl)?;
        if url.scheme() != "rtsp" {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(UrlError::NotAUrl)?;
        let authority = format!("{host}:{}", url.port().unwrap_or(DEFAULT_PORT)).into();
        Ok(Self { url: Arc::new(url), authority })
    }

    /// Host and port. Attempts are limited per authority and not per address: behind one address with
    /// several ports are several cameras (port forwarding).
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The whole address, for a source to connect to. Not for a log: paths hold secrets too.
    #[must_use]
    pub fn expose(&self) -> &url::Url {
        &self.url
    }
}

impl fmt::Debug for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rtsp://{}/…", self.authority)
    }
}

/// RTSP's port, RFC 2326.
const DEFAULT_PORT: u16 = 554;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_printed() {
        let config = CameraConfig {
            id: DeviceId::new("cam-1").unwrap(),
            main: StreamUrl::parse("rtsp://10.0.0.1/user=admin&password=hunter2").unwrap(),
            sub: Some(StreamUrl::parse("rtsp://10.0.0.1:8554/s?token=hunter2").unwrap()),
            credentials: Some(Credentials { user: "operator-x".into(), password: "hunter2".into() }),
            covered: false,
        };
        let text = format!("{config:?} {:#?} {:?} {:?}", config, config.main, config.credentials);
        assert!(!text.contains("hunter2") && !text.contains("operator-x"), "{text}");
    }

    #[test]
    fn an_address_with_a_password_is_refused_without_repeating_it() {
        let error = StreamUrl::parse("rtsp://admin:hunter2@10.0.0.1/s").unwrap_err();
        assert_eq!(error, UrlError::Credentials);
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(StreamUrl::parse("rtsps://10.0.0.1/s"), Err(UrlError::Scheme));
        assert_eq!(StreamUrl::parse("rtsp:///s"), Err(UrlError::NotAUrl));
    }

    #[test]
    fn another_password_is_another_configuration() {
        let with = |password: &str| Credentials { user: "u".into(), password: password.into() };
        assert_eq!(with("a"), with("a"));
        assert_ne!(with("a"), with("b"));
    }
}
