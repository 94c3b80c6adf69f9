//! One connection, from TCP to its end: CONNECT, the two halves, the goodbye, the last will.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use crate::delivery::{Delivery, Receipt};
use crate::listener::account::Guest;
use crate::listener::answer;
use crate::listener::directory::{SESSION_MAX, Seat};
use crate::listener::end::End;
use crate::listener::frame::{Frame, Framer, KEPT};
use crate::listener::greeting::{Greeting, Refused};
use crate::listener::line::Line;
use crate::listener::packet::Will;
use crate::listener::port::Port;
use crate::listener::reader::Reader;
use crate::listener::writer::{Writer, flush};
use crate::message::Message;

/// Largest CONNECT: its longest fields are the will's topic and payload of 64 KiB each.
const CONNECT_MAX: usize = 256 * 1024;
/// What a usual CONNECT has at most, bytes.
const GREETING: usize = 4 * 1024;
/// What is read beyond the limit, so that it can be a dead letter: this many limits.
const CEILING: usize = 16;
/// Largest packet of the protocol.
const PROTOCOL_MAX: usize = 268_435_460;
/// What a packet within the limit may have beside its payload: the longest topic, and properties.
const HEAD: usize = 80 * 1024;
/// How long the connection before one of the same client may take to end.
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(2);
/// How long a stop waits for what is being committed.
const DRAIN: Duration = Duration::from_secs(2);
/// How long last words may take, and how long the other side may take to close.
const FAREWELL: Duration = Duration::from_millis(500);

/// Keeps a connection until it ends. `place` is its place among the open ones.
pub(crate) async fn serve(mut stream: TcpStream, port: Arc<Port>, place: OwnedSemaphorePermit) {
    // A PUBACK is a small write that a device waits for.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut framer = Framer::new(CONNECT_MAX, CONNECT_MAX);
    let mut buffer = BytesMut::new();
    let first = tokio::select! {
        () = port.stop.cancelled() => return,
        first = timeout(port.settings.connect_within, first(&stream, &port, &mut framer, &mut buffer)) => first,
    };
    let Ok(Some(frame)) = first else {
        port.meter.refused.add();
        return;
    };
    let greeting = match Greeting::of(frame, &port) {
        Ok(greeting) => greeting,
        Err(Refused { version, refusal }) => {
            port.meter.refused.add();
            let mut out = BytesMut::new();
            if let Some(version) = version {
                answer::refuse(version, refusal, &mut out);
            }
            if matches!(timeout(FAREWELL, flush(&stream, &mut out)).await, Ok(Ok(()))) {
                leave(&mut stream).await;
            }
            return;
        }
    };
    let limit = port.settings.max_packet.saturating_add(HEAD).clamp(KEPT, PROTOCOL_MAX);
    framer.widen(limit, port.settings.max_packet.saturating_mul(CEILING).clamp(limit, PROTOCOL_MAX));
    port.meter.connections.add();
    let guest = greeting.guest.clone();
    let Last { seat, mut will, session, heard } = converse(&stream, &port, greeting, framer, buffer).await;
    let delay = will.as_ref().map_or(Duration::ZERO, |will| seconds(will.delay).min(session));
    let waits = if delay.is_zero() { None } else { port.wills.clone().try_acquire_owned().ok() };
    if waits.is_none()
        && let Some(will) = will.take()
    {
        publish(&port, &guest, &will).await;
    }
    port.directory.leave(&seat, session);
    // Its successor's first words come after the will, and need not wait for the other side to close.
    let pending = will.zip(waits).map(|(will, waits)| (will, waits, seat));
    if heard {
        leave(&mut stream).await;
    }
    drop(stream);
    port.meter.ended.add();
    drop(place);
    if let Some((will, _waits, seat)) = pending {
        let publishes = tokio::select! {
            biased;
            // A successor within the delay makes the will void, unless its session is another one
            // (MQTT-3.1.3-9).
            clean = seat.successor.arrived() => clean,
            () = port.stop.cancelled() => false,
            () = sleep(delay) => true,
        };
        if publishes {
            publish(&port, &guest, &will).await;
        }
    }
}

/// What is left of a conversation.
struct Last {
    seat: Seat,
    will: Option<Will>,
    /// How long the session lives on.
    session: Duration,
    /// The other side may still listen.
    heard: bool,
}

