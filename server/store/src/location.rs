//! Where the store is, as the configuration writes it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A parsed `store.url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// `sqlite:data/pantau.db`: a file.
    Sqlite(PathBuf),
}

/// Why a `store.url` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// `postgres://…`, which this build cannot use.
    #[error("PostgreSQL is not in this build yet; use sqlite:FILE")]
    NotInThisBuild,
    /// `sqlite::memory:`, which would forget what it acknowledged.
    #[error("a store in memory would lose what was acknowledged; use sqlite:FILE")]
    Memory,
    /// `sqlite:` and no file.
    #[error("sqlite: needs a file, for instance sqlite:data/pantau.db")]
    NoFile,
    /// Some other scheme. The rest is not repeated: it may hold a password.
    #[error("unknown scheme; use sqlite:FILE")]
    Scheme,
}

impl Location {
    /// Reads a `store.url`; a relative file is relative to `base`, the configuration's folder.
    ///
    /// # Errors
    /// [`LocationError`] says what is wrong with it.
    pub fn parse(url: &str, base: &Path) -> Result<Self, LocationError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Err(LocationError::NotInThisBuild);
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Location, LocationError> {
        Location::parse(url, Path::new("/etc/pantau"))
    }

    #[test]
    fn a_relative_file_is_found_beside_the_configuration() {
        let expected = Location::Sqlite("/etc/pantau/data/pantau.db".into());
        assert_eq!(parse("sqlite:data/pantau.db"), Ok(expected.clone()));
        assert_eq!(parse("sqlite://data/pantau.db"), Ok(expected));
        assert_eq!(parse("sqlite:/var/p.db"), Ok(Location::Sqlite("/var/p.db".into())));
        assert_eq!(parse("sqlite:///var/p.db"), Ok(Location::Sqlite("/var/p.db".into())));
    }

    #[test]
    fn what_cannot_keep_a_promise_is_refused_with_its_reason() {
        assert_eq!(parse("postgres://user@host/pantau"), Err(LocationError::NotInThisBuild));
        assert_eq!(parse("sqlite::memory:"), Err(LocationError::Memory));
        assert_eq!(parse("sqlite:"), Err(LocationError::NoFile));
        assert_eq!(parse("mysql://u:secret@h/d"), Err(LocationError::Scheme));
        assert!(!LocationError::Scheme.to_string().contains("secret"));
    }
}
