//! The listener under test with a core at its other end that answers as the test says.

use std::net::SocketAddr;
use std::sync::Arc;

use pantau_ingest::delivery::{Delivery, Outcome};
use pantau_ingest::listener::{self, Counters, Settings, Status};
use pantau_schemas::observation::Body;
use pantau_schemas::registry::Registry;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::broker::DEADLINE;
use crate::city::{Noon, city, registry};

pub(super) const SENML: &str = "pantau/1/metro/sensor/sn-01/tele/senml";
pub(super) const STATE: &str = "pantau/1/metro/ap/ap-01/state";

pub(super) struct Sink {
    pub(super) address: SocketAddr,
    pub(super) intake: mpsc::Receiver<Delivery>,
    pub(super) status: watch::Receiver<Status>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
    _registry: watch::Sender<Arc<Registry>>,
}

pub(super) fn settings() -> Settings {
    Settings::new(city())
}

impl Sink {
    pub(super) async fn start(settings: Settings) -> Self {
        Self::with_room(settings, 64).await
    }

    /// With an intake of this size.
    pub(super) async fn with_room(settings: Settings, room: usize) -> Self {
        let socket = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let (intake_in, intake) = mpsc::channel(room);
        let (status_in, status) = watch::channel(Status::default());
        let (registry_in, registry) = watch::channel(registry());
        let cancel = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let clock = Arc::new(Noon);
        tasks.spawn(listener::run(socket, settings, registry, clock, intake_in, status_in, cancel.clone()));
        let mut sink = Self { address, intake, status, cancel, tasks, _registry: registry_in };
        sink.until(Status::is_listening).await;
        sink
    }

    /// Waits for a status.
    pub(super) async fn until(&mut self, wanted: impl FnMut(&Status) -> bool) -> Status {
        let last = self.status.clone();
        match timeout(DEADLINE, self.status.wait_for(wanted)).await {
            Ok(status) => status.unwrap().clone(),
            Err(_elapsed) => panic!("it does not come to that: {:?}", last.borrow().clone()),
        }
    }

    /// Waits for counters.
    pub(super) async fn counted(&mut self, mut wanted: impl FnMut(&Counters) -> bool) -> Counters {
        self.until(|status| wanted(&status.counters)).await.counters
    }

    /// The next delivery.
    pub(super) async fn next(&mut self) -> Delivery {
        match timeout(DEADLINE, self.intake.recv()).await {
            Ok(delivery) => delivery.unwrap(),
            Err(_elapsed) => panic!("no delivery comes: {:?}", self.status.borrow().clone()),
        }
    }

    /// The next delivery, made durable.
    pub(super) async fn take(&mut self) -> Body {
        let delivery = self.next().await;
        delivery.receipt.answer(Outcome::Stored);
        delivery.observation.body
    }

    /// Tells it to stop, and waits for nothing.
    pub(super) fn begin_stop(&self) {
        self.cancel.cancel();
    }

    /// Stops as a good server does.
    pub(super) async fn stop(mut self) {
        self.cancel.cancel();
        timeout(DEADLINE, self.tasks.join_next()).await.expect("it stops").unwrap().unwrap();
        let status = self.status.borrow().clone();
        assert_eq!(status.counters.open(), 0, "a connection was forgotten: {status:?}");
    }
}
