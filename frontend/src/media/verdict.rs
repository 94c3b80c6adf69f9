//! What a tile says of its picture: the worse of what the server says and what the browser sees.

use pantau_schemas::ladder::Rung;
use pantau_schemas::stream::{StreamCause, StreamState};
use pantau_schemas::time::Timestamp;

use super::choice::Missing;
use super::message::{Said, TileReport};
use super::watchdog::Seen;

/// So long may the first picture of a live stream take, ms, before the tile says that there is none.
const FIRST_PICTURE_MS: u32 = 10_000;

/// A picture older than this, ms, is a still one, however it came about.
const STILL_AFTER_MS: u32 = 10_000;

/// What a tile shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// No picture yet.
    Connecting,
    /// Live, and proved so.
    Live,
    /// In time, but key frames alone: the ladder ([`Rung`]) leaves the others out.
    KeyFrames,
    /// The last picture, by the ladder: a newer one may come, or may not.
    Still,
    /// Late.
    Delayed,
    /// The last picture, marked as such.
    Frozen,
    /// No picture.
    Lost,
    /// This viewer may not see it.
    Forbidden,
    /// Covered on purpose.
    Masked,
    /// This browser cannot show video.
    Unable(Missing),
}

/// Why, in words of the server or of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The server's word.
    Server(StreamCause),
    /// The canvas gets nothing new although the server sends.
    NoNewPicture,
    /// This browser cannot decode the stream.
    CannotDecode,
    /// The connection does not take more.
    Connection,
    /// The decoders of this machine do not take more.
    Decoders,
    /// This browser cannot show video.
    Unable(Missing),
}

/// A tile's face, why, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What is shown.
    pub face: Face,
    /// Why; `None` where all is well.
    pub why: Option<Why>,
    /// Since when, by the server's clock.
    pub since: Option<Timestamp>,
    /// When the server had the picture that is on the screen.
    pub picture: Option<Timestamp>,
    /// How much of the stream is shown.
    pub rung: Rung,
}

impl Verdict {
    /// Nothing of the camera can be played here, although the server may have it: its own still picture would help.
    #[must_use]
    pub fn wants_still(&self) -> bool {
        matches!(self.face, Face::Unable(_)) || (self.face, self.why) == (Face::Lost, Some(Why::CannotDecode))
    }

    /// The same with the camera's own still picture, taken at `taken`, where nothing better can be shown.
    #[must_use]
    pub fn with_still(self, taken: Option<Timestamp>) -> Self {
        let why = match self.face {
            Face::Unable(missing) => Some(Why::Unable(missing)),
            _ => self.why,
        };
        match taken.filter(|_| self.wants_still()) {
            Some(taken) => Self { face: Face::Still, why, picture: Some(taken), ..self },
            None => self,
        }
    }
}

