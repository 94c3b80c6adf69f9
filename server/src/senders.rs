//! Who may post events, and how fast.

use std::sync::{Arc, Mutex, PoisonError};

use pantau_ingest::webhook::SecretKey;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use crate::config;

/// Events a second that one sender may post for long.
const RATE: f64 = 500.0;
/// Events that one sender may post at once.
const BURST: f64 = 1_000.0;

/// The configured senders.
#[derive(Clone)]
pub(crate) struct Senders(Arc<Vec<Sender>>);

/// One of them.
pub(crate) struct Sender {
    /// The prefix of the sources it may speak for.
    pub(crate) source: String,
    /// Its secrets.
    pub(crate) secrets: Vec<SecretKey>,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Senders {
    /// Those of the configuration.
    ///
    /// # Errors
    /// The sender's source, when one of its secrets is no `whsec_…` secret.
    pub(crate) fn new(configured: &[config::Sender]) -> Result<Self, String> {
        let mut senders = Vec::new();
        for sender in configured {
            let secrets: Result<Vec<_>, _> =
                sender.secrets.iter().map(|secret| SecretKey::parse(secret.expose_secret())).collect();
            senders.push(Sender {
                source: sender.source.clone(),
                secrets: secrets
                    .map_err(|error| format!("a secret of the sender {} {error}", sender.source))?,
                bucket: Mutex::new(Bucket { tokens: BURST, filled: Instant::now() }),
            });
        }
        Ok(Self(Arc::new(senders)))
    }

    /// Every sender.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sender> {
        self.0.iter()
    }
}

impl Sender {
    /// Takes `events` from the sender's allowance; false when it is used up.
    pub(crate) fn allow(&self, events: usize) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let earned = now.duration_since(bucket.filled).as_secs_f64() * RATE;
        bucket.tokens = (bucket.tokens + earned).min(BURST);
        bucket.filled = now;
        let price = f64::from(u32::try_from(events).unwrap_or(u32::MAX)).min(BURST);
        let allowed = bucket.tokens >= price;
        if allowed {
            bucket.tokens -= price;
        }
        allowed
    }
}
