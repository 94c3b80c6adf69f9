//! Date and time of day of a microsecond, and how both are written.
//!
//! Days are counted from 1 March of the year 0: then leap days are the last of their year, and every month begins
//! at a fixed day of it. Four hundred years have 146,097 days.

use std::fmt;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// Days from 1 March of the year 0 to 1 January 1970.
const TO_1970: i64 = 719_468;
/// Days of four hundred years.
const CYCLE: i64 = 146_097;

/// Date and time of day, in the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Year, 1 to 9999.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: i64,
    /// Day of the month, from 1.
    pub day: i64,
    /// Hour, 0 to 23.
    pub hour: i64,
    /// Minute.
    pub minute: i64,
    /// Second; a day has no leap second.
    pub second: i64,
    /// Microsecond of the second.
    pub micros: i64,
}

impl Civil {
    /// What a calendar in UTC says so many microseconds after 1970 began.
    #[must_use]
    pub const fn of(micros: i64) -> Self {
        let seconds = micros.div_euclid(SECOND);
        let (days, second) = (seconds.div_euclid(DAY) + TO_1970, seconds.rem_euclid(DAY));
        let (cycle, rest) = (days.div_euclid(CYCLE), days.rem_euclid(CYCLE));
        let year = (rest - rest / 1_460 + rest / 36_524 - rest / 146_096) / 365;
        let of_year = rest - (365 * year + year / 4 - year / 100);
        // From March on, five months have 153 days.
        let march = (5 * of_year + 2) / 153;
        let month = if march < 10 { march + 3 } else { march - 9 };
        Self {
            year: cycle * 400 + year + if month <= 2 { 1 } else { 0 },
            month,
            day: of_year - (153 * march + 2) / 5 + 1,
            hour: second / 3_600,
            minute: second / 60 % 60,
            second: second % 60,
            micros: micros.rem_euclid(SECOND),
        }
    }

    /// Microseconds from the beginning of 1970 to here, by a calendar in UTC.
    #[must_use]
    pub const fn micros_since_1970(&self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let march = if self.month > 2 { self.month - 3 } else { self.month + 9 };
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        let days = 365 * year + year / 4 - year / 100 + (153 * march + 2) / 5 + self.day - 1;
        let seconds =
            (cycle * CYCLE + days - TO_1970) * DAY + self.hour * 3_600 + self.minute * 60 + self.second;
        seconds * SECOND + self.micros
    }

    /// Day of the week, Monday is 0.
    #[must_use]
    pub const fn weekday(&self) -> i64 {
        // 1970 began on a Thursday.
        (self.micros_since_1970().div_euclid(DAY * SECOND) + 3).rem_euclid(7)
    }

    /// Whether both are on one day.
    #[must_use]
    pub const fn is_same_day(&self, other: &Self) -> bool {
        self.year == other.year && self.month == other.month && self.day == other.day
    }

    /// Reads `2026-11-22T04:11:09Z` or `2026-11-22T04:11:09.25Z`, the way a time is written here; `None` for
    /// everything else, also for other ways to write a time.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| {
            let digits = bytes.get(from..to)?;
            let digit =
                |sum: i64, byte: &u8| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'));
            digits.iter().try_fold(0, digit)
        };
        let stands = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
        let apart =
            stands(4, b'-') && stands(7, b'-') && stands(10, b'T') && stands(13, b':') && stands(16, b':');
        let zulu = bytes.len().checked_sub(1).filter(|last| stands(*last, b'Z'))?;
        let decimals = match zulu {
            19 => 0,
            21..=26 if stands(19, b'.') => zulu - 20,
            _ => return None,
        };
        let fraction = (decimals..6).fold(number(20, 20 + decimals)?, |micros, _| micros * 10);
        let read = Self {
            year: number(0, 4)?,
            month: number(5, 7)?,
            day: number(8, 10)?,
            hour: number(11, 13)?,
            minute: number(14, 16)?,
            second: number(17, 19)?,
            micros: fraction,
        };
        // A 30 February comes back as another day, and a 61st second as another minute.
        let exists = apart && matches!(read.year, 1..=9_998) && Self::of(read.micros_since_1970()) == read;
        exists.then_some(read)
    }
}

/// As [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) writes it in UTC, with as many decimals as are needed:
/// `2026-11-22T04:11:09.25Z`.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, micros } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if *micros > 0 {
            let (mut fraction, mut decimals) = (*micros, 6);
            while fraction % 10 == 0 {
                fraction /= 10;
                decimals -= 1;
            }
            write!(f, ".{fraction:0decimals$}")?;
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_calendar_agrees_with_jiff_on_every_microsecond(micros in any::<i64>()) {
            let time = Timestamp::from_micros(micros);
            let civil = Civil::of(time.micros());
            let jiff = jiff::Timestamp::from(time);
            prop_assert_eq!(civil.to_string(), jiff.to_string());
            prop_assert_eq!(civil.micros_since_1970(), time.micros());
            let date = jiff::tz::Offset::UTC.to_datetime(jiff);
            prop_assert_eq!(civil.weekday(), i64::from(date.weekday().to_monday_zero_offset()));
            prop_assert_eq!(Civil::read(&jiff.to_string()), Some(civil));
        }

        #[test]
        fn what_is_read_is_what_jiff_reads(
            text in r"(19|20|00)[0-9]{2}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,7})?Z"
        ) {
            if let Some(civil) = Civil::read(&text) {
                let jiff: jiff::Timestamp = text.parse().unwrap();
                prop_assert_eq!(civil.micros_since_1970(), jiff.as_microsecond());
            }
        }
    }

    #[test]
    fn days_that_do_not_exist_are_not_read() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.0000001Z",
            "0000-01-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "+026-01-01T00:00:00Z",
            "Z",
            "",
        ] {
            assert_eq!(Civil::read(text), None, "{text}");
        }
        let leap = Civil::read("2024-02-29T23:59:59.5Z").map(|civil| civil.micros);
        assert_eq!(leap, Some(500_000));
    }
}
