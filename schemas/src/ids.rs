//! Typed identities. Each is a checked string; two kinds never mix.
//!
//! Codes chosen by people for machines (`[A-Za-z0-9][A-Za-z0-9._-]*`, at most 64 bytes) are safe in topics,
//! URLs, file names and CSS. Identities that foreign systems choose (event ids, ticket numbers) are only
//! bounded and free of control and invisible characters: they are data, never parts of a path.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::text::is_invisible;

/// Longest code in bytes; long enough for every real naming scheme, short enough for a topic level.
pub const MAX_CODE: usize = 64;
/// Longest foreign identity in bytes (CloudEvents ids and sources, ticket numbers).
pub const MAX_FOREIGN: usize = 256;

/// Why a string is not an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The string is empty.
    #[error("is empty")]
    Empty,
    /// The string is longer than the bound, in bytes.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// A character outside the allowed set.
    #[error(
        "has the character {0:?}; allowed are letters, digits, '.', '_' and '-', first a letter or digit"
    )]
    Character(char),
    /// A control character in a foreign identity, or one without ink, with which two could look the same.
    #[error("has a control or invisible character")]
    Control,
    /// A series identity without its `/`.
    #[error("is not of the form device/metric")]
    NotASeries,
    /// Not the text of a UUID.
    #[error("is not a UUID in lower case, like 01936f2e-5c1b-7a3e-9c55-0242ac120002")]
    NotAUuid,
}

fn check_code(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > MAX_CODE {
        return Err(IdError::TooLong(MAX_CODE));
    }
    for (index, c) in text.chars().enumerate() {
        let inner = index > 0 && matches!(c, '.' | '_' | '-');
        if !c.is_ascii_alphanumeric() && !inner {
            return Err(IdError::Character(c));
        }
    }
    Ok(())
}

fn check_foreign(text: &str) -> Result<(), IdError> {
    if text.trim().is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > MAX_FOREIGN {
        return Err(IdError::TooLong(MAX_FOREIGN));
    }
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(IdError::Control);
    }
    Ok(())
}

fn check_series(text: &str) -> Result<(), IdError> {
    let (device, metric) = text.split_once('/').ok_or(IdError::NotASeries)?;
    check_code(device)?;
    check_code(metric)
}

/// The text form of RFC 9562: 8-4-4-4-12 hexadecimal digits. Only the lower case that every generator writes, so
/// that one identity has one text.
fn check_uuid(text: &str) -> Result<(), IdError> {
    let groups = [8, 4, 4, 4, 12];
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let fits = text.split('-').count() == groups.len()
        && text.split('-').zip(groups).all(|(group, length)| group.len() == length && digits(group));
    if fits { Ok(()) } else { Err(IdError::NotAUuid) }
}

/// Reads a string that passes the check; one visitor for every kind of identity, because a page pays for each.
struct Checked(fn(&str) -> Result<(), IdError>);

impl Visitor<'_> for Checked {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Arc<str>, E> {
        (self.0)(text).map_err(E::custom)?;
        Ok(text.into())
    }
}

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes the text.
            ///
            /// # Errors
            /// [`IdError`] names what is wrong with it.
            pub fn new(text: &str) -> Result<Self, IdError> {
                $check(text)?;
                Ok(Self(text.into()))
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Checked($check)).map(Self)
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

identity!(
    /// A city: the tenant.
    CityCode, check_code
);
identity!(
    /// An agency (OPD) of the city. Never an acronym's meaning: "Bapeda" differs from city to city.
    AgencyCode, check_code
);
identity!(
    /// A place with devices.
    SiteCode, check_code
);
identity!(
    /// A device: camera, access point, switch, sensor, gateway, UPS, server.
    DeviceId, check_code
);
identity!(
    /// A link between sites.
    LinkCode, check_code
);
identity!(
    /// An application of an agency.
    AppCode, check_code
);
identity!(
    /// One life of a device between two boots, as the device names it.
    BootId, check_foreign
);
identity!(
    /// A ticket number, as the complaint system writes it.
    ComplaintId, check_foreign
);
identity!(
    /// One life of the journal as readers know it; a new one tells them to take a fresh snapshot.
    Epoch, check_code
);
identity!(
    /// A measured quantity of a device: `device/metric`.
    SeriesId, check_series
);

identity!(
    /// A screen of a wall: one browser window at `/wall/{screen}`.
    ScreenId, check_code
);
identity!(
    /// A layout that was given a name, to be called up again.
    PresetId, check_code
);
identity!(
    /// A round of views that a screen shows one after another.
    TourId, check_code
);
identity!(
    /// What makes a command itself: the same one sent again is done once. A UUID, chosen by who sends it.
    CommandId, check_uuid
);

impl SeriesId {
    /// The series of a device's metric.
    ///
    /// # Errors
    /// [`IdError`] when `metric` is not a code.
    pub fn of(device: &DeviceId, metric: &str) -> Result<Self, IdError> {
        check_code(metric)?;
        Ok(Self([device.as_str(), "/", metric].concat().into()))
    }
    /// The device's part, as text.
    #[must_use]
    pub fn device(&self) -> &str {
        self.0.split_once('/').map_or("", |(device, _)| device)
    }
    /// The metric's part.
    #[must_use]
    pub fn metric(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, metric)| metric)
    }
}

/// The place of an entry in the journal: 1 for the first, no holes. 0 means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What makes an event itself: the same pair is the same event, however often it arrives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventKey {
    /// CloudEvents `source`: who says it.
    pub source: String,
    /// CloudEvents `id`: unique within the source.
    pub id: String,
}

impl EventKey {
    /// Checks and takes both parts.
    ///
    /// # Errors
    /// [`IdError`] of the part that is wrong.
    pub fn new(source: &str, id: &str) -> Result<Self, IdError> {
        check_foreign(source)?;
        check_foreign(id)?;
        Ok(Self { source: source.to_owned(), id: id.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_would_break_a_topic_or_a_path_are_refused() {
        for bad in ["", "a/b", "#", "+", "a b", "..", "-a", "a\0", "é", &"x".repeat(65)] {
            assert!(DeviceId::new(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!(DeviceId::new("cam-alun-01").unwrap().as_str(), "cam-alun-01");
    }

    #[test]
    fn a_series_is_a_device_and_a_metric() {
        let series = SeriesId::new("ap-01/clients").unwrap();
        assert_eq!((series.device(), series.metric()), ("ap-01", "clients"));
        assert_eq!(SeriesId::new("ap-01"), Err(IdError::NotASeries));
    }

    #[test]
    fn a_command_is_named_by_a_uuid_with_one_text() {
        let good = "01936f2e-5c1b-7a3e-9c55-0242ac120002";
        assert_eq!(CommandId::new(good).unwrap().as_str(), good);
        for bad in [
            "",
            "1",
            "01936F2E-5C1B-7A3E-9C55-0242AC120002",
            "01936f2e5c1b7a3e9c550242ac120002",
            "01936f2e-5c1b-7a3e-9c55-0242ac12000g",
            "01936f2e-5c1b-7a3e-9c55-0242ac120002-",
            "{01936f2e-5c1b-7a3e-9c55-0242ac120002}",
        ] {
            assert_eq!(CommandId::new(bad), Err(IdError::NotAUuid), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_identity_in_json_is_an_error() {
        assert!(serde_json::from_str::<DeviceId>("\"a/b\"").is_err());
    }
}
