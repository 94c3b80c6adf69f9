//! `/v1/live`, the browser's end: one [`replica::Replica`] of the World, kept true over any number of connections.
//!
//! Pure parts: [`replica`] (what a message changes), [`pulse`] (whether the server still speaks, and what time
//! it is there), [`backoff`] (when to try again), [`renewal`] (when the page loads itself anew), [`repaint`] (when views
//! follow), [`beat`] (what a screen says of itself). The socket itself and the signals that pages read exist
//! only in a browser: `socket` and `city`.

pub mod backoff;
pub mod beat;
#[cfg(target_arch = "wasm32")]
pub(crate) mod city;
#[cfg(target_arch = "wasm32")]
pub(crate) mod heart;
pub mod pulse;
pub mod renewal;
pub mod repaint;
pub mod replica;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod tell;