/// Judges a tile.
///
/// `report` is the worker's, `world` what the journal says of the camera's stream (used until the media socket
/// has said something), `offset_ms` what to add to this machine's clock to get the server's.
#[must_use]
pub fn judge(
    report: Option<&TileReport>,
    world: Option<Said>,
    missing: Option<Missing>,
    offset_ms: i64,
) -> Verdict {
    let said = report.and_then(|r| r.said).or(world);
    let seen = report.map_or(Seen::Nothing, |r| r.seen);
    let seen_since = report.and_then(|r| r.seen_since).map(|t| t.plus_millis(offset_ms));
    let picture = report.and_then(|r| r.picture);
    let server = said.map_or(StreamState::Unknown, |s| s.state);
    let why = said.and_then(|s| s.cause).map(Why::Server);
    let since = said.map(|s| s.since);
    let rung = report.map(TileReport::rung).unwrap_or_default();

    let by_server = |face| Verdict { face, why, since, picture, rung };
    let by_browser = |face, why| Verdict { face, why: Some(why), since: seen_since, picture, rung };
    match server {
        StreamState::Forbidden => return by_server(Face::Forbidden),
        StreamState::Masked => return by_server(Face::Masked),
        StreamState::Lost => return by_server(Face::Lost),
        _ => {}
    }
    if let Some(missing) = missing {
        return Verdict { face: Face::Unable(missing), why: None, since: None, picture: None, rung };
    }
    if seen == Seen::Lost {
        return by_browser(Face::Lost, Why::CannotDecode);
    }
    if server == StreamState::Frozen {
        return by_server(Face::Frozen);
    }
    if seen == Seen::Frozen {
        return by_browser(Face::Frozen, why.unwrap_or(Why::NoNewPicture));
    }
    if seen == Seen::Nothing {
        let overdue = report.and_then(|r| r.waiting_ms).is_some_and(|ms| ms > FIRST_PICTURE_MS);
        if overdue && matches!(server, StreamState::Live | StreamState::Delayed) {
            return Verdict { face: Face::Lost, why: Some(Why::NoNewPicture), since: None, picture, rung };
        }
        return by_server(Face::Connecting);
    }
    // A picture is there. On the lower rungs it stands still longer than a camera's does, and says so.
    if let Some(report) = report.filter(|_| rung.is_sparse()) {
        let why = Some(if report.decoder >= report.socket { Why::Decoders } else { Why::Connection });
        let old = report.silent_ms.is_none_or(|ms| ms >= STILL_AFTER_MS);
        if old || rung != Rung::KeyFrames {
            return Verdict { face: Face::Still, why, since: seen_since, picture, rung };
        }
        if seen == Seen::Live && live(server) {
            return Verdict { face: Face::KeyFrames, why, since, picture, rung };
        }
    }
    // A server that connects again makes it at least late.
    if seen == Seen::Live && live(server) {
        return Verdict { face: Face::Live, why: None, since, picture, rung };
    }
    Verdict { face: Face::Delayed, why, since: since.max(seen_since), picture, rung }
}

