//! Supervisors against a scripted camera, under a clock that the test holds.

#![expect(clippy::unwrap_used, reason = "a helper of tests panics as a test does")]

mod configuration;
mod deadlines;
mod fake;
#[path = "../logged/mod.rs"]
mod logged;
mod picture;
mod retries;
mod rig;
mod viewers;
