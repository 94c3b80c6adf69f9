//! A session after the other, until it is told to stop.

use std::sync::Arc;

use pantau_schemas::registry::Registry;
use pantau_schemas::time::Clock;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::delivery::Intake;
use crate::mqtt::link::LinkError;
use crate::mqtt::session::{Port, QUEUE, SessionError};
use crate::mqtt::settings::{Protocol, Settings};
use crate::mqtt::status::{Phase, Status};
use crate::mqtt::{backoff, forward, tls};

/// Keeps a session with the broker until `cancel`, or until the other end of `intake` is gone.
///
/// Every message becomes one [`Delivery`](crate::delivery::Delivery) with the source
/// [`Mqtt`](pantau_schemas::observation::Source::Mqtt): a dead letter where it could not be understood. A `QoS` 1
/// message is acknowledged when its receipt was answered. `status` is told every change at once and the
/// counters once a second. Never returns an error: what breaks is in the status, and is tried again.
pub async fn run(
    settings: Settings,
    registry: watch::Receiver<Arc<Registry>>,
    clock: Arc<dyn Clock>,
    intake: Intake,
    status: watch::Sender<Status>,
    cancel: CancellationToken,
) {
    let settings = Arc::new(settings);
    let stop = cancel.child_token();
    let (queue, arrivals) = mpsc::channel(QUEUE);
    let port = Port::new(settings.clone(), clock, queue, status);
    let mut tasks = JoinSet::new();
    let meter = port.meter.clone();
    tasks.spawn(forward::run(arrivals, settings.clone(), registry, intake, meter, stop.clone()));

    let mut modern = settings.protocol != Protocol::V311;
    let mut failures = 0u32;
    while !stop.is_cancelled() {
        port.tell(Phase::Connecting, None);
        let mut connected = None;
        let error = match connect(&port, modern, &mut connected, &stop).await {
            Ok(()) => break,
            Err(error) => error,
        };
        if connected.is_some_and(|since: Instant| since.elapsed() >= backoff::SUSTAINED) {
            failures = 0;
        }
        failures = failures.saturating_add(1);
        port.meter.failures.add();
        if failures == 1 {
            tracing::warn!(%error, "the connection to the MQTT broker ended, trying again");
        } else {
            tracing::debug!(%error, failures, "no connection to the MQTT broker");
        }
        if settings.protocol == Protocol::Auto {
            modern = match &error {
                // Whatever it was, the broker may be another one when it is back.
                _ if connected.is_some() => true,
                SessionError::Link(LinkError::Version) => !modern,
                // Old brokers hang up on MQTT 5 without a word that it could read.
                SessionError::Link(LinkError::Closed) if failures.is_multiple_of(2) => !modern,
                _ => modern,
            };
        }
        let stubborn = match &error {
            SessionError::Link(error) => error.is_stubborn(),
            SessionError::Subscription => true,
            SessionError::Silent | SessionError::Unanswered | SessionError::Full => false,
        };
        port.tell(Phase::Waiting, Some(error.to_string()));
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(backoff::wait(failures, stubborn, rand::random())) => {}
        }
    }
    stop.cancel();
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended
            && let Ok(panic) = error.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
    }
    port.tell(Phase::Stopped, None);
}

async fn connect(
    port: &Port,
    modern: bool,
    connected: &mut Option<Instant>,
    stop: &CancellationToken,
) -> Result<(), SessionError> {
    let tls = if port.settings.tls {
        let settings = port.settings.clone();
        let read = spawn_blocking(move || tls::client(settings.ca_file.as_deref())).await;
        Some(read.or(Err(LinkError::Closed))?.map_err(LinkError::from)?)
    } else {
        None
    };
    port.session(modern, tls, connected, stop).await
}
