//! What can be known of a picture without decoding it.
//!
//! Four detectors, none of which looks at another: how often frames come ([`pace`]), whether key frames
//! repeat ([`picture`]), whether RTP time runs as time does, and what the camera's clock says ([`rtp_clock`]).
//! The reader of a session asks them and decides.

pub(crate) mod pace;
pub(crate) mod picture;
pub(crate) mod rtp_clock;
