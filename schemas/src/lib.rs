//! The words of the domain, shared by the server and the browser.
//!
//! Everything that crosses a boundary between rooms, processes or machines is a type of this crate:
//! identities, the registry, what sources say ([`observation`]), what happened ([`entry`]), what therefore
//! is ([`world`]), and the bytes on the wire ([`wire`], [`media`]).
//!
//! **Invariant:** nothing here reads a clock, a file, a socket or a random number. The same code, compiled
//! for the server and for the browser, turns the same entries into the same [`world::World`].

#![warn(missing_docs)]

pub mod command;
pub mod dead_letter;
pub mod entry;
pub mod event;
pub mod hash;
pub mod ids;
pub mod ladder;
pub mod measure;
pub mod media;
pub mod metric;
pub mod missing;
pub mod observation;
pub mod order;
mod position;
pub mod registry;
pub mod stream;
mod tagged;
pub mod text;
pub mod time;
#[cfg(feature = "toml")]
pub mod toml_reader;
pub mod wall;
pub mod wire;
pub mod world;
