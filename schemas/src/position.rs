//! Positions as JSON, which knows no infinity: one that is not finite is an error and not a silent `null`,
//! which nobody could read back.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

/// Writes a position.
pub(crate) fn serialize<S: Serializer>(
    position: &Option<[f64; 2]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if position.iter().flatten().any(|degrees| !degrees.is_finite()) {
        return Err(S::Error::custom("a position that is not finite"));
    }
    position.serialize(serializer)
}
