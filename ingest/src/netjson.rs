//! `…/tele/netjson`: NetJSON `DeviceMonitoring` (the schema of OpenWISP) as measurements.
//!
//! | metric | from |
//! |---|---|
//! | `clients` | entries of `wireless.clients` over all interfaces; only counted, their MACs go nowhere |
//! | `load_1m` | `resources.load[0]` |
//! | `memory_free` | `resources.memory.free`, bytes |
//! | `uptime` | `general.uptime`, seconds |
//! | `rx_bytes`, `tx_bytes` | `statistics` summed over the wireless interfaces; over the others where there is none |
//!
//! Summing all interfaces would count every byte twice: once on the radio, once on the cable. The time is
//! `x-pantau.ts`, else `general.local_time`, else that of receipt. `general.hostname` is a label.

use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::observation::{Sample, SampleSet};
use pantau_schemas::time::Timestamp;

use crate::envelope::Envelope;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::tree::Tree;
use crate::{json, skew};

/// Most interfaces of one device; a big switch stack has some hundreds.
const MAX_INTERFACES: usize = 2_000;

/// Reads the measurements of `device`.
///
/// # Errors
/// [`Fault`] with the reason `too_big`, `utf8`, `json`, `schema`, `identity` or `clock_skew`.
pub fn decode(
    payload: &[u8],
    limit: usize,
    device: &DeviceId,
    received: Timestamp,
) -> Result<SampleSet, Fault> {
    let value = json::read(payload, limit)?;
    let fields = Fields::of(&value, "")?;
    if fields.required("type", fields.text("type")?)? != "DeviceMonitoring" {
        return Err(fields.fault("type", "must be DeviceMonitoring"));
    }
    let envelope = Envelope::of(&fields, device)?;
    let general = fields.object("general")?;
    let local = general.as_ref().map(|general| general.number("local_time")).transpose()?.flatten();
    let (time, at) = match (envelope.time, local) {
        (Some(time), _) => (time, "/x-pantau/ts"),
        (None, Some(local)) => {
            let at = "/general/local_time";
            (skew::from_seconds(local).ok_or_else(|| Fault::schema(at, "is not a time"))?, at)
        }
        (None, None) => (received, ""),
    };
    skew::near(time, received, envelope.backfill, at)?;

    let mut found = Found { device, time, samples: Vec::new() };
    if let Some(resources) = fields.object("resources")? {
        if let Some(load) = resources.list("load")? {
            found.take("load_1m", load.first(), "/resources/load/0")?;
        }
        if let Some(memory) = resources.object("memory")? {
            found.take("memory_free", memory.get("free"), "/resources/memory/free")?;
        }
    }
    if let Some(general) = &general {
        found.take("uptime", general.get("uptime"), "/general/uptime")?;
    }
    if let Some(list) = fields.list("interfaces")? {
        let traffic = Traffic::of(list)?;
        found.put("clients", traffic.clients)?;
        let (rx, tx) = if traffic.clients.is_some() { traffic.wireless } else { traffic.wired };
        found.put("rx_bytes", rx)?;
        found.put("tx_bytes", tx)?;
    }
    if found.samples.is_empty() {
        return Err(Fault::schema("", "holds no measurement that is known"));
    }
    Ok(SampleSet {
        device: device.clone(),
        samples: found.samples,
        backfill: envelope.backfill,
        device_seq: envelope.seq,
    })
}

struct Found<'a> {
    device: &'a DeviceId,
    time: Timestamp,
    samples: Vec<Sample>,
}

impl Found<'_> {
    fn take(&mut self, metric: &str, value: Option<&Tree<'_>>, at: &str) -> Result<(), Fault> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
        self.put(metric, Some(amount(value, at)?))
    }

    fn put(&mut self, metric: &str, value: Option<f64>) -> Result<(), Fault> {
        let Some(value) = value else { return Ok(()) };
        let series =
            SeriesId::of(self.device, metric).map_err(|error| Fault::schema("", error.to_string()))?;
        self.samples.push(Sample { series, time: self.time, value });
        Ok(())
    }
}

