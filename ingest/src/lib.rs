//! Ways into the city: each turns bytes into an observation or a dead letter with a reason.
//!
//! - [`mqtt`]: a supervised session with the broker; hands [`delivery::Delivery`]s to the core and
//!   acknowledges each to the broker when the core says that it is durable
//! - [`listener`]: devices publish to Pantau itself; PUBACK follows the same answer
//! - [`webhook`]: signatures and bodies of `POST /v1/events` (the HTTP around them is the server's)
//! - [`message`], [`topic`], [`state`], [`meta`], [`netjson`], [`senml`], [`cloud_event`]: the decoders, pure
//! - [`replay`]: a dead letter, read again by the way it came
//! - [`json`]: JSON of strangers, read safely, as a [`tree`]
//!
//! **Invariant:** nothing here decides or remembers. Every message becomes exactly one delivery, and whoever
//! sent it is told "taken" only after its receipt was answered.

#![warn(missing_docs)]

pub mod cloud_event;
mod counter;
pub mod delivery;
mod envelope;
pub mod fault;
mod fields;
mod identity;
pub mod json;
mod ledger;
pub mod listener;
pub mod message;
pub mod meta;
pub mod mqtt;
pub mod netjson;
pub mod replay;
pub mod senml;
pub mod skew;
pub mod state;
#[cfg(test)]
mod testing;
pub mod topic;
pub mod tree;
pub mod webhook;
