//! What the pages and sockets share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pantau_camera::{Fleet, Stills};
use pantau_ingest::delivery::Intake;
use pantau_ingest::{listener, mqtt};
use pantau_schemas::hash::Hash;
use pantau_schemas::ids::Seq;
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Clock;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::beats::Beats;
use crate::core::{Control, Counts, Pace};
use crate::hub::Hub;
use crate::letters::Letters;
use crate::media::Figures;
use crate::senders::Senders;
use crate::web::origin::Origins;

/// Handles of every part; cheap to share.
pub(crate) struct App<S> {
    pub(crate) store: Arc<S>,
    pub(crate) hub: Hub,
    pub(crate) counts: Counts,
    pub(crate) pace: Pace,
    pub(crate) fleet: Fleet,
    /// Pictures for those who cannot play a stream.
    pub(crate) stills: Stills,
    /// Where windows of pictures run.
    pub(crate) pictures: Handle,
    /// Where readers of the journal run.
    pub(crate) screens: Handle,
    pub(crate) intake: Intake,
    pub(crate) control: mpsc::Sender<Control>,
    /// What screens say of themselves.
    pub(crate) beats: Beats,
    pub(crate) mqtt: Option<watch::Receiver<mqtt::Status>>,
    /// How many connections the listener takes, and how it is.
    pub(crate) listener: Option<(usize, watch::Receiver<listener::Status>)>,
    pub(crate) registry: watch::Sender<Arc<Registry>>,
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) senders: Senders,
    pub(crate) letters: Letters,
    pub(crate) origins: Origins,
    pub(crate) figures: Figures,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tracker: TaskTracker,
    pub(crate) cancel: CancellationToken,
    pub(crate) readers: Readers,
    /// What the store brought back at the start: the last entry, and the digest of the World there.
    pub(crate) recovered: (Seq, Hash),
}

/// What kind of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Live,
    Media,
}

/// Sockets that are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readers {
    pub(crate) live: Arc<AtomicUsize>,
    pub(crate) media: Arc<AtomicUsize>,
}

/// A socket's place among the open ones; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S> App<S> {
    /// A place for one more socket, unless `max` are taken.
    pub(crate) fn seat(&self, reader: Reader, max: usize) -> Option<Seat> {
        let count = match reader {
            Reader::Live => &self.readers.live,
            Reader::Media => &self.readers.media,
        };
        let more = |open: usize| (open < max).then_some(open + 1);
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Seat(Arc::clone(count)))
    }

    /// How the port for devices is, if there is one.
    pub(crate) fn listener_status(&self) -> Option<listener::Status> {
        self.listener.as_ref().map(|(_, status)| status.borrow().clone())
    }

    /// How the broker connection is, if there is one.
    pub(crate) fn mqtt_status(&self) -> Option<mqtt::Status> {
        self.mqtt.as_ref().map(|status| status.borrow().clone())
    }
}
