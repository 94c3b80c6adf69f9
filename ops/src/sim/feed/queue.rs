//! Events wait here until the server has them.
//!
//! A post that fails is made again with the same ids, so the server can tell a repetition from a new event.
//! When events come faster than they are taken, several go in one post.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pantau_schemas::registry::Registry;
use pantau_schemas::time::Clock;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::post::Client;
use super::signature::Secret;
use super::story::Story;
use crate::sim::stats::{Counters, add, count};

/// Events that wait; the oldest is given up and counted when there are more.
const MOST_WAITING: usize = 50_000;
/// From this many on, events travel together.
const TOGETHER: usize = 8;
/// Most events of one post: well below the limit of 256 KiB.
const BATCH: usize = 50;
/// First pause after a failure, doubled up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
const PATH: &str = "/v1/events";

/// What the feed works with.
pub(crate) struct Parts {
    pub(crate) server: SocketAddr,
    pub(crate) secret: Secret,
    pub(crate) registry: Arc<Registry>,
    pub(crate) seed: u64,
    /// Time between two events of an ordinary day.
    pub(crate) every: Duration,
    /// Further events on request, by their number.
    pub(crate) bursts: mpsc::Receiver<u32>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) token: CancellationToken,
}

/// The agencies' side of the conversation.
pub(crate) struct Feed {
    parts: Parts,
    story: Story,
    client: Client,
    waiting: VecDeque<Value>,
    pause: Duration,
}

/// Events on their way: the same body and id at every attempt.
struct Letter {
    id: String,
    batch: bool,
    events: usize,
    body: Vec<u8>,
}

impl Feed {
    pub(crate) fn new(parts: Parts) -> Self {
        let story = Story::new(Arc::clone(&parts.registry), parts.seed, parts.clock.now());
        let client = Client::new(parts.server);
        Self { story, client, waiting: VecDeque::new(), pause: PAUSE, parts }
    }

    /// Tells the story until the city ends.
    pub(crate) async fn run(mut self) {
        let token = self.parts.token.clone();
        let mut left = 0;
        token.run_until_cancelled(self.talk(&mut left)).await;
        add(&self.parts.counters.unsent, self.waiting.len() + left);
    }

    /// Never ends; `on_the_way` is the number of events of the letter that has no answer yet.
    async fn talk(&mut self, on_the_way: &mut usize) {
        let mut next = tokio::time::interval(self.parts.every);
        next.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut letter: Option<Letter> = None;
        let mut not_before = Instant::now();
        loop {
            if letter.is_none() {
                letter = self.fold();
            }
            *on_the_way = letter.as_ref().map_or(0, |letter| letter.events);
            let sending = async {
                match &letter {
                    Some(letter) => {
                        tokio::time::sleep_until(not_before).await;
                        letter
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = next.tick() => self.happen(1),
                burst = self.parts.bursts.recv() => match burst {
                    Some(number) => self.happen(number),
                    // Nobody can ask any more; the ordinary day goes on.
                    None => std::future::pending().await,
                },
                ready = sending => match self.send(ready).await {
                    Some(pause) => not_before = Instant::now() + pause,
                    None => letter = None,
                },
            }
        }
    }

    /// Something happens in the city.
    fn happen(&mut self, number: u32) {
        for _ in 0..number {
            count(&self.parts.counters.events);
            self.waiting.push_back(self.story.next(self.parts.clock.now()));
            if self.waiting.len() > MOST_WAITING {
                self.waiting.pop_front();
                count(&self.parts.counters.unsent);
            }
        }
    }

    fn fold(&mut self) -> Option<Letter> {
        let events: Vec<Value> = if self.waiting.len() < TOGETHER {
            self.waiting.pop_front().into_iter().collect()
        } else {
            self.waiting.drain(..self.waiting.len().min(BATCH)).collect()
        };
        let first = events.first()?;
        let id =
            format!("msg_{}_{}", first["id"].as_str().unwrap_or_default().replace('/', "_"), events.len());
        let batch = events.len() > 1;
        let body = if batch { Value::Array(events.clone()).to_string() } else { first.to_string() };
        Some(Letter { id, batch, events: events.len(), body: body.into_bytes() })
    }

    /// Posts a letter; answers after what pause it must be posted again.
    async fn send(&mut self, letter: &Letter) -> Option<Duration> {
        let counters = Arc::clone(&self.parts.counters);
        // Signed anew at each attempt: a signature is good for five minutes.
        let seconds = self.parts.clock.now().micros().div_euclid(1_000_000);
        let signature = self.parts.secret.sign(&letter.id, seconds, &letter.body);
        let media = if letter.batch { "cloudevents-batch" } else { "cloudevents" };
        let headers = format!(
            "Content-Type: application/{media}+json\r\nwebhook-id: {}\r\nwebhook-timestamp: {seconds}\r\n\
             webhook-signature: {signature}\r\n",
            letter.id
        );
        match self.client.post(PATH, &headers, &letter.body).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                add(&counters.accepted, letter.events);
                self.pause = PAUSE;
                None
            }
            Ok(answer) if matches!(answer.status, 429 | 500..) => {
                count(&counters.retried);
                let asked = answer.retry_after.map(Duration::from_secs);
                Some(asked.unwrap_or_else(|| self.longer()).min(LONGEST_PAUSE))
            }
            Ok(answer) => {
                tracing::warn!(
                    status = answer.status,
                    id = letter.id,
                    answer = answer.body,
                    "events refused"
                );
                add(&counters.refused, letter.events);
                None
            }
            Err(error) => {
                tracing::debug!(%error, "server is away");
                count(&counters.retried);
                Some(self.longer())
            }
        }
    }

