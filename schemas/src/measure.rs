//! Lengths that people measure and enter: how fine a panel is, how far away its reader sits, how wide a scene is.

use serde::{Deserialize, Serialize};

/// Why a number is no measure.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("must be between {least} and {most} {unit}")]
pub struct MeasureError {
    /// The least that is one.
    pub least: f64,
    /// The most that is one.
    pub most: f64,
    /// Of which unit.
    pub unit: &'static str,
}

macro_rules! measure {
    ($(#[$doc:meta])* $name:ident, $least:literal..=$most:literal, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// What it must be between.
            pub const LIMITS: MeasureError = MeasureError { least: $least, most: $most, unit: $unit };

            /// Checks and takes the number.
            ///
            /// # Errors
            /// [`MeasureError`] says what it must be between.
            pub fn new(value: f64) -> Result<Self, MeasureError> {
                if ($least..=$most).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(Self::LIMITS)
                }
            }
            /// The number.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }
        impl TryFrom<f64> for $name {
            type Error = MeasureError;
            fn try_from(value: f64) -> Result<Self, MeasureError> {
                Self::new(value)
            }
        }
        impl From<$name> for f64 {
            fn from(measure: $name) -> Self {
                measure.0
            }
        }
    };
}

measure!(
    /// The distance from one device pixel to the next, millimetres: 0.63 on a 55-inch panel of 1920 × 1080, a few
    /// on an LED wall.
    PanelPitchMm, 0.03..=20.0, "mm"
);
measure!(
    /// The distance of the farthest reader, metres (`jarak baca`).
    ViewingDistanceM, 0.3..=100.0, "m"
);
measure!(
    /// How much of the world is seen from the left edge of a camera's picture to the right one, metres, where one
    /// works: entered when the camera is commissioned.
    SceneWidthM, 0.1..=10_000.0, "m"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_measure_is_nothing_or_not_a_number() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(PanelPitchMm::new(bad), Err(PanelPitchMm::LIMITS), "{bad}");
            assert!(ViewingDistanceM::new(bad).is_err() && SceneWidthM::new(bad).is_err(), "{bad}");
        }
        assert_eq!(PanelPitchMm::new(0.63).map(PanelPitchMm::get), Ok(0.63));
    }
}
