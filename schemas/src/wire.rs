//! The messages of `/v1/live`: JSON text, sub-protocol [`PROTOCOL`].
//!
//! Both sides ignore types and fields they do not know.

use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::entry::Entry;
use crate::ids::{CityCode, Epoch, ScreenId, Seq, SeriesId};
use crate::tagged::tagged;
use crate::time::Timestamp;
use crate::world::World;

/// The WebSocket sub-protocol.
pub const PROTOCOL: &str = "pantau.live.v1";
/// Series that one reader may watch by name.
pub const MAX_WATCHED: usize = 10_000;

/// How often a page of a wall says that it lives, ms.
pub const SCREEN_BEAT_MS: u32 = 5_000;

/// A page of a wall about itself. It is sent from within a painted frame, so a page that runs but paints nothing is
/// silent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScreenBeat {
    /// The screen that it shows.
    pub screen: ScreenId,
    /// The page's build.
    #[serde(default)]
    pub build: String,
    /// Pictures that it has.
    #[serde(default)]
    pub tiles: u16,
    /// How many of them move, by what the page sees itself.
    #[serde(default)]
    pub live: u16,
    /// Pictures drawn per second, over all tiles, since the beat before.
    #[serde(default)]
    pub drawn_per_s: u32,
    /// How long the page waited for the frame in which this was sent, ms.
    #[serde(default)]
    pub paint_ms: u32,
}

/// What a reader says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum LiveRequest {
    /// First message: what the reader already has.
    Hello {
        /// The epoch of what it has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Epoch>,
        /// The last entry it has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
    },
    /// The series it wants heads of, instead of all.
    Watch {
        /// Exact names, at most [`MAX_WATCHED`].
        series: Vec<SeriesId>,
    },
    /// A page of a wall lives; every [`SCREEN_BEAT_MS`].
    Screen(ScreenBeat),
    /// Still there.
    Pong,
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

tagged!(LiveRequest, "type");

/// What the server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum LiveMessage {
    /// First message.
    Welcome {
        /// The epoch of what follows.
        epoch: Epoch,
        /// The newest entry.
        seq: Seq,
        /// The city.
        city: CityCode,
        /// The server's build; a page of another build reloads when it can.
        build: String,
        /// The server's clock.
        now: Timestamp,
        /// The reader's state was taken up; no snapshot follows.
        resumed: bool,
    },
    /// Everything, at `seq`.
    Snapshot {
        /// The last entry inside.
        seq: Seq,
        /// The state, as far as this reader may see it.
        world: Box<World>,
    },
    /// What happened, in order, without holes.
    Entries {
        /// At least one.
        entries: Vec<Entry>,
    },
    /// Newest values.
    Heads {
        /// `[series, time, value]` each.
        heads: Vec<Head>,
    },
    /// What is durable.
    Settled {
        /// The last durable entry.
        seq: Seq,
        /// Whether history is being saved.
        store: StoreState,
        /// Since when it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    /// Once a second.
    Tick {
        /// The server's clock.
        now: Timestamp,
        /// How far this reader is behind, milliseconds.
        behind_ms: u64,
    },
    /// Something was dropped, limited or refused.
    Notice {
        /// A word for machines.
        code: String,
        /// A line for people.
        text: String,
    },
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

tagged!(LiveMessage, "type");

/// Whether history is being saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreState {
    /// It is.
    Ok,
    /// It is not; entries wait.
    Down,
    /// A word of a newer version.
    #[serde(other)]
    Unknown,
}

/// The newest value of a series, written `[series, time, value]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Which series.
    pub series: SeriesId,
    /// When it was measured, by the source's clock.
    pub time: Timestamp,
    /// How much.
    pub value: f64,
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(3)?;
        tuple.serialize_element(&self.series)?;
        tuple.serialize_element(&self.time)?;
        tuple.serialize_element(&self.value)?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (series, time, value) = Deserialize::deserialize(deserializer)?;
        Ok(Self { series, time, value })
    }
}
