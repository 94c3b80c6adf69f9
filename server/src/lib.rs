//! Pantau's server: the composition of the rooms.
//!
//! [`config`] says what there is; [`serve`] starts everything in order and stops it in reverse. Inside: `core`
//! writes the journal, `hub` shows it, `media` shows pictures, `web` answers HTTP.
//!
//! **Invariant:** no SQL, no protocol parsing and no rule about state lives here.

pub mod admin;
mod app;
pub mod backup;
mod beats;
mod cameras;
pub mod clock;
pub mod config;
mod core;
mod hub;
mod letters;
mod live;
mod media;
mod reload;
mod senders;
pub mod serve;
mod threads;
mod tls;
mod web;
mod ws;

/// The name of this build: version, and a digest of the pages inside.
pub const BUILD: &str = env!("PANTAU_BUILD");
