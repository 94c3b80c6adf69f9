//! What a run came to, asked from the server: cameras, samples, entries and the sum.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::address;

/// How often the server is asked while its cameras come up.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// The report of one run. Counts are since the server started, over all its sources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Cameras with a moving picture at this moment.
    pub cameras_live: u64,
    /// Cameras in the registry.
    pub cameras: u64,
    /// Measured values in the store.
    pub samples_stored: u64,
    /// Entries in the journal.
    pub entries: u64,
    /// Messages that came in.
    pub received: u64,
    /// Messages whose content is in the store.
    pub stored: u64,
    /// Messages that had come before.
    pub duplicate: u64,
    /// Messages that could not be used, kept with the reason.
    pub dead_lettered: u64,
}

/// What `/v1/status` says, as far as it matters here.
#[derive(Deserialize)]
struct Status {
    seq: u64,
    samples_stored: u64,
    cameras: Cameras,
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Cameras {
    total: u64,
    live: u64,
}

#[derive(Deserialize)]
struct Source {
    received: u64,
    stored: u64,
    duplicate: u64,
    dead_lettered: u64,
}

impl Report {
    /// Is every camera live, is there anything, and is nothing lost?
    #[must_use]
    pub fn is_good(&self) -> bool {
        let kept = self.stored.saturating_add(self.duplicate).saturating_add(self.dead_lettered);
        self.cameras > 0 && self.cameras_live == self.cameras && self.received > 0 && self.received == kept
    }

    /// One line of JSON.
    ///
    /// # Errors
    /// Never in practice: the report is plain numbers.
    pub fn line(&self) -> anyhow::Result<String> {
        serde_json::to_string(self).context("failed to write the report")
    }
}

impl From<Status> for Report {
    fn from(status: Status) -> Self {
        let sum = |field: fn(&Source) -> u64| status.sources.iter().map(field).fold(0, u64::saturating_add);
        Self {
            cameras_live: status.cameras.live,
            cameras: status.cameras.total,
            samples_stored: status.samples_stored,
            entries: status.seq,
            received: sum(|source| source.received),
            stored: sum(|source| source.stored),
            duplicate: sum(|source| source.duplicate),
            dead_lettered: sum(|source| source.dead_lettered),
        }
    }
}

/// Asks the server how it is.
///
/// # Errors
/// When it does not answer, or answers something else.
pub async fn fetch(address: SocketAddr) -> anyhow::Result<Report> {
    let (code, body) = address::get(address, "/v1/status").await.context("failed to ask for the status")?;
    ensure!(code == 200, "the status is refused ({code}): {body}");
    let status: Status = serde_json::from_str(&body).context("failed to read the status")?;
    Ok(status.into())
}

/// Waits until every camera is live, or the time is over; answers the report of that moment.
///
/// # Errors
/// When the server does not answer.
pub async fn all_live(address: SocketAddr, within: Duration) -> anyhow::Result<Report> {
    let deadline = Instant::now() + within;
    loop {
        let report = fetch(address).await?;
        if report.cameras_live == report.cameras || Instant::now() > deadline {
            return Ok(report);
        }
        sleep(ASK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        serde_json::from_str::<Status>(text).unwrap().into()
    }

    #[test]
    fn a_run_is_good_only_with_every_camera_and_every_message() {
        let good = report(
            r#"{"seq": 40, "samples_stored": 900, "cameras": {"total": 12, "live": 12}, "build": "x", "sources": [
                {"source": "mqtt", "received": 100, "stored": 95, "duplicate": 3, "dead_lettered": 2},
                {"source": "webhook", "received": 7, "stored": 7, "duplicate": 0, "dead_lettered": 0}]}"#,
        );
        assert!(good.is_good());
        assert_eq!((good.received, good.entries), (107, 40));
        assert!(!Report { cameras_live: 11, ..good.clone() }.is_good());
        assert!(!Report { received: 108, ..good.clone() }.is_good());
        assert!(!Report::default().is_good(), "a city where nothing happens is taken for a good one");
        for field in
            ["cameras_live", "samples_stored", "entries", "received", "stored", "duplicate", "dead_lettered"]
        {
            assert!(good.line().unwrap().contains(&format!("\"{field}\":")), "{field}");
        }
    }
}