async fn converse(
    stream: &TcpStream,
    port: &Port,
    greeting: Greeting,
    framer: Framer,
    buffer: BytesMut,
) -> Last {
    let Greeting { guest, seat, connect, mut terms, patience } = greeting;
    if let Some(predecessor) = &seat.predecessor {
        // It may hang; then the order of its will and our words is the only thing lost.
        drop(timeout(PREDECESSOR_WITHIN, predecessor.cancelled()).await);
    }
    let version = connect.version;
    let budget = Arc::clone(&port.budget);
    let line = Line::new(version, port.settings.receive_maximum, connect.max_packet, budget);
    let mut out = BytesMut::new();
    terms.session_present = seat.session_present;
    answer::welcome(version, &terms, &mut out);
    let mut writer = Writer::new(stream, &line, &port.meter, out);
    let mut reader = Reader::new((stream, &line, port, &guest), framer, buffer, patience);
    let mut end = tokio::select! {
        biased;
        () = port.stop.cancelled() => End::Stopping,
        clean = seat.successor.arrived() => End::TakenOver { clean },
        end = writer.run() => end,
        end = reader.run() => end,
    };
    drop(reader);
    let mut session = seconds(terms.granted);
    if let End::Left { expiry: Some(expiry), .. } = end {
        // A session that was to end with its connection cannot be prolonged by it (MQTT 5 §3.14.2.2.2).
        if terms.granted == 0 && expiry > 0 {
            end = End::Violation(rumqttc::v5::mqttbytes::v5::DisconnectReasonCode::ProtocolError);
        } else {
            session = seconds(expiry).min(SESSION_MAX);
        }
    }
    tracing::debug!(client = connect.client_id, ?end, "an MQTT connection ended");
    match end {
        End::Violation(_) => port.meter.violations.add(),
        End::Silent | End::Stalled => port.meter.timeouts.add(),
        End::TakenOver { .. } => port.meter.takeovers.add(),
        End::Stopping => drop(timeout(DRAIN, writer.drain()).await),
        End::Left { .. } | End::Broken | End::Unanswered => {}
    }
    let mut words = BytesMut::new();
    if let Some(reason) = end.reason() {
        answer::goodbye(version, reason, &mut words);
    }
    let heard = end.reason().is_some() && matches!(timeout(FAREWELL, writer.last(&words)).await, Ok(Ok(())));
    let will = connect.will.filter(|will| end.publishes_will(will.delay));
    Last { seat, will, session, heard }
}

/// The first packet; `None` if it is no packet, if nothing comes, or if too many strangers bring large ones.
async fn first(stream: &TcpStream, port: &Port, framer: &mut Framer, buffer: &mut BytesMut) -> Option<Frame> {
    let mut held = None;
    loop {
        if let Some(frame) = framer.next(buffer).ok()? {
            return Some(frame);
        }
        if let Some(begun) = framer.begun()
            && begun.kept > GREETING
            && held.is_none()
        {
            held = Some(port.strangers.try_acquire_many(u32::try_from(begun.kept).ok()?).ok()?);
        }
        stream.readable().await.ok()?;
        buffer.reserve(GREETING / 4);
        match stream.try_read_buf(buffer) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_gone) => return None,
        }
    }
}

/// Closes so that what was written last arrives: with bytes unread, closing would reset the connection, and
/// the other side might lose what it has not read yet.
async fn leave(stream: &mut TcpStream) {
    let quiet = async {
        stream.shutdown().await?;
        let mut rest = [0; 4096];
        loop {
            stream.readable().await?;
            match stream.try_read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err::<(), std::io::Error>(error),
            }
        }
    };
    drop(timeout(FAREWELL, quiet).await);
}

/// Publishes a last will. Nobody waits for its receipt: the client is gone.
async fn publish(port: &Port, guest: &Guest, will: &Will) {
    let registry = port.registry.borrow().clone();
    let message = Message {
        topic: &will.topic,
        payload: &will.payload,
        size: will.payload.len(),
        retained: false,
        received: port.clock.now(),
    };
    let (observation, _) = port.observe(guest, &registry, &message);
    port.meter.wills.add();
    let put = async {
        port.intake.send(Delivery { observation, receipt: Receipt::none() }).await.ok()?;
        port.meter.delivered.add();
        Some(())
    };
    tokio::select! {
        () = port.stop.cancelled() => {}
        _ = put => {}
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}
