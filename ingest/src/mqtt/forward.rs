//! From the queue into the intake: decodes each message and hands it over, in the order of arrival.

use std::sync::Arc;

use bytes::Bytes;
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::delivery::{Delivery, Intake, Receipt};
use crate::message::{Context, Message};
use crate::mqtt::acknowledge::Unacknowledged;
use crate::mqtt::settings::Settings;
use crate::mqtt::status::Meter;

/// A message on its way to the intake.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) topic: Bytes,
    /// Cut where `size` is above the limit.
    pub(crate) payload: Bytes,
    pub(crate) size: usize,
    pub(crate) retained: bool,
    pub(crate) received: Timestamp,
    /// `QoS` 1: its packet identifier, and who acknowledges it on its connection.
    pub(crate) route: Option<(u16, mpsc::Sender<Unacknowledged>)>,
    /// Its share of the queue, given back when it has left.
    pub(crate) _room: Vec<OwnedSemaphorePermit>,
}

/// Forwards until `stop`, or until nobody takes deliveries any more; then it stops everything else too.
pub(crate) async fn run(
    mut queue: mpsc::Receiver<Arrival>,
    settings: Arc<Settings>,
    registry: watch::Receiver<Arc<Registry>>,
    intake: Intake,
    meter: Arc<Meter>,
    stop: CancellationToken,
) {
    let _stop_all = stop.clone().drop_guard();
    let forward = async {
        while let Some(arrival) = queue.recv().await {
            let receipt = match &arrival.route {
                None => Receipt::none(),
                Some((packet, acknowledge)) => {
                    let (receipt, outcome) = Receipt::pair();
                    let unacknowledged = Unacknowledged { packet: *packet, outcome };
                    if acknowledge.send(unacknowledged).await.is_err() {
                        // Its connection is gone, and the broker sends it again over the next.
                        meter.abandoned.add();
                        continue;
                    }
                    receipt
                }
            };
            let registry = registry.borrow().clone();
            let context =
                Context { city: &settings.city, registry: &registry, max_payload: settings.max_packet };
            let message = Message {
                topic: &arrival.topic,
                payload: &arrival.payload,
                size: arrival.size,
                retained: arrival.retained,
                received: arrival.received,
            };
            let observation = message.observe(&context);
            if intake.send(Delivery { observation, receipt }).await.is_err() {
                tracing::info!("nobody takes deliveries any more, MQTT stops");
                return;
            }
            meter.delivered.add();
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = forward => {}
    }
}
