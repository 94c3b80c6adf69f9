//! What the end-to-end tests stand on: a city of real programs that Pantau did not write.
//!
//! [`city::TestCity`] starts Mosquitto, gst-rtsp-server and the `pantau` program on free loopback ports, in a
//! folder of its own, and ends them when it is dropped. Around it are clients as an outsider would write them:
//! [`live`], [`media`], [`http`], [`webhook`], [`device`], and a [`browser`].
//!
//! **Invariants.** Every wait is for a condition and has a deadline ([`wait`]). A test whose tools are not
//! installed says so on the real standard error ([`tools`]), past the capture of the test runner. Nothing here
//! reaches into the server: what a test knows, it read from a socket.

#![warn(missing_docs)]

pub mod browser;
pub mod city;
pub mod clock;
pub mod device;
pub mod dice;
pub mod disk;
pub mod faults;
pub mod group;
pub mod http;
pub mod line;
pub mod live;
pub mod media;
pub mod proxy;
pub mod readings;
pub mod rtsp;
pub mod said;
pub mod server;
pub mod socket;
pub mod throttle;
pub mod time;
pub mod tools;
pub mod webhook;

pub use pantau_ops::stage::{broker, ports, postgres, process, wait};
