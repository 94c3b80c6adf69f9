//! The short numbers by which operators call cameras up: `123 ⏎`.
//!
//! The registry gives a number for good (`number` in `[device.camera]`). Every other camera gets the lowest number
//! that nobody claims, in the order of their ids: every reader of one registry has the same numbers. Numbers are
//! computed, not kept.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DeviceClass, Registry};
use crate::ids::DeviceId;

/// The largest number: four digits are typed without looking.
pub const MAX_CAMERA_NUMBER: u16 = 9_999;

/// The number of a camera, 1 to [`MAX_CAMERA_NUMBER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct CameraNumber(u16);

/// A number that no camera has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and {MAX_CAMERA_NUMBER}")]
pub struct CameraNumberError;

impl CameraNumber {
    /// Checks and takes the number.
    ///
    /// # Errors
    /// [`CameraNumberError`] outside 1 to [`MAX_CAMERA_NUMBER`].
    pub const fn new(number: u16) -> Result<Self, CameraNumberError> {
        if matches!(number, 1..=MAX_CAMERA_NUMBER) { Ok(Self(number)) } else { Err(CameraNumberError) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for CameraNumber {
    type Error = CameraNumberError;
    fn try_from(number: u16) -> Result<Self, CameraNumberError> {
        Self::new(number)
    }
}

impl From<CameraNumber> for u16 {
    fn from(number: CameraNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CameraNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Registry {
    /// Every camera by its number. Where two claim the same (no file that was checked says so) the smaller id has
    /// it. Past [`MAX_CAMERA_NUMBER`] cameras the rest have none.
    #[must_use]
    pub fn camera_numbers(&self) -> BTreeMap<CameraNumber, DeviceId> {
        let cameras = || self.devices.values().filter(|device| device.class == DeviceClass::Camera);
        let mut numbers = BTreeMap::new();
        let mut rest = Vec::new();
        for device in cameras() {
            match device.camera.as_ref().and_then(|facts| facts.number) {
                Some(number) if !numbers.contains_key(&number) => {
                    numbers.insert(number, device.id.clone());
                }
                _ => rest.push(device.id.clone()),
            }
        }
        let claimed: Vec<CameraNumber> = numbers.keys().copied().collect();
        let is_free = |number: &CameraNumber| claimed.binary_search(number).is_err();
        let free = (1..=MAX_CAMERA_NUMBER).map(CameraNumber).filter(is_free);
        numbers.extend(free.zip(rest));
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SiteCode;
    use crate::registry::{CameraFacts, Device, Domain, Purpose};

    fn registry(cameras: &[(&str, Option<u16>)]) -> Registry {
        let mut registry = Registry::default();
        for (id, number) in cameras {
            let id = DeviceId::new(id).unwrap();
            let facts = CameraFacts {
                purpose: Purpose::LaluLintas,
                notice: "papan".into(),
                retention_days: 14,
                has_sub: false,
                category: None,
                number: number.map(|number| CameraNumber::new(number).unwrap()),
                masks: Vec::new(),
                scene_width_m: None,
            };
            let device = Device {
                id: id.clone(),
                class: DeviceClass::Camera,
                name: id.to_string(),
                site: SiteCode::new("alun-alun").unwrap(),
                uplink: Vec::new(),
                domain: Domain::Cctv,
                interval_s: None,
                camera: Some(facts),
            };
            registry.devices.insert(id, device);
        }
        registry
    }

    fn numbers(registry: &Registry) -> Vec<(u16, String)> {
        registry.camera_numbers().iter().map(|(number, id)| (number.get(), id.to_string())).collect()
    }

    fn pairs(expected: &[(u16, &str)]) -> Vec<(u16, String)> {
        expected.iter().map(|(number, id)| (*number, (*id).to_owned())).collect()
    }

    #[test]
    fn a_given_number_stays_and_the_others_fill_the_gaps_by_id() {
        let city = registry(&[("cam-c", None), ("cam-a", None), ("cam-b", Some(1)), ("cam-d", Some(123))]);
        assert_eq!(numbers(&city), pairs(&[(1, "cam-b"), (2, "cam-a"), (3, "cam-c"), (123, "cam-d")]));
        let more = registry(&[("cam-0", None), ("cam-b", Some(1)), ("cam-d", Some(123))]);
        assert_eq!(numbers(&more), pairs(&[(1, "cam-b"), (2, "cam-0"), (123, "cam-d")]));
    }

    #[test]
    fn a_number_that_two_claim_is_not_lost_to_either() {
        let city = registry(&[("cam-b", Some(7)), ("cam-a", Some(7))]);
        assert_eq!(numbers(&city), pairs(&[(1, "cam-b"), (7, "cam-a")]));
    }

    #[test]
    fn numbers_out_of_reach_of_four_digits_are_none() {
        assert_eq!(CameraNumber::new(0), Err(CameraNumberError));
        assert_eq!(CameraNumber::new(10_000), Err(CameraNumberError));
        assert!(serde_json::from_str::<CameraNumber>("10000").is_err());
    }
}
