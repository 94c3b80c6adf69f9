//! The wall clock of this process.

use pantau_schemas::time::{Clock, Timestamp};

/// Reads the system's clock: the one home of [`Clock`] in this crate.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }
}
