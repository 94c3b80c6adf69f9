//! `POST /v1/events`, without the HTTP: who signed ([`signature`]), and what the body says ([`body`]).

pub mod body;
pub mod signature;

pub use body::decode;
pub use signature::{Headers, SecretKey, SignatureError, verify};
