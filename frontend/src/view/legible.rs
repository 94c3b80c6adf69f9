//! How large letters must be for the farthest reader of a screen: the type scale, from minutes of arc.
//!
//! NUREG-0700 asks for characters of at least 16 minutes of arc at the greatest distance; 20 are comfortable, and what
//! is wrong and the clock have 30. A letter's height is that of its capitals, as the browser draws them: fonts differ, and
//! hinting makes whole pixels of them, upwards or downwards. So the face that is used is asked ([`Scale::of`]), and no
//! text is ever smaller than its measure.

use pantau_schemas::measure::{PanelPitchMm, ViewingDistanceM};
use pantau_schemas::wall::Walls;

/// The smallest letters, minutes of arc.
pub const SMALLEST: f64 = 16.0;
/// Those that are read at ease.
pub const NORMAL: f64 = 20.0;
/// Those of what is wrong, and of the clock.
pub const ALARM: f64 = 30.0;

/// Height of a capital letter in the size of its font, of a face that nobody could ask; nearly all have more.
pub const CAP_HEIGHT: f64 = 0.69;

/// The least height of a capital letter, device pixels: with fewer it has no shape, however near the reader is. Nine as
/// in letters of 7 × 9 dots.
pub const LEAST_PX: f64 = 9.0;

/// How often the face is asked for one size: it comes near in two steps, and hinting takes a few more.
const ATTEMPTS: usize = 16;
/// The least by which a size grows, CSS pixels.
const STEP: f64 = 0.25;

/// A screen and its farthest reader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reader {
    /// How fine the panel is.
    pub pitch: PanelPitchMm,
    /// How far away the reader is.
    pub distance: ViewingDistanceM,
}

impl Reader {
    /// The reader of the screen of that name, where both numbers are known.
    #[must_use]
    pub fn of(walls: &Walls, screen: &str) -> Option<Self> {
        let screen = walls.screens.values().find(|known| known.id.as_str() == screen)?;
        Some(Self { pitch: screen.panel_pitch_mm?, distance: screen.viewing_distance_m? })
    }

    /// Device pixels that so many minutes of arc cover.
    fn pixels(self, arcmin: f64) -> f64 {
        let half = (arcmin / 60.0 / 2.0).to_radians();
        // Of so small an angle the tangent, to ten digits.
        let tangent = half + half.powi(3) / 3.0;
        2_000.0 * self.distance.get() * tangent / self.pitch.get()
    }

    /// Device pixels within one minute of arc: from one upwards the eye no longer parts them.
    #[must_use]
    pub fn px_per_arcmin(self) -> f64 {
        self.pixels(1.0)
    }
}

/// Font sizes, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Labels.
    pub label: f64,
    /// Text and numbers.
    pub body: f64,
    /// What is wrong, and the clock.
    pub alarm: f64,
}

impl Scale {
    /// The scale for a reader, in a window with so many device pixels to a CSS pixel. `face` gives the height of the
    /// capitals of a font of some size, both in CSS pixels; `None` when it cannot be told.
    #[must_use]
    pub fn of(reader: Reader, device_pixel_ratio: f64, face: impl Fn(f64) -> Option<f64>) -> Self {
        let ratio = if device_pixel_ratio > 0.0 { device_pixel_ratio } else { 1.0 };
        let coarse = (LEAST_PX / reader.pixels(SMALLEST)).max(1.0);
        let size = |arcmin| sized(reader.pixels(arcmin) * coarse / ratio, &face);
        Self { label: size(SMALLEST), body: size(NORMAL), alarm: size(ALARM) }
    }
}

/// The size of a font whose capitals are at least so high.
fn sized(capital: f64, face: impl Fn(f64) -> Option<f64>) -> f64 {
    let told = |size: f64| face(size).filter(|height| height.is_finite() && *height > 0.0);
    let mut size = capital;
    for _attempt in 0..ATTEMPTS {
        match told(size) {
            Some(height) if height >= capital => return size,
            // As much larger as capitals are too low.
            Some(height) => size = (size * capital / height).max(size + STEP),
            None => break,
        }
    }
    size.max(capital / CAP_HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(pitch: f64, distance: f64) -> Reader {
        Reader {
            pitch: PanelPitchMm::new(pitch).unwrap(),
            distance: ViewingDistanceM::new(distance).unwrap(),
        }
    }

    /// 55 inches of 1920 and of 3840 pixels, 98 inches of 3840.
    const PANELS: [f64; 3] = [0.63, 0.315, 0.565];

    #[test]
    fn letters_are_as_large_as_their_angle_wants() {
        let table = [
            (3.0, [[32, 40, 59], [63, 79, 118], [35, 44, 67]]),
            (5.0, [[53, 66, 99], [106, 132, 198], [59, 74, 111]]),
            (8.0, [[84, 106, 158], [169, 211, 317], [95, 118, 177]]),
        ];
        for (distance, row) in table {
            for (pitch, wanted) in PANELS.into_iter().zip(row) {
                let scale = Scale::of(reader(pitch, distance), 1.0, |size| Some(size * 0.7));
                let sizes = [scale.label, scale.body, scale.alarm];
                for (size, wanted) in sizes.into_iter().zip(wanted) {
                    // The table is of heights in whole millimetres.
                    let near = (size / f64::from(wanted) - 1.0).abs();
                    assert!(near < 0.02, "{pitch} mm at {distance} m: {sizes:?}");
                }
            }
        }
    }

    #[test]
    fn no_capital_is_below_its_angle_whatever_the_screen_and_the_face() {
        type Face = fn(f64) -> Option<f64>;
        let faces: [(Face, f64); 5] = [
            (|size| Some(size * 0.66), 0.66),
            // Hinted: capitals of whole pixels, some of them two sizes late.
            (|size| Some((size * 0.729).floor()), 0.0),
            (|size| Some((size * 0.7 - 1.0).round()), 0.0),
            (|_| None, CAP_HEIGHT),
            (|_| Some(0.0), CAP_HEIGHT),
        ];
        for pitch in [0.05, 0.158, 0.63, 2.5] {
            for distance in [0.6, 3.0, 12.5, 100.0] {
                for ratio in [1.0, 1.25, 2.0] {
                    for (face, exact) in faces {
                        let Reader { pitch, distance } = reader(pitch, distance);
                        let scale = Scale::of(Reader { pitch, distance }, ratio, face);
                        for (size, wanted) in
                            [(scale.label, SMALLEST), (scale.body, NORMAL), (scale.alarm, ALARM)]
                        {
                            let capital = if exact > 0.0 { size * exact } else { face(size).unwrap() };
                            let half = (capital * ratio * pitch.get() / 2_000.0 / distance.get()).atan();
                            let arcmin = half.to_degrees() * 120.0;
                            assert!(
                                arcmin >= wanted * 0.999_999,
                                "{pitch:?} {distance:?}: {arcmin} for {wanted}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn letters_of_a_coarse_panel_keep_their_shape() {
        let scale = Scale::of(reader(10.0, 1.0), 1.0, |size| Some(size * 0.7));
        assert!((scale.label * 0.7 - LEAST_PX).abs() < 1e-6, "{scale:?}");
        assert!(scale.alarm > scale.body && scale.body > scale.label);
    }

    #[test]
    fn an_eye_parts_few_pixels_from_afar() {
        let at = |distance| (reader(0.63, distance).px_per_arcmin() * 10.0).round() / 10.0;
        assert_eq!([at(3.0), at(5.0), at(8.0)], [1.4, 2.3, 3.7]);
    }
}
