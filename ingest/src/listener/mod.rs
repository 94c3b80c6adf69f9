//! Direct MQTT intake: devices publish to Pantau itself, and PUBACK means *committed*.
//!
//! A sink and not a broker: nothing is routed, nothing is kept for anybody, every subscription is refused.
//! MQTT 5 and 3.1.1, `QoS` 0 and 1, wills, keep-alive, logins with rights per device.
//!
//! ```text
//!          ┌ reader: bytes ─ frame ─ packet ─ message ─▶ intake ─▶ core
//! client ──┤                   │ ticket                              │
//!          └ writer ◀── line: in order ◀── ledger: one byte each ◀───┘ durable
//! ```
//!
//! - [`run`]: takes connections, up to a bound; each is one task
//! - `connection`: from CONNECT (`greeting`) to the last will (`end` says when); the two halves are polled by the
//!   one task, so that a commit wakes it once
//! - `frame`, `packet`, `answer`: bytes; pure. The codec of rumqttc reads the packets' contents
//! - `line`: what both halves share: messages without PUBACK, and answers that wait to be written
//! - `directory`: who is connected under which name, and which sessions outlive their connection
//! - [`account`]: who may connect, and what a login may publish
//!
//! What is full, and what then:
//!
//! | edge | bound | when full |
//! |---|---|---|
//! | network → listener | `connections` | closed at once, and counted (`refused`) |
//! | network → CONNECT | 10 s; 4 KiB each, 16 MiB over all that bring more | closed, and counted (`refused`) |
//! | connection → intake, `QoS` 1 | `receive_maximum` messages without PUBACK | MQTT 5: told so in CONNACK, DISCONNECT 0x93 if exceeded; 3.1.1: not read further |
//! | connection → intake, all | twice as many with `QoS` 0, and 4 MiB | not read further: TCP is the queue |
//! | all connections → intake | 256 MiB (or four of the largest packets) until receipts are settled | not read further |
//! | listener → intake | the intake's | not read further |
//! | connection → client | 16 KiB and the acknowledgements of what is on the way | not read further; nothing taken for 60 s: closed |
//! | sessions without a connection | as many as connections, an hour | forgotten; the client is told "no session" |
//! | wills that wait for their delay | as many as connections | published at once |
//!
//! **A receipt that is dropped unanswered** (the core stops) is never acknowledged: its connection is closed,
//! with DISCONNECT 0x89 where MQTT has it, and the client sends again.
//!
//! **Left out:** TLS. Where the network is not trusted, a proxy that ends TLS stands in front, or a broker.

pub mod account;
mod answer;
mod connection;
mod directory;
mod end;
mod frame;
mod greeting;
mod line;
mod packet;
mod port;
mod reader;
mod run;
pub mod settings;
pub mod status;
mod writer;

pub use account::{Account, Devices, DevicesError, Rights};
pub use run::{bind, run};
pub use settings::Settings;
pub use status::{Counters, Phase, Status};
