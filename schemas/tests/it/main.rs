//! The promises of this crate to the other rooms, to older and newer versions of itself, and to the journals
//! that already exist.
//!
//! - [`samples`]: one value of every message and every change; [`frozen`] compares them with
//!   `schemas/fixtures/v1`, [`newer`] reads what only a newer version would write.
//! - [`world`], [`walls`], [`chain`], [`wire`], [`text`], [`registry`]: properties that hold for any value, drawn by [`draw`].
//! - [`faults`]: what a person is told about a faulty registry. [`inputs`]: the samples for other rooms.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chain;
mod draw;
mod faults;
mod frozen;
mod inputs;
mod newer;
mod registry;
mod samples;
mod text;
mod walls;
mod wire;
mod world;
