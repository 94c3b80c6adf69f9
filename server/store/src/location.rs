//! Where the store is, as the configuration writes it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::postgres::Server;

/// A parsed `store.url`.
#[derive(Debug, Clone)]
pub enum Location {
    /// `sqlite:data/pantau.db`: a file.
    Sqlite(PathBuf),
    /// `postgres://user@host/pantau`: a database of a server.
    Postgres(Server),
}

/// Why a `store.url` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// `postgres://…` with something wrong behind it; what, without repeating it.
    #[error("is no address of a database like postgres://user@host/pantau: {0}")]
    Postgres(String),
    /// A password where everybody sees it.
    #[error("must not hold the password; put it into a file and name that with password_file")]
    Password,
    /// `sqlite::memory:`, which would forget what it acknowledged.
    #[error("a store in memory would lose what was acknowledged; use sqlite:FILE")]
    Memory,
    /// `sqlite:` and no file.
    #[error("sqlite: needs a file, for instance sqlite:data/pantau.db")]
    NoFile,
    /// Some other scheme. The rest is not repeated: it may hold a password.
    #[error("unknown scheme; use sqlite:FILE or postgres://user@host/pantau")]
    Scheme,
}

impl Location {
    /// Reads a `store.url`; a relative file is relative to `base`, the configuration's folder.
    ///
    /// # Errors
    /// [`LocationError`] says what is wrong with it.
    pub fn parse(url: &str, base: &Path) -> Result<Self, LocationError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Server::parse(url).map(Self::Postgres);
        }
        let rest = url.strip_prefix("sqlite:").ok_or(LocationError::Scheme)?;
        let file = rest.strip_prefix("//").unwrap_or(rest);
        if file.starts_with(":memory:") {
            return Err(LocationError::Memory);
        }
        if file.is_empty() || file.ends_with('/') {
            return Err(LocationError::NoFile);
        }
        Ok(Self::Sqlite(base.join(file)))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(server) => server.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<String, LocationError> {
        Location::parse(url, Path::new("/etc/pantau")).map(|location| location.to_string())
    }

    #[test]
    fn a_relative_file_is_found_beside_the_configuration() {
        let expected = "sqlite:/etc/pantau/data/pantau.db".to_owned();
        assert_eq!(parse("sqlite:data/pantau.db"), Ok(expected.clone()));
        assert_eq!(parse("sqlite://data/pantau.db"), Ok(expected));
        assert_eq!(parse("sqlite:/var/p.db"), Ok("sqlite:/var/p.db".to_owned()));
        assert_eq!(parse("sqlite:///var/p.db"), Ok("sqlite:/var/p.db".to_owned()));
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        assert_eq!(parse("postgres://u@h/d"), Ok("postgres://u@h:5432/d".to_owned()));
        let socket = "postgres://u@localhost/d?host=/run/postgresql";
        assert_eq!(parse(socket), Ok("postgres://u@/run/postgresql:5432/d".to_owned()));
        let Ok(Location::Postgres(server)) = Location::parse("postgres://u@h/d", Path::new("")) else {
            panic!("not taken");
        };
        let server = server.with_password(&"rahasia".to_owned().into());
        assert!(!format!("{server} {server:?} {:?}", Location::Postgres(server.clone())).contains("rahasia"));
    }

    #[test]
    fn what_cannot_keep_a_promise_is_refused_with_its_reason() {
        assert_eq!(parse("postgres://u:rahasia@h/d"), Err(LocationError::Password));
        assert_eq!(parse("postgres://u@h/d?password=rahasia"), Err(LocationError::Password));
        assert!(matches!(parse("postgres://u@h:port/d"), Err(LocationError::Postgres(_))));
        assert!(matches!(parse("postgres://u@h/d?sslmode=perhaps"), Err(LocationError::Postgres(_))));
        assert_eq!(parse("sqlite::memory:"), Err(LocationError::Memory));
        assert_eq!(parse("sqlite:"), Err(LocationError::NoFile));
        assert_eq!(parse("mysql://u:secret@h/d"), Err(LocationError::Scheme));
        assert!(!LocationError::Scheme.to_string().contains("secret"));
    }
}
