//! The three zones of Indonesia, by fixed offsets: there has been no summer time since 1964.
//!
//! Bundling the world's zones would double the size of the page for three constants.

use pantau_schemas::time::{Civil, Timestamp};

/// A zone: how far it is from UTC, and the letters people know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    hours_ahead: i64,
    /// `WIB`, `WITA`, `WIT`; `UTC` when the city's zone is none of them.
    pub suffix: &'static str,
}

impl Zone {
    /// UTC, shown as such.
    pub const UTC: Self = Self { hours_ahead: 0, suffix: "UTC" };

    /// The zone of an IANA name.
    #[must_use]
    pub fn of(iana: &str) -> Self {
        match iana {
            "Asia/Jakarta" | "Asia/Pontianak" => Self { hours_ahead: 7, suffix: "WIB" },
            "Asia/Makassar" | "Asia/Ujung_Pandang" => Self { hours_ahead: 8, suffix: "WITA" },
            "Asia/Jayapura" => Self { hours_ahead: 9, suffix: "WIT" },
            _ => Self::UTC,
        }
    }

    /// The date and time on a wall in this zone.
    #[must_use]
    pub fn civil(self, time: Timestamp) -> Civil {
        time.civil(self.hours_ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_zone_is_shown_as_utc_and_never_guessed() {
        assert_eq!(Zone::of("Asia/Tokyo"), Zone::UTC);
        let time: Timestamp = "2026-11-22T17:30:00Z".parse().unwrap();
        let civil = Zone::of("Asia/Jayapura").civil(time);
        assert_eq!((civil.day, civil.hour, civil.minute), (23, 2, 30));
    }
}
