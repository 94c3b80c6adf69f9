//! What a kind of device measures and how it says so.

use pantau_schemas::registry::{Device, DeviceClass};
use pantau_schemas::time::Timestamp;
use serde_json::{Value, json};

use super::curve::{around, fixed, wander, wave};

/// What a device measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AccessPoint,
    Network,
    Server,
    Ups,
    Water,
    Rain,
    Air,
    Weather,
    Noise,
    Power,
}

/// One device's character: its kind, and a seed that makes it differ from its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Model {
    kind: Kind,
    seed: u64,
    name: String,
    uplink: Option<String>,
    serial: String,
    received: f64,
    sent: f64,
}

/// A message of measurements: the last level of its topic, and its content.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) topic: &'static str,
    pub(super) payload: Value,
}

/// Bytes a client moves in a second, on average.
const CLIENT_BYTES_S: f64 = 42_000.0;

impl Model {
    pub(super) fn new(device: &Device, seed: u64) -> Self {
        let id = device.id.as_str();
        let kind = match device.class {
            DeviceClass::Ap => Kind::AccessPoint,
            DeviceClass::Server | DeviceClass::App => Kind::Server,
            DeviceClass::Ups => Kind::Ups,
            DeviceClass::Sensor => match id.split('-').nth(1) {
                Some("air") => Kind::Water,
                Some("hujan") => Kind::Rain,
                Some("udara") => Kind::Air,
                Some("bising") => Kind::Noise,
                Some("listrik") => Kind::Power,
                _ => Kind::Weather,
            },
            DeviceClass::Switch | DeviceClass::Gateway | DeviceClass::Camera | DeviceClass::Unknown => {
                Kind::Network
            }
        };
        let seed = id.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self {
            kind,
            seed,
            name: device.name.clone(),
            uplink: device.uplink.first().map(ToString::to_string),
            serial: format!("PTU{:06}", seed % 1_000_000),
            received: fixed(seed, 1) * 4e9,
            sent: fixed(seed, 2) * 9e8,
        }
    }

    /// What the device says it is.
    pub(super) fn meta(&self) -> Value {
        let (manufacturer, model) = match self.kind {
            Kind::AccessPoint => ("Nusantara Net", "WAP-620"),
            Kind::Network => ("Nusantara Net", "SX-2400"),
            Kind::Server => ("Garuda Komputer", "R720"),
            Kind::Ups => ("Sumber Daya", "UP-3000"),
            _ => ("Tirta Instrumen", "LoRa-9"),
        };
        json!({
            "name": self.name, "manufacturer": manufacturer, "model": model, "serial": self.serial,
            "uplink": self.uplink,
        })
    }

