//! Takes connections until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::registry::Registry;
use pantau_schemas::time::Clock;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::delivery::Intake;
use crate::listener::connection;
use crate::listener::port::Port;
use crate::listener::settings::Settings;
use crate::listener::status::{Phase, Status};

/// Connections that may wait to be accepted: a city that comes back after a power cut comes all at once.
const BACKLOG: u32 = 4096;
/// How often the counters are shown.
const SHOW: Duration = Duration::from_secs(1);
/// The pause after a connection could not be accepted: the system has no more files, and needs a moment.
const BREATH: Duration = Duration::from_millis(100);

/// Opens the port.
///
/// # Errors
/// The address is taken, or not ours.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that comes back would else find its own old connections in the way.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Takes connections from `socket` until `cancel`, then acknowledges what is still being committed, for a
/// moment, and says goodbye.
///
/// Every message becomes one [`Delivery`](crate::delivery::Delivery) with the source
/// [`Mqtt`](pantau_schemas::observation::Source::Mqtt): a dead letter where it could not be understood. A `QoS` 1
/// message is acknowledged when its receipt was answered. `status` is told every change at once and the
/// counters once a second.
pub async fn run(
    socket: TcpListener,
    settings: Settings,
    registry: watch::Receiver<Arc<Registry>>,
    clock: Arc<dyn Clock>,
    intake: Intake,
    status: watch::Sender<Status>,
    cancel: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(settings.connections.min(Semaphore::MAX_PERMITS)));
    let port = Arc::new(Port::new(settings, registry, clock, intake, cancel));
    let tell = |phase: Phase| {
        let now = port.clock.now();
        status.send_modify(|status| {
            (status.phase, status.since) = (phase, now);
            status.address = socket.local_addr().ok();
            status.counters = port.meter.read();
        });
    };
    tell(Phase::Listening);
    let mut connections = JoinSet::new();
    let mut shows = interval(SHOW);
    shows.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = port.stop.cancelled() => break,
            _ = shows.tick() => show(&port, &status),
            Some(ended) = connections.join_next() => reap(ended),
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        connections.spawn(connection::serve(stream, Arc::clone(&port), place));
                    }
                    Err(_full) => port.meter.refused.add(),
                },
                Err(error) => {
                    // One that was gone before it was accepted is no news.
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        status.send_modify(|status| {
                            if status.last_error.is_none() {
                                tracing::warn!(%error, "failed to accept an MQTT connection");
                            }
                            status.last_error = Some(error.to_string());
                        });
                        sleep(BREATH).await;
                    }
                }
            },
        }
    }
    tell(Phase::Stopping);
    // From here on nobody new is even heard by the system.
    let address = socket.local_addr().ok();
    drop(socket);
    while let Some(ended) = connections.join_next().await {
        reap(ended);
    }
    let now = port.clock.now();
    status.send_modify(|status| {
        (status.phase, status.since, status.address) = (Phase::Stopped, now, address);
        status.counters = port.meter.read();
    });
}

fn show(port: &Port, status: &watch::Sender<Status>) {
    let counters = port.meter.read();
    status.send_if_modified(|status| {
        let changed = status.counters != counters;
        status.counters = counters;
        changed
    });
}

/// One connection's panic ends that connection, and must not go unseen.
fn reap(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an MQTT connection ended badly");
    }
}
