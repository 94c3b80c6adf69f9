//! `…/tele/senml`: SenML (RFC 8428) packs as measurements.
//!
//! Base fields apply to their record and all after it. The metric is the record's name, or the last part of
//! the base name where the record has none; the rest of a base name is a label, unless it is the id of
//! another device of the registry. Of the values, numbers are kept, booleans become 1 and 0, a sum becomes
//! the metric `{name}.sum`. Texts and binary data (`vs`, `vd`) have no home here: they are left out where the
//! pack holds numbers too (a water level must not be lost for a status word), and are a fault where it does
//! not. Times below 2^28 are relative to receipt. Beside the RFC, the first record may carry `x-pantau` as
//! NetJSON does, for `seq` and `backfill`.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::{DeviceId, SeriesId};
use pantau_schemas::metric;
use pantau_schemas::observation::{Sample, SampleSet};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;

use crate::envelope::Envelope;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::{json, skew};

/// Most records of one pack.
pub const MAX_RECORDS: usize = 10_000;
/// The version of RFC 8428; a pack of a higher one is refused, as the RFC demands.
const VERSION: u64 = 10;
/// Times below are relative to now (RFC 8428, 4.5.3).
const RELATIVE_BELOW: f64 = 268_435_456.0;
/// What RFC 8428 allows between the parts of a name.
const SEPARATORS: [char; 2] = [':', '/'];

/// Reads the measurements of `device`.
///
/// # Errors
/// [`Fault`] with the reason `too_big`, `utf8`, `json`, `schema`, `identity`, `unit` or `clock_skew`.
pub fn decode(
    payload: &[u8],
    limit: usize,
    device: &DeviceId,
    registry: &Registry,
    received: Timestamp,
) -> Result<SampleSet, Fault> {
    let value = json::read(payload, limit)?;
    let records = value.as_list().ok_or_else(|| Fault::schema("", "must be a list of records"))?;
    if records.len() > MAX_RECORDS {
        return Err(Fault::schema("", format!("has more than {MAX_RECORDS} records")));
    }
    let samples = Vec::with_capacity(records.len());
    let mut pack = Pack { device, registry, received, base: Base::default(), samples };
    let mut envelope = Envelope::default();
    for (index, record) in records.iter().enumerate() {
        let fields = Fields::of_item(record, index)?;
        if index == 0 {
            envelope = Envelope::of(&fields, device)?;
        }
        must_understand(&fields)?;
        pack.rebase(&fields)?;
        pack.record(&fields, envelope.backfill)?;
    }
    if pack.samples.is_empty() {
        return Err(Fault::schema("", "holds no number"));
    }
    Ok(SampleSet {
        device: device.clone(),
        samples: pack.samples,
        backfill: envelope.backfill,
        device_seq: envelope.seq,
    })
}

/// A label that ends in `_` changes the meaning of its record, and none is known here (RFC 8428, 4.4).
fn must_understand(fields: &Fields<'_>) -> Result<(), Fault> {
    match fields.keys().find(|key| key.ends_with('_')) {
        Some(key) => Err(fields.fault(key, "must be understood, and is not")),
        None => Ok(()),
    }
}

/// The base fields in force.
#[derive(Default)]
struct Base<'a> {
    name: &'a str,
    time: f64,
    unit: &'a str,
    value: f64,
    sum: f64,
}

struct Pack<'a> {
    device: &'a DeviceId,
    registry: &'a Registry,
    received: Timestamp,
    base: Base<'a>,
    samples: Vec<Sample>,
}

impl<'a> Pack<'a> {
    fn rebase(&mut self, fields: &Fields<'a>) -> Result<(), Fault> {
        if fields.unsigned("bver")?.is_some_and(|version| version > VERSION) {
            return Err(fields.fault("bver", format!("is newer than {VERSION}")));
        }
        if let Some(name) = fields.text("bn")? {
            self.not_another(fields, name)?;
            self.base.name = name;
        }
        if let Some(unit) = fields.text("bu")? {
            self.base.unit = unit;
        }
        for (key, base) in
            [("bt", &mut self.base.time), ("bv", &mut self.base.value), ("bs", &mut self.base.sum)]
        {
            if let Some(number) = fields.number(key)? {
                *base = number;
            }
        }
        Ok(())
    }

    /// A base name may be any label but the id of somebody else.
    fn not_another(&self, fields: &Fields<'a>, name: &str) -> Result<(), Fault> {
        let whole = name.trim_end_matches(['-', '.', '_']).trim_end_matches(SEPARATORS);
        let last = whole.rsplit(SEPARATORS).next().unwrap_or(whole);
        let other = [whole, last]
            .into_iter()
            .any(|part| part != self.device.as_str() && self.registry.devices.contains_key(part));
        if other {
            return Err(Fault::new(Reason::Identity, fields.pointer("bn"), "is the id of another device"));
        }
        Ok(())
    }

