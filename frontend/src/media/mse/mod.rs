//! Pictures in a `<video>`, by Media Source Extensions: for pages that are not secure and browsers without WebCodecs.
//!
//! The worker keeps the socket and packs ([`super::fmp4`]); the page appends and plays. The media source is the
//! page's and not a worker's: only Chromium lets workers have one, and an append is asynchronous work of the browser
//! wherever it is asked for.

mod shown;
mod source;
mod video;

pub(super) use video::Video;
