//! Quantiles of a histogram that `/metrics` shows, between two readings.

/// How often a value was at most each of the bounds, as the text has it: bounds ascending, the last one infinite.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Buckets(Vec<(f64, f64)>);

impl Buckets {
    /// The histogram called `name` in a text of OpenMetrics; empty when it is not there.
    pub(super) fn read(text: &str, name: &str) -> Self {
        let head = format!("{name}_bucket{{le=\"");
        let bucket = |line: &str| {
            let (bound, count) = line.strip_prefix(head.as_str())?.split_once("\"} ")?;
            let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
            Some((bound, count.trim().parse().ok()?))
        };
        Self(text.lines().filter_map(bucket).collect())
    }

    /// What came after an earlier reading of the same histogram.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let before = |at: usize| earlier.0.get(at).map_or(0.0, |(_, count)| *count);
        Self(self.0.iter().enumerate().map(|(at, (bound, count))| (*bound, count - before(at))).collect())
    }

    /// How many values there are.
    pub(super) fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, count)| *count)
    }

    /// The value that a share (0 to 1) of all does not exceed, taken to lie evenly within its bucket; NaN when there
    /// is none, the largest bound when it lies beyond.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let wanted = self.count() * share.clamp(0.0, 1.0);
        let (mut low, mut below) = (0.0, 0.0);
        if self.count() == 0.0 {
            return f64::NAN;
        }
        for (bound, count) in &self.0 {
            if *count >= wanted && *count > below {
                let within = (wanted - below) / (count - below);
                return if bound.is_finite() { low + (bound - low) * within } else { low };
            }
            (low, below) = (*bound, *count);
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE a_seconds histogram\na_seconds_sum 1.0\na_seconds_count 20\n\
        a_seconds_bucket{le=\"0.01\"} 10\na_seconds_bucket{le=\"0.02\"} 20\na_seconds_bucket{le=\"+Inf\"} 20\n";

    #[test]
    fn a_quantile_lies_in_the_bucket_that_holds_it() {
        let read = Buckets::read(TEXT, "a_seconds");
        assert_eq!(read.count(), 20.0);
        assert_eq!((read.quantile(0.5), read.quantile(0.75), read.quantile(1.0)), (0.01, 0.015, 0.02));
        assert!(Buckets::read(TEXT, "b_seconds").quantile(0.5).is_nan());
    }

    #[test]
    fn what_was_there_before_does_not_count() {
        let before = Buckets::read(&TEXT.replace("\"} 20", "\"} 10"), "a_seconds");
        let since = Buckets::read(TEXT, "a_seconds").since(&before);
        assert_eq!((since.count(), since.quantile(0.5)), (10.0, 0.015));
    }
}
