//! The three zones of Indonesia, by fixed offsets: there has been no summer time since 1964.
//!
//! Bundling the world's zones would double the size of the page for three constants.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use pantau_schemas::time::Timestamp;

/// A zone: how far it is from UTC, and the letters people know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    offset: Offset,
    /// `WIB`, `WITA`, `WIT`; `UTC` when the city's zone is none of them.
    pub suffix: &'static str,
}

impl Zone {
    /// UTC, shown as such.
    pub const UTC: Self = Self { offset: Offset::UTC, suffix: "UTC" };

    /// The zone of an IANA name.
    #[must_use]
    pub fn of(iana: &str) -> Self {
        match iana {
            "Asia/Jakarta" | "Asia/Pontianak" => Self { offset: Offset::constant(7), suffix: "WIB" },
            "Asia/Makassar" | "Asia/Ujung_Pandang" => Self { offset: Offset::constant(8), suffix: "WITA" },
            "Asia/Jayapura" => Self { offset: Offset::constant(9), suffix: "WIT" },
            _ => Self::UTC,
        }
    }

    /// The date and time on a wall in this zone.
    #[must_use]
    pub fn civil(self, time: Timestamp) -> DateTime {
        self.offset.to_datetime(jiff::Timestamp::from(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_zone_is_shown_as_utc_and_never_guessed() {
        assert_eq!(Zone::of("Asia/Tokyo"), Zone::UTC);
        let time: Timestamp = "2026-11-22T17:30:00Z".parse().unwrap();
        assert_eq!(Zone::of("Asia/Jayapura").civil(time).to_string(), "2026-11-23T02:30:00");
    }
}