    pub(super) const fn firmware(&self) -> &'static str {
        match self.kind {
            Kind::AccessPoint => "wap-4.2.1",
            Kind::Network => "sx-9.18",
            Kind::Server => "6.12.48",
            Kind::Ups => "up-1.7",
            _ => "tirta-2.0.3",
        }
    }

    /// What it measures now; `since` is when it was switched on, `passed_s` the seconds since its last reading.
    pub(super) fn read(&mut self, now: Timestamp, since: Timestamp, passed_s: f64, number: u64) -> Reading {
        match self.kind {
            Kind::AccessPoint | Kind::Network | Kind::Server => self.monitoring(now, since, passed_s, number),
            _ => Reading { topic: "tele/senml", payload: self.records(now, number) },
        }
    }

    fn wander(&self, number: u64, now: Timestamp, period_s: u32) -> f64 {
        wander(self.seed.wrapping_add(number), now, period_s)
    }

    /// People on this access point: many at noon and in the evening.
    fn clients(&self, now: Timestamp) -> u32 {
        let size = 6.0 + 30.0 * fixed(self.seed, 3);
        let day = 0.12 + 0.75 * around(now, 11.5, 3.0) + 0.9 * around(now, 19.5, 2.2);
        let people = size * day * (1.0 + 0.25 * self.wander(1, now, 90));
        whole(people)
    }

    /// NetJSON `DeviceMonitoring`.
    fn monitoring(&mut self, now: Timestamp, since: Timestamp, passed_s: f64, number: u64) -> Reading {
        let wireless = self.kind == Kind::AccessPoint;
        let clients = if wireless { self.clients(now) } else { 0 };
        let busy = if wireless { f64::from(clients) } else { 30.0 + 25.0 * (1.0 + self.wander(4, now, 60)) };
        let moved = busy * CLIENT_BYTES_S * passed_s * (1.0 + 0.6 * self.wander(5, now, 30));
        self.received += moved;
        self.sent += moved * 0.22;
        let load = (0.08 + busy / 90.0 + 0.1 * (1.0 + self.wander(6, now, 45))).max(0.01);
        let total = if self.kind == Kind::Server { 34_359_738_368.0 } else { 268_435_456.0 };
        let free = total * (0.45 - 0.12 * self.wander(7, now, 300) - busy / 400.0).max(0.05);
        let statistics = json!({"rx_bytes": counter(self.received), "tx_bytes": counter(self.sent)});
        let interface = if wireless {
            // Addresses as clients make them up today: locally administered, another every day.
            let list: Vec<Value> =
                (0..clients).map(|n| json!({"mac": self.address(n, now), "assoc": true})).collect();
            json!({
                "name": "wlan0", "type": "wireless", "statistics": statistics,
                "wireless": {"ssid": "Metro Gratis", "mode": "access_point", "channel": 1 + self.seed % 3 * 5,
                             "clients": list},
            })
        } else {
            json!({"name": "eth0", "type": "ethernet", "statistics": statistics})
        };
        let payload = json!({
            "type": "DeviceMonitoring",
            "general": {"hostname": self.name, "uptime": now.millis_since(since) / 1000,
                        "local_time": now.millis() / 1000},
            "resources": {
                "load": [round(load, 100.0), round(load * 0.9, 100.0), round(load * 0.8, 100.0)],
                "memory": {"total": counter(total), "free": counter(free)},
            },
            "interfaces": [interface],
            "x-pantau": {"ts": now, "seq": number, "backfill": false},
        });
        Reading { topic: "tele/netjson", payload }
    }

    fn address(&self, number: u32, now: Timestamp) -> String {
        let day = now.millis() / 86_400_000;
        let byte =
            |part: i64| whole(fixed(self.seed.wrapping_add(u64::from(number)), day * 8 + part) * 255.0);
        format!("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", byte(1), byte(2), byte(3), byte(4), byte(5))
    }

    /// SenML records.
    fn records(&self, now: Timestamp, number: u64) -> Value {
        let warm = wave(now, 14.0);
        let temperature = 27.5 + 4.2 * warm + 0.8 * self.wander(10, now, 120);
        let humidity = 76.0 - 14.0 * warm + 4.0 * self.wander(11, now, 150);
        let rush = around(now, 7.5, 1.6) + around(now, 17.5, 2.0);
        let values: Vec<(&str, &str, f64)> = match self.kind {
            Kind::Water => vec![
                (
                    "water_level",
                    "m",
                    1.5 + fixed(self.seed, 8) + 0.2 * wave(now, 18.0) + 0.12 * self.wander(12, now, 240),
                ),
                ("battery", "%EL", 84.0 + 12.0 * self.wander(13, now, 7200)),
            ],
            Kind::Rain => vec![
                ("rain", "mm", (3.2 * around(now, 16.0, 2.5) * self.wander(14, now, 600)).max(0.0)),
                ("battery", "%EL", 81.0 + 12.0 * self.wander(13, now, 7200)),
            ],
            Kind::Air => vec![
                ("pm2_5", "ug/m3", 19.0 + 21.0 * rush + 7.0 * self.wander(15, now, 90)),
                ("temperature", "Cel", temperature),
                ("humidity", "%RH", humidity),
            ],
            Kind::Noise => vec![("noise", "dB", 56.0 + 9.0 * rush + 5.0 * self.wander(16, now, 20))],
            Kind::Power => vec![
                ("voltage", "V", 221.0 - 5.0 * around(now, 19.0, 2.0) + 3.0 * self.wander(17, now, 40)),
                ("battery", "%EL", 97.0 + 2.0 * self.wander(13, now, 3600)),
            ],
            Kind::Ups => vec![
                ("voltage", "V", 222.0 + 3.0 * self.wander(17, now, 40)),
                ("battery", "%EL", 99.0 + self.wander(13, now, 3600)),
                ("temperature", "Cel", 24.0 + 1.5 * self.wander(10, now, 300)),
            ],
            _ => vec![("temperature", "Cel", temperature), ("humidity", "%RH", humidity)],
        };
        let mut records: Vec<Value> = values
            .into_iter()
            .map(|(name, unit, value)| {
                let value = if unit == "%EL" || unit == "%RH" { value.clamp(0.0, 100.0) } else { value };
                json!({"n": name, "u": unit, "v": round(value, 1000.0)})
            })
            .collect();
        if let Some(first) = records.first_mut() {
            first["bt"] = json!(seconds(now));
            first["x-pantau"] = json!({"seq": number});
        }
        Value::Array(records)
    }
}

/// Seconds since 1970 with their milliseconds, as SenML writes time.
pub(super) fn seconds(time: Timestamp) -> f64 {
    // Milliseconds of this millennium are far below 2^53.
    time.millis() as f64 / 1000.0
}

fn round(value: f64, places: f64) -> f64 {
    (value * places).round() / places
}

/// Saturates at both ends, which is what a count does.
fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// Like [`whole`], for byte counters.
fn counter(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::registry::{Plan, Size};

    #[test]
    fn every_device_measures_something_plausible_all_day_long() {
        let plan = Plan::new(Size::default()).unwrap();
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        for device in plan.registry.devices.values().filter(|device| device.class != DeviceClass::Camera) {
            let mut model = Model::new(device, 1);
            for minute in (0..24 * 60).step_by(30) {
                let now = start.plus_millis(minute * 60_000);
                let reading = model.read(now, start, 60.0, 1);
                match reading.payload {
                    Value::Array(records) => {
                        assert_eq!(reading.topic, "tele/senml");
                        for record in records {
                            let name = record["n"].as_str().unwrap();
                            let known = pantau_schemas::metric::known(name).unwrap();
                            assert_eq!(record["u"], known.unit, "{name} of {}", device.id);
                            assert!((0.0..=400.0).contains(&record["v"].as_f64().unwrap()), "{record}");
                        }
                    }
                    object => {
                        assert_eq!(reading.topic, "tele/netjson");
                        assert!(object["resources"]["load"][0].as_f64().unwrap() > 0.0);
                        assert!(object["interfaces"][0]["statistics"]["rx_bytes"].as_u64().unwrap() > 0);
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_city_and_another_another() {
        let plan = Plan::new(Size::default()).unwrap();
        let device = plan.registry.devices.get("ap-07").unwrap();
        let now: Timestamp = "2026-11-22T05:00:00Z".parse().unwrap();
        let read = |seed| Model::new(device, seed).read(now, now, 10.0, 1).payload;
        assert_eq!(read(1), read(1));
        assert_ne!(read(1), read(2));
    }
}
