//! Which CloudEvents sources a speaker may speak for.
//!
//! `(source, id)` is the identity of an event, so a source that anybody may use is an event that anybody can
//! forge or, by taking its id first, suppress.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::{AgencyCode, CityCode, DeviceId};

use crate::fault::Fault;

/// Who brought an event, by the way it came.
#[derive(Debug, Clone, Copy)]
pub enum Speaker<'a> {
    /// A sender of `POST /v1/events` whose signature was verified, and the source prefixes it may use.
    Sender(&'a [String]),
    /// `pantau/1/{city}/opd/{agency}/event`: may use `/{city}/{agency}` and what lies below it.
    Agency(&'a CityCode, &'a AgencyCode),
    /// `…/{class}/{id}/event`: may use sources that have its id as one of their parts.
    Device(&'a DeviceId),
}

impl Speaker<'_> {
    /// Whether this speaker may speak for `source`; a fault stands at `pointer`.
    ///
    /// # Errors
    /// [`Fault`] with the reason `source` (webhook) or `identity` (MQTT).
    pub(crate) fn check(&self, source: &str, pointer: &str) -> Result<(), Fault> {
        let allowed = plain(source)
            && match self {
                Self::Sender(prefixes) => prefixes.iter().any(|prefix| covers(prefix, source)),
                Self::Agency(city, agency) => covers(&format!("/{city}/{agency}"), source),
                Self::Device(id) => source.split(['/', ':']).any(|part| part == id.as_str()),
            };
        match self {
            _ if allowed => Ok(()),
            Self::Sender(_) => {
                Err(Fault::new(Reason::Source, pointer, "is not a source this sender may speak for"))
            }
            _ => Err(Fault::new(Reason::Identity, pointer, "names another source than the topic")),
        }
    }
}

/// Whether `source` lies under `prefix`, by whole path segments: `/metro/a/` covers `/metro/a/b` and not
/// `/metro/ab`; `/metro/a` covers itself too. An empty prefix covers nothing.
fn covers(prefix: &str, source: &str) -> bool {
    match source.strip_prefix(prefix) {
        _ if prefix.is_empty() => false,
        Some("") => !prefix.ends_with('/'),
        Some(rest) => prefix.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

/// Free of what another reader of the same text might resolve away: `.` and `..`, also percent-encoded, empty
/// segments, backslashes, queries and fragments.
fn plain(source: &str) -> bool {
    let path = source.split_once("://").map_or(source, |(_, rest)| rest);
    let path = path.strip_prefix('/').unwrap_or(path);
    let lower = path.to_ascii_lowercase();
    !["%2e", "%2f", "%5c", "\\", "?", "#"].iter().any(|bad| lower.contains(bad))
        && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(prefix: &str, source: &str) -> bool {
        Speaker::Sender(&[prefix.to_owned()]).check(source, "").is_ok()
    }

    #[test]
    fn a_prefix_ends_at_a_segment_and_nothing_climbs_out_of_it() {
        assert!(sender("/metro/dinkominfo/", "/metro/dinkominfo/lapor"));
        assert!(sender("/metro/dinkominfo", "/metro/dinkominfo/lapor"));
        assert!(sender("/metro/dinkominfo", "/metro/dinkominfo"));
        assert!(sender("https://lapor.example/", "https://lapor.example/metro"));
        for source in [
            "",
            "/",
            "/metro/dinkominfo",
            "/metro/dinkominfo/",
            "/metro/dinkominfo-2/lapor",
            "/metro/dinkominfo2",
            "/metro/pupr/lapor",
            "/metro/dinkominfo/../pupr/lapor",
            "/metro/dinkominfo/%2e%2E/pupr",
            "/metro/dinkominfo/..%2Fpupr",
            "/metro/dinkominfo/.",
            "/metro/dinkominfo//x",
            "/metro/dinkominfo/x\\..\\y",
            "/metro/dinkominfo/x?y",
            "/metro/dinkominfo/x#y",
            " /metro/dinkominfo/lapor",
            "/METRO/dinkominfo/lapor",
        ] {
            assert!(!sender("/metro/dinkominfo/", source), "{source} was allowed");
        }
        assert!(!sender("", "/metro/pupr/lapor"));
    }

    #[test]
    fn over_mqtt_the_topic_says_who_speaks() {
        let city = CityCode::new("metro").unwrap();
        let agency = AgencyCode::new("pupr").unwrap();
        let agency = Speaker::Agency(&city, &agency);
        assert!(agency.check("/metro/pupr/sipjalan", "").is_ok());
        assert_eq!(agency.check("/metro/dinkominfo/lapor", "/source").unwrap_err().reason, Reason::Identity);
        let device = DeviceId::new("ap-01").unwrap();
        let device = Speaker::Device(&device);
        assert!(device.check("/metro/ap/ap-01", "").is_ok());
        assert!(device.check("urn:pantau:ap-01", "").is_ok());
        assert!(device.check("/metro/ap/ap-012", "").is_err());
    }
}
