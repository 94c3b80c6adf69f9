//! CloudEvents 1.0, structured JSON: the envelope and the event types of the contract.
//!
//! - `attributes`: the envelope, and from it a whole [`FeedEvent`](pantau_schemas::event::FeedEvent)
//! - [`speaker`]: which sources a speaker may speak for
//! - `content`: the types and what each must say; `complaint`, `proposal`, `money`, `note`
//! - `reporter`: the person behind a complaint, split off before anything is kept

mod attributes;
mod complaint;
mod content;
mod money;
mod note;
mod proposal;
mod reporter;
pub mod speaker;

pub use attributes::decode;
pub use speaker::Speaker;
