//! All simulated devices that speak MQTT.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::registry::{DeviceClass, Registry};
use pantau_schemas::time::Clock;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::device::{Life, Network};
use super::trouble::Trouble;

/// The devices, by identity, each with its switch.
#[derive(Debug)]
pub(crate) struct Fleet {
    power: BTreeMap<DeviceId, watch::Sender<Trouble<()>>>,
}

impl Fleet {
    /// Switches every device of the registry on, cameras excepted.
    pub(crate) fn start(
        registry: &Registry,
        network: &Network,
        clock: &Arc<dyn Clock>,
        tasks: &TaskTracker,
    ) -> Self {
        let devices = registry.devices.values().filter(|device| device.class != DeviceClass::Camera);
        let power = devices
            .map(|device| {
                let (power, watched) = watch::channel(Trouble::NONE);
                tasks.spawn(Life::new(device, network.clone(), Arc::clone(clock), watched).run());
                (device.id.clone(), power)
            })
            .collect();
        Self { power }
    }

    /// Takes a device's power, for a while or until it is given back. False when there is no such device.
    pub(crate) fn cut(&self, id: &DeviceId, lasts: Option<Duration>) -> bool {
        self.power.get(id).map(|power| power.send_replace(Trouble::new((), lasts))).is_some()
    }

    /// Gives power back. False when there is no such device.
    pub(crate) fn restore(&self, id: &DeviceId) -> bool {
        self.power.get(id).map(|power| power.send_replace(Trouble::NONE)).is_some()
    }

    /// Gives everybody power back.
    pub(crate) fn restore_all(&self) {
        for power in self.power.values() {
            power.send_replace(Trouble::NONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use pantau_schemas::registry::Registry;
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::Packet;
    use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
    use serde_json::Value;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::sim::broker::Broker;
    use crate::sim::clock::SystemClock;
    use crate::sim::registry::{Plan, Size};
    use crate::sim::stats::Counters;

    const DEADLINE: Duration = Duration::from_secs(10);

    async fn watch(broker: SocketAddr, filter: &str) -> (AsyncClient, EventLoop) {
        let options = MqttOptions::new("watcher", broker.ip().to_string(), broker.port());
        let (client, events) = AsyncClient::new(options, 16);
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        (client, events)
    }

    /// The next message of which `wanted` is true.
    async fn until(events: &mut EventLoop, wanted: impl Fn(&str, &Value) -> bool) -> Value {
        let found = async {
            loop {
                if let Event::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() {
                    let topic = std::str::from_utf8(&publish.topic).unwrap();
                    let value: Value = serde_json::from_slice(&publish.payload).unwrap();
                    if wanted(topic, &value) {
                        return value;
                    }
                }
            }
        };
        tokio::time::timeout(DEADLINE, found).await.unwrap()
    }

    fn one(id: &str) -> Registry {
        let mut registry = Plan::new(Size::default()).unwrap().registry;
        registry.devices.retain(|device, _| device.as_str() == id);
        registry
    }

    #[tokio::test]
    async fn a_device_without_power_is_reported_by_its_will_and_comes_back_as_a_new_boot() {
        let (tasks, token) = (TaskTracker::new(), CancellationToken::new());
        let broker_token = CancellationToken::new();
        let broker = Broker::start(&tasks, broker_token.clone()).await.unwrap();
        let (_client, mut events) = watch(broker.address(), "pantau/1/metro/ap/ap-07/#").await;
        let network = Network {
            broker: broker.address(),
            interval: Duration::from_secs(1),
            seed: 1,
            counters: Arc::new(Counters::default()),
            token: token.clone(),
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let fleet = Fleet::start(&one("ap-07"), &network, &clock, &tasks);
        let id = DeviceId::new("ap-07").unwrap();

        let state = |word: &'static str| {
            move |topic: &str, value: &Value| topic.ends_with("/state") && value["state"] == word
        };
        let first = until(&mut events, state("ready")).await;
        assert_eq!(first["interval_s"], 1);
        until(&mut events, |topic, value| topic.ends_with("/tele/netjson") && value["x-pantau"]["seq"] == 2)
            .await;

        assert!(fleet.cut(&id, None));
        let will = until(&mut events, state("lost")).await;
        assert_eq!(will["boot_id"], first["boot_id"], "a will belongs to the boot that left it");

        assert!(fleet.restore(&id));
        let second = until(&mut events, state("ready")).await;
        assert_ne!(second["boot_id"], first["boot_id"]);

        token.cancel();
        let bye = until(&mut events, state("disconnected")).await;
        assert_eq!(bye["boot_id"], second["boot_id"]);
        broker_token.cancel();
        tasks.close();
        tokio::time::timeout(DEADLINE, tasks.wait()).await.unwrap();
        let stats = network.counters.read();
        assert_eq!((stats.connections, stats.messages_skipped), (2, 0));
    }
}
