//! One viewer's place in one stream.

use std::fmt;
use std::sync::Arc;

use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;

use crate::frame::{AccessUnit, StreamParameters};
use crate::ring::{Entry, Position};
use crate::signal::Signal;
use crate::stream::{Stream, StreamStatus};

/// The next thing for a viewer.
#[derive(Debug, Clone)]
pub enum Step {
    /// What the following frames are.
    Parameters(Arc<StreamParameters>),
    /// The next frame.
    Frame(Arc<AccessUnit>),
    /// The viewer was too slow: so many frames are not sent, and it goes on at a key frame.
    Skipped(u64),
    /// What may be said of the picture from now on.
    State {
        /// The state.
        state: StreamState,
        /// Why.
        cause: Option<StreamCause>,
        /// Since when.
        since: Timestamp,
    },
}

/// A viewer's place in a stream. Dropping it leaves the stream.
///
/// When the camera is taken out of the configuration, the watch tells `Closed` and then nothing more, even if
/// a camera of the same name comes later: watch that one anew.
pub struct Watch {
    stream: Arc<Stream>,
    id: u64,
    position: Position,
    /// Version of the stream at which there was nothing left to take.
    seen: u64,
    told_status: Option<StreamStatus>,
    told_parameters: Option<Arc<StreamParameters>>,
    /// Taken from the ring, but something must be said before it.
    held: Option<Entry>,
}

impl Watch {
    pub(crate) fn new(stream: Arc<Stream>, signal: &Arc<Signal>, slot: u16) -> Self {
        let id = stream.enter(signal, slot);
        let (seen, position) = (0, Position::Start);
        Self { stream, id, position, seen, told_status: None, told_parameters: None, held: None }
    }

    /// The next thing, or `None` until the signal rings again. Never waits.
    ///
    /// A new watch gets the state, the parameters if they are known, and the frames from the newest key
    /// frame on, all at once.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: after `None` there is more")]
    pub fn next(&mut self) -> Option<Step> {
        if let Some(entry) = self.held.take() {
            return Some(self.give(entry));
        }
        if self.stream.unchanged(self.seen) {
            return None;
        }
        let look = self.stream.look(self.position);
        if self.told_status != Some(look.status) {
            self.told_status = Some(look.status);
            let StreamStatus { state, cause, since } = look.status;
            return Some(Step::State { state, cause, since });
        }
        let Some(taken) = look.taken else {
            // Known before the first frame, for instance while a camera is lost: a decoder can be made ready.
            if let Some(parameters) = look.parameters.filter(|_| self.told_parameters.is_none()) {
                self.told_parameters = Some(Arc::clone(&parameters));
                return Some(Step::Parameters(parameters));
            }
            self.seen = look.version;
            return None;
        };
        self.position = Position::At(taken.index + 1);
        if taken.newest {
            self.seen = look.version; // the usual case: the next look is one atomic read
        }
        if taken.skipped > 0 {
            self.held = Some(taken.entry);
            return Some(Step::Skipped(taken.skipped));
        }
        Some(self.give(taken.entry))
    }

    /// Which stream it really is (a camera without a small picture shows its large one).
    #[must_use]
    pub fn kind(&self) -> StreamKind {
        self.stream.kind
    }

    /// Starts again at the newest key frame, with its parameters before it, as for a new decoder.
    pub fn rewind(&mut self) {
        self.position = Position::Start;
        self.seen = 0;
        self.told_parameters = None;
        self.held = None;
    }

    fn give(&mut self, entry: Entry) -> Step {
        if self.told_parameters.as_ref().is_some_and(|told| Arc::ptr_eq(told, &entry.parameters)) {
            return Step::Frame(entry.unit);
        }
        let parameters = Arc::clone(&entry.parameters);
        self.told_parameters = Some(Arc::clone(&parameters));
        self.held = Some(entry);
        Step::Parameters(parameters)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stream.leave(self.id);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (device, kind) = (&self.stream.device, self.stream.kind);
        f.debug_struct("Watch").field("device", device).field("kind", &kind).finish_non_exhaustive()
    }
}