    fn record(&mut self, fields: &Fields<'a>, backfill: bool) -> Result<(), Fault> {
        let number = match (fields.number("v")?, fields.boolean("vb")?) {
            (Some(_), Some(_)) => return Err(fields.fault("vb", "stands beside another value")),
            (None, Some(yes)) => Some(f64::from(u8::from(yes))),
            (number, None) => number.map(|number| self.base.value + number),
        };
        let text = fields.text("vs")?.or(fields.text("vd")?).is_some();
        if text && number.is_some() {
            return Err(fields.fault("v", "stands beside another value"));
        }
        let sum = fields.number("s")?.map(|sum| self.base.sum + sum);
        if number.is_none() && sum.is_none() {
            // A record of base fields alone is common, if not quite the RFC's.
            let named = fields.text("n")?.is_some();
            return if named && !text { Err(fields.fault("v", "is missing")) } else { Ok(()) };
        }
        let name = self.name(fields)?;
        let time = self.time(fields, backfill)?;
        if let Some(number) = number {
            let value = self.convert(fields, name, number)?;
            self.put(fields, name, time, value)?;
        }
        if let Some(sum) = sum {
            self.put(fields, &format!("{name}.sum"), time, sum)?;
        }
        Ok(())
    }

    /// The metric.
    fn name(&self, fields: &Fields<'a>) -> Result<&'a str, Fault> {
        let own = fields.text("n")?.filter(|name| !name.is_empty());
        Ok(own.or_else(|| self.base.name.rsplit(SEPARATORS).next()).unwrap_or_default())
    }

    fn time(&self, fields: &Fields<'_>, backfill: bool) -> Result<Timestamp, Fault> {
        let seconds = self.base.time + fields.number("t")?.unwrap_or(0.0);
        let at = || fields.pointer(if fields.get("t").is_some() { "t" } else { "bt" });
        let moved = skew::from_seconds(seconds).ok_or_else(|| Fault::schema(at(), "is not a time"))?;
        let time = if seconds < RELATIVE_BELOW {
            Timestamp::from_micros(self.received.micros().saturating_add(moved.micros()))
        } else {
            moved
        };
        skew::near(time, self.received, backfill, "").map_err(|fault| fault.at(at()))?;
        Ok(time)
    }

    fn convert(&self, fields: &Fields<'_>, name: &str, number: f64) -> Result<f64, Fault> {
        let Some(known) = metric::known(name) else { return Ok(number) };
        let unit = fields.text("u")?.unwrap_or(self.base.unit);
        let factor = metric::factor(unit, known.unit).ok_or_else(|| {
            let at = fields.pointer(if fields.get("u").is_some() { "u" } else { "bu" });
            Fault::new(Reason::Unit, at, format!("does not measure {name}, which is in {:?}", known.unit))
        })?;
        Ok(number * factor)
    }

    fn put(&mut self, fields: &Fields<'_>, name: &str, time: Timestamp, value: f64) -> Result<(), Fault> {
        if !value.is_finite() {
            return Err(fields.fault("n", "has a value that is not finite"));
        }
        let series = SeriesId::of(self.device, name).map_err(|error| fields.fault("n", error.to_string()))?;
        self.samples.push(Sample { series, time, value });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_320_669;

    fn read(payload: &str) -> Result<SampleSet, Fault> {
        let device = DeviceId::new("sn-01").unwrap();
        decode(payload.as_bytes(), 1 << 20, &device, &testing::registry(), Timestamp::from_secs(NOW))
    }

    fn values(payload: &str) -> Vec<(String, i64, f64)> {
        let seconds = |sample: &Sample| sample.time.millis() / 1000 - NOW;
        let set = read(payload).unwrap();
        set.samples.iter().map(|s| (s.series.metric().to_owned(), seconds(s), s.value)).collect()
    }

    fn one(name: &str, seconds: i64, value: f64) -> (String, i64, f64) {
        (name.to_owned(), seconds, value)
    }

    #[test]
    fn the_contracts_example_is_understood() {
        let payload = r#"[{"bn":"urn:dev:mac:0024befffe804ff1:","bt":1795320669,"n":"water_level","u":"m","v":1.84},{"n":"pm2_5","u":"ug/m3","v":38.2}]"#;
        assert_eq!(values(payload), [one("water_level", 0, 1.84), one("pm2_5", 0, 38.2)]);
    }

    #[test]
    fn base_fields_hold_until_the_next() {
        let payload = r#"[{"bn":"a:","bt":1795320600,"bv":10,"bu":"cm"},{"n":"water_level","t":-5,"v":150},
            {"bv":0,"bu":"V","n":"voltage","v":12},{"n":"energy","s":7,"bs":1},{"n":"door","vb":true},{"n":"note","vs":"ok"},
            {"bn":"urn:dev:x:rain","u":"mm","v":3}]"#;
        assert_eq!(
            values(payload),
            [
                one("water_level", -74, 1.6),
                one("voltage", -69, 12.0),
                one("energy.sum", -69, 8.0),
                one("door", -69, 1.0),
                one("rain", -69, 3.0),
            ]
        );
    }

    #[test]
    fn small_times_are_relative_to_now() {
        assert_eq!(
            values(r#"[{"n":"x","v":1},{"n":"x","t":-60,"v":2}]"#),
            [one("x", 0, 1.0), one("x", -60, 2.0)]
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_at_its_place() {
        for (payload, reason, pointer) in [
            ("{}", Reason::Schema, ""),
            ("[]", Reason::Schema, ""),
            (r#"[{"n":"door","vs":"open"}]"#, Reason::Schema, ""),
            (r#"[{"n":"x"}]"#, Reason::Schema, "/0/v"),
            (r#"[{"v":1}]"#, Reason::Schema, "/0/n"),
            (r#"[{"n":"a/b","v":1}]"#, Reason::Schema, "/0/n"),
            (r#"[{"n":"x","v":"1"}]"#, Reason::Schema, "/0/v"),
            (r#"[{"n":"x","v":1,"vb":true}]"#, Reason::Schema, "/0/vb"),
            (r#"[{"n":"x","v":1,"vs":"a"}]"#, Reason::Schema, "/0/v"),
            (r#"[{"n":"x","v":1,"mean_":2}]"#, Reason::Schema, "/0/mean_"),
            (r#"[{"bver":11,"n":"x","v":1}]"#, Reason::Schema, "/0/bver"),
            (r#"[{"n":"x","v":1},{"n":"water_level","u":"V","v":1}]"#, Reason::Unit, "/1/u"),
            (r#"[{"bu":"V","n":"water_level","v":1}]"#, Reason::Unit, "/0/bu"),
            (r#"[{"bn":"sn-02","n":"x","v":1}]"#, Reason::Identity, "/0/bn"),
            (r#"[{"bn":"urn:dev:pantau:sn-02:","n":"x","v":1}]"#, Reason::Identity, "/0/bn"),
            (r#"[{"bt":1795321200,"n":"x","v":1}]"#, Reason::ClockSkew, "/0/bt"),
            (r#"[{"n":"x","t":-90000,"v":1}]"#, Reason::ClockSkew, "/0/t"),
            (r#"[{"n":"x","t":1e18,"v":1}]"#, Reason::Schema, "/0/t"),
        ] {
            let fault = read(payload).unwrap_err();
            assert_eq!((fault.reason, fault.pointer.as_str()), (reason, pointer), "{payload}");
        }
    }

    #[test]
    fn a_device_may_name_itself_and_send_its_history() {
        let set = read(r#"[{"bn":"sn-01:","x-pantau":{"seq":4,"backfill":true},"n":"x","t":-90000,"v":1}]"#)
            .unwrap();
        assert_eq!((set.backfill, set.device_seq), (true, Some(4)));
    }

    proptest! {
        #[test]
        fn a_pack_says_the_same_with_base_fields_and_without(
            values in proptest::collection::vec((-1e9..1e9, -80_000i32..200), 1..20), base in -1e6..1e6,
        ) {
            let plain: Vec<_> = values.iter().enumerate().map(|(i, (v, t))| {
                serde_json::json!({"n": format!("m{i}"), "t": NOW + i64::from(*t), "v": v})
            }).collect();
            let mut based: Vec<_> = values.iter().enumerate().map(|(i, (v, t))| {
                serde_json::json!({"n": format!("m{i}"), "t": t, "v": v - base})
            }).collect();
            based.insert(0, serde_json::json!({"bn": "any:", "bt": NOW, "bv": base}));
            let plain = read(&serde_json::to_string(&plain).unwrap()).unwrap();
            let based = read(&serde_json::to_string(&based).unwrap()).unwrap();
            prop_assert_eq!(plain.samples.len(), based.samples.len());
            for (a, b) in plain.samples.iter().zip(&based.samples) {
                prop_assert_eq!((&a.series, a.time), (&b.series, b.time));
                prop_assert!((a.value - b.value).abs() <= 1e-6 * a.value.abs().max(1.0), "{} {}", a.value, b.value);
            }
        }
    }
}
