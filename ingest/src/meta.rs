//! `…/meta`: a device's birth certificate. Proposed, never decisive: a person confirms.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::observation::MetaReport;

use crate::fault::Fault;
use crate::fields::Fields;
use crate::tree::Tree;
use crate::{identity, json};

/// Longest text shown of each field.
const MAX_TEXT: usize = 120;

/// Reads what `device` says it is.
///
/// `uplink` is a device's identity, or an object that holds it as `device` (with the port beside it).
///
/// # Errors
/// [`Fault`] with the reason `too_big`, `utf8`, `json`, `schema` or `identity`.
pub fn decode(payload: &[u8], limit: usize, device: &DeviceId) -> Result<MetaReport, Fault> {
    let value = json::read(payload, limit)?;
    let fields = Fields::of(&value, "")?;
    identity::same_device(&fields, device)?;
    let uplink = match fields.get("uplink") {
        Some(Tree::Object(_)) => match fields.object("uplink")? {
            Some(inner) => inner.parsed("device", DeviceId::new)?,
            None => None,
        },
        _ => fields.parsed("uplink", DeviceId::new)?,
    };
    if uplink.as_ref() == Some(device) {
        return Err(fields.fault("uplink", "is the device itself"));
    }
    fields.text("name")?;
    Ok(MetaReport {
        device: device.clone(),
        manufacturer: fields.shown("manufacturer", MAX_TEXT)?,
        model: fields.shown("model", MAX_TEXT)?,
        serial: fields.shown("serial", MAX_TEXT)?,
        uplink,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pantau_schemas::dead_letter::Reason;

    fn read(payload: &str) -> Result<MetaReport, Fault> {
        decode(payload.as_bytes(), 10_000, &DeviceId::new("ap-01").unwrap())
    }

    #[test]
    fn what_a_device_says_is_cleaned_for_the_eye() {
        let report = read(
            r#"{"name":"AP","manufacturer":"TP-Link\u202e","model":"\u200b","serial":"22","uplink":{"device":"sw-1","port":"7"}}"#,
        )
        .unwrap();
        assert_eq!(report.manufacturer.as_deref(), Some("TP-Link"));
        assert_eq!(report.model, None);
        assert_eq!(report.uplink, DeviceId::new("sw-1").ok());
        assert_eq!(read(r#"{"uplink":"sw-1"}"#).unwrap().uplink, DeviceId::new("sw-1").ok());
    }

    #[test]
    fn a_device_is_not_its_own_uplink_and_not_another_device() {
        assert_eq!(read(r#"{"uplink":"ap-01"}"#).unwrap_err().pointer, "/uplink");
        assert_eq!(read(r#"{"uplink":"a/b"}"#).unwrap_err().reason, Reason::Schema);
        assert_eq!(read(r#"{"device_id":"ap-02"}"#).unwrap_err().reason, Reason::Identity);
        assert_eq!(read("[]").unwrap_err().reason, Reason::Schema);
        assert_eq!(read(r#"{"name":7}"#).unwrap_err().pointer, "/name");
    }
}
