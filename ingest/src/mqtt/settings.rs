//! What the session needs to know.

use std::path::PathBuf;
use std::time::Duration;

use pantau_schemas::ids::CityCode;
use secrecy::SecretString;
use url::Url;

/// Largest payload taken by default, bytes.
pub const MAX_PACKET: usize = 1024 * 1024;
/// Messages without PUBACK by default: as many as MQTT can number.
///
/// At 1,000 a second they reach over a minute in which the store takes nothing, while screens still see every new
/// value; with fewer the broker falls silent before.
pub const RECEIVE_MAXIMUM: u16 = u16::MAX;
/// Default keep-alive. A dead connection is noticed within two of them.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long the broker keeps messages while we are away, by default: a week outlasts a long holiday.
pub const SESSION_EXPIRY: Duration = Duration::from_secs(7 * 24 * 3600);
/// Shortest keep-alive that rumqttc takes.
const MIN_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// MQTT 5, and 3.1.1 once the broker says that it does not know 5.
    #[default]
    Auto,
    /// MQTT 5 only.
    V5,
    /// MQTT 3.1.1 only. Flow control is then the broker's (`max_inflight_messages` of Mosquitto).
    V311,
}

/// Which broker, as whom, and within which bounds. `Debug` prints no password.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    /// The city whose namespace is subscribed to.
    pub city: CityCode,
    /// Stable: the broker keeps the session under it. Two servers with the same one throw each other out.
    pub client_id: String,
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<SecretString>,
    /// PEM file of authorities to trust beside the system's. Read again at every connection.
    pub ca_file: Option<PathBuf>,
    /// The version of MQTT.
    pub protocol: Protocol,
    /// How often both sides prove that they live; at least 5 s.
    pub keep_alive: Duration,
    /// How long the broker keeps the session while we are away (MQTT 5; whole seconds).
    pub session_expiry: Duration,
    /// Most messages without PUBACK; at least 1.
    pub receive_maximum: u16,
    /// Largest payload taken, bytes; above it a message is a dead letter `too_big`.
    pub max_packet: usize,
}

/// Why a text is no address of a broker. Never repeats the text: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL with a host.
    #[error("is not a URL with a host")]
    Invalid,
    /// Another scheme.
    #[error("must begin with mqtt:// or mqtts://")]
    Scheme,
    /// Credentials inside.
    #[error("must not hold user and password: they have keys of their own")]
    Credentials,
    /// A path, query or fragment, which mean nothing here.
    #[error("must end after the host and port")]
    Path,
}

impl Settings {
    /// The defaults for a broker at `mqtt://host[:1883]` or `mqtts://host[:8883]`.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn new(url: &str, city: CityCode) -> Result<Self, UrlError> {
        let url = Url::parse(url).or(Err(UrlError::Invalid))?;
        let tls = match url.scheme() {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err(UrlError::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(UrlError::Path);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(UrlError::Invalid)?;
        Ok(Self {
            host: host.to_owned(),
            port: url.port().unwrap_or(if tls { 8883 } else { 1883 }),
            tls,
            client_id: format!("pantau-{city}"),
            city,
            user: None,
            password: None,
            ca_file: None,
            protocol: Protocol::default(),
            keep_alive: KEEP_ALIVE,
            session_expiry: SESSION_EXPIRY,
            receive_maximum: RECEIVE_MAXIMUM,
            max_packet: MAX_PACKET,
        })
    }

    /// The keep-alive within rumqttc's bounds.
    pub(crate) fn keep_alive(&self) -> Duration {
        self.keep_alive.max(MIN_KEEP_ALIVE)
    }

    /// Messages without PUBACK within MQTT's bounds.
    pub(crate) fn receive_maximum(&self) -> u16 {
        self.receive_maximum.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_a_port() {
        let city = || CityCode::new("metro").unwrap();
        let read = |url: &str| Settings::new(url, city()).map(|s| (s.host, s.port, s.tls));
        assert_eq!(read("mqtt://127.0.0.1"), Ok(("127.0.0.1".into(), 1883, false)));
        assert_eq!(read("mqtts://broker.metro.id"), Ok(("broker.metro.id".into(), 8883, true)));
        assert_eq!(read("mqtt://[::1]:1884/"), Ok(("[::1]".into(), 1884, false)));
        assert_eq!(read("http://x"), Err(UrlError::Scheme));
        assert_eq!(read("mqtt://user:pw@x"), Err(UrlError::Credentials));
        assert_eq!(read("mqtt://x/topic"), Err(UrlError::Path));
        assert_eq!(read("mqtt://"), Err(UrlError::Invalid));
        assert_eq!(read("broker"), Err(UrlError::Invalid));
    }

    #[test]
    fn a_password_is_never_printed() {
        let mut settings = Settings::new("mqtt://x", CityCode::new("metro").unwrap()).unwrap();
        settings.password = Some("canary".into());
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