fn amount(value: &Tree<'_>, at: &str) -> Result<f64, Fault> {
    value
        .as_f64()
        .filter(|number| *number >= 0.0)
        .ok_or_else(|| Fault::schema(at, "must be a number from 0 on"))
}

/// Sums over the interfaces.
#[derive(Default)]
struct Traffic {
    clients: Option<f64>,
    wireless: (Option<f64>, Option<f64>),
    wired: (Option<f64>, Option<f64>),
}

impl Traffic {
    fn of(list: &[Tree<'_>]) -> Result<Self, Fault> {
        if list.len() > MAX_INTERFACES {
            return Err(Fault::schema("/interfaces", format!("has more than {MAX_INTERFACES} entries")));
        }
        let mut sums = Self::default();
        for (index, value) in list.iter().enumerate() {
            let fields = Fields::of(value, &format!("/interfaces/{index}"))?;
            let wireless = fields.object("wireless")?;
            if let Some(wireless) = &wireless {
                let clients = wireless.list("clients")?.map_or(0, Vec::len);
                let clients = u32::try_from(clients).unwrap_or(u32::MAX);
                *sums.clients.get_or_insert(0.0) += f64::from(clients);
            }
            // The loopback talks to itself, and a bridge repeats what its members carried.
            if matches!(fields.text("type")?, Some("loopback" | "bridge")) {
                continue;
            }
            if let Some(statistics) = fields.object("statistics")? {
                let sum = if wireless.is_some() { &mut sums.wireless } else { &mut sums.wired };
                for (key, total) in [("rx_bytes", &mut sum.0), ("tx_bytes", &mut sum.1)] {
                    if let Some(value) = statistics.get(key) {
                        *total.get_or_insert(0.0) += amount(value, &statistics.pointer(key))?;
                    }
                }
            }
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::dead_letter::Reason;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_320_669;

    fn read(payload: &str) -> Result<SampleSet, Fault> {
        let device = DeviceId::new("ap-01").unwrap();
        decode(payload.as_bytes(), 1 << 20, &device, Timestamp::from_secs(NOW))
    }

    fn values(set: &SampleSet) -> Vec<(&str, f64)> {
        set.samples.iter().map(|sample| (sample.series.metric(), sample.value)).collect()
    }

    #[test]
    fn an_access_point_becomes_its_key_figures_without_a_mac() {
        let set = read(
            r#"{"type":"DeviceMonitoring","general":{"hostname":"another-name","uptime":864213},
            "resources":{"load":[0.12,0.2,0.18],"memory":{"total":131072000,"free":52428800}},
            "interfaces":[
             {"name":"lo","type":"loopback","statistics":{"rx_bytes":5,"tx_bytes":5}},
             {"name":"wlan0","type":"wireless","mac":"AC:84:C6:00:11:22","statistics":{"rx_bytes":100,"tx_bytes":200},
              "wireless":{"ssid":"Metro","clients":[{"mac":"AC:84:C6:00:11:23"},{"mac":"AC:84:C6:00:11:24"}]}},
             {"name":"wlan1","type":"wireless","statistics":{"rx_bytes":1,"tx_bytes":2},"wireless":{}},
             {"name":"eth0","type":"ethernet","statistics":{"rx_bytes":9000,"tx_bytes":9000}}],
            "x-pantau":{"ts":"2026-11-22T04:11:08.5Z","seq":18213,"backfill":false}}"#,
        )
        .unwrap();
        assert_eq!(
            values(&set),
            [
                ("load_1m", 0.12),
                ("memory_free", 52_428_800.0),
                ("uptime", 864_213.0),
                ("clients", 2.0),
                ("rx_bytes", 101.0),
                ("tx_bytes", 202.0),
            ]
        );
        assert_eq!(set.device_seq, Some(18213));
        assert!(!format!("{set:?}").contains("AC:84"));
        assert!(set.samples.iter().all(|s| s.time.to_string() == "2026-11-22T04:11:08.5Z"));
    }

    #[test]
    fn a_switch_counts_its_cables() {
        let set = read(
            r#"{"type":"DeviceMonitoring","general":{"local_time":1795320660},"interfaces":[
            {"name":"eth0","statistics":{"rx_bytes":3,"tx_bytes":4}},{"name":"br0","type":"bridge","statistics":{"rx_bytes":3}},
            {"name":"eth1","statistics":{"rx_bytes":5}}]}"#,
        )
        .unwrap();
        assert_eq!(values(&set), [("rx_bytes", 8.0), ("tx_bytes", 4.0)]);
        assert_eq!(set.samples[0].time, Timestamp::from_secs(1_795_320_660));
    }

