//! Which server, as whom: a `postgres://` URL, read once.

use std::fmt;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Error};
use tokio::time::Instant;

use crate::location::LocationError;

/// How to reach a database. Printed, also with `{:?}`, it names everything but the password.
#[derive(Clone)]
pub struct Server {
    options: Arc<PgConnectOptions>,
    /// When somebody last found that the address leads to a server that takes them.
    met: Arc<Mutex<Option<Instant>>>,
}

impl Server {
    /// Reads `postgres://user@host:port/database`. A `host` that begins with a slash (`?host=/run/postgresql`)
    /// is the folder of a Unix socket.
    /// A password in it is refused: a URL is copied into tickets and shown on screens.
    pub(crate) fn parse(url: &str) -> Result<Self, LocationError> {
        let reason = |error: Error| match error {
            Error::Configuration(reason) => LocationError::Postgres(reason.to_string()),
            other => LocationError::Postgres(other.to_string()),
        };
        let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
        let authority = address.split_once("://").map_or(address, |(_, rest)| rest);
        let user = authority.split('/').next().and_then(|host| host.rsplit_once('@')).map(|(user, _)| user);
        if user.is_some_and(|user| user.contains(':'))
            || parameters.split('&').any(|parameter| parameter.starts_with("password="))
        {
            return Err(LocationError::Password);
        }
        let options = PgConnectOptions::from_str(url).map_err(reason)?;
        let options = Arc::new(options.application_name("pantau").disable_statement_logging());
        Ok(Self { options, met: Arc::default() })
    }

    /// The same with a password from elsewhere than the URL.
    #[must_use]
    pub fn with_password(self, password: &SecretString) -> Self {
        let options = PgConnectOptions::clone(&self.options).password(password.expose_secret());
        Self { options: Arc::new(options), met: self.met }
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The address was followed anew, and somebody was there.
    pub(super) fn note_met(&self) {
        *self.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age is older than that: after a failover it may lead to a server that was the primary
    /// once, and answers with what was true then.
    pub(super) fn is_outdated(&self, age: Duration) -> bool {
        let met = *self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.is_some_and(|met| met.elapsed() < age)
    }

    /// Whether a network may be in between. sqlx does not set `TCP_NODELAY` and has no way to: over TCP a
    /// small COPY waits for a delayed acknowledgement, 44 ms on Linux.
    pub(super) fn is_remote(&self) -> bool {
        self.options.get_socket().is_none() && !self.options.get_host().starts_with('/')
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        write!(f, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(folder) => write!(f, "{}:{}/{database}", folder.display(), options.get_port()),
            None => write!(f, "{}:{}/{database}", options.get_host(), options.get_port()),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}
