//! One connection, from CONNECT to its end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pantau_schemas::dead_letter::MAX_RAW;
use pantau_schemas::time::Clock;
use rustls::ClientConfig;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::mqtt::acknowledge::{self, Ended, Unacknowledged};
use crate::mqtt::forward::Arrival;
use crate::mqtt::link::{Heard, Link, LinkError, MAX_UNACKNOWLEDGED, Publish, Sender};
use crate::mqtt::settings::Settings;
use crate::mqtt::status::{Meter, Phase, Status};
use crate::topic::Topic;

/// `QoS` 0 messages in the queue.
const QUEUE_QOS0: usize = 1024;
/// Messages in the queue: one for every packet identifier, and the `QoS` 0 ones. Not `receive_maximum`:
/// Mosquitto 2.0.11 sends four times as many under load.
pub(crate) const QUEUE: usize = MAX_UNACKNOWLEDGED + QUEUE_QOS0;
/// Bytes in the queue.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// What a message costs beside its topic and payload, bytes.
const OVERHEAD: usize = 256;
/// How long a stop waits for what is being committed.
const DRAIN: Duration = Duration::from_secs(2);
/// How often the counters are shown.
const SHOW: Duration = Duration::from_secs(1);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("the broker has been silent for too long")]
    Silent,
    #[error("the broker refused the subscription")]
    Subscription,
    #[error("a message could not be stored and has to come again")]
    Unanswered,
    #[error("the queue was full for too long")]
    Full,
}

/// What sessions share: where messages go, and where it is told how things are.
pub(crate) struct Port {
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: mpsc::Sender<Arrival>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) status: watch::Sender<Status>,
    bytes: Arc<Semaphore>,
    qos0: Arc<Semaphore>,
}

impl Port {
    pub(crate) fn new(
        settings: Arc<Settings>,
        clock: Arc<dyn Clock>,
        queue: mpsc::Sender<Arrival>,
        status: watch::Sender<Status>,
    ) -> Self {
        let bytes = Arc::new(Semaphore::new(QUEUE_BYTES));
        let qos0 = Arc::new(Semaphore::new(QUEUE_QOS0));
        Self { settings, clock, queue, meter: Arc::default(), status, bytes, qos0 }
    }

    /// Tells what the session does now.
    pub(crate) fn tell(&self, phase: Phase, error: Option<String>) {
        let now = self.clock.now();
        self.status.send_modify(|status| {
            if status.phase != phase {
                status.phase = phase;
                status.since = now;
            }
            if error.is_some() {
                status.last_error = error;
            }
            status.counters = self.meter.read();
        });
    }

    fn show_counters(&self) {
        let counters = self.meter.read();
        self.status.send_if_modified(|status| {
            let changed = status.counters != counters;
            status.counters = counters;
            changed
        });
    }

    /// Puts a message into the queue.
    async fn take(&self, publish: Publish, acks: &mpsc::Sender<Unacknowledged>) -> Result<(), SessionError> {
        self.meter.received.add();
        let size = publish.payload.len();
        let payload = if size > self.settings.max_packet {
            self.meter.too_big.add();
            Bytes::copy_from_slice(publish.payload.get(..MAX_RAW).unwrap_or(&publish.payload))
        } else {
            publish.payload
        };
        // What alone is larger than the whole budget waits for all of it.
        let cost = (publish.topic.len() + payload.len() + OVERHEAD).min(QUEUE_BYTES);
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let mut arrival = Arrival {
            topic: publish.topic,
            payload,
            size,
            retained: publish.retained,
            received: self.clock.now(),
            route: None,
            _room: Vec::new(),
        };
        let Some(packet) = publish.packet else {
            if !self.take_qos0(arrival, cost) {
                self.meter.dropped.add();
            }
            return Ok(());
        };
        arrival.route = Some((packet, acks.clone()));
        let put = async {
            let room = self.bytes.clone().acquire_many_owned(cost).await.ok()?;
            arrival._room.push(room);
            self.queue.send(arrival).await.ok()
        };
        match timeout(self.settings.keep_alive() / 2, put).await {
            // A closed queue means that everything stops, which is noticed elsewhere.
            Ok(_) => Ok(()),
            Err(_) => Err(SessionError::Full),
        }
    }

