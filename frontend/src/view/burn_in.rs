//! Where the wall stands, to the pixel: its still parts wander, so that no panel burns them in.
//!
//! The whole wall moves by whole device pixels and changes no size: nothing overlaps, and no picture is drawn anew or
//! blurred. It is never off, and no person notices one pixel in ten minutes.

use pantau_schemas::time::Timestamp;

/// How far it wanders, device pixels: from 0 to this, in both directions.
pub const REACH: u8 = 4;
/// How long it stays, minutes.
pub const STAY_MIN: i64 = 10;

/// Places of a square of places on a side.
const SIDE: i64 = REACH as i64 + 1;

/// Device pixels to the right and down, at a moment: a snake through all places, forth and back, one pixel at a time.
#[must_use]
pub fn offset(now: Timestamp) -> (u8, u8) {
    let places = SIDE * SIDE;
    // There and back, without standing still at the ends.
    let step = now.millis().div_euclid(STAY_MIN * 60_000).rem_euclid(2 * (places - 1));
    let place = step.min(2 * (places - 1) - step);
    let (row, along) = (place / SIDE, place % SIDE);
    let column = if row % 2 == 0 { along } else { SIDE - 1 - along };
    let pixels = |value: i64| u8::try_from(value).unwrap_or(REACH).min(REACH);
    (pixels(column), pixels(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_goes_everywhere_a_pixel_at_a_time_and_stands_still_meanwhile() {
        let start = 1_795_320_669_000_i64.div_euclid(600_000) * 600_000;
        let at = |slot: i64, within: i64| {
            offset(Timestamp::from_micros((start + slot * 600_000 + within) * 1_000))
        };
        let mut seen = BTreeSet::new();
        for slot in 0..200 {
            let (here, next) = (at(slot, 0), at(slot + 1, 0));
            assert_eq!(here, at(slot, 599_999), "it stays for ten minutes");
            let moved = here.0.abs_diff(next.0) + here.1.abs_diff(next.1);
            assert_eq!(moved, 1, "{here:?} {next:?}");
            assert!(here.0 <= REACH && here.1 <= REACH);
            seen.insert(here);
        }
        assert_eq!(seen.len(), 25);
        assert!(offset(Timestamp::from_micros(i64::MIN)).0 <= REACH, "also at the end of time");
    }
}
