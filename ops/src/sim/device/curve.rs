//! How a day goes: plausible values for any moment, the same for the same seed.

use std::f64::consts::TAU;

use pantau_schemas::time::Timestamp;

/// Western Indonesian time is seven hours ahead of UTC, all year.
const OFFSET_S: i64 = 7 * 3600;
const DAY_S: i64 = 24 * 3600;
/// Decorrelates neighbouring seeds and moments (splitmix64).
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Hour of the local day, 0.0 to 24.0.
fn hour(time: Timestamp) -> f64 {
    let seconds = (time.micros().div_euclid(1_000_000) + OFFSET_S).rem_euclid(DAY_S);
    f64::from(i32::try_from(seconds).unwrap_or(0)) / 3600.0
}

/// 1 at the hour `at`, falling to 0 over about twice `width` hours, across midnight too.
pub(super) fn around(time: Timestamp, at: f64, width: f64) -> f64 {
    let distance = (hour(time) - at).abs();
    let distance = distance.min(24.0 - distance);
    (-(distance / width).powi(2)).exp()
}

/// Day and night as a wave: 1 at the hour `at`, -1 twelve hours later.
pub(super) fn wave(time: Timestamp, at: f64) -> f64 {
    ((hour(time) - at) / 24.0 * TAU).cos()
}

/// A number from 0 to 1 that depends on nothing but the two.
pub(super) fn fixed(seed: u64, number: i64) -> f64 {
    let mut mixed = seed.wrapping_add(number.cast_unsigned().wrapping_mul(STEP)).wrapping_add(STEP);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// A value from -1 to 1 that wanders, turning about every `period_s` seconds.
pub(super) fn wander(seed: u64, time: Timestamp, period_s: u32) -> f64 {
    let period = i64::from(period_s.max(1)) * 1_000_000;
    let (step, rest) = (time.micros().div_euclid(period), time.micros().rem_euclid(period));
    let part = f64::from(u32::try_from(rest / 1000).unwrap_or(0)) / (f64::from(period_s.max(1)) * 1000.0);
    let ease = part * part * (3.0 - 2.0 * part);
    let (from, to) = (fixed(seed, step), fixed(seed, step + 1));
    2.0 * (from + (to - from) * ease) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_day_is_seven_hours_ahead() {
        assert!((hour("2026-11-22T04:30:00Z".parse().unwrap()) - 11.5).abs() < 1e-9);
        assert!((hour("2026-11-22T20:00:00Z".parse().unwrap()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_value_wanders_without_jumps_and_the_same_way_each_time() {
        let start: Timestamp = "2026-11-22T04:00:00Z".parse().unwrap();
        let values: Vec<f64> = (0..600).map(|s| wander(7, start.plus_millis(s * 1000), 60)).collect();
        assert!(values.iter().all(|value| (-1.0..=1.0).contains(value)));
        assert!(values.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.06));
        assert!(values.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b)) > 0.3);
        assert!((wander(7, start, 60) - values[0]).abs() < f64::EPSILON);
    }
}
