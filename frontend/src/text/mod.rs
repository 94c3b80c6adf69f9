//! Every word that a page says, in Indonesian and English.
//!
//! A language is a constant of [`Text`]: a missing or superfluous string does not compile. Words for values of
//! the domain are functions over its enums, so that a new value does not compile without its word either.
//! Texts that strangers wrote never come from here and are never translated.

pub mod desk;
mod en;
mod id;
pub mod letters;
mod long;

use pantau_schemas::dead_letter::Reason;
use pantau_schemas::entry::{DeviceReason, DeviceState};
use pantau_schemas::event::ComplaintStep;
use pantau_schemas::registry::{Domain, Level};
use pantau_schemas::stream::{StreamCause, StreamState};

pub use en::EN;
pub use id::ID;

/// A language: all its words and its way to write numbers.
#[derive(Debug)]
pub struct Text {
    /// BCP 47, for `<html lang>`.
    pub code: &'static str,
    /// Between hours and minutes.
    pub time_separator: char,
    /// Between thousands.
    pub thousands: char,
    /// Before decimals.
    pub decimal: char,
    /// Monday first, short.
    pub weekdays: [&'static str; 7],
    /// January first, short.
    pub months: [&'static str; 12],
    /// Units of time, short.
    pub second: &'static str,
    /// Minutes.
    pub minute: &'static str,
    /// Hours.
    pub hour: &'static str,
    /// Days.
    pub day: &'static str,
    /// `12 dtk` → `12 dtk lalu`.
    pub ago: fn(&str) -> String,

    /// The product in one line.
    pub tagline: &'static str,
    /// Link to the wall.
    pub open_wall: &'static str,
    /// What the wall is for.
    pub open_wall_hint: &'static str,
    /// Link to the operator's desk.
    pub open_desk: &'static str,
    /// What the desk is for.
    pub open_desk_hint: &'static str,
    /// Link to the operations page.
    pub open_ops: &'static str,
    /// What the operations page is for.
    pub open_ops_hint: &'static str,
    /// Name of the other language, in that language.
    pub other_language: &'static str,
    /// Code of the other language.
    pub other_code: &'static str,

    /// Nothing was received yet.
    pub loading: &'static str,
    /// The default wall.
    pub wall: &'static str,
    /// The link to the server is up.
    pub connected: &'static str,
    /// A link is being made.
    pub connecting: &'static str,
    /// The link to the server is down.
    pub disconnected: &'static str,
    /// The whole-page banner: the link is down, data as of a time.
    pub link_lost: fn(&str) -> String,
    /// The page caught up again.
    pub caught_up: &'static str,
    /// The page is behind by a span.
    pub behind: fn(&str) -> String,
    /// History is being saved.
    pub store_ok: &'static str,
    /// History is not being saved, in the header.
    pub store_down: &'static str,
    /// The banner: history is not being saved since a time.
    pub store_down_since: fn(&str) -> String,
    /// Sources, `up/total` follows.
    pub sources: &'static str,
    /// The machine that shows the wall has another time than the server, by a span.
    pub clock_off: fn(&str) -> String,

    /// Cameras without a category.
    pub other_category: &'static str,
    /// Cameras that the wall has no room for.
    pub more_cameras: fn(&str) -> String,
    /// The registry has no camera.
    pub no_cameras: &'static str,
    /// The next step when it has none.
    pub no_cameras_hint: &'static str,
    /// Tile: a picture is on its way.
    pub tile_connecting: &'static str,
    /// Tile: live.
    pub tile_live: &'static str,
    /// Tile: late by a span.
    pub tile_delayed: fn(&str) -> String,
    /// Tile: frozen.
    pub tile_frozen: &'static str,
    /// The last picture, by the ladder.
    pub tile_still: &'static str,
    /// Every picture but those that no other one needs.
    pub rung_reference: &'static str,
    /// Key frames alone, the shown one so old.
    pub rung_key_frames: fn(&str) -> String,
    /// A still picture, so old.
    pub rung_still: fn(&str) -> String,
    /// Why there is less: the connection takes no more.
    pub connection_full: &'static str,
    /// Why there is less: the decoders take no more.
    pub decoders_full: &'static str,
    /// Tile: no picture.
    pub tile_lost: &'static str,
    /// Tile: this viewer may not see it.
    pub tile_forbidden: &'static str,
    /// Tile: covered on purpose.
    pub tile_masked: &'static str,
    /// Tile: nothing moves it aside.
    pub pinned: &'static str,
    /// Parts of the picture are covered for privacy.
    pub partly_covered: &'static str,
    /// A screen of a wall; its name follows.
    pub screen: &'static str,
    /// It beats no more.
    pub screen_silent: &'static str,
    /// What that means.
    pub screen_silent_why: &'static str,
    /// Heading: the screens.
    pub screens: &'static str,
    /// Nobody ever opened it.
    pub screen_unseen: &'static str,
    /// Column: when it was last heard.
    pub heard: &'static str,
    /// Column: pictures that move, of all.
    pub moving_pictures: &'static str,
    /// Column: pictures drawn per second.
    pub drawn: &'static str,
    /// Tile: an alarm brought it here.
    pub alarm: &'static str,
    /// Tile: the alarm is over, and the picture stays for a moment.
    pub alarm_over: &'static str,
    /// Tile: so many more alarms at this place.
    pub more_alarms: fn(usize) -> String,
    /// Tile: what can be told from its picture; `None` for less than the lowest level.
    pub level: fn(Option<Level>) -> &'static str,
    /// `since 14.02.10`.
    pub since: fn(&str) -> String,
    /// Tile: the browser has no player on an insecure page.
    pub needs_secure: &'static str,
    /// What to do about it.
    pub needs_secure_hint: &'static str,
    /// Tile: the browser is too old.
    pub needs_player: &'static str,
    /// What to do about it.
    pub needs_player_hint: &'static str,
    /// Tile: this machine cannot decode that codec.
    pub cannot_decode: &'static str,
    /// Tile: the browser gets no new picture although the server sends.
    pub no_new_picture: &'static str,
    /// Why a stream is in its state.
    pub stream_cause: fn(StreamCause) -> &'static str,
    /// A stream's state, for tables.
    pub stream_state: fn(StreamState) -> &'static str,

    /// Landmark: cameras.
    pub cameras: &'static str,
    /// Landmark: infrastructure.
    pub infrastructure: &'static str,
    /// Landmark: key figures.
    pub key_figures: &'static str,
    /// An infrastructure domain.
    pub domain: fn(Domain) -> &'static str,
    /// A domain without devices.
    pub domain_empty: &'static str,
    /// A domain in which all is well.
    pub domain_normal: &'static str,
    /// So many are down.
    pub domain_down: fn(&str) -> String,
    /// So many want attention.
    pub domain_alert: fn(&str) -> String,
    /// So many were never heard.
    pub domain_unheard: fn(&str) -> String,

    /// Key figure: cameras that are live.
    pub figure_cameras: &'static str,
    /// Key figure: access points that work.
    pub figure_aps: &'static str,
    /// Key figure: sensors that work.
    pub figure_sensors: &'static str,
    /// Key figure: agencies whose systems are connected.
    pub figure_agencies: &'static str,
    /// Key figure: applications.
    pub figure_apps: &'static str,
    /// Applications of ministries.
    pub apps_ministry: &'static str,
    /// Applications on the Internet.
    pub apps_online: &'static str,
    /// Applications on the city's own network.
    pub apps_local: &'static str,
    /// Key figure: complaints that are open.
    pub figure_complaints: &'static str,
    /// Key figure: people on the city's Wi-Fi.
    pub figure_clients: &'static str,
    /// Section: newest values of sensors.
    pub readings: &'static str,
    /// The oldest of the fresh values is so old.
    pub oldest: fn(&str) -> String,
    /// No sensor has measured anything.
    pub no_readings: &'static str,

    /// Section: devices in trouble.
    pub trouble: &'static str,
    /// No device is.
    pub trouble_none: &'static str,
    /// So many more.
    pub more: fn(&str) -> String,
    /// A device's state.
    pub device_state: fn(DeviceState) -> &'static str,
    /// Why a device is in its state.
    pub device_reason: fn(DeviceReason) -> &'static str,

    /// Section: what agencies say.
    pub feed: &'static str,
    /// They said nothing yet.
    pub feed_empty: &'static str,
    /// A complaint and its step.
    pub complaint_step: fn(ComplaintStep) -> &'static str,

    /// Title of the operations page.
    pub ops: &'static str,
    /// Data as of a time.
    pub as_of: fn(&str) -> String,
    /// The status could not be read.
    pub status_failed: &'static str,
    /// Section: the sum.
    pub sum: &'static str,
    /// What the sum says.
    pub sum_hint: &'static str,
    /// Column: source.
    pub source: &'static str,
    /// Column: messages received.
    pub received: &'static str,
    /// Column: stored.
    pub stored: &'static str,
    /// Column: duplicates.
    pub duplicate: &'static str,
    /// Column: dead letters.
    pub dead_lettered: &'static str,
    /// Column: state.
    pub state: &'static str,
    /// Column: since.
    pub since_column: &'static str,
    /// The sum holds.
    pub sum_holds: &'static str,
    /// The sum is off by a count.
    pub sum_broken: fn(&str) -> String,
    /// Total of a table.
    pub total: &'static str,
    /// A way in.
    pub source_name: fn(&str) -> Option<&'static str>,
    /// A word for a state of a source or the store.
    pub status_word: fn(&str) -> Option<&'static str>,
    /// Section: server.
    pub server: &'static str,
    /// Label: build.
    pub build: &'static str,
    /// Label: epoch.
    pub epoch: &'static str,
    /// Label: last entry.
    pub last_entry: &'static str,
    /// Label: last durable entry.
    pub last_durable: &'static str,
    /// Label: readers of `/v1/live`.
    pub live_readers: &'static str,
    /// Label: readers of `/v1/media`.
    pub media_readers: &'static str,
    /// Label: history.
    pub store: &'static str,
    /// Section: messages that devices sent and that never came.
    pub missing: &'static str,
    /// What that means.
    pub missing_hint: &'static str,
    /// Column: device.
    pub missing_device: &'static str,
    /// Column: how many.
    pub missing_count: &'static str,
    /// Column: which numbers.
    pub missing_numbers: &'static str,
    /// Column: time of the message before.
    pub missing_after: &'static str,
    /// Column: time of the message after.
    pub missing_before: &'static str,
    /// Section: the port where devices publish.
    pub listener: &'static str,
    /// Label: open connections.
    pub connections: &'static str,
    /// Label: messages that were acknowledged.
    pub acknowledged: &'static str,
    /// Label: connections that were not let in.
    pub refused_connections: &'static str,
    /// Label: messages whose sender may not publish there.
    pub unauthorized: &'static str,
    /// Section: queues.
    pub queues: &'static str,
    /// Column: queue.
    pub queue: &'static str,
    /// Column: how full.
    pub fill: &'static str,
    /// Column: what it does when full.
    pub policy: &'static str,
    /// Column: how often it did.
    pub acted: &'static str,
    /// A queue's policy.
    pub policy_word: fn(&str) -> Option<&'static str>,
    /// Section: camera streams.
    pub streams: &'static str,
    /// Column: camera.
    pub camera: &'static str,
    /// Column: stream kind.
    pub stream: &'static str,
    /// Column: cause.
    pub cause: &'static str,
    /// Column: frames a second.
    pub fps: &'static str,
    /// Column: bit rate.
    pub bitrate: &'static str,
    /// Column: loss.
    pub loss: &'static str,
    /// Column: jitter.
    pub jitter: &'static str,
    /// Column: clock skew.
    pub skew: &'static str,
    /// Column: reconnects.
    pub reconnects: &'static str,
    /// Column: from the camera to a screen, median and 95th percentile.
    pub glass_to_glass: &'static str,
    /// No camera in the registry.
    pub streams_none: &'static str,
    /// Column: time.
    pub time: &'static str,
    /// Column: topic.
    pub topic: &'static str,
    /// Column: reason.
    pub reason: &'static str,
    /// Column: detail.
    pub detail: &'static str,
    /// The bytes as they came.
    pub raw: &'static str,
    /// Why a message is a dead letter.
    pub dead_letter_reason: fn(Reason) -> &'static str,
    /// There is nothing to show.
    pub nothing: &'static str,
}

/// The language of a code; Indonesian unless it says English.
#[must_use]
pub fn of(code: &str) -> &'static Text {
    if code.starts_with("en") { &EN } else { &ID }
}

/// The same for a wall, which is read from afar and may be asked for [`long::CODE`]. That is no language: Indonesian, 40 %
/// longer.
#[must_use]
pub fn of_wall(code: &str) -> &'static Text {
    if code == long::CODE { &long::LONG } else { of(code) }
}

impl Text {
    /// It is a language that people may choose and pages remember.
    #[must_use]
    pub fn is_spoken(&self) -> bool {
        self.code != long::CODE
    }

    /// It is English, or Indonesian: the words of a single page know these two ([`desk::of`], [`letters::of`]).
    #[must_use]
    pub fn is_english(&self) -> bool {
        self.code == EN.code
    }

    /// Letters of the longest word that a tile says large.
    #[must_use]
    pub fn largest_word(&self) -> usize {
        self.tile_frozen.chars().count().max(self.tile_lost.chars().count())
    }
}
