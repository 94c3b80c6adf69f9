//! The tool behind `cargo demo` and `cargo verify`: everything a person or CI runs on this repository.
//!
//! It drives `cargo`, `npm` and the built server as child processes and never reaches into their state.
//! Nothing the server needs at run time lives here.

pub mod bundle;
pub mod console;
pub mod demo;
pub mod prerequisite;
pub mod progress;
pub mod shots;
pub mod verify;
pub mod workspace;
