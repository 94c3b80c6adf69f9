//! What all connections share.

use std::sync::Arc;

use pantau_schemas::observation::{Body, Observation, Source};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Clock;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::delivery::Intake;
use crate::listener::account::{Door, Guest};
use crate::listener::directory::Directory;
use crate::listener::settings::Settings;
use crate::listener::status::Meter;
use crate::message::{Context, Message};

/// Bytes on the way over all connections: large packets that have begun, and messages until their receipts are
/// settled.
const BUDGET: usize = 256 * 1024 * 1024;

/// Bytes that strangers may have us hold: nobody has been asked for a login yet.
const STRANGERS: usize = 16 * 1024 * 1024;

/// What all connections share.
pub(crate) struct Port {
    pub(crate) settings: Settings,
    pub(crate) door: Door,
    pub(crate) directory: Directory,
    pub(crate) registry: watch::Receiver<Arc<Registry>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) intake: Intake,
    pub(crate) meter: Meter,
    pub(crate) budget: Arc<Semaphore>,
    /// Bytes of unusually large CONNECTs, from whoever it may be.
    pub(crate) strangers: Semaphore,
    /// Wills that wait for their delay.
    pub(crate) wills: Arc<Semaphore>,
    pub(crate) stop: CancellationToken,
}

impl Port {
    pub(crate) fn new(
        settings: Settings,
        registry: watch::Receiver<Arc<Registry>>,
        clock: Arc<dyn Clock>,
        intake: Intake,
        stop: CancellationToken,
    ) -> Self {
        // Four of the largest packets always fit, whatever the limit is.
        let budget = BUDGET.max(settings.max_packet.saturating_mul(4)).min(Semaphore::MAX_PERMITS);
        Self {
            door: Door::new(&settings.accounts),
            directory: Directory::new(settings.connections),
            registry,
            clock,
            intake,
            meter: Meter::default(),
            budget: Arc::new(Semaphore::new(budget)),
            strangers: Semaphore::new(STRANGERS),
            wills: Arc::new(Semaphore::new(settings.connections)),
            stop,
            settings,
        }
    }

    /// What a message says, or its dead letter; and whether its sender may not publish there.
    pub(crate) fn observe(
        &self,
        guest: &Guest,
        registry: &Registry,
        message: &Message<'_>,
    ) -> (Observation, bool) {
        self.meter.received.add();
        if message.size > self.settings.max_packet {
            self.meter.too_big.add();
        }
        let city = &self.settings.city;
        if let Some(rights) = &guest.rights {
            let topic = String::from_utf8_lossy(message.topic);
            if let Err(fault) = rights.check(city, &topic) {
                self.meter.unauthorized.add();
                let mut letter = message.dead_letter(city, &fault);
                letter.speaker = guest.user.to_string();
                let body = Body::DeadLetter(Box::new(letter));
                return (Observation { source: Source::Mqtt, received: message.received, body }, true);
            }
        }
        let context = Context { city, registry, max_payload: self.settings.max_packet };
        let mut observation = message.observe(&context);
        if let Body::DeadLetter(letter) = &mut observation.body {
            letter.speaker = guest.user.to_string();
        }
        (observation, false)
    }
}
