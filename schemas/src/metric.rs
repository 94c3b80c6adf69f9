//! Names, units and plausible ranges of the quantities that Pantau knows.
//!
//! An unknown metric is welcome (it is stored under its own name); a known one in a wrong unit is not.

/// A known quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// The metric's part of the series.
    pub name: &'static str,
    /// The unit as SenML (RFC 8428, RFC 8798) writes it; empty for a bare number.
    pub unit: &'static str,
}

/// The known quantities: sensors first, then access points, then camera streams.
pub const METRICS: &[Metric] = &[
    Metric { name: "water_level", unit: "m" },
    Metric { name: "rain", unit: "mm" },
    Metric { name: "pm2_5", unit: "ug/m3" },
    Metric { name: "pm10", unit: "ug/m3" },
    Metric { name: "temperature", unit: "Cel" },
    Metric { name: "humidity", unit: "%RH" },
    Metric { name: "battery", unit: "%EL" },
    Metric { name: "voltage", unit: "V" },
    Metric { name: "noise", unit: "dB" },
    Metric { name: "clients", unit: "" },
    Metric { name: "load_1m", unit: "" },
    Metric { name: "memory_free", unit: "B" },
    Metric { name: "uptime", unit: "s" },
    Metric { name: "rx_bytes", unit: "B" },
    Metric { name: "tx_bytes", unit: "B" },
    Metric { name: "fps", unit: "1/s" },
    Metric { name: "bitrate", unit: "bit/s" },
    Metric { name: "packet_loss", unit: "1/s" },
    Metric { name: "jitter", unit: "ms" },
    Metric { name: "gop_frames", unit: "" },
    Metric { name: "key_frame_age", unit: "s" },
    Metric { name: "clock_skew", unit: "ms" },
    Metric { name: "reconnects", unit: "" },
];

/// The known quantity of that name.
#[must_use]
pub fn known(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// The factor that turns a value in unit `from` into unit `to`; `None` when they do not measure the same.
#[must_use]
pub fn factor(from: &str, to: &str) -> Option<f64> {
    if from == to || from.is_empty() {
        return Some(1.0);
    }
    Some(match (from, to) {
        ("mm", "m") | ("mV", "V") | ("ms", "s") => 0.001,
        ("cm", "m") => 0.01,
        ("m", "mm") | ("s", "ms") | ("kB", "B") | ("kbit/s", "bit/s") => 1_000.0,
        ("Mbit/s", "bit/s") => 1_000_000.0,
        ("%", "%RH" | "%EL") => 1.0,
        ("/", "%RH" | "%EL" | "%") => 100.0,
        ("mg/m3", "ug/m3") => 1_000.0,
        ("Hz", "1/s") | ("count", "") => 1.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centimetres_become_metres_and_metres_never_become_volts() {
        assert_eq!(factor("cm", "m"), Some(0.01));
        assert_eq!(factor("m", "V"), None);
    }
}
