//! End to end: the shipped program against Mosquitto, gst-rtsp-server and Chromium.
//!
//! One binary, one module per promise. Times are printed, not asserted: a deadline here says "broken", not
//! "slow", because the machines that run tests are busy.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod alarms;
mod backup;
mod broker;
mod cameras;
mod configuration;
mod crash;
mod desk;
mod direct;
mod faults;
mod gaps;
mod gates;
mod honesty;
mod hostile;
mod ladder;
mod legible;
mod letters;
mod letters_page;
mod malformed;
mod players;
mod screens;
mod slow;
mod soak;
mod stills;
mod store_faults;
mod strain;
mod streams;
mod tours;
mod upgrade;
mod wall;
mod walls;
mod will;
