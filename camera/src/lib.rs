//! Cameras: from RTSP to a ring of access units that any number of viewers read.
//!
//! One supervised task per stream connects, watches and reconnects ([`Fleet`]); it writes access units into
//! the stream's ring and rings the [`Signal`] of everyone who looks. A viewer takes from its [`Watch`] when
//! it can: a slow one skips to a key frame and learns how much it lost, and costs nobody else anything.
//!
//! **Invariant:** a supervisor never waits for a consumer. Viewers are told by a bit, reports of state are
//! conflated to the newest per stream, reports of health are dropped when nobody takes them.
//! Credentials and paths of URLs appear in no `Debug`, log, error or report.
//!
//! A window that cannot play a stream can have the camera's own still pictures instead ([`Stills`]).
//!
//! Data comes from a [`CameraSource`]; the home of it is [`RetinaSource`].

#![warn(missing_docs)]

mod backoff;
mod config;
mod detect;
mod fleet;
mod frame;
mod gate;
mod health;
mod interrupt;
mod low_delay;
mod report;
mod retina_source;
mod ring;
mod scrub;
mod session;
mod settings;
mod signal;
mod source;
mod still;
mod stream;
mod supervisor;
mod watch;

pub use config::{CameraConfig, Credentials, StreamUrl, UrlError};
pub use fleet::Fleet;
pub use frame::{AccessUnit, StreamParameters};
pub use report::CameraReport;
pub use retina_source::{RetinaMemory, RetinaSession, RetinaSource};
pub use settings::Settings;
pub use signal::{MAX_SLOTS, Ready, Signal};
pub use source::{
    CameraSession, CameraSource, Item, OpenRequest, Phase, Progress, SenderReport, SourceError, SourceFrame,
};
pub use still::{FRESH, MAX_STILL, PAUSE, Still, StillConfig, StillError, StillUrl, Stills, WITHIN};
pub use stream::StreamStatus;
pub use watch::{Step, Watch};
