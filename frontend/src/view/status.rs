//! What `GET /v1/status` says, read leniently: a missing field is a missing word on
//! the page, never a missing page.

use std::collections::BTreeMap;

use pantau_schemas::time::Timestamp;
use serde::Deserialize;

use super::figures::Share;
use super::sources;

/// `GET /v1/status`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Status {
    /// The server's clock.
    pub now: Option<Timestamp>,
    /// Its build.
    pub build: String,
    /// The journal's life.
    pub epoch: String,
    /// The last entry.
    pub seq: u64,
    /// The last durable entry.
    pub settled: u64,
    /// Whether history is saved.
    pub store: StoreStatus,
    /// The ways in.
    pub sources: Vec<SourceStatus>,
    /// Every screen of a wall.
    pub screens: Vec<ScreenLine>,
    /// Every queue.
    pub queues: Vec<QueueStatus>,
    /// The port where devices publish to us directly, if there is one.
    pub listener: Option<ListenerStatus>,
    /// Who reads.
    pub readers: Readers,
    /// How old the pictures of each camera are on the screens that show it.
    pub glass_to_glass: BTreeMap<String, GlassToGlass>,
}

/// From a camera to the screens, of late.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct GlassToGlass {
    /// Median, ms.
    pub p50_ms: u32,
    /// 95 of 100 are at most this, ms.
    pub p95_ms: u32,
}

/// One screen of a wall.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct ScreenLine {
    /// Its id.
    pub screen: String,
    /// Its name.
    pub name: String,
    /// `up`, `down`; `None` while nobody expects it.
    pub state: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it was last heard, since the server started.
    pub heard: Option<Timestamp>,
    /// The build of its page.
    pub build: Option<String>,
    /// Pictures that it has.
    pub tiles: Option<u64>,
    /// How many of them move.
    pub live: Option<u64>,
    /// Pictures drawn per second.
    pub drawn_per_s: Option<u64>,
}

/// The port where devices publish to us directly.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct ListenerStatus {
    /// `listening`, or why not.
    pub state: String,
    /// Where.
    pub address: Option<String>,
    /// Connections that are open.
    pub open: u64,
    /// Connections that were not let in.
    pub refused: u64,
    /// Messages that came.
    pub received: u64,
    /// Messages whose PUBACK was sent.
    pub acknowledged: u64,
    /// Messages whose sender may not publish there.
    pub unauthorized: u64,
}

/// How the store is.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct StoreStatus {
    /// `ok` or `down`.
    pub state: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What is wrong.
    pub error: Option<String>,
}

/// One way in and its sum.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct SourceStatus {
    /// `mqtt`, `webhook`, `camera`, `command`.
    pub source: String,
    /// Messages that came.
    pub received: u64,
    /// Messages kept.
    pub stored: u64,
    /// Messages that were known already.
    pub duplicate: u64,
    /// Messages that could not be read.
    pub dead_lettered: u64,
    /// How its connection is; absent for a way in that has none, like a webhook.
    pub state: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What is wrong.
    pub error: Option<String>,
}

impl SourceStatus {
    /// Received minus what became of it: 0 when the sum holds.
    #[must_use]
    pub fn missing(&self) -> i128 {
        i128::from(self.received)
            - i128::from(self.stored)
            - i128::from(self.duplicate)
            - i128::from(self.dead_lettered)
    }
    /// Whether the source does its work.
    #[must_use]
    pub fn is_well(&self) -> bool {
        is_well(self.state.as_deref())
    }
}

impl Status {
    /// The ways in that work, of all.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        sources::share(self.sources.iter().map(|source| source.state.as_deref()))
    }
}

/// Whether a state is a good one. A word this page does not know is no good news; what has no state cannot be down.
#[must_use]
pub fn is_well(state: Option<&str>) -> bool {
    matches!(state, None | Some("ok" | "up" | "ready" | "connected" | "listening"))
}

/// One queue.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct QueueStatus {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub len: u64,
    /// What fits.
    pub bound: u64,
    /// What happens when it is full.
    pub policy: String,
    /// How often that happened.
    pub acted: u64,
}

/// Readers by socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Readers {
    /// Of `/v1/live`.
    pub live: u64,
    /// Of `/v1/media`.
    pub media: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_another_version_is_still_read() {
        let status: Status = serde_json::from_str(
            r#"{"seq":7,"novel":1,"sources":[{"source":"mqtt","received":10,"stored":7,"duplicate":2,"dead_lettered":1,"state":"connected"}]}"#,
        )
        .unwrap();
        let mqtt = &status.sources[0];
        assert_eq!((status.seq, mqtt.missing(), mqtt.is_well()), (7, 0, true));
        assert!(SourceStatus::default().is_well(), "a webhook has no connection that could be down");
        assert!(!SourceStatus { state: Some("waiting".to_owned()), ..SourceStatus::default() }.is_well());
    }
}
