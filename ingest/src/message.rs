//! One MQTT message, from its topic and bytes to what it says. Pure; dead letters are replayed through here.

use pantau_schemas::dead_letter::{DeadLetter, Reason};
use pantau_schemas::ids::CityCode;
use pantau_schemas::observation::{Body, Observation, Source};
use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;

use crate::cloud_event::{self, Speaker};
use crate::fault::Fault;
use crate::topic::{Leaf, Topic};
use crate::{json, meta, netjson, senml, state};

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its topic.
    pub topic: &'a [u8],
    /// Its payload; may be cut where `size` is above the limit.
    pub payload: &'a [u8],
    /// Bytes of the whole payload.
    pub size: usize,
    /// The broker kept it from before we subscribed.
    pub retained: bool,
    /// When it reached us.
    pub received: Timestamp,
}

/// What a message is read against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The city whose namespace is read.
    pub city: &'a CityCode,
    /// The devices and agencies that may speak.
    pub registry: &'a Registry,
    /// Most bytes of a payload.
    pub max_payload: usize,
}

impl Message<'_> {
    /// What the message says, or its dead letter: an observation in every case.
    #[must_use]
    pub fn observe(&self, context: &Context<'_>) -> Observation {
        let body = self
            .decode(context)
            .unwrap_or_else(|fault| Body::DeadLetter(Box::new(self.dead_letter(context.city, &fault))));
        Observation { source: Source::Mqtt, received: self.received, body }
    }

    /// The message as a dead letter, with what a replay needs to know.
    pub(crate) fn dead_letter(&self, city: &CityCode, fault: &Fault) -> DeadLetter {
        let topic = String::from_utf8_lossy(self.topic);
        let mut letter = fault.dead_letter(self.received, Source::Mqtt, &topic, self.payload);
        letter.size = u64::try_from(self.size).unwrap_or(u64::MAX);
        letter.retained = self.retained;
        if let Ok(Topic::Device { id, .. }) = Topic::parse(city, &topic) {
            letter.device = Some(id);
        }
        letter
    }

    /// What the message says.
    ///
    /// Who speaks is checked before what is said: the message of a device that is not registered yet waits as
    /// `unknown_device`, whatever is in it.
    ///
    /// # Errors
    /// [`Fault`] with any of the reasons.
    pub fn decode(&self, context: &Context<'_>) -> Result<Body, Fault> {
        let topic = std::str::from_utf8(self.topic)
            .map_err(|error| Fault::new(Reason::Topic, "", format!("the topic is not UTF-8: {error}")))?;
        let topic = Topic::parse(context.city, topic)?;
        let (registry, received) = (context.registry, self.received);
        let (payload, limit) = (self.payload, context.max_payload);
        if let Topic::Agency(agency) = &topic
            && !registry.agencies.contains_key(agency)
        {
            return Err(Fault::new(Reason::UnknownAgency, "", format!("no agency {agency} is registered")));
        }
        if let Topic::Device { class, id, .. } = &topic {
            let device = registry.devices.get(id).ok_or_else(|| {
                Fault::new(Reason::UnknownDevice, "", format!("no device {id} is registered"))
            })?;
            if device.class != *class {
                let detail = format!("{id} is registered as {}", device.class.as_str());
                return Err(Fault::new(Reason::Identity, "", detail));
            }
        }
        if self.size > limit {
            let detail = format!("has {} bytes, at most {limit} are taken", self.size);
            return Err(Fault::new(Reason::TooBig, "", detail));
        }
        Ok(match &topic {
            Topic::Device { id, leaf: Leaf::State, .. } => {
                Body::State(state::decode(payload, limit, id, self.retained, received)?)
            }
            Topic::Device { id, leaf: Leaf::Meta, .. } => Body::Meta(meta::decode(payload, limit, id)?),
            Topic::Device { id, leaf: Leaf::NetJson, .. } => {
                Body::Samples(netjson::decode(payload, limit, id, received)?)
            }
            Topic::Device { id, leaf: Leaf::SenMl, .. } => {
                Body::Samples(senml::decode(payload, limit, id, registry, received)?)
            }
            Topic::Device { id, leaf: Leaf::Event, .. } => {
                let value = json::read(payload, limit)?;
                Body::Feed(Box::new(cloud_event::decode(
                    &value,
                    "",
                    Speaker::Device(id),
                    registry,
                    received,
                )?))
            }
            Topic::Agency(agency) => {
                let value = json::read(payload, limit)?;
                let speaker = Speaker::Agency(context.city, agency);
                Body::Feed(Box::new(cloud_event::decode(&value, "", speaker, registry, received)?))
            }
        })
    }
}
