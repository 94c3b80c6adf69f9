//! Mosquitto on a loopback port of its own, and devices that publish to it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};

/// Everything here happens well within it, on a busy machine too.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
const PLACES: [&str; 3] =
    ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];

/// A broker; killed when dropped.
pub(crate) struct Broker {
    pub(crate) port: u16,
    folder: TempDir,
    process: Child,
    program: &'static str,
}

/// Starts a broker, or says loudly that there is none and returns from the test.
#[macro_export]
macro_rules! broker_or_skip {
    ($extra:expr) => {
        match $crate::broker::Broker::start($extra).await {
            Some(broker) => broker,
            None => {
                println!("SKIPPED: mosquitto is not installed");
                return;
            }
        }
    };
}

impl Broker {
    /// Starts one with further lines of configuration; `None` where it is not installed.
    pub(crate) async fn start(extra: &str) -> Option<Self> {
        let program = PLACES.into_iter().find(|place| Path::new(place).exists())?;
        let folder = TempDir::new().unwrap();
        // Asked of the system and given back: nobody else is likely to get it in between.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut config = format!(
            "listener {port} 127.0.0.1\npersistence false\nmax_inflight_messages 0\nmax_queued_messages 0\n"
        );
        if !extra.contains("allow_anonymous") {
            config.push_str("allow_anonymous true\n");
        }
        writeln!(config, "{}", extra.replace("{folder}", folder.path().to_str().unwrap())).unwrap();
        std::fs::write(folder.path().join("mosquitto.conf"), config).unwrap();
        let process = spawn(program, folder.path());
        let broker = Self { port, folder, process, program };
        broker.listening().await;
        Some(broker)
    }

    /// `kill -9`; what it held is gone, it persists nothing.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Starts it again, empty.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(self.program, self.folder.path());
        self.listening().await;
    }

    async fn listening(&self) {
        let mut again = interval(Duration::from_millis(20));
        timeout(DEADLINE, async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                again.tick().await;
            }
        })
        .await
        .expect("mosquitto listens");
    }

    /// Publishes one message and waits for the broker's acknowledgement (`QoS` 1).
    pub(crate) async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.publish_as(topic, payload, QoS::AtLeastOnce, false).await;
    }

    /// Publishes one message and waits until it is the broker's.
    pub(crate) async fn publish_as(&self, topic: &str, payload: impl Into<Vec<u8>>, qos: QoS, retain: bool) {
        let (client, mut events) = device(self.port, "publisher", None);
        client.publish(topic, qos, retain, payload.into()).await.unwrap();
        if qos == QoS::AtMostOnce {
            // It is the broker's when the broker has taken what follows it.
            client.publish("elsewhere", QoS::AtLeastOnce, false, Vec::new()).await.unwrap();
        }
        until(&mut events, |packet| matches!(packet, Packet::PubAck(_))).await;
    }
}

fn spawn(program: &str, folder: &Path) -> Child {
    Command::new(program)
        .arg("-c")
        .arg(folder.join("mosquitto.conf"))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// A device's connection.
pub(crate) fn device(port: u16, id: &str, will: Option<LastWill>) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, "127.0.0.1", port);
    if let Some(will) = will {
        options.set_last_will(will);
    }
    AsyncClient::new(options, 10)
}

/// Polls until a packet comes.
pub(crate) async fn until(events: &mut EventLoop, wanted: impl Fn(&Packet) -> bool) {
    timeout(DEADLINE, async {
        loop {
            if let Event::Incoming(packet) = events.poll().await.unwrap()
                && wanted(&packet)
            {
                return;
            }
        }
    })
    .await
    .expect("the broker answers");
}
