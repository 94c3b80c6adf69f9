//! `/metrics`: Prometheus text, written from the same numbers that the pages show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{ConnectInfo, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pantau_ingest::listener::Counters;
use pantau_schemas::entry::DeviceState;
use pantau_schemas::wall::Screen;
use pantau_schemas::wire::StoreState;
use pantau_store::{SourceTotals, Store};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::gate::{Action, Actor, Object, authorize};
use crate::app::App;
use crate::core::{Durations, Letters};

/// The numbers of this moment.
pub(crate) async fn metrics<S: Store>(
    State(app): State<Arc<App<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    if let Err(problem) = authorize(Actor::behind(peer.ip()), Action::Read, Object::City) {
        return problem.into_response();
    }
    let mut registry = Registry::default();
    app.figures.register(&mut registry);
    registry.register_collector(Box::new(Snapshot::of(&app)));
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        tracing::error!("failed to write the metrics");
    }
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
        .into_response()
}

/// A reading of everything that others count.
#[derive(Debug)]
struct Snapshot {
    totals: Vec<SourceTotals>,
    gauges: Vec<(&'static str, &'static str, i64)>,
    counters: Vec<(&'static str, &'static str, u64)>,
    letters: Vec<Letters>,
    samples: u64,
    durations: [(&'static str, &'static str, Durations); 2],
}

impl Snapshot {
    fn of<S>(app: &App<S>) -> Self {
        let world = app.hub.world();
        let settled = app.hub.store_state();
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let seq = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let connected = app.mqtt_status().map_or(0, |mqtt| i64::from(mqtt.is_connected()));
        let intake = app.intake.max_capacity() - app.intake.capacity();
        let listener = app.listener_status();
        let missed = |screen: &&Screen| screen.status.is_some_and(|status| status.state == DeviceState::Down);
        let down = world.walls.screens.values().filter(missed).count();
        let open = listener.as_ref().map_or(0, |listener| seq(listener.counters.open()));
        Self {
            totals: app.counts.totals(),
            letters: app.counts.letters(),
            samples: app.counts.samples_stored(),
            durations: [
                (
                    "pantau_store_commit_seconds",
                    "From handing a batch to the store until it is durable",
                    app.pace.commits(),
                ),
                (
                    "pantau_acknowledgement_seconds",
                    "From taking a message in until its acknowledgement, each after its commit",
                    app.pace.waits(),
                ),
            ],
            gauges: vec![
                ("pantau_journal_seq", "Newest entry of the journal", seq(world.seq.0)),
                ("pantau_journal_settled_seq", "Newest durable entry", seq(settled.seq.0)),
                (
                    "pantau_store_up",
                    "1 while history is being saved",
                    i64::from(settled.state == StoreState::Ok),
                ),
                ("pantau_mqtt_connected", "1 while connected to the broker", connected),
                ("pantau_mqtt_listener_connections", "Devices connected to us directly", open),
                ("pantau_intake_waiting", "Messages that wait for the core", count(intake)),
                ("pantau_screens_down", "Screens that were seen and beat no more", count(down)),
                (
                    "pantau_live_readers",
                    "Open /v1/live sockets",
                    count(app.readers.live.load(Ordering::Relaxed)),
                ),
                (
                    "pantau_media_readers",
                    "Open /v1/media sockets",
                    count(app.readers.media.load(Ordering::Relaxed)),
                ),
            ],
            counters: listener.map_or_else(Vec::new, |listener| listener_counters(&listener.counters)),
        }
    }
}

