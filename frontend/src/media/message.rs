//! What the page and its media worker say to each other, as JSON text.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::ladder::Rung;
use pantau_schemas::media::Tile;
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::choice::{Missing, PlayerKind};
use super::watchdog::Seen;

/// What the page says. A [`Command::Canvas`] travels with its `OffscreenCanvas`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// What plays the pictures; comes first.
    Player {
        /// With [`PlayerKind::MediaSource`] the worker packs, and the page plays.
        player: PlayerKind,
    },
    /// Draw this tile's pictures on the canvas beside this message.
    Canvas {
        /// The tile.
        tile: u16,
    },
    /// The whole set of tiles; replaces the one before.
    Tiles {
        /// What to show where.
        tiles: Vec<Tile>,
    },
    /// So many segments of this tile went to its source buffer, or were thrown away, in all.
    Taken {
        /// The tile.
        tile: u16,
        /// Segments since the tile began.
        count: u64,
    },
    /// The players of this worker's tiles stood although they had something to play.
    Stood {
        /// For so long since it was last said, their mean, ms.
        ms: u64,
    },
    /// A picture reached the page's screen: to be told to the server.
    Shown {
        /// The tile.
        tile: u16,
        /// The frame.
        sequence: u32,
        /// Its capture time, µs since 1970.
        capture_us: i64,
    },
}

/// What the worker says. [`Reply::Stream`] and [`Reply::Segment`] travel with their bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It listens now.
    Ready,
    /// How the tiles are; a few times a second.
    Report(Report),
    /// The next segments of a tile are of this stream; with its initialisation segment.
    Stream {
        /// The tile.
        tile: u16,
        /// Its type, with the codec.
        mime: String,
    },
    /// One access unit, packed.
    Segment {
        /// The tile.
        tile: u16,
        /// What it is.
        mark: Mark,
    },
}

/// Which picture stands where in a packed stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it is shown, µs of the packed stream.
    pub start: u64,
    /// A key frame.
    pub key: bool,
    /// Number of the frame in the camera's stream.
    pub sequence: u32,
    /// When the camera took it, µs since 1970.
    pub capture_us: i64,
    /// When the server had it, µs since 1970.
    pub received_us: i64,
}

/// How the window's video is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Report {
    /// The socket is open.
    pub link: bool,
    /// What this browser lacks; nothing can be shown then.
    pub missing: Option<Missing>,
    /// Every tile of the window.
    pub tiles: Vec<TileReport>,
}

/// What the server said of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The state.
    pub state: StreamState,
    /// Since when, by the server's clock.
    pub since: Timestamp,
    /// Why.
    pub cause: Option<StreamCause>,
}

/// How one tile is. Counts begin when the tile got its canvas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TileReport {
    /// The tile.
    pub tile: u16,
    /// What it shows.
    pub camera: DeviceId,
    /// What plays it.
    pub player: PlayerKind,
    /// What the server says of it; `None` before it said anything on this connection.
    pub said: Option<Said>,
    /// What was seen on the canvas.
    pub seen: Seen,
    /// Since when, by this machine's clock.
    pub seen_since: Option<Timestamp>,
    /// How much of the stream the server sends, by what the socket takes.
    pub socket: Rung,
    /// How much of it is decoded here, by what the decoders take.
    pub decoder: Rung,
    /// How long ago the last picture was drawn, ms; `None` before the first one.
    pub silent_ms: Option<u32>,
    /// When the server had the picture that is shown, by the server's clock.
    pub picture: Option<Timestamp>,
    /// How long the first picture has been waited for, ms; `None` once there is one.
    pub waiting_ms: Option<u32>,
    /// From asking for the tile to its first picture, ms.
    pub first_picture_ms: Option<u32>,
    /// Which of the camera's streams.
    pub quality: Option<StreamKind>,
    /// Width and height of the pictures.
    pub size: (u32, u32),
    /// Whole frames that came.
    pub received: u64,
    /// Frames that the decoder gave back.
    pub decoded: u64,
    /// Pictures that reached the canvas.
    pub drawn: u64,
    /// Decoded pictures that a newer one replaced before they could be drawn.
    pub superseded: u64,
    /// Frames that came but could not be decoded: after a hole, a broken chunk, a full decoder.
    pub dropped: u64,
    /// Frames that the server left out because this reader was slow.
    pub skipped: u64,
    /// Frames that came but were left out here because of the rung.
    pub left_out: u64,
    /// Times the decoder failed.
    pub errors: u64,
    /// How far the player is behind the newest picture it has, ms; `None` where it has nothing to be behind.
    pub behind_ms: Option<u32>,
}

impl TileReport {
    /// How much of the stream is shown.
    #[must_use]
    pub fn rung(&self) -> Rung {
        self.socket.max(self.decoder)
    }
}
