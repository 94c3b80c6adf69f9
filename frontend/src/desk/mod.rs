//! What an operator does at the desk, as far as it needs no browser: finding a camera, calling it up by number,
//! what a key means, how a command fares on its way.
//!
//! **Invariant:** nothing here decides what may hang on a wall. It makes commands; the server answers, and the
//! World shows what came of it.

pub mod call_up;
pub mod cells;
pub mod facts;
pub mod keys;
pub mod measures;
pub mod merge;
#[cfg(target_arch = "wasm32")]
pub(crate) mod office;
pub mod order;
pub mod round;
pub mod search;
pub mod zones;