/// Nothing that the server says is against a picture being live.
const fn live(server: StreamState) -> bool {
    matches!(server, StreamState::Live | StreamState::Closed | StreamState::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::choice::PlayerKind;
    use pantau_schemas::ids::DeviceId;

    fn report(state: StreamState, seen: Seen) -> TileReport {
        TileReport {
            tile: 1,
            camera: DeviceId::new("cam-01").unwrap(),
            player: PlayerKind::WebCodecs,
            said: Some(Said { state, since: Timestamp::from_secs(100), cause: None }),
            seen,
            seen_since: Some(Timestamp::from_secs(50)),
            socket: Rung::Full,
            decoder: Rung::Full,
            silent_ms: Some(40),
            picture: None,
            waiting_ms: None,
            first_picture_ms: None,
            quality: None,
            size: (0, 0),
            received: 0,
            decoded: 0,
            drawn: 0,
            superseded: 0,
            dropped: 0,
            skipped: 0,
            left_out: 0,
            errors: 0,
            behind_ms: None,
        }
    }

    #[test]
    fn a_still_picture_stands_in_for_what_cannot_be_played_and_for_nothing_else() {
        let taken = Some(Timestamp::from_secs(90));
        let with_still = |verdict: Verdict| (verdict.with_still(taken).face, verdict.with_still(None).face);
        let lacks = judge(Some(&report(StreamState::Live, Seen::Lost)), None, None, 0);
        assert_eq!(with_still(lacks), (Face::Still, Face::Lost));
        assert_eq!(lacks.with_still(taken).picture, taken, "its age is its own");
        let unable = judge(None, None, Some(Missing::Player), 0);
        assert_eq!(with_still(unable), (Face::Still, Face::Unable(Missing::Player)));
        assert_eq!(unable.with_still(taken).why, Some(Why::Unable(Missing::Player)));
        // What the server says of the camera, and what is not to be seen, is worse than no player.
        for state in [StreamState::Lost, StreamState::Forbidden, StreamState::Masked] {
            let said = judge(Some(&report(state, Seen::Lost)), None, Some(Missing::Player), 0);
            assert_eq!(said.with_still(taken), said, "{state:?}");
        }
        let live = judge(Some(&report(StreamState::Live, Seen::Live)), None, None, 0);
        assert_eq!(with_still(live), (Face::Live, Face::Live));
    }

    fn face(state: StreamState, seen: Seen) -> Face {
        judge(Some(&report(state, seen)), None, None, 0).face
    }

    #[test]
    fn live_needs_both_to_say_so() {
        assert_eq!(face(StreamState::Live, Seen::Live), Face::Live);
        assert_eq!(face(StreamState::Live, Seen::Delayed), Face::Delayed);
        assert_eq!(face(StreamState::Delayed, Seen::Live), Face::Delayed);
        assert_eq!(face(StreamState::Live, Seen::Frozen), Face::Frozen);
        assert_eq!(face(StreamState::Frozen, Seen::Live), Face::Frozen);
        assert_eq!(face(StreamState::Connecting, Seen::Live), Face::Delayed);
    }

    #[test]
    fn a_dead_camera_never_keeps_its_last_picture() {
        for seen in [Seen::Nothing, Seen::Live, Seen::Delayed, Seen::Frozen, Seen::Lost] {
            assert_eq!(face(StreamState::Lost, seen), Face::Lost);
        }
    }

    #[test]
    fn the_browsers_own_times_are_moved_to_the_servers_clock() {
        let verdict = judge(Some(&report(StreamState::Live, Seen::Frozen)), None, None, 7_000);
        assert_eq!(verdict.since, Some(Timestamp::from_secs(57)));
        assert_eq!(verdict.why, Some(Why::NoNewPicture));
    }

    #[test]
    fn without_a_worker_the_journal_still_says_what_is_lost() {
        let said =
            Said { state: StreamState::Lost, since: Timestamp::EPOCH, cause: Some(StreamCause::Refused) };
        let verdict = judge(None, Some(said), Some(Missing::Player), 0);
        assert_eq!((verdict.face, verdict.why), (Face::Lost, Some(Why::Server(StreamCause::Refused))));
        assert_eq!(judge(None, None, Some(Missing::Player), 0).face, Face::Unable(Missing::Player));
        assert_eq!(judge(None, None, None, 0).face, Face::Connecting);
    }

    #[test]
    fn a_live_stream_without_a_picture_is_not_connecting_for_ever() {
        let mut report = report(StreamState::Live, Seen::Nothing);
        report.waiting_ms = Some(9_000);
        assert_eq!(judge(Some(&report), None, None, 0).face, Face::Connecting);
        report.waiting_ms = Some(11_000);
        assert_eq!(judge(Some(&report), None, None, 0).face, Face::Lost);
    }

    #[test]
    fn a_tile_on_a_low_rung_never_looks_live() {
        let on = |socket, decoder, state, seen, silent_ms| {
            let report = TileReport { socket, decoder, silent_ms: Some(silent_ms), ..report(state, seen) };
            let verdict = judge(Some(&report), None, None, 0);
            (verdict.face, verdict.why)
        };
        use {Rung::*, StreamState as Says};
        assert_eq!(on(Reference, Full, Says::Live, Seen::Live, 40), (Face::Live, None));
        assert_eq!(
            on(KeyFrames, Full, Says::Live, Seen::Live, 900),
            (Face::KeyFrames, Some(Why::Connection))
        );
        assert_eq!(on(Full, KeyFrames, Says::Live, Seen::Live, 900), (Face::KeyFrames, Some(Why::Decoders)));
        assert_eq!(on(KeyFrames, Full, Says::Live, Seen::Live, 11_000).0, Face::Still);
        assert_eq!(on(Still, KeyFrames, Says::Live, Seen::Live, 50), (Face::Still, Some(Why::Connection)));
        assert_eq!(on(Full, Unknown, Says::Live, Seen::Live, 50).0, Face::Still);
        assert_eq!(on(KeyFrames, Full, Says::Live, Seen::Delayed, 3_000).0, Face::Delayed);
        // What is wrong with the camera is said before what is wrong with this screen.
        for rung in [Full, Reference, KeyFrames, Still] {
            assert_eq!(on(rung, Full, Says::Lost, Seen::Live, 50).0, Face::Lost);
            assert_eq!(on(rung, Full, Says::Frozen, Seen::Live, 50).0, Face::Frozen);
            assert_eq!(on(rung, Full, Says::Live, Seen::Frozen, 50).0, Face::Frozen);
        }
    }
}
