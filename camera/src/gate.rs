//! Who may try to connect now: one at a time per host, and so many a second in all.
//!
//! A recorder of 16 channels that restarts is asked for one channel after the other; 500 cameras behind a
//! switch that comes back are asked over ten seconds, not at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Limits attempts over all cameras.
#[derive(Debug)]
pub(crate) struct Gate {
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
    /// A token bucket of one token: when the next attempt may begin.
    next: Mutex<Option<Instant>>,
    interval: Duration,
}

/// The right to try one host; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Permit {
    _host: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { hosts: Mutex::default(), next: Mutex::default(), interval }
    }

    /// Waits for its turn; `None` when the gate is gone, which it never is.
    pub(crate) async fn enter(&self, authority: &str) -> Option<Permit> {
        let host = self.host(authority).acquire_owned().await.ok()?;
        let turn = self.turn();
        tokio::time::sleep_until(turn).await;
        Some(Permit { _host: host })
    }

    fn host(&self, authority: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(authority).and_then(Weak::upgrade) {
            return host;
        }
        hosts.retain(|_, host| host.strong_count() > 0);
        let host = Arc::new(Semaphore::new(1));
        hosts.insert(authority.to_owned(), Arc::downgrade(&host));
        host
    }

    fn turn(&self) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or_else(Instant::now, |next| next.max(Instant::now()));
        *next = Some(turn + self.interval);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_host_is_tried_once_at_a_time_and_another_does_not_wait_for_it() {
        let gate = Gate::new(50);
        let first = gate.enter("10.0.0.1:554").await.unwrap();
        let second = tokio::time::timeout(Duration::from_secs(9), gate.enter("10.0.0.1:554")).await;
        assert!(second.is_err(), "two attempts at once");
        gate.enter("10.0.0.2:554").await.unwrap();
        drop(first);
        gate.enter("10.0.0.1:554").await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn five_hundred_cameras_take_ten_seconds() {
        let (gate, start) = (Gate::new(50), Instant::now());
        for camera in 0..500 {
            gate.enter(&format!("10.0.0.{camera}:554")).await.unwrap();
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(9_900) && took <= Duration::from_millis(10_600), "{took:?}");
    }
}
