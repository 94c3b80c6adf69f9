//! A burst of readings: what a gateway sends that was cut off for a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::{Clock, Timestamp};
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::registry::CITY;
use super::stats::{Counters, count};

/// Bursts a second; each carries its share of the rate.
const BEATS: u32 = 50;
const QUEUE: usize = 256;
/// Messages on their way at once.
const UNACKNOWLEDGED: u16 = 500;
/// How long its session is to outlive a broken connection, seconds: what was not acknowledged is sent again.
const SESSION: u32 = 600;
/// How long a storm waits for its last acknowledgements.
const SETTLE: Duration = Duration::from_secs(60);

/// One storm.
#[derive(Debug, Clone)]
pub(crate) struct Storm {
    pub(crate) intake: SocketAddr,
    /// Who sends; the readings go round.
    pub(crate) sensors: Vec<DeviceId>,
    /// Messages a second.
    pub(crate) rate: u32,
    /// Seconds.
    pub(crate) seconds: u32,
    pub(crate) counters: Arc<Counters>,
    pub(crate) token: CancellationToken,
}

impl Storm {
    /// Rages, and ends when every message is acknowledged.
    pub(crate) async fn run(self, clock: Arc<dyn Clock>) {
        let name = format!("storm-{}", clock.now().micros());
        let mut options = MqttOptions::new(name, self.intake.ip().to_string(), self.intake.port());
        options
            .set_clean_start(false)
            .set_session_expiry_interval(Some(SESSION))
            .set_outgoing_inflight_upper_limit(UNACKNOWLEDGED);
        let (client, mut events) = AsyncClient::new(options, QUEUE);
        let total = self.rate.saturating_mul(self.seconds);
        let token = self.token.clone();
        let sending = async {
            self.send(&client, clock.as_ref()).await;
            tokio::time::sleep(SETTLE).await;
        };
        tokio::select! {
            () = token.cancelled() => {}
            () = sending => {}
            () = self.carry(&mut events, total) => {}
        }
    }

    async fn send(&self, client: &AsyncClient, clock: &dyn Clock) {
        let mut beat = tokio::time::interval(Duration::from_secs(1) / BEATS);
        let mut sensors = self.sensors.iter().cycle();
        let mut sent = 0;
        for number in 1..=BEATS.saturating_mul(self.seconds) {
            beat.tick().await;
            let now = clock.now();
            let due = u64::from(number) * u64::from(self.rate) / u64::from(BEATS);
            while sent < due {
                // Microseconds apart, because a series holds one value for each moment.
                let time = Timestamp::from_micros(now.micros() + i64::try_from(sent % 1_000).unwrap_or(0));
                let Some(sensor) = sensors.next() else { return };
                let (metric, unit, usual) = measured(sensor);
                let value = usual * (1.0 + 0.001 * f64::from(u8::try_from(sent % 100).unwrap_or(0)));
                let payload = json!([{"n": metric, "u": unit, "t": micros(time), "v": value}]);
                let topic = format!("pantau/1/{CITY}/sensor/{sensor}/tele/senml");
                if client.publish(topic, QoS::AtLeastOnce, false, payload.to_string()).await.is_err() {
                    return;
                }
                sent += 1;
            }
        }
    }

    /// Moves the connection on until `total` messages are acknowledged.
    async fn carry(&self, events: &mut EventLoop, total: u32) {
        let mut left = total;
        while left > 0 {
            match events.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => {
                    count(&self.counters.acknowledged);
                    left -= 1;
                }
                Ok(Event::Outgoing(Outgoing::Publish(_))) => count(&self.counters.published),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "storm lost its connection");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }
}

/// What a sensor measures first of all: metric, unit, and a usual value.
fn measured(sensor: &DeviceId) -> (&'static str, &'static str, f64) {
    match sensor.as_str().split('-').nth(1) {
        Some("air") => ("water_level", "m", 1.8),
        Some("hujan") => ("rain", "mm", 0.4),
        Some("udara") => ("pm2_5", "ug/m3", 25.0),
        Some("bising") => ("noise", "dB", 58.0),
        Some("listrik") => ("voltage", "V", 219.0),
        _ => ("temperature", "Cel", 28.0),
    }
}

/// Seconds since 1970 with microseconds: 16 digits, which a double just holds.
fn micros(time: Timestamp) -> f64 {
    time.micros() as f64 / 1e6
}
