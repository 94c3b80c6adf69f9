//! A broker that knows only MQTT 3.1.1, and one that accepts and never answers.

use pantau_ingest::mqtt::{Phase, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::consumer::{Consumer, settings};

/// One packet: its first byte and its body. Enough of MQTT for short packets.
async fn packet(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await.ok()?;
    let length = stream.read_u8().await.ok()?;
    let mut body = vec![0; usize::from(length & 0x7f)];
    stream.read_exact(&mut body).await.ok()?;
    Some((kind, body))
}

/// Answers CONNECT of version 5 with `refusal`, of version 4 with welcome, and SUBSCRIBE with yes.
async fn old_broker(listener: TcpListener, refusal: &'static [u8]) {
    while let Ok((mut stream, _)) = listener.accept().await {
        while let Some((kind, body)) = packet(&mut stream).await {
            let answer = match (kind >> 4, body.get(6)) {
                (1, Some(5)) => refusal.to_vec(),
                (1, _) => vec![0x20, 2, 0, 0],
                (8, _) => vec![0x90, 3, body[0], body[1], 1],
                (12, _) => vec![0xd0, 0],
                _ => continue,
            };
            stream.write_all(&answer).await.unwrap();
            if answer == refusal {
                break;
            }
        }
    }
}

async fn falls_back(refusal: &'static [u8]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut broker = tokio::task::JoinSet::new();
    broker.spawn(old_broker(listener, refusal));
    let mut consumer = Consumer::start(settings(port));
    consumer.until(Status::is_connected).await;
    consumer.stop().await;
}

#[tokio::test]
async fn a_broker_that_says_it_knows_only_3_is_spoken_to_in_3() {
    falls_back(&[0x20, 3, 0, 0x84, 0]).await;
}

#[tokio::test]
async fn so_is_one_that_says_it_in_the_words_of_3() {
    falls_back(&[0x20, 2, 0, 1]).await;
}

#[tokio::test]
async fn a_broker_that_never_answers_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut consumer = Consumer::start(settings(listener.local_addr().unwrap().port()));
    let status = consumer.until(|status| status.phase == Phase::Waiting).await;
    assert_eq!(status.last_error.as_deref(), Some("no answer in time"));
    consumer.stop().await;
}
