//! Percentiles of what was measured.

/// Measured values, for instance latencies in milliseconds.
#[derive(Debug, Default)]
pub struct Summary(Vec<f64>);

impl Summary {
    /// Takes values over.
    pub fn extend(&mut self, values: impl IntoIterator<Item = f64>) {
        self.0.extend(values.into_iter().filter(|value| value.is_finite()));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value that the given share (0 to 1) of all does not exceed; NaN when there is none.
    #[must_use]
    pub fn quantile(&mut self, share: f64) -> f64 {
        self.0.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list of measurements"
        )]
        let at = ((self.0.len().saturating_sub(1)) as f64 * share.clamp(0.0, 1.0)).round() as usize;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_value_that_was_measured() {
        let mut summary = Summary::default();
        summary.extend((1..=101).map(f64::from));
        assert_eq!((summary.quantile(0.0), summary.quantile(0.5), summary.quantile(1.0)), (1.0, 51.0, 101.0));
        assert!(Summary::default().quantile(0.5).is_nan());
    }
}
