//! Numbers, times and ages as people of the city write them.
//!
//! Indonesian: `14.05.31`, `1.234,5`. English: `14:05:31`, `1,234.5`. Nothing here reads a clock.

use pantau_schemas::time::Timestamp;

use crate::digits::fixed;
use crate::text::Text;
use crate::zone::Zone;

/// `14.05.31`.
#[must_use]
pub fn clock(text: &Text, zone: Zone, time: Timestamp) -> String {
    let at = zone.civil(time);
    let s = text.time_separator;
    format!("{:02}{s}{:02}{s}{:02}", at.hour, at.minute, at.second)
}

/// `Min, 22 Nov 2026`.
#[must_use]
pub fn date(text: &Text, zone: Zone, time: Timestamp) -> String {
    let at = zone.civil(time);
    let weekday = usize::try_from(at.weekday()).unwrap_or_default();
    let month = usize::try_from(at.month).unwrap_or_default().saturating_sub(1);
    let weekday = text.weekdays.get(weekday).copied().unwrap_or_default();
    let month = text.months.get(month).copied().unwrap_or_default();
    format!("{weekday}, {} {month} {}", at.day, at.year)
}

/// A point in time near `now`: `14.05.31`, with its date when that is another day.
#[must_use]
pub fn moment(text: &Text, zone: Zone, time: Timestamp, now: Timestamp) -> String {
    let (at, today) = (zone.civil(time), zone.civil(now));
    let clock = clock(text, zone, time);
    if at.is_same_day(&today) {
        return clock;
    }
    let month = usize::try_from(at.month).unwrap_or_default().saturating_sub(1);
    let month = text.months.get(month).copied().unwrap_or_default();
    if at.year == today.year {
        format!("{} {month} {clock}", at.day)
    } else {
        format!("{} {month} {} {clock}", at.day, at.year)
    }
}

/// How long something lasts or is ago, in its largest unit: `<1 dtk`, `12 dtk`, `5 mnt`, `3 jam`, `2 hari`.
#[must_use]
pub fn span(text: &Text, millis: i64) -> String {
    let seconds = millis / 1_000;
    let (value, unit) = match seconds {
        ..1 => return format!("<1 {}", text.second),
        1..60 => (seconds, text.second),
        60..3_600 => (seconds / 60, text.minute),
        3_600..86_400 => (seconds / 3_600, text.hour),
        _ => (seconds / 86_400, text.day),
    };
    format!("{} {unit}", count(text, value))
}

/// A whole number with its thousands apart.
#[must_use]
pub fn count(text: &Text, value: impl TryInto<i64>) -> String {
    let value: i64 = value.try_into().unwrap_or(i64::MAX);
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(text.thousands);
        }
        out.push(digit);
    }
    out
}

/// A measured number with that many decimals.
#[must_use]
pub fn measure(text: &Text, value: f64, decimals: u8) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = fixed(value.abs(), decimals);
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    // More digits than a count has: nothing here measures that much, so it may stand as it is.
    let whole = whole.parse::<i64>().map_or_else(|_| whole.to_owned(), |whole| count(text, whole));
    let zero = !plain.bytes().any(|b| matches!(b, b'1'..=b'9'));
    let sign = if value < 0.0 && !zero { "−" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{}{rest}", text.decimal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{EN, ID};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_wall_clock_reads_as_in_the_room() {
        let (zone, time) = (Zone::of("Asia/Jakarta"), at("2026-11-22T07:05:31Z"));
        assert_eq!(
            format!("{} {}", date(&ID, zone, time), clock(&ID, zone, time)),
            "Min, 22 Nov 2026 14.05.31"
        );
        assert_eq!(
            format!("{} {}", date(&EN, zone, time), clock(&EN, zone, time)),
            "Sun, 22 Nov 2026 14:05:31"
        );
    }

    #[test]
    fn yesterday_evening_is_not_mistaken_for_today() {
        let zone = Zone::of("Asia/Makassar");
        let (then, now) = (at("2026-11-21T15:00:00Z"), at("2026-11-22T01:00:00Z"));
        assert_eq!(moment(&ID, zone, then, now), "21 Nov 23.00.00");
        assert_eq!(moment(&ID, zone, now, now), "09.00.00");
    }

    #[test]
    fn ages_use_their_largest_unit() {
        let spans = [-5, 900, 59_999, 60_000, 7_200_000, 200_000_000].map(|ms| span(&ID, ms));
        assert_eq!(spans, ["<1 dtk", "<1 dtk", "59 dtk", "1 mnt", "2 jam", "2 hari"]);
    }

    #[test]
    fn a_decimal_comma_and_thousands_as_dots() {
        assert_eq!(measure(&ID, 12_345.678, 2), "12.345,68");
        assert_eq!(measure(&EN, -0.004, 2), "0.00");
        assert_eq!(measure(&ID, -1.5, 1), "−1,5");
        assert_eq!(measure(&ID, f64::NAN, 1), "–");
        assert_eq!(count(&ID, 1_234_567_u32), "1.234.567");
    }
}
