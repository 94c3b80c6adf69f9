//! One supervised MQTT session with the city's broker.
//!
//! ```text
//! broker ─▶ session (polls rumqttc) ─▶ queue ─▶ forward (decodes) ─▶ intake ─▶ core
//!              ▲                                   │                             │
//!              └──── acknowledge ◀── (packet, waiting end of the receipt) ◀──────┘ durable
//! ```
//!
//! - `session`: one connection, from CONNECT to its end. Only it polls, and it waits for nothing but the
//!   network and, for at most half a keep-alive, for room in the queue
//! - `forward`: decodes what arrived and puts it into the intake, in the order of arrival
//! - `acknowledge`: sends each PUBACK when its receipt was answered, in the order of arrival, as MQTT demands
//! - [`run`]: a session after the other, with backoff between them
//!
//! What is full, and what then:
//!
//! | edge | bound | when full |
//! |---|---|---|
//! | broker → session, `QoS` 1 | `receive_maximum` messages without PUBACK (MQTT 5); a broker that does not keep to it, at most 65,535 | the broker waits; it is the spool |
//! | session → forward | 64 MiB; 65,535 `QoS` 1 messages, which is all there are packet identifiers for | reading pauses for half a keep-alive, then the connection is given up; the broker sends again |
//! | session → forward, `QoS` 0 | 1,024 messages, and half of the 64 MiB | dropped and counted (`dropped`) |
//! | forward → acknowledge → session | 65,535 | never: no more can be without PUBACK |
//!
//! **A receipt that is dropped unanswered** (the store is down) is never acknowledged. Brokers send again only
//! after a reconnect, so the session is given up and taken up again, with backoff; what was committed
//! meanwhile comes twice and is a duplicate by its identity.
//!
//! **Never a message lost to rumqttc's own state:** its event loop keeps events of a dead connection and hands
//! them out in the next, where their packet identifiers mean other messages. So every connection has an event
//! loop of its own, and an acknowledgement that belongs to a dead connection goes nowhere.
//!
//! **Packets above the limit** are no reason to disconnect, which would be for ever: the broker would send
//! them again. Up to 16 times the limit they are read, become a dead letter `too_big` and are acknowledged.
//! Above that a MQTT 5 broker discards them itself, as it is told to in CONNECT; MQTT 3.1.1 cannot say that,
//! so there all that the protocol allows (256 MiB) is read and cut.

mod acknowledge;
mod backoff;
mod forward;
mod link;
mod run;
mod session;
pub mod settings;
pub mod status;
mod tls;

pub use run::run;
pub use settings::{Protocol, Settings, UrlError};
pub use status::{Counters, Phase, Status};
