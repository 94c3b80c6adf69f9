//! `/v1/media`, the browser's end: from a chunk of bytes to a state that may be said of a picture.
//!
//! The same bytes feed two players ([`choice`]): decoders in the worker (WebCodecs), or, where the page is not secure
//! or the browser lacks them, a `<video>` in the page, for which the worker packs what came ([`fmp4`]). Where neither plays a
//! camera, its own still pictures are shown ([`still`]).
//!
//! Everything here is pure and tested on the host, but for what exists only in a browser: the worker that owns the
//! socket, the decoders and the canvases (`worker`), and the page's end (`screen`, `mse`).

pub mod admission;
pub mod assembly;
pub mod backlog;
pub mod choice;
pub mod edge;
pub mod fmp4;
#[cfg(target_arch = "wasm32")]
mod hand;
pub mod load;
pub mod message;
#[cfg(target_arch = "wasm32")]
mod mse;
pub mod picture;
#[cfg(target_arch = "wasm32")]
mod sampler;
#[cfg(target_arch = "wasm32")]
pub(crate) mod screen;
pub mod still;
pub mod verdict;
pub mod watchdog;
#[cfg(target_arch = "wasm32")]
pub mod worker;
