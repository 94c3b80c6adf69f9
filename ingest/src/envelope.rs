//! `x-pantau`: what Pantau wants to know beside a foreign schema: time, message number, backfill.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::time::Timestamp;

use crate::fault::Fault;
use crate::fields::Fields;
use crate::identity;

/// The field.
const KEY: &str = "x-pantau";

/// What the field says; empty where it is absent.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    /// When the device measured.
    pub(crate) time: Option<Timestamp>,
    /// Its own message number.
    pub(crate) seq: Option<u64>,
    /// History sent late.
    pub(crate) backfill: bool,
}

impl Envelope {
    /// Reads the field of `fields`.
    ///
    /// # Errors
    /// [`Fault`] with the reason `schema` or `identity`.
    pub(crate) fn of(fields: &Fields<'_>, device: &DeviceId) -> Result<Self, Fault> {
        let Some(inner) = fields.object(KEY)? else { return Ok(Self::default()) };
        identity::same_device(&inner, device)?;
        Ok(Self {
            time: inner.time("ts")?,
            seq: inner.unsigned("seq")?,
            backfill: inner.boolean("backfill")?.unwrap_or(false),
        })
    }
}
