//! What plays the pictures: the best that this browser has on this page.

use serde::{Deserialize, Serialize};

/// A player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayerKind {
    /// Decoders in the worker, one picture at a time: the least latency. Secure pages only.
    #[serde(rename = "webcodecs")]
    WebCodecs,
    /// `<video>` with Media Source Extensions: everywhere, a little later.
    #[serde(rename = "mse")]
    MediaSource,
}

/// Why a browser cannot show video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// What this browser has exists only on secure pages, and this one is not.
    SecureContext,
    /// The browser has no player for live video at all.
    Player,
}

/// What a browser has on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Has {
    /// `VideoDecoder`.
    pub webcodecs: bool,
    /// `MediaSource`.
    pub media_source: bool,
    /// The page came by https or from this machine.
    pub secure: bool,
}

/// The player for a page.
///
/// `asked` is what its address says (`?player=webcodecs` or `mse`, for technicians and tests); a word that is none is
/// no wish. What was asked for and is not there is not replaced: it would prove nothing.
///
/// # Errors
/// What is missing.
pub fn choose(asked: Option<&str>, has: Has) -> Result<PlayerKind, Missing> {
    let asked = match asked {
        Some("webcodecs") => Some(PlayerKind::WebCodecs),
        Some("mse") => Some(PlayerKind::MediaSource),
        _ => None,
    };
    let wanted = |kind| asked.is_none_or(|asked| asked == kind);
    if has.webcodecs && wanted(PlayerKind::WebCodecs) {
        return Ok(PlayerKind::WebCodecs);
    }
    if has.media_source && wanted(PlayerKind::MediaSource) {
        return Ok(PlayerKind::MediaSource);
    }
    // On a secure page there might be WebCodecs; it would not make a media source appear.
    Err(if has.secure || !wanted(PlayerKind::WebCodecs) { Missing::Player } else { Missing::SecureContext })
}

/// Media workers that a page may be asked for.
const MAX_WORKERS: usize = 4;

/// How many media workers a page has: one, unless its address asks for others (`?workers=2`, to measure with).
///
/// A worker assembles, hands over and draws; decoding itself is done by threads of the browser. A page that packs for
/// a media source needs no second one.
#[must_use]
pub fn workers(asked: Option<&str>, player: PlayerKind) -> usize {
    let asked = asked.and_then(|text| text.parse::<usize>().ok());
    match player {
        PlayerKind::WebCodecs => asked.unwrap_or(1).clamp(1, MAX_WORKERS),
        PlayerKind::MediaSource => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Has = Has { webcodecs: true, media_source: true, secure: true };
    const PLAIN_HTTP: Has = Has { webcodecs: false, media_source: true, secure: false };

    #[test]
    fn the_best_there_is() {
        assert_eq!(choose(None, ALL), Ok(PlayerKind::WebCodecs));
        assert_eq!(choose(None, PLAIN_HTTP), Ok(PlayerKind::MediaSource));
        assert_eq!(choose(Some("nonsense"), ALL), Ok(PlayerKind::WebCodecs));
    }

    #[test]
    fn what_was_asked_for_and_nothing_else() {
        assert_eq!(choose(Some("mse"), ALL), Ok(PlayerKind::MediaSource));
        assert_eq!(choose(Some("webcodecs"), PLAIN_HTTP), Err(Missing::SecureContext));
        let old = Has { media_source: false, ..ALL };
        assert_eq!(choose(Some("mse"), old), Err(Missing::Player));
    }

    #[test]
    fn more_workers_only_where_they_are_asked_for() {
        let count = |asked| workers(asked, PlayerKind::WebCodecs);
        assert_eq!([count(None), count(Some("two")), count(Some("2"))], [1, 1, 2]);
        assert_eq!([count(Some("0")), count(Some("99"))], [1, MAX_WORKERS]);
        assert_eq!(workers(Some("2"), PlayerKind::MediaSource), 1);
    }

    #[test]
    fn what_is_missing_is_what_would_help() {
        let nothing = Has { webcodecs: false, media_source: false, secure: false };
        assert_eq!(choose(None, nothing), Err(Missing::SecureContext));
        assert_eq!(choose(None, Has { secure: true, ..nothing }), Err(Missing::Player));
    }
}
