//! `complaint.*`: Open311 GeoReport v2 names.

use pantau_schemas::event::{ComplaintStep, FeedContent, NewComplaint};
use pantau_schemas::ids::ComplaintId;
use pantau_schemas::time::Timestamp;

use crate::fault::Fault;
use crate::fields::Fields;
use crate::skew;

/// Longest description shown, in characters.
const MAX_DESCRIPTION: usize = 2_000;
/// Longest of the other texts.
const MAX_TEXT: usize = 200;

fn id(data: &Fields<'_>) -> Result<ComplaintId, Fault> {
    let key = "service_request_id";
    data.required(key, data.parsed(key, ComplaintId::new)?)
}

/// `complaint.received`.
pub(crate) fn received(
    data: &Fields<'_>,
    time: Timestamp,
    received: Timestamp,
) -> Result<FeedContent, Fault> {
    let service_code = data.required_shown("service_code", MAX_TEXT)?;
    let requested = data.time("requested_datetime")?.unwrap_or(time);
    skew::not_ahead(requested, received, &data.pointer("requested_datetime"))?;
    Ok(FeedContent::Complaint(Box::new(NewComplaint {
        id: id(data)?,
        service_name: data.shown("service_name", MAX_TEXT)?.unwrap_or_else(|| service_code.clone()),
        service_code,
        description: data.required_shown("description", MAX_DESCRIPTION)?,
        address: data.shown("address", MAX_TEXT)?.unwrap_or_default(),
        position: position(data)?,
        channel: data.shown("channel", MAX_TEXT)?.unwrap_or_default(),
        requested,
    })))
}

fn position(data: &Fields<'_>) -> Result<Option<[f64; 2]>, Fault> {
    let degrees = |key: &str, limit: f64| match data.number(key)? {
        Some(number) if number.abs() > limit => {
            Err(data.fault(key, format!("must lie between -{limit} and {limit}")))
        }
        number => Ok(number),
    };
    match (degrees("lat", 90.0)?, degrees("long", 180.0)?) {
        (Some(lat), Some(long)) => Ok(Some([lat, long])),
        (None, None) => Ok(None),
        (Some(_), None) => Err(data.fault("long", "is missing")),
        (None, Some(_)) => Err(data.fault("lat", "is missing")),
    }
}

/// The other types.
pub(crate) fn moved(data: &Fields<'_>, step: ComplaintStep) -> Result<FeedContent, Fault> {
    Ok(FeedContent::ComplaintStep { complaint: id(data)?, step })
}