    #[test]
    fn history_is_taken_only_when_it_says_so() {
        let at = |time: &str, backfill: bool| {
            read(&format!(
                r#"{{"type":"DeviceMonitoring","general":{{"uptime":1}},"x-pantau":{{"ts":"{time}","backfill":{backfill}}}}}"#
            ))
        };
        assert!(at("2026-11-20T04:00:00Z", true).unwrap().backfill);
        assert_eq!(at("2026-11-20T04:00:00Z", false).unwrap_err().reason, Reason::ClockSkew);
        assert_eq!(at("1970-01-01T00:00:07Z", false).unwrap_err().reason, Reason::ClockSkew);
        assert_eq!(at("2026-11-22T04:17:00Z", true).unwrap_err().reason, Reason::ClockSkew);
        assert_eq!(at("2026-11-22T04:11:09Z", false).unwrap().samples.len(), 1);
    }

    #[test]
    fn another_shape_is_refused_at_its_place() {
        for (payload, reason, pointer) in [
            ("[]", Reason::Schema, ""),
            (r#"{"type":"NetworkGraph"}"#, Reason::Schema, "/type"),
            (r#"{"type":"DeviceMonitoring"}"#, Reason::Schema, ""),
            (r#"{"type":"DeviceMonitoring","general":{"uptime":-1}}"#, Reason::Schema, "/general/uptime"),
            (
                r#"{"type":"DeviceMonitoring","resources":{"load":["x"]}}"#,
                Reason::Schema,
                "/resources/load/0",
            ),
            (r#"{"type":"DeviceMonitoring","interfaces":[3]}"#, Reason::Schema, "/interfaces/0"),
            (
                r#"{"type":"DeviceMonitoring","interfaces":[{"wireless":{"clients":{}}}]}"#,
                Reason::Schema,
                "/interfaces/0/wireless/clients",
            ),
            (r#"{"type":"DeviceMonitoring","x-pantau":{"seq":-1}}"#, Reason::Schema, "/x-pantau/seq"),
            (
                r#"{"type":"DeviceMonitoring","x-pantau":{"device":"b"}}"#,
                Reason::Identity,
                "/x-pantau/device",
            ),
        ] {
            let fault = read(payload).unwrap_err();
            assert_eq!((fault.reason, fault.pointer.as_str()), (reason, pointer), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn what_a_device_measured_is_what_is_kept(load in 0.0..1e6, free in 0u64..1 << 50, uptime in 0u64..1 << 40, clients in 0usize..50, rx in 0u64..1 << 50) {
            let payload = serde_json::json!({
                "type": "DeviceMonitoring", "general": {"uptime": uptime},
                "resources": {"load": [load], "memory": {"free": free}},
                "interfaces": [{"wireless": {"clients": vec![serde_json::json!({}); clients]}, "statistics": {"rx_bytes": rx}}],
            });
            let set = read(&payload.to_string()).unwrap();
            prop_assert_eq!(values(&set), vec![
                ("load_1m", load), ("memory_free", free as f64), ("uptime", uptime as f64),
                ("clients", clients as f64), ("rx_bytes", rx as f64),
            ]);
        }
    }
}
