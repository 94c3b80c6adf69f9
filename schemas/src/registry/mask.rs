//! Privacy masks: parts of a camera's picture that nobody is to see, a bedroom's window beside a crossing.
//!
//! The policy is the registry's, so it is in the journal: who reads the audit sees since when a part was covered. The
//! pages draw it over every picture; pictures are not encoded anew, so the covered part still travels to the screen. A
//! mask over the whole picture closes the camera: nothing of it is fetched at all.

use serde::{Deserialize, Serialize};

/// Most masks of one camera.
pub const MAX_MASKS: usize = 16;
/// Most corners of one mask.
pub const MAX_CORNERS: usize = 32;
/// The far edge of a picture, in the unit of a mask's corners.
pub const FULL: u16 = 10_000;

/// A polygon over the picture: corners `[x, y]` in ten-thousandths of its width and height, from the upper left.
///
/// **Invariant:** 3 to [`MAX_CORNERS`] corners, each inside the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[u16; 2]>", into = "Vec<[u16; 2]>")]
pub struct Mask(Vec<[u16; 2]>);

/// Corners that make no mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// Too few or too many.
    #[error("must have 3 to {MAX_CORNERS} corners, written x, y, x, y, …")]
    Corners,
    /// Outside of the picture.
    #[error("must have its corners in the picture: each number between 0 and 1")]
    Outside,
}

impl Mask {
    /// The polygon with these corners, in ten-thousandths.
    ///
    /// # Errors
    /// When they make none.
    pub fn new(corners: Vec<[u16; 2]>) -> Result<Self, MaskError> {
        if !(3..=MAX_CORNERS).contains(&corners.len()) {
            return Err(MaskError::Corners);
        }
        if corners.iter().flatten().any(|&part| part > FULL) {
            return Err(MaskError::Outside);
        }
        Ok(Self(corners))
    }

    /// The polygon with these corners, `x, y, x, y, …` as fractions of the picture.
    ///
    /// # Errors
    /// When they make none.
    pub fn of_fractions(fractions: &[f64]) -> Result<Self, MaskError> {
        let (pairs, rest) = fractions.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(MaskError::Corners);
        }
        let corners: Option<Vec<[u16; 2]>> =
            pairs.iter().map(|&[x, y]| Some([ten_thousandths(x)?, ten_thousandths(y)?])).collect();
        Self::new(corners.ok_or(MaskError::Outside)?)
    }

    /// Whether it covers the whole picture: a rectangle from corner to corner.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        // Twice the area, by Gauss: four points in the picture have all of it only at its own corners.
        let next = self.0.iter().cycle().skip(1);
        let twice: i64 = self
            .0
            .iter()
            .zip(next)
            .map(|(&[x, y], &[to_x, to_y])| i64::from(x) * i64::from(to_y) - i64::from(to_x) * i64::from(y))
            .sum();
        self.0.len() == 4 && twice.abs() == 2 * i64::from(FULL) * i64::from(FULL)
    }

    /// The corners, in ten-thousandths of the picture's width and height.
    #[must_use]
    pub fn corners(&self) -> &[[u16; 2]] {
        &self.0
    }
}

/// A fraction between 0 and 1 in ten-thousandths.
fn ten_thousandths(fraction: f64) -> Option<u16> {
    // The text of a rounded number is read as an integer: no cast that may lie.
    (0.0..=1.0).contains(&fraction).then(|| (fraction * f64::from(FULL)).round().to_string().parse().ok())?
}

impl TryFrom<Vec<[u16; 2]>> for Mask {
    type Error = MaskError;

    fn try_from(corners: Vec<[u16; 2]>) -> Result<Self, MaskError> {
        Self::new(corners)
    }
}

impl From<Mask> for Vec<[u16; 2]> {
    fn from(mask: Mask) -> Self {
        mask.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_picture_is_covered_from_corner_to_corner() {
        let whole = |corners: &[f64]| Mask::of_fractions(corners).unwrap().is_whole();
        assert!(whole(&[0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]));
        assert!(whole(&[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), "the other way round, from any corner");
        assert!(!whole(&[0.0, 0.0, 1.0, 0.0, 1.0, 0.9999, 0.0, 1.0]));
        assert!(!whole(&[0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0]), "a bow tie");
        assert!(!whole(&[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]));
    }

    #[test]
    fn a_mask_lies_in_the_picture_and_has_an_area() {
        let mask = Mask::of_fractions(&[0.0, 0.0, 1.0, 0.0, 0.333_33, 0.5]).unwrap();
        assert_eq!(mask.corners(), [[0, 0], [10_000, 0], [3_333, 5_000]]);
        let cases: [(&[f64], MaskError); 6] = [
            (&[], MaskError::Corners),
            (&[0.0, 0.0, 1.0, 1.0], MaskError::Corners),
            (&[0.0, 0.0, 1.0, 0.0, 0.5], MaskError::Corners),
            (&[0.5; 2 * MAX_CORNERS + 2], MaskError::Corners),
            (&[0.0, 0.0, 1.1, 0.0, 0.5, 0.5], MaskError::Outside),
            (&[0.0, 0.0, f64::NAN, 0.0, 0.5, 0.5], MaskError::Outside),
        ];
        for (corners, error) in cases {
            assert_eq!(Mask::of_fractions(corners), Err(error), "{corners:?}");
        }
    }

    #[test]
    fn a_mask_outside_of_the_picture_is_not_read() {
        let json = "[[0,0],[10000,0],[0,10000]]";
        assert_eq!(serde_json::to_string(&serde_json::from_str::<Mask>(json).unwrap()).unwrap(), json);
        assert!(serde_json::from_str::<Mask>("[[0,0],[10001,0],[0,10000]]").is_err());
    }
}
