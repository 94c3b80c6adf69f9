//! A few newest values of sensors, the most telling metrics first.

use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::metric;
use pantau_schemas::order;
use pantau_schemas::registry::DeviceClass;
use pantau_schemas::time::Timestamp;

use crate::live::replica::Replica;

/// Metrics for the wall and their decimals, the most telling first.
const TELLING: [(&str, u8); 5] =
    [("water_level", 2), ("rain", 1), ("pm2_5", 0), ("temperature", 1), ("noise", 0)];
/// How often a sensor speaks when nobody says, seconds.
const INTERVAL_S: i64 = 60;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Who measured.
    pub device: DeviceId,
    /// What.
    pub metric: &'static str,
    /// Its name, which says what it measures and where.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Its unit, as people write it.
    pub unit: &'static str,
    /// How many decimals it deserves.
    pub decimals: u8,
    /// When, by the sensor's clock.
    pub time: Timestamp,
    /// From this age on it is old, ms: two and a half intervals and five seconds, as for devices.
    pub old_after_ms: i64,
}

/// At most `limit` values: first the highest of each telling metric, then the second highest, and so on.
#[must_use]
pub fn readings(replica: &Replica, limit: usize) -> Vec<Reading> {
    let world = replica.world();
    let mut columns: Vec<Vec<Reading>> = Vec::new();
    for (metric, decimals) in TELLING {
        let mut column = Vec::new();
        for device in world.registry.devices.values().filter(|d| d.class == DeviceClass::Sensor) {
            let Some(head) = replica.head(device.id.as_str(), metric) else { continue };
            let interval = world.devices.get(&device.id).and_then(|status| status.interval_s);
            let interval = interval.or(device.interval_s).map_or(INTERVAL_S, i64::from);
            column.push(Reading {
                device: device.id.clone(),
                metric,
                name: device.name.clone(),
                value: head.value,
                unit: metric::known(metric).map_or("", |known| written(known.unit)),
                decimals,
                time: head.time,
                old_after_ms: interval.saturating_mul(2_500).saturating_add(5_000),
            });
        }
        order::sort_by(&mut column, |a, b| b.value.total_cmp(&a.value).then_with(|| a.device.cmp(&b.device)));
        if !column.is_empty() {
            columns.push(column);
        }
    }
    let deepest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut out: Vec<Reading> = (0..deepest)
        .flat_map(|n| columns.iter().filter_map(move |c| c.get(n)).cloned())
        .take(limit)
        .collect();
    // One metric stays together, in the order of importance.
    order::sort_by_key(&mut out, |reading| TELLING.iter().position(|(metric, _)| *metric == reading.metric));
    out
}

/// The newest value of one series, of whatever metric and device; `None` before there is one.
#[must_use]
pub fn reading(replica: &Replica, series: &SeriesId) -> Option<Reading> {
    let world = replica.world();
    let head = replica.head(series.device(), series.metric())?;
    let device = world.registry.devices.get(series.device());
    let interval = world.devices.get(series.device()).and_then(|status| status.interval_s);
    let interval = interval.or(device.and_then(|device| device.interval_s)).map_or(INTERVAL_S, i64::from);
    let known = metric::known(series.metric());
    Some(Reading {
        device: DeviceId::new(series.device()).ok()?,
        metric: known.map_or("", |known| known.name),
        name: device.map_or_else(|| series.to_string(), |device| device.name.clone()),
        value: head.value,
        unit: known.map_or("", |known| written(known.unit)),
        decimals: TELLING
            .iter()
            .find(|(name, _)| *name == series.metric())
            .map_or(1, |(_, decimals)| *decimals),
        time: head.time,
        old_after_ms: interval.saturating_mul(2_500).saturating_add(5_000),
    })
}

/// A SenML unit as people write it.
#[must_use]
pub fn written(unit: &'static str) -> &'static str {
    match unit {
        "ug/m3" => "µg/m³",
        "Cel" => "°C",
        "%RH" | "%EL" => "%",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{device, registry};
    use pantau_schemas::ids::{Seq, SeriesId};
    use pantau_schemas::registry::Domain;
    use pantau_schemas::wire::{Head, LiveMessage};
    use pantau_schemas::world::World;

    #[test]
    fn high_water_is_never_hidden_by_warm_weather() {
        let mut world = World { registry: registry(), ..World::default() };
        let mut heads = Vec::new();
        for n in 0..4_u32 {
            let id = device(&mut world.registry, &format!("s-{n}"), DeviceClass::Sensor, Domain::Monitoring);
            let mut head = |metric, value| {
                let series = SeriesId::of(&id, metric).unwrap();
                heads.push(Head { series, time: Timestamp::EPOCH, value });
            };
            head("temperature", 30.0);
            if n < 2 {
                head("water_level", f64::from(n));
            }
        }
        let mut replica = Replica::default();
        replica.take(LiveMessage::Snapshot { seq: Seq(0), world: Box::new(world) }).unwrap();
        replica.take(LiveMessage::Heads { heads }).unwrap();
        let water = reading(&replica, &SeriesId::new("s-1/water_level").unwrap()).unwrap();
        assert_eq!((water.value, water.unit, water.decimals), (1.0, "m", 2));
        assert_eq!(reading(&replica, &SeriesId::new("s-3/water_level").unwrap()), None);
        let shown: Vec<(&str, f64)> =
            readings(&replica, 3).iter().map(|reading| (reading.metric, reading.value)).collect();
        assert_eq!(shown, [("water_level", 1.0), ("water_level", 0.0), ("temperature", 30.0)]);
    }
}
