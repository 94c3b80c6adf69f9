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
    use pantau_ingest::delivery::{Delivery, Outcome};
    use pantau_ingest::listener::{self, Settings, Status};
    use pantau_schemas::observation::{Body, LifeState, StateReport};
    use pantau_schemas::registry::Registry;
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::sim::clock::SystemClock;
    use crate::sim::registry::{CITY, Plan, Size};
    use crate::sim::stats::Counters;

    const DEADLINE: Duration = Duration::from_secs(10);

    /// The next thing that is said, of which `wanted` makes something.
    async fn until<T>(intake: &mut mpsc::Receiver<Delivery>, wanted: impl Fn(&Body) -> Option<T>) -> T {
        let found = async {
            loop {
                let delivery = intake.recv().await.unwrap();
                delivery.receipt.answer(Outcome::Stored);
                if let Some(found) = wanted(&delivery.observation.body) {
                    return found;
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
        let (tasks, token, stop) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let plan = Arc::new(one("ap-07"));
        let socket = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let network = Network {
            intake: socket.local_addr().unwrap(),
            interval: Duration::from_secs(1),
            seed: 1,
            counters: Arc::new(Counters::default()),
            token: token.clone(),
        };
        let (sender, mut intake) = mpsc::channel(64);
        let (_registry, registry) = watch::channel(Arc::clone(&plan));
        let (status, _seen) = watch::channel(Status::default());
        let settings = Settings::new(pantau_schemas::ids::CityCode::new(CITY).unwrap());
        let clock_of_listener = Arc::clone(&clock);
        tasks.spawn(listener::run(
            socket,
            settings,
            registry,
            clock_of_listener,
            sender,
            status,
            stop.clone(),
        ));
        let fleet = Fleet::start(&plan, &network, &clock, &tasks);
        let id = DeviceId::new("ap-07").unwrap();

        let state = |wanted: LifeState| {
            move |body: &Body| match body {
                Body::State(report) if report.state == wanted => Some(report.clone()),
                _ => None,
            }
        };
        let boot = |report: &StateReport| report.boot_id.clone().unwrap();
        let first = until(&mut intake, state(LifeState::Ready)).await;
        assert_eq!(first.interval_s, Some(1));
        let second_reading = |body: &Body| match body {
            Body::Samples(set) => set.device_seq.filter(|number| *number == 2),
            _ => None,
        };
        until(&mut intake, second_reading).await;

        assert!(fleet.cut(&id, None));
        let will = until(&mut intake, state(LifeState::Lost)).await;
        assert_eq!(boot(&will), boot(&first), "a will belongs to the boot that left it");

        assert!(fleet.restore(&id));
        let second = until(&mut intake, state(LifeState::Ready)).await;
        assert_ne!(boot(&second), boot(&first));

        token.cancel();
        let bye = until(&mut intake, state(LifeState::Disconnected)).await;
        assert_eq!(boot(&bye), boot(&second));
        stop.cancel();
        tasks.close();
        tokio::time::timeout(DEADLINE, tasks.wait()).await.unwrap();
        let stats = network.counters.read();
        assert_eq!((stats.connections, stats.messages_skipped), (2, 0));
    }
}