    /// Nobody sends `QoS` 0 again, but it may not take the room that `QoS` 1 needs.
    fn take_qos0(&self, mut arrival: Arrival, cost: u32) -> bool {
        if self.bytes.available_permits() < QUEUE_BYTES / 2 {
            return false;
        }
        let slot = self.qos0.clone().try_acquire_owned();
        let room = self.bytes.clone().try_acquire_many_owned(cost);
        let (Ok(slot), Ok(room)) = (slot, room) else { return false };
        arrival._room.extend([slot, room]);
        self.queue.try_send(arrival).is_ok()
    }

    /// Keeps one connection until it breaks or `stop`. `connected` learns when it came to its subscription.
    pub(crate) async fn session(
        &self,
        modern: bool,
        tls: Option<Arc<ClientConfig>>,
        connected: &mut Option<Instant>,
        stop: &CancellationToken,
    ) -> Result<(), SessionError> {
        let (mut link, sender) = Link::new(&self.settings, modern, tls);
        let (acks, waiting) = mpsc::channel(MAX_UNACKNOWLEDGED);
        let mut tasks = JoinSet::new();
        tasks.spawn(acknowledge::run(sender.clone(), waiting, self.meter.clone()));
        let mut shows = interval(SHOW);
        shows.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopped = pin!(stop.cancelled());
        let mut session_present = false;
        loop {
            let patience = link.patience();
            let heard = {
                // Kept across the turns of the loop: a poll dropped half-way may lose an acknowledgement.
                let mut poll = pin!(link.poll());
                let mut silence = pin!(sleep(patience));
                loop {
                    tokio::select! {
                        biased;
                        () = &mut stopped => break None,
                        Some(ended) = tasks.join_next() => match ended {
                            Ok(Ended::Unanswered) => return Err(SessionError::Unanswered),
                            _ => return Err(LinkError::Closed.into()),
                        },
                        heard = &mut poll => break Some(heard?),
                        () = &mut silence => return Err(SessionError::Silent),
                        _ = shows.tick() => self.show_counters(),
                    }
                }
            };
            match heard {
                None => {
                    drop(acks);
                    leave(&mut link, &sender, &mut tasks).await;
                    return Ok(());
                }
                Some(Heard::Connected { session_present: present }) => {
                    session_present = present;
                    // Always, whatever the broker says of its session: a second subscription costs nothing
                    // but the retained messages, a missing one costs everything.
                    let filter = Topic::filter(&self.settings.city);
                    sender.subscribe(&filter).or(Err(LinkError::Closed))?;
                }
                Some(Heard::Subscribed { granted: false }) => return Err(SessionError::Subscription),
                Some(Heard::Subscribed { granted: true }) => {
                    *connected = Some(Instant::now());
                    self.meter.connections.add();
                    self.status.send_modify(|status| status.session_present = session_present);
                    self.tell(Phase::Connected, None);
                    tracing::info!(session_present, mqtt5 = modern, "connected to the MQTT broker");
                }
                Some(Heard::Publish(publish)) => self.take(publish, &acks).await?,
                Some(Heard::Left | Heard::Other) => {}
            }
        }
    }
}

/// Sends what is still being committed its PUBACK, for a moment, and says goodbye. What comes meanwhile is
/// not taken: the broker keeps it.
async fn leave(link: &mut Link, sender: &Sender, tasks: &mut JoinSet<Ended>) {
    let drained = timeout(DRAIN, async {
        loop {
            tokio::select! {
                biased;
                heard = link.poll() => if heard.is_err() { return },
                _ = tasks.join_next() => return,
            }
        }
    });
    // Out of time is no error: the broker sends the rest again.
    drop(drained.await);
    if sender.leave().is_ok() {
        let left = async { while !matches!(link.poll().await, Ok(Heard::Left) | Err(_)) {} };
        drop(timeout(DRAIN, left).await);
    }
}
