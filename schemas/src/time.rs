//! Points in time: microseconds since 1970 UTC, written as RFC 3339.
//!
//! Never reads a clock: whoever needs "now" is given it.

mod civil;

use std::fmt;
use std::str::FromStr;

pub use civil::Civil;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, microseconds since 1970-01-01T00:00:00Z, within the years 1..9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A text that is no RFC 3339 time, or a number outside the years 1..9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time as RFC 3339 writes it")]
pub struct NotATime;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// First microsecond of the year 1.
    const MIN_MICROS: i64 = -62_135_596_800_000_000;
    /// Last microsecond of the year 9998; a day short of jiff's own end, so that every zone can show it.
    const MAX_MICROS: i64 = 253_370_764_799_999_999;

    /// From microseconds since 1970; what lies outside the years 1..9998 is moved to the nearer end.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN_MICROS {
            Self(Self::MIN_MICROS)
        } else if micros > Self::MAX_MICROS {
            Self(Self::MAX_MICROS)
        } else {
            Self(micros)
        }
    }
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self::from_micros(millis.saturating_mul(1_000))
    }
    /// From seconds since 1970.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self::from_micros(secs.saturating_mul(1_000_000))
    }
    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }
    /// This time moved by milliseconds.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_micros(self.0.saturating_add(millis.saturating_mul(1_000)))
    }
    /// What a calendar says that is so many hours ahead of UTC.
    #[must_use]
    pub const fn civil(self, hours_ahead: i64) -> Civil {
        Civil::of(self.0 + hours_ahead * 3_600_000_000)
    }
    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 1_000
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self::from_micros(time.as_microsecond())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl From<Timestamp> for jiff::Timestamp {
    fn from(time: Timestamp) -> Self {
        // `from_micros` keeps every value inside jiff's range.
        Self::from_microsecond(time.0).unwrap_or(Self::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Civil::of(self.0), f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        match Civil::read(text) {
            Some(civil) => Ok(Self::from_micros(civil.micros_since_1970())),
            None => otherwise(text),
        }
    }
}

/// A time as others write it: with an offset, with nanoseconds.
#[cfg(not(target_arch = "wasm32"))]
fn otherwise(text: &str) -> Result<Timestamp, NotATime> {
    // jiff also reads `2026-11-22 04:11Z` and bracketed zones; the bound keeps a 10 MB "time" cheap.
    if text.len() > 64 {
        return Err(NotATime);
    }
    text.parse::<jiff::Timestamp>().map(Timestamp::from).or(Err(NotATime))
}

/// A page reads what the server wrote.
#[cfg(target_arch = "wasm32")]
fn otherwise(_: &str) -> Result<Timestamp, NotATime> {
    Err(NotATime)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time as RFC 3339 writes it")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Where "now" comes from. One home reads the system's clock; tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// The present, by this clock. May jump: intervals are measured by the runtime's monotonic timer instead.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_an_offset_is_the_same_instant() {
        let local: Timestamp = "2026-11-22T04:05:31+07:00".parse().unwrap();
        assert_eq!(local.to_string(), "2026-11-21T21:05:31Z");
    }

    #[test]
    fn microseconds_survive_json() {
        let time = Timestamp::from_micros(1_795_320_669_482_001);
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
    }

    #[test]
    fn the_ends_of_time_can_be_written() {
        for micros in [i64::MIN, i64::MAX] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        }
    }
}
