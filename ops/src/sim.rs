//! The simulated city of `cargo demo`, the tests and the benchmarks.
//!
//! Kota Metro on real protocols: cameras that speak RTSP ([`camera`]), sensors and access points that speak
//! MQTT 5 to the server itself, agencies that post signed events ([`feed`]). It knows nothing of
//! the server but its address and its contract, so whatever works with the simulated city works with a real one.
//!
//! [`City`] is the whole of it; the parts can be used alone. What the cameras see comes from the clips of the
//! repository ([`library`], [`clip`]), which this crate draws and encodes itself when it is built with the
//! feature `encode`; [`synthetic`] makes streams of any size for benchmarks.
//!
//! **Invariant:** what goes wrong here goes wrong on the wire (a closed socket, a repeated picture, a will),
//! never by a back door into the server.

pub mod camera;
mod city;
pub mod clip;
pub mod clock;
mod command;
mod config;
mod device;
#[cfg(feature = "encode")]
mod draw;
#[cfg(feature = "encode")]
pub mod encode;
mod error;
pub mod feed;
pub mod film;
mod fleet;
pub mod library;
mod ports;
mod pump;
pub mod registry;
mod rtcp;
pub mod rtsp;
mod stats;
mod storm;
pub mod synthetic;
mod trouble;

pub use city::{City, CityOptions, Pace};
pub use command::{CommandError, FAULTS};
pub use error::SimError;
pub use stats::Stats;
