//! Programs of others that tests and benchmarks run beside the server: a database, a broker.
//!
//! **Invariant:** each lives in a folder of its own, listens on loopback or on a socket in that folder, and ends with
//! whoever started it, by its own id.

pub mod broker;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod programs;
pub mod wait;
