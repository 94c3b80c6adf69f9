//! The session under test with a core at its other end that answers as the test says.

use std::sync::Arc;

use pantau_ingest::delivery::{Delivery, Outcome};
use pantau_ingest::mqtt::{self, Settings, Status};
use pantau_schemas::observation::{Body, LifeState, SampleSet};
use pantau_schemas::registry::Registry;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::broker::DEADLINE;
use crate::city::{Noon, city, registry};

pub(crate) struct Consumer {
    pub(crate) intake: mpsc::Receiver<Delivery>,
    pub(crate) status: watch::Receiver<Status>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
    _registry: watch::Sender<Arc<Registry>>,
}

pub(crate) fn settings(port: u16) -> Settings {
    Settings::new(&format!("mqtt://127.0.0.1:{port}"), city()).unwrap()
}

impl Consumer {
    /// Starts a session and waits for nothing.
    pub(crate) fn start(settings: Settings) -> Self {
        let (intake_in, intake) = mpsc::channel(64);
        let (status_in, status) = watch::channel(Status::default());
        let (registry_in, registry) = watch::channel(registry());
        let cancel = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(mqtt::run(settings, registry, Arc::new(Noon), intake_in, status_in, cancel.clone()));
        Self { intake, status, cancel, tasks, _registry: registry_in }
    }

    /// Starts a session and waits until it is subscribed.
    pub(crate) async fn connected(settings: Settings) -> Self {
        let mut consumer = Self::start(settings);
        consumer.until(Status::is_connected).await;
        consumer
    }

    /// Waits for a status.
    pub(crate) async fn until(&mut self, wanted: impl FnMut(&Status) -> bool) -> Status {
        timeout(DEADLINE, self.status.wait_for(wanted)).await.expect("the status comes").unwrap().clone()
    }

    /// The next delivery.
    pub(crate) async fn next(&mut self) -> Delivery {
        timeout(DEADLINE, self.intake.recv()).await.expect("a delivery comes").unwrap()
    }

    /// The next delivery, made durable.
    pub(crate) async fn take(&mut self) -> Body {
        let delivery = self.next().await;
        delivery.receipt.answer(Outcome::Stored);
        delivery.observation.body
    }

    /// Stops as a good server does.
    pub(crate) async fn stop(mut self) {
        self.cancel.cancel();
        timeout(DEADLINE, self.tasks.join_next()).await.expect("it stops").unwrap().unwrap();
    }

    /// Dies as a server does that is killed.
    pub(crate) async fn kill(mut self) {
        self.tasks.shutdown().await;
    }
}

/// A measurement with a number to know it by.
pub(crate) fn measured(number: u32) -> String {
    format!(r#"[{{"n":"x","v":{number}}}]"#)
}

/// The number it is known by.
pub(crate) fn number(body: &Body) -> u32 {
    match body {
        Body::Samples(SampleSet { samples, .. }) => samples[0].value as u32,
        other => panic!("not a measurement: {other:?}"),
    }
}

/// The state it tells, and whether it was retained.
pub(crate) fn life(body: &Body) -> (LifeState, bool) {
    match body {
        Body::State(report) => (report.state, report.retained),
        other => panic!("not a state: {other:?}"),
    }
}
