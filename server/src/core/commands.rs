//! Commands of people: done once, however often they are sent.
//!
//! A command that is carried out leaves its identity in the inbox, beside the places of the entries it made. Who
//! sends it again is told of the same entries, also after a restart. A command that is refused leaves nothing: the
//! same id may be tried again when the World is another one.

use pantau_engine::command;
use pantau_ingest::delivery::Outcome;
use pantau_schemas::command::{Order, Place, Reason};
use pantau_schemas::ids::{CommandId, EventKey, Seq};
use pantau_schemas::time::Timestamp;
use pantau_store::InboxRow;
use serde::{Deserialize, Serialize};

use super::Core;
use super::seen::Familiarity;

/// The source that commands have in the inbox; no sender of events may speak for it, for a sender's sources begin
/// with what its configuration says.
const SOURCE: &str = "urn:pantau:commands";

/// What makes a command itself in the inbox.
///
/// # Errors
/// Never for an id that was checked.
pub(crate) fn key(id: &CommandId) -> Result<EventKey, pantau_schemas::ids::IdError> {
    EventKey::new(SOURCE, id.as_str())
}

/// What the inbox keeps of a command that was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The last entry before those that it made.
    pub(crate) after: Seq,
    /// How many it made.
    pub(crate) count: u32,
    /// Who wanted it.
    actor: String,
    /// What, as the wire writes it.
    command: serde_json::Value,
}

impl Core {
    /// Carries a command out, unless it was before or may not be.
    pub(super) fn carry_out(&mut self, order: &Order, received: Timestamp) -> Outcome {
        let key = match key(&order.id) {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(%error, "a command's id is no key of the inbox");
                return Outcome::Refused(Reason::Conflict.at(Place::Whole));
            }
        };
        let body_hash = order.digest();
        match self.seen.look(&key, &body_hash) {
            Familiarity::Same => return Outcome::Duplicate,
            Familiarity::OtherBody => return Outcome::Refused(Reason::Conflict.at(Place::Whole)),
            Familiarity::New => {}
        }
        let now = self.now();
        let decisions = match command(&self.world, order, now) {
            Ok(decisions) => decisions,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        self.seen.meet(&key, &body_hash);
        let after = self.world.seq;
        for decision in decisions {
            self.enter(decision, now);
        }
        let count = u32::try_from(self.world.seq.0 - after.0).unwrap_or(u32::MAX);
        let command = serde_json::to_value(&order.command).unwrap_or_default();
        let record = Record { after, count, actor: order.actor.0.clone(), command };
        let raw = serde_json::to_string(&record).unwrap_or_default();
        self.pending.batch.inbox.push(InboxRow { key, body_hash, received, raw, reporter: None });
        Outcome::Stored
    }
}
