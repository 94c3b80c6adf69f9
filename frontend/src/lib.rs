//! The pages of Pantau, compiled to WebAssembly: the wall, the operator's desk, the operations page, the start page.
//!
//! A page holds one [`live::replica::Replica`] of the World and applies entries to it, like the server does;
//! what it shows is computed from that ([`view`]) and put into words ([`text`], [`mod@format`]). Video runs in
//! workers beside the page ([`media`]).
//!
//! Every page, and the worker, is a program of its own (`src/bin`) around this library: a module has what its page
//! can reach, and no more.
//!
//! **Invariants:** no state is changed but by `World::apply` and snapshots. No markup is ever made from text:
//! pages create text nodes. A value that is old, or whose link is down, never looks fresh.
//!
//! Pure modules compile and are tested on any machine; what touches the browser exists only for wasm32.

pub mod desk;
pub mod digits;
pub mod format;
pub mod json;
pub mod live;
pub mod media;
pub mod text;
pub mod view;
pub mod zone;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
pub mod page;
