//! One reader's place in what was published.

use std::collections::HashSet;

use pantau_schemas::ids::{Seq, SeriesId};
use pantau_schemas::world::World;
use serde::Serialize;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::Settled;

/// Where a reader is.
#[derive(Debug)]
pub(crate) struct Cursor {
    /// The last entry it has; `None` before its first snapshot.
    pub(super) seq: Option<Seq>,
    /// The last window of values it was told.
    pub(super) window: u64,
    /// The series it wants; `None` for all.
    pub(super) watch: Option<HashSet<SeriesId>>,
    pub(super) settled: Option<Settled>,
    pub(super) version: watch::Receiver<u64>,
}

impl Cursor {
    pub(super) fn new(resume: Option<Seq>, version: watch::Receiver<u64>) -> Self {
        Self { seq: resume, window: 0, watch: None, settled: None, version }
    }

    /// The reader goes on from what it had.
    pub(crate) const fn resumed(&self) -> bool {
        self.seq.is_some()
    }
}

/// What is new for a reader.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Messages in the order to be sent.
    pub(crate) texts: Vec<Utf8Bytes>,
    /// What is durable, when that changed.
    pub(crate) settled: Option<Settled>,
}

/// [`pantau_schemas::wire::LiveMessage::Snapshot`] without a copy of the World.
#[derive(Serialize)]
#[serde(tag = "type", rename = "snapshot")]
struct SnapshotMessage<'a> {
    seq: Seq,
    world: &'a World,
}

/// The snapshot message of a World.
pub(super) fn snapshot_text(world: &World) -> Utf8Bytes {
    Utf8Bytes::from(serde_json::to_string(&SnapshotMessage { seq: world.seq, world }).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::wire::LiveMessage;

    #[test]
    fn the_text_is_the_message_that_browsers_read() {
        let world = World { seq: Seq(7), ..World::default() };
        let message: LiveMessage = serde_json::from_str(&snapshot_text(&world)).unwrap();
        assert_eq!(message, LiveMessage::Snapshot { seq: Seq(7), world: Box::new(world) });
    }
}
