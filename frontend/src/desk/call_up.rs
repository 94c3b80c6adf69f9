//! Digits on their way to be a number: `123 ⏎` to the monitor, `123 *` to the wall, `1 L` a preset.

use std::collections::BTreeMap;

use pantau_schemas::ids::DeviceId;
use pantau_schemas::registry::CameraNumber;

/// As many digits as a camera's number has at most.
const MAX_DIGITS: usize = 4;

/// The digits typed so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallUp(String);

/// What somebody called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// This camera.
    Camera(DeviceId),
    /// A number that no camera has; the digits as typed.
    Nobody(String),
}

impl CallUp {
    /// One more digit. What is no digit is left out; past four digits the first one goes, as on a matrix keyboard:
    /// whoever mistyped types again.
    pub fn push(&mut self, digit: char) {
        if !digit.is_ascii_digit() {
            return;
        }
        if self.0.len() >= MAX_DIGITS {
            self.0.remove(0);
        }
        self.0.push(digit);
    }

    /// One digit less.
    pub fn erase(&mut self) {
        self.0.pop();
    }

    /// The digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number, 0 included; `None` when nothing was typed.
    #[must_use]
    pub fn number(&self) -> Option<u16> {
        self.0.parse().ok()
    }

    /// Who is called, if anybody is.
    #[must_use]
    pub fn camera(&self, numbers: &BTreeMap<CameraNumber, DeviceId>) -> Option<Called> {
        let number = self.number()?;
        let camera = CameraNumber::new(number).ok().and_then(|number| numbers.get(&number));
        Some(camera.map_or_else(|| Called::Nobody(self.0.clone()), |camera| Called::Camera(camera.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> CallUp {
        let mut call_up = CallUp::default();
        keys.chars().for_each(|key| call_up.push(key));
        call_up
    }

    #[test]
    fn a_number_is_the_camera_that_has_it_and_leading_zeros_are_none() {
        let camera = DeviceId::new("cam-a").unwrap();
        let numbers = BTreeMap::from([(CameraNumber::new(12).unwrap(), camera.clone())]);
        assert_eq!(typed("12").camera(&numbers), Some(Called::Camera(camera.clone())));
        assert_eq!(typed("0012").camera(&numbers), Some(Called::Camera(camera)));
        assert_eq!(typed("13").camera(&numbers), Some(Called::Nobody("13".to_owned())));
        assert_eq!(typed("0").camera(&numbers), Some(Called::Nobody("0".to_owned())));
        assert_eq!(typed("").camera(&numbers), None, "enter alone calls nobody");
    }

    #[test]
    fn whoever_mistypes_types_on() {
        assert_eq!(typed("91234").digits(), "1234");
        assert_eq!(typed("1a2").digits(), "12");
        let mut call_up = typed("12");
        call_up.erase();
        assert_eq!((call_up.number(), call_up.is_empty()), (Some(1), false));
        call_up.erase();
        call_up.erase();
        assert!(call_up.is_empty());
    }
}
