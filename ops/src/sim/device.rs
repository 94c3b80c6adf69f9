//! Simulated devices: MQTT 5 clients with one connection each, as real ones have, so that a last will is true.

mod curve;
mod life;
mod model;

pub(crate) use life::{Life, Network};
