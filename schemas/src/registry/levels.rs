//! How much can be told from a picture: levels of EN 62676-4, by the pixels that fall on a metre of the scene.
//!
//! The levels are fixed, because people know them by name; the thresholds are the city's own, because standards change
//! them: they come from the configuration ([`Levels::default`] has those of EN 62676-4:2015). What a tile shows is not
//! what its camera sees: [`Detail::shown`] takes the screen and the eye before it into account.

use serde::{Deserialize, Serialize};

use crate::measure::SceneWidthM;

/// What can be told, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Movement of crowds.
    Monitor,
    /// That somebody is there.
    Detect,
    /// What they wear, where they go.
    Observe,
    /// Whether it is somebody one knows.
    Recognise,
    /// Who it is, beyond doubt.
    Identify,
}

impl Level {
    /// All of them, from little to much.
    pub const ALL: [Self; 5] = [Self::Monitor, Self::Detect, Self::Observe, Self::Recognise, Self::Identify];

    /// Its word in configuration files and for style sheets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Detect => "detect",
            Self::Observe => "observe",
            Self::Recognise => "recognise",
            Self::Identify => "identify",
        }
    }
}

/// From how many pixels per metre on each level is reached; higher levels need more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 5]", into = "[f64; 5]")]
pub struct Levels([f64; 5]);

/// Why thresholds are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("every level must need more pixels per metre than the one before it, at most {MAX_PIXELS_PER_METRE}")]
pub struct LevelsError;

/// The most pixels per metre that a level may need; a face fills a picture at a tenth of it.
pub const MAX_PIXELS_PER_METRE: u32 = 100_000;

impl Default for Levels {
    /// EN 62676-4:2015.
    fn default() -> Self {
        Self([12.5, 25.0, 62.5, 125.0, 250.0])
    }
}

impl Levels {
    /// Thresholds in the order of [`Level::ALL`], pixels per metre.
    ///
    /// # Errors
    /// [`LevelsError`] when they do not rise.
    pub fn new(thresholds: [f64; 5]) -> Result<Self, LevelsError> {
        let mut least = 0.0;
        for threshold in thresholds {
            // Not a number is not more either.
            if !(threshold > least && threshold <= f64::from(MAX_PIXELS_PER_METRE)) {
                return Err(LevelsError);
            }
            least = threshold;
        }
        Ok(Self(thresholds))
    }

    /// The thresholds in the order of [`Level::ALL`], pixels per metre.
    #[must_use]
    pub const fn thresholds(&self) -> [f64; 5] {
        self.0
    }

    /// They are those of the standard.
    #[must_use]
    pub fn is_standard(&self) -> bool {
        *self == Self::default()
    }

    /// The highest level that so many pixels per metre reach; `None` for none of them.
    #[must_use]
    pub fn reached(&self, pixels_per_metre: f64) -> Option<Level> {
        let levels = Level::ALL.into_iter().zip(self.0);
        levels.take_while(|(_, least)| pixels_per_metre >= *least).last().map(|(level, _)| level)
    }
}

impl TryFrom<[f64; 5]> for Levels {
    type Error = LevelsError;
    fn try_from(thresholds: [f64; 5]) -> Result<Self, LevelsError> {
        Self::new(thresholds)
    }
}

impl From<Levels> for [f64; 5] {
    fn from(levels: Levels) -> Self {
        levels.0
    }
}

/// How a scene comes to the eye.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detail {
    /// How wide the scene is.
    pub scene: SceneWidthM,
    /// Pixels of the stream from the left edge of its picture to the right one.
    pub stream_px: u32,
    /// Device pixels that the picture takes on the screen, from left to right.
    pub tile_px: u32,
    /// Device pixels within one minute of arc for the farthest reader, where the screen is measured.
    pub px_per_arcmin: Option<f64>,
}

impl Detail {
    /// Pixels per metre of the scene that reach the reader. A picture on a screen has no more of them than its stream,
    /// and an eye parts no more than one in a minute of arc: the least of these counts.
    #[must_use]
    pub fn shown(&self) -> f64 {
        let pixels = f64::from(self.stream_px.min(self.tile_px));
        pixels / self.scene.get() / self.px_per_arcmin.map_or(1.0, |pixels| pixels.max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 4K wall of `n` × `n` tiles and a camera of 1920 pixels.
    fn on_the_wall(metres: f64, n: u32) -> Detail {
        let scene = SceneWidthM::new(metres).unwrap();
        Detail { scene, stream_px: 1_920, tile_px: 3_840 / n, px_per_arcmin: None }
    }

    #[test]
    fn a_4k_wall_shows_what_its_tiles_can() {
        let word = |level: Option<Level>| level.map_or("-", |level| &level.as_str()[..1]).to_uppercase();
        let table = [
            (5.0, ["384 I", "384 I", "256 I", "192 R", "128 R", "96 O"]),
            (10.0, ["192 R", "192 R", "128 R", "96 O", "64 O", "48 D"]),
            (20.0, ["96 O", "96 O", "64 O", "48 D", "32 D", "24 M"]),
            (30.0, ["64 O", "64 O", "43 D", "32 D", "21 M", "16 M"]),
            (60.0, ["32 D", "32 D", "21 M", "16 M", "11 -", "8 -"]),
        ];
        for (metres, row) in table {
            let shown = [1, 2, 3, 4, 6, 8].map(|n| {
                let shown = on_the_wall(metres, n).shown();
                format!("{shown:.0} {}", word(Levels::default().reached(shown)))
            });
            assert_eq!(shown, row, "{metres} m");
        }
    }

    #[test]
    fn the_eye_takes_away_and_never_adds() {
        let level = |px_per_arcmin| {
            let detail = Detail { px_per_arcmin, ..on_the_wall(10.0, 4) };
            Levels::default().reached(detail.shown())
        };
        assert_eq!(level(None), Some(Level::Observe));
        // A 55-inch panel of 1920 × 1080 from 8 m: 3.7 pixels within a minute of arc.
        assert_eq!(level(Some(3.7)), Some(Level::Detect));
        assert_eq!(
            level(Some(0.4)),
            Some(Level::Observe),
            "a coarse panel that is near shows no more than it has"
        );
    }

    #[test]
    fn thresholds_rise() {
        for bad in [[1.0, 2.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.0, f64::NAN, 3.0, 4.0]] {
            assert_eq!(Levels::new(bad), Err(LevelsError), "{bad:?}");
        }
        let own = Levels::new([10.0, 20.0, 40.0, 80.0, 160.0]).unwrap();
        assert_eq!(own.reached(80.0), Some(Level::Recognise));
        let text = serde_json::to_string(&own).unwrap();
        assert_eq!(serde_json::from_str::<Levels>(&text).unwrap(), own);
        serde_json::from_str::<Levels>("[5,4,3,2,1]").unwrap_err();
    }
}
