//! How old pictures are when people see them, as their browsers report.

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// Glass to glass, seconds: from the camera's capture time to the screen.
#[derive(Debug, Clone)]
pub(crate) struct Latency(pub(crate) Histogram);

impl Default for Latency {
    fn default() -> Self {
        Self(Histogram::new(exponential_buckets(0.01, 2.0, 12)))
    }
}

impl Latency {
    /// A frame was shown this many microseconds after its capture. Nonsense (a clock that is wrong by hours)
    /// is not counted.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of seconds: far below 2^52")]
    pub(crate) fn shown(&self, micros: i64) {
        if (0..3_600_000_000).contains(&micros) {
            self.0.observe(micros as f64 / 1e6);
        }
    }
}
