//! What a tile says beside its name: a quiet chip while all is well, large words when it is not.

use pantau_schemas::ladder::Rung;
use pantau_schemas::time::Timestamp;

use crate::format::{moment, span};
use crate::media::choice::Missing;
use crate::media::verdict::{Face, Verdict, Why};
use crate::text::Text;
use crate::zone::Zone;

/// The words on a tile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption {
    /// Small, in the corner: state and age of a picture that moves.
    pub chip: String,
    /// Large: what is wrong.
    pub word: String,
    /// Below: since when.
    pub since: String,
    /// Below: why, or what to do.
    pub why: String,
}

/// The words for a verdict, at `now` by the server's clock.
#[must_use]
pub fn caption(text: &Text, zone: Zone, verdict: &Verdict, now: Timestamp) -> Caption {
    let since = verdict.since.map(|at| (text.since)(&moment(text, zone, at, now))).unwrap_or_default();
    let why = match verdict.why {
        Some(Why::Server(cause)) => (text.stream_cause)(cause),
        Some(Why::NoNewPicture) => text.no_new_picture,
        Some(Why::CannotDecode) => text.cannot_decode,
        Some(Why::Connection) => text.connection_full,
        Some(Why::Decoders) => text.decoders_full,
        Some(Why::Unable(Missing::SecureContext)) => text.needs_secure_hint,
        Some(Why::Unable(Missing::Player)) => text.needs_player_hint,
        None => "",
    };
    let lateness = verdict.picture.map_or(0, |at| now.millis_since(at));
    let age = || span(text, lateness);
    let large = |word: &str, since: String, why: &str| Caption {
        word: word.to_owned(),
        since,
        why: why.to_owned(),
        ..Caption::default()
    };
    match verdict.face {
        Face::Live if verdict.rung == Rung::Reference => {
            Caption { chip: format!("{} · {}", text.tile_live, text.rung_reference), ..Caption::default() }
        }
        // Below a second "live" says it all; a number that flickers between twelve tiles is no calm.
        Face::Live if lateness < 1_000 => Caption { chip: text.tile_live.to_owned(), ..Caption::default() },
        Face::Live => Caption { chip: format!("{} {}", text.tile_live, age()), ..Caption::default() },
        Face::Delayed => Caption { chip: (text.tile_delayed)(&age()), ..Caption::default() },
        Face::KeyFrames => Caption { chip: (text.rung_key_frames)(&age()), ..Caption::default() },
        // The picture's own time, not that of the step: how old it is is what counts.
        Face::Still => Caption {
            chip: (text.rung_still)(&age()),
            word: text.tile_still.to_owned(),
            since: verdict.picture.map(|at| moment(text, zone, at, now)).unwrap_or_default(),
            why: why.to_owned(),
        },
        Face::Connecting => large(text.tile_connecting, String::new(), why),
        Face::Frozen => large(text.tile_frozen, since, why),
        Face::Lost => large(text.tile_lost, since, why),
        Face::Forbidden => large(text.tile_forbidden, String::new(), ""),
        Face::Masked => large(text.tile_masked, since, ""),
        Face::Unable(Missing::SecureContext) => {
            large(text.needs_secure, String::new(), text.needs_secure_hint)
        }
        Face::Unable(Missing::Player) => large(text.needs_player, String::new(), text.needs_player_hint),
    }
}

/// The face as a word for style sheets and tests.
#[must_use]
pub fn face_word(face: Face) -> &'static str {
    match face {
        Face::Connecting => "connecting",
        Face::Live => "live",
        Face::KeyFrames => "key_frames",
        Face::Still => "still",
        Face::Delayed => "delayed",
        Face::Frozen => "frozen",
        Face::Lost => "lost",
        Face::Forbidden => "forbidden",
        Face::Masked => "masked",
        Face::Unable(_) => "unable",
    }
}

/// The rung as a word for style sheets and tests.
#[must_use]
pub const fn rung_word(rung: Rung) -> &'static str {
    match rung {
        Rung::Full => "full",
        Rung::Reference => "reference",
        Rung::KeyFrames => "key_frames",
        Rung::Still | Rung::Unknown => "still",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{EN, ID};
    use pantau_schemas::stream::StreamCause;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_state_has_its_words_and_its_age() {
        let (zone, now) = (Zone::of("Asia/Makassar"), at("2026-11-22T06:05:00Z"));
        let verdict = |face, why| Verdict {
            face,
            why,
            since: Some(at("2026-11-22T06:02:10Z")),
            picture: Some(at("2026-11-22T06:04:56Z")),
            rung: Rung::Full,
        };
        let said = |face, why| caption(&ID, zone, &verdict(face, why), now);
        assert_eq!(said(Face::Live, None).chip, "langsung 4 dtk");
        assert_eq!(said(Face::Delayed, None).chip, "tertunda 4 dtk");
        let frozen = said(Face::Frozen, Some(Why::NoNewPicture));
        assert_eq!((frozen.word.as_str(), frozen.since.as_str()), ("BEKU", "sejak 14.02.10"));
        let lost = said(Face::Lost, Some(Why::Server(StreamCause::Refused)));
        assert_eq!((lost.word.as_str(), lost.why.as_str()), ("PADAM", "kamera menolak sambungan"));
        assert_eq!(said(Face::KeyFrames, Some(Why::Decoders)).chip, "gambar kunci 4 dtk");
        let still = said(Face::Still, Some(Why::Connection));
        assert_eq!((still.chip.as_str(), still.word.as_str()), ("gambar diam 4 dtk", "GAMBAR DIAM"));
        assert_eq!((still.since.as_str(), still.why.as_str()), ("14.04.56", "sambungan layar ini penuh"));
        assert!(!said(Face::Unable(Missing::SecureContext), None).why.is_empty());
        assert_eq!(caption(&EN, zone, &verdict(Face::Lost, None), now).since, "since 14:02:10");
    }
}