/// What the port for devices counts.
fn listener_counters(counters: &Counters) -> Vec<(&'static str, &'static str, u64)> {
    vec![
        ("pantau_mqtt_listener_accepted", "Connections that were let in", counters.connections),
        ("pantau_mqtt_listener_refused", "Connections that were not let in", counters.refused),
        (
            "pantau_mqtt_listener_violations",
            "Connections ended because the client broke the protocol",
            counters.violations,
        ),
        (
            "pantau_mqtt_listener_timeouts",
            "Connections ended because nothing came, or nothing was taken, for too long",
            counters.timeouts,
        ),
        (
            "pantau_mqtt_listener_takeovers",
            "Connections ended by the next of the same client",
            counters.takeovers,
        ),
        (
            "pantau_mqtt_listener_received",
            "Messages that reached us, repeated ones included",
            counters.received,
        ),
        ("pantau_mqtt_listener_acknowledged", "PUBACKs sent, each after its commit", counters.acknowledged),
        ("pantau_mqtt_listener_unanswered", "Messages whose commit did not come", counters.unanswered),
        (
            "pantau_mqtt_listener_unauthorized",
            "Messages whose sender may not publish there",
            counters.unauthorized,
        ),
        ("pantau_mqtt_listener_too_big", "Messages above the size limit", counters.too_big),
        ("pantau_mqtt_listener_wills", "Last wills published", counters.wills),
    ]
}

type Column = (&'static str, &'static str, fn(&SourceTotals) -> u64);

/// The columns of the conservation sum.
const COLUMNS: [Column; 4] = [
    ("pantau_ingest_received", "Messages whose fate is durable", |t| t.received),
    ("pantau_ingest_stored", "Messages that were new", |t| t.stored),
    ("pantau_ingest_duplicate", "Messages that were known already", |t| t.duplicate),
    ("pantau_ingest_dead_lettered", "Messages that could not be used, kept with their reason", |t| {
        t.dead_lettered
    }),
];

type LetterColumn = (&'static str, &'static str, fn(&Letters) -> u64);

/// What became of dead letters: waiting + replayed + dropped are all that were dead-lettered.
const LETTERS: [LetterColumn; 2] = [
    ("pantau_dead_letters_replayed", "Messages of dead letters that were replayed and understood", |l| {
        l.replayed
    }),
    ("pantau_dead_letters_dropped", "Messages of dead letters that went because there were too many", |l| {
        l.dropped
    }),
];

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, help, value) in COLUMNS {
            let first = ConstCounter::new(0u64);
            let mut family = encoder.encode_descriptor(name, help, None, first.metric_type())?;
            for totals in &self.totals {
                let counter = ConstCounter::new(value(totals));
                counter.encode(family.encode_family(&[("source", totals.source.as_str())])?)?;
            }
        }
        for (name, help, value) in LETTERS {
            let mut family =
                encoder.encode_descriptor(name, help, None, ConstCounter::new(0u64).metric_type())?;
            for letters in &self.letters {
                let counter = ConstCounter::new(value(letters));
                counter.encode(family.encode_family(&[("source", letters.source.as_str())])?)?;
            }
        }
        let mut waiting = encoder.encode_descriptor(
            "pantau_dead_letters_waiting",
            "Messages that wait as dead letters",
            None,
            ConstGauge::new(0i64).metric_type(),
        )?;
        for letters in &self.letters {
            let gauge = ConstGauge::new(i64::try_from(letters.waiting).unwrap_or(i64::MAX));
            gauge.encode(waiting.encode_family(&[("source", letters.source.as_str())])?)?;
        }
        let samples = ConstCounter::new(self.samples);
        let help = "Samples stored since the server started";
        samples.encode(encoder.encode_descriptor(
            "pantau_samples_stored",
            help,
            None,
            samples.metric_type(),
        )?)?;
        for (name, help, durations) in &self.durations {
            let mut histogram = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
            let (sum, count, buckets) = (durations.sum(), durations.count(), durations.buckets());
            histogram.encode_histogram::<[(&str, &str); 0]>(sum, count, &buckets, None)?;
        }
        for (name, help, value) in &self.counters {
            let counter = ConstCounter::new(*value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        for (name, help, value) in &self.gauges {
            let gauge = ConstGauge::new(*value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
