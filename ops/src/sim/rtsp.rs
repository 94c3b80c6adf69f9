//! The RTSP side of a simulated camera (RFC 2326): describe, set up, play; video interleaved in the TCP
//! connection; Basic and Digest authentication.
//!
//! Only what cameras do and clients need: one video track, no UDP, no seeking.

mod access;
mod connection;
mod reply;

pub use access::{Access, Login};
pub(crate) use connection::{Channel, Parts, serve};