    fn longer(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::sim::clock::SystemClock;
    use crate::sim::registry::{Plan, Size};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// One request: its headers, and its body.
    async fn request(stream: &mut TcpStream) -> (BTreeMap<String, String>, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let headers: BTreeMap<String, String> = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(k, v)| (k.to_lowercase(), v.to_owned()))
            .collect();
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        (headers, body)
    }

    #[tokio::test]
    async fn events_reach_a_server_that_was_away_and_then_busy_signed_and_under_the_same_id() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let counters = Arc::new(Counters::default());
        let token = CancellationToken::new();
        let (bursts, queue) = mpsc::channel(1);
        let parts = Parts {
            server: listener.local_addr().unwrap(),
            secret: Secret::parse(SECRET).unwrap(),
            registry: Arc::new(Plan::new(Size::default()).unwrap().registry),
            seed: 1,
            every: Duration::from_secs(3600),
            bursts: queue,
            clock: Arc::new(SystemClock),
            counters: Arc::clone(&counters),
            token: token.clone(),
        };
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(Feed::new(parts).run());

        // The first connection breaks without an answer, the next is told to wait.
        let (mut stream, _) = listener.accept().await.unwrap();
        let (first, body) = request(&mut stream).await;
        drop(stream);
        let (mut stream, _) = listener.accept().await.unwrap();
        let (second, repeated) = request(&mut stream).await;
        assert_eq!((&first["webhook-id"], &body), (&second["webhook-id"], &repeated));
        stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n").await.unwrap();
        let (third, repeated) = request(&mut stream).await;
        assert_eq!((&first["webhook-id"], &body), (&third["webhook-id"], &repeated));
        let signature = Secret::parse(SECRET).unwrap().sign(
            &third["webhook-id"],
            third["webhook-timestamp"].parse().unwrap(),
            &repeated,
        );
        assert_eq!(third["webhook-signature"], signature);
        assert_eq!(third["content-type"], "application/cloudevents+json");
        stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();

        // Many at once travel together.
        bursts.send(120).await.unwrap();
        let mut taken = 1;
        while taken < 121 {
            let (headers, body) = request(&mut stream).await;
            let value: Value = serde_json::from_slice(&body).unwrap();
            let batch = headers["content-type"] == "application/cloudevents-batch+json";
            taken += if batch { value.as_array().unwrap().len() } else { 1 };
            stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        }
        let counted = async {
            while counters.read().events_accepted < 121 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap();
        token.cancel();
        tasks.join_next().await.unwrap().unwrap();
        assert_eq!((counters.read().events, counters.read().events_unsent), (121, 0));
    }
}
