//! Identity is in the topic; a payload that names somebody else is not believed.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::DeviceId;

use crate::fault::Fault;
use crate::fields::Fields;
use crate::tree::Tree;

/// Fields by which payloads name their device.
const NAMES: [&str; 3] = ["id", "device", "device_id"];

/// Refuses an object that names another device than `device`.
///
/// # Errors
/// [`Fault`] with the reason `identity`.
pub(crate) fn same_device(fields: &Fields<'_>, device: &DeviceId) -> Result<(), Fault> {
    for key in NAMES {
        let named = fields.get(key).and_then(Tree::as_str);
        if named.is_some_and(|named| named != device.as_str()) {
            return Err(Fault::new(
                Reason::Identity,
                fields.pointer(key),
                "names another device than the topic",
            ));
        }
    }
    Ok(())
}
