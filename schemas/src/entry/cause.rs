//! Why an entry is there. Read by hand, so that a cause of a newer version costs nobody the entry.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{CommandId, EventKey, Seq};

/// What an entry follows from, so that a timeline can say why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The process started.
    Start,
    /// The registry was read.
    Registry,
    /// A message of a source (`mqtt`, `webhook`, `camera`).
    Input(String),
    /// An event of a feed.
    Event(EventKey),
    /// A person's command.
    Command(CommandId),
    /// Time passed: a rule's timer ran out.
    Timer,
    /// An earlier entry.
    Entry(Seq),
    /// A word of a newer version.
    Unknown,
}

impl<'de> Deserialize<'de> for Cause {
    /// serde's `other` takes a word without content only: `{"incident": …}` would cost the whole message.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CauseVisitor)
    }
}

struct CauseVisitor;

impl<'de> Visitor<'de> for CauseVisitor {
    type Value = Cause;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cause: a word, or an object with one key")
    }

    fn visit_str<E>(self, word: &str) -> Result<Cause, E> {
        Ok(match word {
            "start" => Cause::Start,
            "registry" => Cause::Registry,
            "timer" => Cause::Timer,
            _ => Cause::Unknown,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cause, A::Error> {
        let mut cause = Cause::Unknown;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "input" => cause = Cause::Input(map.next_value()?),
                "event" => cause = Cause::Event(map.next_value()?),
                "command" => cause = Cause::Command(map.next_value()?),
                "entry" => cause = Cause::Entry(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(cause)
    }
}
