//! What can keep the simulated city from starting.

use std::path::PathBuf;

use super::clip::ClipError;

/// Why the simulated city, or a part of it, did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A file of the scratch folder could not be written.
    #[error("failed to write {path}", path = .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No loopback port could be had.
    #[error("failed to listen on the loopback interface")]
    Listen(#[source] std::io::Error),
    /// A clip of the repository cannot be read.
    #[error("failed to read the clip of {camera}")]
    Clip {
        /// Whose clip.
        camera: String,
        /// Why.
        #[source]
        source: ClipError,
    },
    /// An option that makes no city.
    #[error("{0}")]
    Options(String),
}
