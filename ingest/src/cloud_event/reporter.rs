//! The person behind a complaint: split off before anything else is kept, so that it can be erased alone.

use pantau_schemas::event::Reporter;
use pantau_schemas::text::clean;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::fields::Fields;

/// The object of the contract.
const KEY: &str = "reporter";
/// What Open311 GeoReport v2 knows of a person, beside the complaint's own fields.
const OPEN311: [&str; 6] = ["first_name", "last_name", "email", "phone", "account_id", "device_id"];
/// Longest name and contact, in characters.
const MAX_TEXT: usize = 200;

/// The person that the data names; `None` where it names none.
pub(crate) fn of(data: &Fields<'_>) -> Result<Option<Reporter>, Fault> {
    let Some(fields) = data.object(KEY)? else { return Ok(None) };
    let text = |key: &str| Ok(fields.text(key)?.map_or_else(String::new, |text| clean(text, MAX_TEXT)));
    let reporter = Reporter { name: text("name")?, contact: text("contact")? };
    Ok((!reporter.name.is_empty() || !reporter.contact.is_empty()).then_some(reporter))
}

/// Removes the person from an event: every `reporter`, however deep, and Open311's fields from the data of
/// `citizens`' events.
pub(crate) fn strip(event: &mut Value, citizens: bool) {
    if citizens && let Some(Value::Object(data)) = event.get_mut("data") {
        for key in OPEN311 {
            data.remove(key);
        }
    }
    everywhere(event);
}

/// The reader of JSON bounds the depth.
fn everywhere(value: &mut Value) {
    let object = |map: &mut Map<String, Value>| {
        map.remove(KEY);
        map.values_mut().for_each(everywhere);
    };
    match value {
        Value::Object(map) => object(map),
        Value::Array(list) => list.iter_mut().for_each(everywhere),
        _ => {}
    }
}
