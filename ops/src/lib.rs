//! The simulated city, and the tool behind `cargo demo`, `cargo verify` and `cargo bench-city`.
//!
//! **Invariant:** nothing here is needed when Pantau runs in a city.

pub mod bench;
pub mod sim;
pub mod stage;
#[cfg(feature = "tool")]
pub mod tool;
