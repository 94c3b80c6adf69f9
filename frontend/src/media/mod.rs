//! `/v1/media`, the browser's end: from a chunk of bytes to a state that may be said of a picture.
//!
//! Everything here is pure and tested on the host; the worker that owns the socket, the decoders and the
//! canvases exists only in a browser (`worker`).

pub mod admission;
pub mod assembly;
pub mod message;
pub mod picture;
#[cfg(target_arch = "wasm32")]
pub(crate) mod screen;
pub mod verdict;
pub mod watchdog;
#[cfg(target_arch = "wasm32")]
mod worker;
