//! What the page and its media worker say to each other, as JSON text.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::media::Tile;
use pantau_schemas::stream::{StreamCause, StreamKind, StreamState};
use pantau_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::watchdog::Seen;

/// What the page says. A [`Command::Canvas`] travels with its `OffscreenCanvas`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
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
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// It listens now.
    Ready,
    /// How the tiles are; a few times a second.
    Report(Report),
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

/// Why a browser cannot show video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// WebCodecs exists only on secure pages, and this one is not.
    SecureContext,
    /// The browser has no WebCodecs.
    WebCodecs,
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
    /// What the server says of it; `None` before it said anything on this connection.
    pub said: Option<Said>,
    /// What was seen on the canvas.
    pub seen: Seen,
    /// Since when, by this machine's clock.
    pub seen_since: Option<Timestamp>,
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
    /// Times the decoder failed.
    pub errors: u64,
}
