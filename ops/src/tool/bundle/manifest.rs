//! The list of what is in a bundle, with the checks that a server or a mirror needs.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Everything in one bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Names this bundle: 16 hexadecimal digits, the same for the same bytes.
    pub build: String,
    /// Stands for everything the bundle was made from, SHA-256 in hexadecimal.
    pub inputs: String,
    /// The files, in the order of their paths. The compressed siblings (`….gz`, `….br`) are not listed themselves.
    pub files: Vec<File>,
}

/// One file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path in the bundle, with `/`: `assets/page-wall.js`.
    pub path: String,
    /// Its media type, with the character set where it has one.
    pub content_type: String,
    /// Bytes as they are.
    pub size: u64,
    /// Bytes of the sibling `….gz`.
    pub gzip_size: u64,
    /// Bytes of the sibling `….br`; an optimised bundle has one for every file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brotli_size: Option<u64>,
    /// SHA-256 of the uncompressed bytes in hexadecimal; serves as the entity tag.
    pub sha256: String,
}

impl File {
    /// What a browser fetches, bytes: the smallest form there is.
    #[must_use]
    pub fn wire_size(&self) -> u64 {
        self.brotli_size.unwrap_or(self.gzip_size)
    }
}

impl Manifest {
    /// The manifest at this path, or `None` when there is none that can be read.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Are all its files below this folder, with the bytes it says?
    #[must_use]
    pub fn is_whole(&self, folder: &Path) -> bool {
        let has = |path: String, size: u64| {
            std::fs::metadata(folder.join(path)).is_ok_and(|meta| meta.len() == size)
        };
        self.files.iter().all(|file| {
            has(format!("{}.gz", file.path), file.gzip_size)
                && file.brotli_size.is_none_or(|size| has(format!("{}.br", file.path), size))
                && std::fs::read(folder.join(&file.path)).is_ok_and(|bytes| sha256(&bytes) == file.sha256)
        })
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The media type a browser is told for a file of this name.
#[must_use]
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
