//! The wall clock, for signatures and readings that must be of now.

use pantau_schemas::time::Timestamp;

/// Now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "an outsider has a clock of its own")]
pub fn now() -> Timestamp {
    jiff::Timestamp::now().into()
}
