//! The topics of the contract: `pantau/1/{city}/{class}/{id}/…` and `pantau/1/{city}/opd/{agency}/event`.

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::ids::{AgencyCode, CityCode, DeviceId};
use pantau_schemas::registry::DeviceClass;

use crate::fault::Fault;

/// What stands before the city: name and version of the scheme.
const PREFIX: &str = "pantau/1/";
/// The level that stands where a class of devices would.
const AGENCIES: &str = "opd";

/// Who speaks, and about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// A device.
    Device {
        /// The class it claims.
        class: DeviceClass,
        /// Its identity.
        id: DeviceId,
        /// What it speaks about.
        leaf: Leaf,
    },
    /// An agency's feed of events.
    Agency(AgencyCode),
}

/// What a device speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// `state`, retained.
    State,
    /// `meta`, retained.
    Meta,
    /// `tele/netjson`.
    NetJson,
    /// `tele/senml`.
    SenMl,
    /// `event`.
    Event,
}

impl Topic {
    /// Reads a topic of the city's namespace.
    ///
    /// # Errors
    /// [`Fault`] with the reason `topic`.
    pub fn parse(city: &CityCode, topic: &str) -> Result<Self, Fault> {
        let fault = |detail: String| Fault::new(Reason::Topic, "", detail);
        let levels: Vec<&str> = topic
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.strip_prefix(city.as_str())?.strip_prefix('/'))
            .ok_or_else(|| fault(format!("does not begin with {PREFIX}{city}/")))?
            .split('/')
            .collect();
        let (kind, id, leaf) = match levels.as_slice() {
            [kind, id, "state"] => (*kind, *id, Leaf::State),
            [kind, id, "meta"] => (*kind, *id, Leaf::Meta),
            [kind, id, "event"] => (*kind, *id, Leaf::Event),
            [kind, id, "tele", "netjson"] => (*kind, *id, Leaf::NetJson),
            [kind, id, "tele", "senml"] => (*kind, *id, Leaf::SenMl),
            _ => {
                return Err(fault(
                    "does not end in state, meta, event, tele/netjson or tele/senml".to_owned(),
                ));
            }
        };
        if kind == AGENCIES {
            if leaf != Leaf::Event {
                return Err(fault("an agency has only the topic event".to_owned()));
            }
            let agency = AgencyCode::new(id).map_err(|error| fault(format!("the agency {error}")))?;
            return Ok(Self::Agency(agency));
        }
        let class = kind.parse().map_err(|()| fault("the class is not known".to_owned()))?;
        let id = DeviceId::new(id).map_err(|error| fault(format!("the device {error}")))?;
        Ok(Self::Device { class, id, leaf })
    }

    /// The filter of all that a city's devices and agencies say. All of it, so that a topic outside the
    /// scheme is a dead letter somebody sees, and not silence.
    #[must_use]
    pub fn filter(city: &CityCode) -> String {
        format!("{PREFIX}{city}/#")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topics_of_the_contract_are_read_and_no_others() {
        let city = CityCode::new("metro").unwrap();
        let read = |topic: &str| Topic::parse(&city, topic);
        let id = DeviceId::new("ap-01").unwrap();
        assert_eq!(
            read("pantau/1/metro/ap/ap-01/tele/netjson"),
            Ok(Topic::Device { class: DeviceClass::Ap, id, leaf: Leaf::NetJson })
        );
        assert_eq!(
            read("pantau/1/metro/opd/pupr/event"),
            Ok(Topic::Agency(AgencyCode::new("pupr").unwrap()))
        );
        for bad in [
            "",
            "pantau/1/metro",
            "pantau/2/metro/ap/ap-01/state",
            "pantau/1/metropolis/ap/ap-01/state",
            "pantau/1/metro/ap/ap-01",
            "pantau/1/metro/ap/ap-01/state/x",
            "pantau/1/metro/ap/ap-01/tele/xml",
            "pantau/1/metro/ap//state",
            "pantau/1/metro/toaster/ap-01/state",
            "pantau/1/metro/opd/pupr/state",
            "pantau/1/metro/opd/ /event",
        ] {
            assert_eq!(read(bad).unwrap_err().reason, Reason::Topic, "{bad} was taken");
        }
    }
}
