//! The agencies: they post what happens to `/v1/events`, signed, and do not give up.

mod post;
mod queue;
mod signature;
mod story;
mod words;

pub(crate) use queue::{Feed, Parts};
pub use signature::{NotASecret, Secret};
